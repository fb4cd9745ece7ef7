"""Reference counts against those who hold references, and freed memory against those who use it."""

from ovlcheck import Array, Int, Observer, after, always, before, unasked
from ovlcheck.vfs import Inode


def cached_names(fs, inode):
    return sum(1 for dentry in fs.dcache if dentry.d_inode is inode)


class refcounts_are_balanced(Observer):
    """``i_count`` is exactly the number of references that are held: by a cached name, by the design's list, and by
    tasks that are to put theirs, one each at most.  Nobody holds what is being freed; who uses a name has its inode.

    The other counts are bounded by their holders: a user task holds two references to a name at most, its file's and
    its real file's, and every mapping that may be written counts as a writer, or is a copy of one that does.
    """

    putting: Array[Int[-16, 16], Inode]

    @after("take_over")
    def taken(self, fs, inode):
        self.putting[inode] += 1

    @before("iput")
    def put(self, fs, inode):
        self.putting[inode] -= 1

    @before("iput_in_write_inode")
    def put_by_its_writer(self, fs, inode):
        self.putting[inode] -= 1

    @always
    def held(self, fs):
        users = fs.writers + fs.readers + fs.unlinks
        tasks = users + fs.forks + fs.syncers + fs.umounts + fs.kswapd_threads + fs.drop_caches_tasks + fs.gc_threads
        return all(
            inode.i_count.get() == cached_names(fs, inode) + fs.list_references(inode) + self.putting[inode]
            and 0 <= self.putting[inode] <= tasks
            and not (inode.is_freeing and inode.i_count.get() > 0)
            for inode in fs.icache
        )

    @always
    def bounded(self, fs):
        users = fs.writers + fs.readers + fs.unlinks
        passing_writers = (users if fs.copy_up else 0) + (fs.readers if fs.truncates else 0)
        return (
            all(dentry.d_count.get() == 0 or dentry.d_inode is not None for dentry in fs.dcache)
            and all(dentry.d_count.get() <= 2 * users for dentry in fs.dcache)
            and all(
                u.i_mmap_writable.get() <= u.i_writecount.get() + fs.forks
                and (u.i_mmap_writable.get() == 0 or u.i_writecount.get() > 0)
                and u.i_writecount.get() <= fs.writers + passing_writers
                for u in fs.uppers
            )
        )


no_use_after_free = unasked(
    "use after free", "Nobody uses an overlay inode after its memory has been given back."
)
