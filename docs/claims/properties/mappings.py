"""What the mails say of mappings, and of the last reference to an overlay inode."""

from ovlcheck import after, always, before


@always
def writably_mapped_means_open_for_write(fs):
    """An upper inode that is mapped writably is open for writing as well."""
    return all(u.i_mmap_writable.get() == 0 or u.i_writecount.get() > 0 for u in fs.uppers)


@before("drop_inode")
def no_inode_is_mapped_at_drop_inode(fs, inode):
    """When drop_inode is asked, nothing maps the upper inode writably."""
    return inode.i_upper.i_mmap_writable.get() == 0


@after("iput_final")
def the_last_reference_evicts(fs, inode):
    """An overlay inode whose last reference has been put is gone."""
    return inode not in fs.icache
