"""The tasks that use the overlay: what they may call, in any order that makes sense.

A task has at most one file open.  A mapping keeps the real file after close, until munmap.
"""

from __future__ import annotations

from ovlcheck import Int, atomic, choose, daemon, idle, process, wait
from ovlcheck.vfs.objects import File
from ovlcheck.vfs.super import Unmount

Calls = Int[0, "calls"]
"""How often a task has made one of its calls; there is no such count where ``calls`` is none."""


class Users(Unmount):
    @process(instances="writers")
    def writer(self) -> None:
        """Opens a file for writing; writes, maps, stores, unmaps, closes; the mapping may outlive the close."""
        if self.calls is not None:
            opened: Calls = 0
        while self.calls is None or opened < self.calls:
            if self.calls is not None:
                opened += 1
            idle()
            dentry = choose(self.dcache)
            inode = self.lookup(dentry)
            if inode is None:
                continue
            if not self.mnt_want_write():
                self.dput(dentry)
                continue
            if self.failed_opens and choose():
                self.copy_up_inode(inode, dentry)
                self.mnt_drop_write()
                self.dput(dentry)
                continue
            file = File(inode=inode, dentry=dentry, upper=inode.i_upper, writable=True)
            self.do_dentry_open(file)
            mapped = False
            forked = False
            if self.calls is not None:
                mappings: Calls = 0
                writes: Calls = 0
            while True:
                idle()
                if choose() and (self.calls is None or writes < self.calls):
                    if self.calls is not None:
                        writes += 1
                    self.write_iter(file, inode)
                elif self.fsyncs and choose():
                    self.fsync(file)
                elif mapped and choose():
                    self.store(file.upper)
                elif mapped and choose():
                    self.unlink_file_vma(file.upper)
                    mapped = False
                elif self.forks and mapped and not forked and choose():
                    self.dup_mmap(file)
                    forked = True
                elif self.mmaps and not mapped and choose() and (self.calls is None or mappings < self.calls):
                    if self.calls is not None:
                        mappings += 1
                    self.mmap_region(file)
                    mapped = True
                else:
                    break
            self.fput(file, mapped or forked)
            outlives = mapped or forked or not self.synchronous_fput
            while mapped:
                idle()
                if choose():
                    self.store(file.upper)
                else:
                    self.unlink_file_vma(file.upper)
                    mapped = False
            if forked:
                self.fput_inherited(dentry)
            elif outlives:
                self.fput_realfile(file.upper, dentry, True)

    @process(instances="forks")
    def child(self) -> None:
        """Stores through the mapping that it has inherited, unmaps it, and is there to be forked again."""
        while True:
            idle()
            with atomic:
                wait(self.inherited is not None)
                dentry = self.inherited
                self.inherited = None
            mapped = True
            while mapped:
                idle()
                if choose():
                    self.store(dentry.upper)
                else:
                    self.unlink_file_vma(dentry.upper)
                    mapped = False
            self.fput_inherited(dentry)

    @process(instances="readers")
    def reader(self) -> None:
        """Opens a file for reading, reads and closes it, or changes its attributes by path."""
        if self.calls is not None:
            called: Calls = 0
        while self.calls is None or called < self.calls:
            if self.calls is not None:
                called += 1
            idle()
            dentry = choose(self.dcache)
            inode = self.lookup(dentry)
            if inode is None:
                continue
            if self.meta_ops and choose():
                if self.mnt_want_write():
                    self.setattr(inode, dentry)
                    self.mnt_drop_write()
                self.dput(dentry)
                continue
            file = File(inode=inode, dentry=dentry, upper=inode.i_upper, writable=False)
            self.do_dentry_open(file)
            if self.calls is not None:
                reads: Calls = 0
            while self.meta_ops and (self.calls is None or reads < self.calls):
                idle()
                if choose():
                    break
                if self.calls is not None:
                    reads += 1
                self.read_iter(file, inode)
            idle()
            self.fput(file, False)
            if not self.synchronous_fput:
                self.fput_realfile(file.upper, dentry, False)

    @process(instances="syncers")
    def syncer(self) -> None:
        """Calls syncfs on a file of the overlay that it has open."""
        if self.calls is not None:
            called: Calls = 0
        while self.calls is None or called < self.calls:
            if self.calls is not None:
                called += 1
            idle()
            with atomic:
                wait(self.mounted)
                if self.umounts:
                    self.mnt_count.inc()
                if self.foreign:
                    self.dirty_foreign_inode()
            self.syncfs()
            if self.umounts:
                self.mnt_count.dec()

    @process(instances="drop_caches_tasks")
    def drop_caches(self) -> None:
        """fs/drop_caches.c, for a task that writes 2 (drop_slab) or 3 to drop_caches: an ordinary context."""
        if self.calls is not None:
            called: Calls = 0
        while self.calls is None or called < self.calls:
            if self.calls is not None:
                called += 1
            idle()
            if self.drop_pagecache and choose():
                self.drop_pagecache_sb()
            else:
                self.super_cache_scan(False)

    @process(instances="unlinks")
    def unlinker(self) -> None:
        """Unlinks one file, once."""
        self.unlink(choose(self.dcache))

    @process(instances="remounts")
    def remounter(self) -> None:
        """Remounts the overlay read-only, once."""
        self.reconfigure_super()

    @process(instances="umounts")
    def unmounter(self) -> None:
        """Unmounts the overlay, once."""
        self.umount()

    @daemon(instances="gc_threads")
    def collector(self) -> None:
        """Runs the variant's ``gc`` from a workqueue, again and again."""
        while True:
            idle()
            self.gc()
