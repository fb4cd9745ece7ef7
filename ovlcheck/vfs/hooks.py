"""The super blocks, the switches that the mails leave open, and the operations that a variant fills in.

A hook that a variant does not define does what upstream does.  Hooks run outside ``atomic``: each of their
accesses is a step.  Only ``drop_inode`` runs under a spinlock, the inode's ``i_lock``, and may not sleep.
"""

from __future__ import annotations

from ovlcheck import Constant, Population, Refcount, RwSemaphore, Set, System, choose
from ovlcheck.vfs.objects import Dentry, File, Inode, OverlayWrite, Remark, Tail, Upper, Work


class Hooks(System):
    """State of the two super blocks, constants, and the operations of the overlay with their defaults."""

    inodes = Constant(
        1, "overlay files: each has a name, an upper inode and, while it is cached, an overlay inode"
    )
    writers = Constant(1, "tasks that open for writing")
    readers = Constant(1, "tasks that open for reading and change attributes by path")
    syncers = Constant(1, "tasks that call syncfs", choices=(0, 1))
    umounts = Constant(1, "tasks that unmount the overlay", choices=(0, 1))
    remounts = Constant(0, "tasks that remount the overlay read-only", choices=(0, 1))
    unlinks = Constant(0, "tasks that unlink a file", choices=(0, 1))
    mmaps = Constant(True, "writers map the file shared and store through the mapping")
    forks = Constant(0, "tasks that inherit a shared mapping from a writer that forks", choices=(0, 1))
    calls = Constant(None, "most times that a user task makes each of its calls; none: any number")
    kswapd_threads = Constant(1, "kswapd threads: shrinkers run with PF_MEMALLOC", choices=(0, 1))
    drop_caches_tasks = Constant(
        0, "tasks that write to drop_caches: shrinkers run without PF_MEMALLOC", choices=(0, 1)
    )
    drop_pagecache = Constant(
        False, "those tasks write 3, not 2: they may also hold any overlay inode for a moment"
    )
    fsyncs = Constant(False, "writers call fsync")
    direct_reclaim = Constant(False, "user tasks may reclaim memory themselves where they allocate some")
    reclaim_in_transaction = Constant(
        False, "where they do, they have a handle of the upper's journal open, which a commit waits for"
    )
    gc_threads = Constant(0, "daemons that run gc", choices=(0, 1))
    foreign = Constant(
        True, "one upper inode that this overlay has nothing to do with is dirty when syncfs is called"
    )

    pin = Constant(True, "a real file pins the overlay dentry and mount, as open_with_fake_path makes it")
    meta_ops = Constant(True, "upper inodes get dirty without an open for writing: chmod and its like, atime")
    synchronous_fput = Constant(
        False, "a file ends in the fput that puts its last reference, not when the task returns to user mode"
    )
    truncates = Constant(
        False, "one of these is truncate, which counts as a writer of the upper inode while it runs"
    )
    splices = Constant(False, "some writes are splices, after which there is no copyattr")
    copy_up = Constant(False, "files start on the lower layer")
    failed_opens = Constant(False, "an open for writing may fail after copy-up: open_with_fake_path returns an error")
    flag_window = Constant(
        False, "lock-free readers can see I_DIRTY cleared before it is set again for dirty pages"
    )
    metadata = Constant(
        False, "attributes are written apart from the page, by a write_inode that comes after the flags are cleared"
    )
    writes_in_reclaim = Constant(
        False, "the upper filesystem writes an inode that a task with PF_MEMALLOC wants written"
    )
    bdi = Constant(True, "the overlay has a bdi of its own, so that its dirty inodes are written")
    tail = Constant(Tail.ALL, "what sync_fs(1) does last")
    owrite = Constant(OverlayWrite.INHERIT, "how write_inode writes the upper inode")
    remark = Constant(Remark.NEVER, "when write_inode marks the overlay inode dirty again")

    uppers = Population(Upper, size="inodes")
    dcache = Population(Dentry, size="inodes")
    icache = Population(Inode, size="inodes", dynamic=True)

    suspects: Set[Inode]
    mounted: bool = True
    sb_active: bool = True
    sb_rdonly: bool = False
    mnt_writers: Refcount
    s_umount: RwSemaphore
    mnt_count: Refcount
    journal_handles: Refcount
    overlay_work: Work
    inherited: Dentry | None
    inherited_f_count: Refcount
    foreign_dirty: bool = True

    def initial(self) -> None:
        """Each name leads to an upper inode of its own."""
        unnamed: Set[Upper] = set(self.uppers)
        for dentry in self.dcache:
            dentry.upper = choose(unnamed)
            unnamed = unnamed - {dentry.upper}
            if self.copy_up:
                dentry.lower_only = True

    def open(self, file: File) -> None:
        """The end of fs/overlayfs/file.c:ovl_open: the real file is open already, and counted."""

    def mmap(self, file: File) -> None:
        """fs/overlayfs/file.c:ovl_mmap, for a shared mapping that may be written; the mapping is not linked yet."""

    def copyattr(self, inode: Inode) -> None:
        """After the ovl_copyattr that follows a change of the upper inode: write, setattr, atime."""

    def inode_init(self, inode: Inode) -> None:
        """fs/overlayfs/inode.c:ovl_inode_init of an inode that has an upper.  Runs in one step: it is I_NEW."""

    def inode_update(self, inode: Inode) -> None:
        """The end of fs/overlayfs/util.c:ovl_inode_update: copy-up has given the inode its upper."""

    def release(self, file: File) -> None:
        """fs/overlayfs/file.c:ovl_release before its fput of the real file."""

    def release_after_fput(self, file: File) -> None:
        """The same after it.  fput is asynchronous: the real file is still counted, unless ``synchronous_fput``."""

    def drop_inode(self, inode: Inode) -> bool:
        """``super_operations.drop_inode``: upstream uses generic_delete_inode."""
        return True

    def evict_inode(self, inode: Inode, memalloc: bool) -> None:
        """``super_operations.evict_inode``; ``memalloc``: the caller runs with PF_MEMALLOC."""

    def put_super(self) -> None:
        """``super_operations.put_super``, after every inode without references has been evicted."""

    def gc(self) -> None:
        """One pass of whatever a design does in the background; defined where constant ``gc_threads`` is 1."""

    def visited_by_syncfs(self, upper: Upper) -> bool:
        """What a property calls tracked: syncfs, or the sync of umount, would come by this upper inode.

        A design that defines ``sync_fs`` sets ``tail`` to what that does last, or defines this too.
        """
        return self.sb_active and (
            self.tail is Tail.ALL
            or any(
                inode.upper is upper and (inode in self.suspects or inode.is_dirty) for inode in self.icache
            )
        )

    def members_leave_in_evict(self) -> bool:
        """Whether a listed inode may be on its way out: ``evict_inode`` takes it off the list."""
        return False

    def list_references(self, inode: Inode) -> int:
        """How many references to ``inode`` the design itself holds, apart from those that ihold or igrab took."""
        return 0
