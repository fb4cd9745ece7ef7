"""mm/mmap.c and mm/memory.c (v5.9): shared mappings, which change the upper inode behind the overlay's back."""

from __future__ import annotations

from ovlcheck import atomic, wait
from ovlcheck.vfs.file_table import Files
from ovlcheck.vfs.objects import Dentry, File, Upper


class Mappings(Files):
    def mmap_region(self, file: File) -> None:
        """mm/mmap.c:mmap_region: when ``mmap`` is called the mapping is not linked yet."""
        self.mmap(file)
        self.vma_link(file.upper)

    def vma_link(self, upper: Upper) -> None:
        """mm/mmap.c:vma_link: mapping_writably_mapped(upper) from here on."""
        upper.i_mmap_writable.inc()

    def unlink_file_vma(self, upper: Upper) -> None:
        """mm/mmap.c:unlink_file_vma: no more faults; the real file is put afterwards."""
        upper.i_mmap_writable.dec()

    def dup_mmap(self, file: File) -> None:
        """kernel/fork.c:dup_mmap, for one child: its mapping counts as one, and holds the real file as well.

        What a child does with the files that it inherits too, its parent may do: their ``release`` comes with the last
        close of either.
        """
        with atomic:
            wait(self.inherited_f_count.get() == 0)
            self.inherited = file.dentry
            self.inherited_f_count.inc()
            self.inherited_f_count.inc()
            self.vma_link(file.upper)

    def fput_inherited(self, dentry: Dentry) -> None:
        """fs/file_table.c:fput of a real file that parent and child hold: the last of them ends it."""
        if self.inherited_f_count.dec_and_test():
            self.fput_realfile(dentry.upper, dentry, True)

    def store(self, upper: Upper) -> None:
        """mm/memory.c:do_wp_page: the first store to a clean page faults, later ones change nothing here.

        The overlay is not told.
        """
        with atomic:
            if not upper.page_dirty:
                self.set_page_dirty(upper)
