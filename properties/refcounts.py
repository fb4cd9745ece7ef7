"""Reference counts against those who hold references, and freed memory against those who use it."""

from ovlcheck import always, unasked


def cached_names(fs, inode):
    return sum(1 for dentry in fs.dcache if dentry.d_inode is inode)


@always
def refcounts_are_balanced(fs):
    """A count is never below the number of its holders nor above what they can hold together; who uses a name has
    its inode; nobody holds what is being freed.

    A holder counts from the step that takes its reference; counts below zero are looked for in every run.  A task
    holds one reference of its own to an inode at most, and two to a name: its file's and its real file's.
    """
    users = fs.writers + fs.readers + fs.unlinks
    tasks = users + fs.syncers + fs.umounts + fs.kswapd_threads + fs.drop_caches_tasks + fs.gc_threads
    passing_writers = (users if fs.copy_up else 0) + (fs.readers if fs.truncates else 0)
    return (
        all(
            0 <= inode.i_count.get() - cached_names(fs, inode) - fs.list_references(inode) <= tasks
            and not (inode.is_freeing and inode.i_count.get() > 0)
            for inode in fs.icache
        )
        and all(dentry.d_count.get() == 0 or dentry.d_inode is not None for dentry in fs.dcache)
        and all(dentry.d_count.get() <= 2 * users for dentry in fs.dcache)
        and all(
            u.i_mmap_writable.get() <= u.i_writecount.get() <= fs.writers + passing_writers for u in fs.uppers
        )
    )


no_use_after_free = unasked(
    "use after free", "Nobody uses an overlay inode after its memory has been given back."
)
