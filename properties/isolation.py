"""An overlay has no business with upper inodes that it did not change."""

from ovlcheck import after


@after("syncfs")
def syncfs_writes_only_own_inodes(fs):
    """A dirty upper inode that this overlay has nothing to do with is as dirty after syncfs as it was before."""
    # A remount to read-only writes all of the upper filesystem (ovl_remount), and after it syncfs does nothing.
    return fs.foreign_dirty or fs.sb_rdonly
