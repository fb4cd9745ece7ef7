"""An overlay has no business with upper inodes that it did not change."""

from ovlcheck import before


@before("write_foreign_inode")
def syncfs_writes_only_own_inodes(fs):
    """syncfs starts writeback of a dirty upper inode that this overlay has nothing to do with."""
    return not fs.foreign_dirty
