"""Keep a dirty inode by returning 0 from drop_inode, and nothing else (Amir Goldstein, 2020-10-15,
CAOQ4uxhujP_pzguq+FJ87Mx4; withdrawn the next day, CAOQ4uxgJ=soSgdWo20iNtm30hua8).

The inode goes to the LRU instead, from which the shrinker frees it without asking anybody.
"""

from ovlcheck import Constant
from ovlcheck.vfs import Inode, Overlayfs, Tail


class DropInodeReturnsZero(Overlayfs):
    bdi = Constant(False, "the overlay has a bdi of its own, so that its dirty inodes are written")
    tail = Constant(Tail.WAITSB, "what sync_fs(1) does last")

    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "umount_is_durable",
    )
    # Its syncfs only waits for I/O that others have begun, which is a single step.
    expected_vacuous = ("syncfs_terminates",)

    def drop_inode(self, inode: Inode) -> bool:
        return inode.upper is None or (not inode.upper.is_dirty and not inode.upper.i_writecount > 0)
