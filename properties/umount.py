"""What is true when the overlay has been unmounted."""

from ovlcheck import after


@after("generic_shutdown_super")
def umount_leaves_no_busy_inode(fs):
    """No overlay inode is left when put_super has run: one that is gives "VFS: Busy inodes after unmount"."""
    return len(fs.icache) == 0


@after("umount")
def umount_is_durable(fs):
    """As in v5.9, what was changed through the overlay is durable when umount returns."""
    return all(
        u.i_nlink == 0
        or not (u.is_dirty or u.page_dirty or u.page_writeback or u.inode_dirty or u.inode_buffered)
        for u in fs.uppers
    )
