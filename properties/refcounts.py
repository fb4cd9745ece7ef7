"""Reference counts against those who hold references, and freed memory against those who use it."""

from ovlcheck import always, unasked


@always
def refcounts_are_balanced(fs):
    """A count is never below the number of its holders, and nobody holds an inode that is being freed.

    A holder counts from the step that takes its reference; counts below zero are looked for in every run.
    """
    return all(
        inode.i_count.get()
        >= sum(1 for dentry in fs.dcache if dentry.d_inode is inode) + fs.list_references(inode)
        and not (inode.is_freeing and inode.i_count.get() > 0)
        for inode in fs.icache
    )


no_use_after_free = unasked(
    "use after free", "Nobody uses an overlay inode after its memory has been given back."
)
