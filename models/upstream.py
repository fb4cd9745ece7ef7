"""Linux v5.9 as it is (fs/overlayfs/super.c): syncfs syncs all of the upper filesystem.

Overlay inodes are never dirty and go with their last reference; nothing needs to find their upper inodes again.
"""

from ovlcheck import Constant
from ovlcheck.vfs import Overlayfs


class Upstream(Overlayfs):
    bdi = Constant(False, "the overlay has a bdi of its own, so that its dirty inodes are written")

    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "syncfs_writes_only_own_inodes",
    )
