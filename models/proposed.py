"""What passes every property with the least mechanism: a list with references, and no writing by anyone but syncfs.

* Whoever may change an upper inode lists its overlay inode before the call returns: an open for writing, for as long
  as the real file counts as a writer; a change without an open (setattr, atime, copy-up) after it was made.
* A member goes when its upper inode has no writer, is not dirty, not being written, and has no I/O under way, asked
  in this order under the list lock.  A writer whose open has not been listed yet waits for the lock before it can
  change anything; after the first question only changes without an open are left, and they list the inode again.
* syncfs writes each member's upper inode itself and waits for it.  Neither a private bdi nor dirty overlay inodes.
* Members go in gc, and in put_super; syncfs and release take nobody off.
"""

from ovlcheck import Constant
from ovlcheck import wait as wait_until
from ovlcheck.vfs import I_DIRTY, I_SYNC, WB_SYNC_ALL, File, Inode, ReferencedList, Tail, Upper


class Proposed(ReferencedList):
    bdi = Constant(False, "the overlay has a bdi of its own, so that its dirty inodes are written")
    tail = Constant(Tail.NONE, "what sync_fs(1) does last")
    gc_threads = Constant(1, "daemons that run gc", choices=(0, 1))

    def open(self, file: File) -> None:
        if file.writable:
            self.track(file.inode)

    def copyattr(self, inode: Inode) -> None:
        self.track(inode)

    def inode_update(self, inode: Inode) -> None:
        self.track(inode)

    def may_remove(self, upper: Upper) -> bool:
        if upper.i_nlink == 0:
            return True
        return (
            not upper.i_writecount > 0 and not upper.i_state & (I_DIRTY | I_SYNC) and not upper.page_writeback
        )

    def sync_fs(self, wait: bool) -> None:
        if wait:
            with self.scan_lock:
                for inode in self.suspects:
                    self.writeback_single_inode(inode.i_upper, WB_SYNC_ALL, False)
                self.sync_fs_tail()

    def gc(self) -> None:
        wait_until(self.suspects)
        with self.scan_lock:
            for inode in self.suspects:
                self.drop_if_clean(inode)

    def put_super(self) -> None:
        self.drop_all()
