"""What syncfs promises: changes that were complete when it was called are durable when it returns.

A change is complete when its call has returned, or when its store has been executed.  Access times do not count.
"""

from ovlcheck import Observer, Set, after, always, before
from ovlcheck.vfs import Upper


class _CompletedChanges(Observer):
    """Where the changes to each upper inode are, as long as they are not durable.

    ``begun``: made by a call that has not returned; ``changed``: complete.  ``_flying``: their I/O is under way.
    The inode's i_rwsem lets one such call run at a time.

    With constant ``metadata`` these are the changes to the page.  Those to the attributes, of which every change has
    some, are ``attributes`` until ``write_inode`` has copied them to a buffer, and ``buffered`` until that is written.
    """

    begun: Set[Upper]
    begun_flying: Set[Upper]
    changed: Set[Upper]
    changed_flying: Set[Upper]
    attributes_begun: Set[Upper]
    attributes: Set[Upper]
    buffered_begun: Set[Upper]
    buffered: Set[Upper]

    @after("generic_perform_write")
    def write_begun(self, fs, upper):
        self.begun = self.begun | {upper}
        if fs.metadata:
            self.attributes_begun = self.attributes_begun | {upper}

    @after("notify_change")
    def setattr_begun(self, fs, upper):
        if fs.metadata:
            self.attributes_begun = self.attributes_begun | {upper}
        else:
            self.begun = self.begun | {upper}

    @after("store")
    def stored(self, fs, upper):
        self.changed = self.changed | {upper}
        if fs.metadata:
            self.attributes = self.attributes | {upper}

    @after("write_iter")
    def written(self, fs, inode):
        self.changed = self.changed | (self.begun & {inode.i_upper})
        self.changed_flying = self.changed_flying | (self.begun_flying & {inode.i_upper})
        self.begun = self.begun - {inode.i_upper}
        self.begun_flying = self.begun_flying - {inode.i_upper}
        if fs.metadata:
            self.attributes = self.attributes | (self.attributes_begun & {inode.i_upper})
            self.buffered = self.buffered | (self.buffered_begun & {inode.i_upper})
            self.attributes_begun = self.attributes_begun - {inode.i_upper}
            self.buffered_begun = self.buffered_begun - {inode.i_upper}

    @after("setattr")
    def attributes_set(self, fs, inode):
        if fs.metadata:
            self.attributes = self.attributes | (self.attributes_begun & {inode.i_upper})
            self.buffered = self.buffered | (self.buffered_begun & {inode.i_upper})
            self.attributes_begun = self.attributes_begun - {inode.i_upper}
            self.buffered_begun = self.buffered_begun - {inode.i_upper}
        else:
            self.changed = self.changed | (self.begun & {inode.i_upper})
            self.changed_flying = self.changed_flying | (self.begun_flying & {inode.i_upper})
            self.begun = self.begun - {inode.i_upper}
            self.begun_flying = self.begun_flying - {inode.i_upper}

    @after("write_inode_upper")
    def copied(self, fs, upper: Upper):
        if fs.metadata:
            self.buffered = self.buffered | (self.attributes & {upper})
            self.buffered_begun = self.buffered_begun | (self.attributes_begun & {upper})
            self.attributes = self.attributes - {upper}
            self.attributes_begun = self.attributes_begun - {upper}

    @after("commit_buffers")
    def committed(self, fs):
        if fs.metadata:
            self.buffered = set()
            self.buffered_begun = set()

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
    old_attributes: Set[Upper]
    old_buffered: Set[Upper]

    @before("syncfs")
    def called(self, fs):
        self.old = self.changed
        self.old_flying = self.changed_flying
        if fs.metadata:
            self.old_attributes = self.attributes
            self.old_buffered = self.buffered

    @after("submit_io")
    def old_submitted(self, fs, upper):
        self.old_flying = self.old_flying | (self.old & {upper})
        self.old = self.old - {upper}

    @after("end_page_writeback")
    def old_completed(self, fs, upper):
        self.old_flying = self.old_flying - {upper}

    @after("write_inode_upper")
    def old_copied(self, fs, upper: Upper):
        if fs.metadata:
            self.old_buffered = self.old_buffered | (self.old_attributes & {upper})
            self.old_attributes = self.old_attributes - {upper}

    @after("commit_buffers")
    def old_committed(self, fs):
        if fs.metadata:
            self.old_buffered = set()

    @after("syncfs")
    def durable(self, fs):
        lost = self.old | self.old_flying | self.old_attributes | self.old_buffered
        return all(upper.i_nlink == 0 for upper in lost)

    @after("syncfs")
    def forget(self, fs):
        self.old = set()
        self.old_flying = set()
        if fs.metadata:
            self.old_attributes = set()
            self.old_buffered = set()


class dirty_upper_is_tracked(_CompletedChanges):
    """A complete change that is not durable yet, to a file that still has a name, is one that syncfs would come by.

    What is in a buffer of the upper filesystem, its ``sync_fs`` comes by, whatever the overlay does.
    """

    @always
    def tracked(self, fs):
        under_way = self.changed | self.changed_flying | self.attributes
        return all(upper.i_nlink == 0 or fs.visited_by_syncfs(upper) for upper in under_way)
