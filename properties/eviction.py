"""What must be true of an overlay inode when it goes."""

from ovlcheck import after


@after("evict_inode")
def no_evicted_inode_has_dirty_upper(fs, inode):
    """An overlay inode that goes while its upper inode is dirty leaves nothing behind that could find the dirt."""
    return inode.i_nlink == 0 or inode.upper is None or not (inode.upper.is_dirty or inode.upper.page_dirty)


@after("evict_inode")
def no_evicted_inode_is_open_for_write(fs, inode):
    """No overlay inode is evicted while its upper inode can still be written, through a file or a mapping."""
    return inode.upper is None or (
        inode.upper.i_writecount.get() == 0 and inode.upper.i_mmap_writable.get() == 0
    )
