"""Reference counts against those who hold references, and freed memory against those who use it."""

from ovlcheck import always, unasked


@always
def refcounts_are_balanced(fs):
    """A count is never below the number of its holders; who uses a name has its inode; nobody holds what is freed.

    A holder counts from the step that takes its reference; counts below zero are looked for in every run.
    """
    return (
        all(
            inode.i_count.get() >= sum(1 for d in fs.dcache if d.d_inode is inode) + fs.list_references(inode)
            and not (inode.is_freeing and inode.i_count.get() > 0)
            for inode in fs.icache
        )
        and all(dentry.d_count.get() == 0 or dentry.d_inode is not None for dentry in fs.dcache)
        and all(upper.i_writecount.get() >= upper.i_mmap_writable.get() for upper in fs.uppers)
    )


no_use_after_free = unasked(
    "use after free", "Nobody uses an overlay inode after its memory has been given back."
)
