"""What happens in the end: inodes are let go, and syncfs returns.

What the kernel does by itself goes on (flushers, I/O completion, kswapd, delayed fput, gc); what users do need not.
"""

from ovlcheck import Observer, after, always, before, behaviour, leads_to, possible
from ovlcheck.vfs import I_SYNC, Inode


def unused(fs, inode):
    """A cached inode that no file, mapping or name holds, in an overlay that is mounted."""
    return (
        fs.mounted
        and inode in fs.icache
        and inode.i_dentry.d_inode is not inode
        and inode.i_dentry.d_count.get() == 0
        and inode.i_upper.i_writecount.get() == 0
        and inode.i_upper.i_mmap_writable.get() == 0
    )


def clean(inode):
    upper = inode.i_upper
    return not (upper.is_dirty or upper.page_dirty or upper.page_writeback)


def let_go(fs, inode):
    """It has no reference any more, or it is not what it was: evicted, in use or changed again, or umount has begun."""
    return not (unused(fs, inode) and clean(inode)) or inode.i_count.get() == 0


@behaviour(on_request=True)
def no_clean_unreferenced_inode_stays_pinned(fs, inode: Inode):
    """A clean inode that nobody uses is let go in the end, although nobody calls syncfs."""
    return leads_to(unused(fs, inode) and clean(inode), let_go(fs, inode))


@behaviour(weak="syncer", on_request=True)
def no_clean_unreferenced_inode_stays_pinned_under_syncfs(fs, inode: Inode):
    """A clean inode that nobody uses is let go in the end where syncfs is called again and again.

    It says nothing where the number of calls is bounded.
    """
    return leads_to(fs.calls is None and unused(fs, inode) and clean(inode), let_go(fs, inode))


def kept(fs, inode):
    """The design has decided to keep it; nobody is about to put a reference, as reclaim may be, or in the middle of
    writing its upper inode.
    """
    return (
        (inode.on_lru or inode in fs.suspects)
        and inode.i_count.get() == fs.list_references(inode)
        and not inode.i_upper.i_state & I_SYNC
    )


@behaviour(on_request=True)
def clean_inode_stays_evictable(fs, inode: Inode):
    """Reclaim can free a clean inode that nobody uses.

    One without a name can go without reclaim, and without anybody writing what nobody can read any more.
    """
    return always(
        not (unused(fs, inode) and clean(inode)) or possible(inode not in fs.icache, calls=False)
    ) and always(
        not (unused(fs, inode) and kept(fs, inode) and inode.i_nlink == 0)
        or possible(inode not in fs.icache, calls=False, without=("kswapd", "upper_flusher"))
    )


class syncfs_terminates(Observer):
    """syncfs returns, although writers go on writing.

    Who waits for I_SYNC, or for I/O, finds the inode idle in the end, if it is idle again and again: between two
    passes of the flusher over one inode there is time.
    """

    running: bool

    @before("syncfs")
    def called(self, fs):
        self.running = True

    @after("syncfs")
    def returned(self, fs):
        self.running = False

    @behaviour(strong=("syncfs", "writeback_single_inode", "write_pages_and_clear_dirty"), on_request=True)
    def it_returns(self, fs):
        return leads_to(self.running, not self.running)
