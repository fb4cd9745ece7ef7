"""The suspect list in its first wording (Amir Goldstein, 2020-10-15, CAOQ4uxhOrPfJxhJ1g7eSSdO4).

An inode is listed by an open for writing; the last release, or write_inode, takes it off once its upper inode is
neither dirty nor writable.  Of ``drop_inode`` the mail says nothing, so inodes go as they do upstream; whether the
list holds references it leaves open (``list_ref``).  "Last release" is read as that of the last file open for
writing, by a count of the design's own: in release, i_writecount still has the file that is being closed, so that
by the other reading (``own_count=false``) no writer's release takes an inode off, and a reader's does.
"""

from ovlcheck import Array, Constant, Refcount
from ovlcheck.vfs import File, Inode, SuspectList, SyncMode, Tail


class SuspectListIntended(SuspectList):
    tail = Constant(Tail.WAITSB, "what sync_fs(1) does last")
    own_count = Constant(True, "the last release is found by a count of writers of the design's own")

    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "no_writeback_in_reclaim",
        "suspect_list_is_consistent",
        "umount_is_durable",
        "no_use_after_free",
    )

    open_files: Array[Refcount, Inode]

    def open(self, file: File) -> None:
        if file.writable:
            if self.own_count:
                self.open_files[file.inode].inc()
            self.suspect_add(file.inode)

    def release(self, file: File) -> None:
        if self.own_count:
            if file.writable and self.open_files[file.inode].dec_and_test():
                if not file.upper.is_dirty:
                    self.suspect_del(file.inode)
        elif self.may_remove(file.inode):
            self.suspect_del(file.inode)

    def may_remove(self, inode: Inode) -> bool:
        return not inode.i_upper.is_dirty and not inode.i_upper.i_writecount > 0

    def write_inode(self, inode: Inode, mode: SyncMode, for_sync: bool) -> None:
        super().write_inode(inode, mode, for_sync)
        if self.may_remove(inode):
            self.suspect_del_in_write_inode(inode)

    def sync_fs(self, wait: bool) -> None:
        if not wait:
            self.mark_suspects_dirty()
        else:
            self.sync_fs_tail()
