"""What syncfs promises: changes that were complete when it was called are durable when it returns.

A change is complete when its call has returned, or when its store has been executed.  Access times do not count.
"""

from ovlcheck import Observer, Set, after, always, before
from ovlcheck.vfs import Upper


class _CompletedChanges(Observer):
    """Where the changes to each upper inode are, as long as they are not durable.

    ``begun``: made by a call that has not returned; ``changed``: complete.  ``_flying``: their I/O is under way.
    The inode's i_rwsem lets one such call run at a time.
    """

    begun: Set[Upper]
    begun_flying: Set[Upper]
    changed: Set[Upper]
    changed_flying: Set[Upper]

    @after("generic_perform_write")
    def write_begun(self, fs, upper):
        self.begun = self.begun | {upper}

    @after("notify_change")
    def setattr_begun(self, fs, upper):
        self.begun = self.begun | {upper}

    @after("store")
    def stored(self, fs, upper):
        self.changed = self.changed | {upper}

    @after("write_iter")
    def written(self, fs, inode):
        self.changed = self.changed | (self.begun & {inode.i_upper})
        self.changed_flying = self.changed_flying | (self.begun_flying & {inode.i_upper})
        self.begun = self.begun - {inode.i_upper}
        self.begun_flying = self.begun_flying - {inode.i_upper}

    @after("setattr")
    def attributes_set(self, fs, inode):
        self.changed = self.changed | (self.begun & {inode.i_upper})
        self.changed_flying = self.changed_flying | (self.begun_flying & {inode.i_upper})
        self.begun = self.begun - {inode.i_upper}
        self.begun_flying = self.begun_flying - {inode.i_upper}

    @after("submit_io")
    def submitted(self, fs, upper):
        self.changed_flying = self.changed_flying | (self.changed & {upper})
        self.begun_flying = self.begun_flying | (self.begun & {upper})
        self.changed = self.changed - {upper}
        self.begun = self.begun - {upper}

    @after("end_page_writeback")
    def completed(self, fs, upper):
        self.changed_flying = self.changed_flying - {upper}
        self.begun_flying = self.begun_flying - {upper}


class syncfs_is_durable(_CompletedChanges):
    """A change to a file that still has a name, complete before syncfs was called, is durable when syncfs returns."""

    old: Set[Upper]
    old_flying: Set[Upper]

    @before("syncfs")
    def called(self, fs):
        self.old = self.changed
        self.old_flying = self.changed_flying

    @after("submit_io")
    def old_submitted(self, fs, upper):
        self.old_flying = self.old_flying | (self.old & {upper})
        self.old = self.old - {upper}

    @after("end_page_writeback")
    def old_completed(self, fs, upper):
        self.old_flying = self.old_flying - {upper}

    @after("syncfs")
    def durable(self, fs):
        return all(upper.i_nlink == 0 for upper in self.old | self.old_flying)

    @after("syncfs")
    def forget(self, fs):
        self.old = set()
        self.old_flying = set()


class dirty_upper_is_tracked(_CompletedChanges):
    """A complete change that is not durable yet, to a file that still has a name, is one that syncfs would come by."""

    @always
    def tracked(self, fs):
        return all(
            upper.i_nlink == 0 or fs.visited_by_syncfs(upper) for upper in self.changed | self.changed_flying
        )
