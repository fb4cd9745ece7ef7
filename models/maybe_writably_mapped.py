"""Inodes listed by writes and by mappings (Amir Goldstein, 2020-10-15, CAOQ4uxhOrPfJxhJ1g7eSSdO4).

After a write the overlay inode is listed and marked dirty before its upper inode is asked; a shared mapping that may
be written lists it and flags it.  write_inode and release take it off when its upper inode is not dirty, and, if it
is flagged, when nobody has that open for writing either: "its i_writecount" is the underlying inode's.  The flag
goes with the entry.  As in the list of the same mail, ``drop_inode`` is upstream's.
"""

from suspect_list_intended import SuspectListIntended

from ovlcheck import Set
from ovlcheck.vfs import File, Inode


class MaybeWritablyMapped(SuspectListIntended):
    maybe_mapped: Set[Inode]

    def open(self, file: File) -> None:
        """An open lists nothing."""

    def copyattr(self, inode: Inode) -> None:
        self.suspect_add(inode)
        self.mark_inode_dirty(inode)

    def mmap(self, file: File) -> None:
        self.maybe_mapped.add(file.inode)
        self.suspect_add(file.inode)

    def release(self, file: File) -> None:
        if self.may_remove(file.inode):
            self.maybe_mapped.discard(file.inode)
            self.suspect_del(file.inode)

    def destroy_inode(self, inode: Inode) -> None:
        """The flag is a bit of the inode, and gone with its memory."""
        self.maybe_mapped.discard(inode)
        super().destroy_inode(inode)

    def may_remove(self, inode: Inode) -> bool:
        return not inode.i_upper.is_dirty and not (
            inode in self.maybe_mapped and inode.i_upper.i_writecount > 0
        )
