"""A design that insists on not being evicted by a task with PF_MEMALLOC."""

from ovlcheck.vfs import Inode, Overlayfs


class EvictionOutsideReclaim(Overlayfs):
    def evict_inode(self, inode: Inode, memalloc: bool) -> None:
        assert not memalloc, "evicted by a task with PF_MEMALLOC"
