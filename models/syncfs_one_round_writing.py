"""syncfs in one round that writes, in sync_fs(1) (Chengguang Xu, 2020-10-16, 1752f1f2c1a.c646418645575).

Every listed upper inode is written and waited for; no overlay inode is marked dirty (175305cb90b.11646f2f146354).
What is listed, and when it goes, is as in ``proposed``, which is this design.
"""

from proposed import Proposed

from ovlcheck import Constant
from ovlcheck.vfs import Tail


class SyncfsOneRoundWriting(Proposed):
    tail = Constant(Tail.DIRECT, "what sync_fs(1) does last")

    def sync_fs(self, wait: bool) -> None:
        if wait:
            with self.scan_lock:
                self.sync_fs_tail()
