"""A list without references that drop_inode empties, under the list lock: i_lock is held there already."""

from ovlcheck import Constant
from ovlcheck.vfs import File, Inode, SuspectList, Tail


class DropInodeTakesListLock(SuspectList):
    tail = Constant(Tail.WAITSB, "what sync_fs(1) does last")

    def open(self, file: File) -> None:
        if file.writable:
            self.suspect_add(file.inode)

    def drop_inode(self, inode: Inode) -> bool:
        with self.list_lock:
            clean = not inode.i_upper.is_dirty
            if clean:
                self.suspects.discard(inode)
        return clean

    def sync_fs(self, wait: bool) -> None:
        if not wait:
            self.mark_suspects_dirty()
        else:
            self.sync_fs_tail()
