"""The suspect list holds a reference to its members (Amir Goldstein, 2020-10-16, CAOQ4uxgJ=soSgdWo20iNtm30hua8).

An inode is listed by an open for writing, and taken off when syncfs (or, with ``gc_threads``, a periodic work) finds
its upper inode neither dirty nor open for writing.
"""

from ovlcheck import Constant
from ovlcheck.vfs import File, ReferencedList, Tail, Upper


class ListHoldsReference(ReferencedList):
    tail = Constant(Tail.NONE, "what sync_fs(1) does last")
    in_flight_test = Constant(False, "an upper inode with I/O under way stays listed")
    writers_first = Constant(False, "may_remove asks for writers before it asks for dirt, not after")
    put_super_drops = Constant(False, "put_super drops what is still listed; the mail does not say")

    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "umount_leaves_no_busy_inode",
        "umount_is_durable",
        "no_clean_unreferenced_inode_stays_pinned",
        "clean_inode_stays_evictable",
    )

    def open(self, file: File) -> None:
        if file.writable:
            self.track(file.inode)

    def may_remove(self, upper: Upper) -> bool:
        if self.writers_first:
            clean = not upper.i_writecount > 0 and not upper.is_dirty
        else:
            clean = not upper.is_dirty and not upper.i_writecount > 0
        return clean and not (self.in_flight_test and upper.page_writeback)

    def sync_fs(self, wait: bool) -> None:
        if not wait:
            with self.scan_lock:
                for inode in self.suspects:
                    if not self.drop_if_clean(inode):
                        self.mark_inode_dirty(inode)
        else:
            self.sync_fs_tail()

    def gc(self) -> None:
        with self.scan_lock:
            for inode in self.suspects:
                self.drop_if_clean(inode)

    def put_super(self) -> None:
        if self.put_super_drops:
            self.drop_all()
