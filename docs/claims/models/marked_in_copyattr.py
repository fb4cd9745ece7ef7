"""Overlay inodes marked dirty wherever attributes are copied up, instead of any list.

The shape that two mails speak of, not the text of a series: the private bdi's flusher finds the overlay inode by its
dirty flags, ``write_inode`` writes the upper inode, and a dirty overlay inode is kept by the generic ``drop_inode``.
``marks_at_mmap``: a shared mapping that may be written marks it as well; ``remark`` says when ``write_inode`` does.
"""

from ovlcheck import Constant
from ovlcheck.vfs import File, Inode, Overlayfs, OverlayWrite, Tail


class MarkedInCopyattr(Overlayfs):
    tail = Constant(Tail.WAITSB, "what sync_fs(1) does last")
    owrite = Constant(OverlayWrite.FORCE_ALL, "how write_inode writes the upper inode")
    marks_at_mmap = Constant(False, "mmap marks the overlay inode dirty as well")

    def copyattr(self, inode: Inode) -> None:
        self.mark_inode_dirty(inode)

    def mmap(self, file: File) -> None:
        if self.marks_at_mmap:
            self.mark_inode_dirty(file.inode)

    def drop_inode(self, inode: Inode) -> bool:
        return inode.i_nlink == 0
