"""The objects of the kernel that the protocol is about, and the flags and modes that their functions take.

Field names are the kernel's (v5.9).  An object has only the fields that some design in this collection reads.
"""

from __future__ import annotations

from enum import Enum, Flag, auto

from ovlcheck import Int, Mutex, Object, Record, Refcount, SpinLock


class InodeState(Flag):
    """``i_state``.  ``I_DIRTY`` stands for all of ``I_DIRTY_ALL``: the model knows one kind of change."""

    I_DIRTY = auto()
    I_SYNC = auto()
    I_FREEING = auto()
    I_WILL_FREE = auto()


I_DIRTY = InodeState.I_DIRTY
I_SYNC = InodeState.I_SYNC
I_FREEING = InodeState.I_FREEING
I_WILL_FREE = InodeState.I_WILL_FREE


class SyncMode(Enum):
    """``enum writeback_sync_modes``: skip what is busy, or wait for it."""

    WB_SYNC_NONE = 0
    WB_SYNC_ALL = 1


WB_SYNC_NONE = SyncMode.WB_SYNC_NONE
WB_SYNC_ALL = SyncMode.WB_SYNC_ALL


class Work(Enum):
    """The work item queued to the flusher of the overlay's private bdi, if any."""

    NOTHING = 0
    SYNC_NONE = 1
    SYNC_ALL = 2


class Tail(Enum):
    """What ``sync_fs(1)`` does last: all of ``sync_filesystem(upper_sb)``; ``wait_sb_inodes(upper_sb)`` before
    the upper's own ``sync_fs(1)``; that ``sync_fs(1)`` alone; or writing every listed upper inode itself."""

    ALL = 0
    WAITSB = 1
    NONE = 2
    DIRECT = 3


class OverlayWrite(Enum):
    """How ``write_inode`` writes the upper inode: in its caller's mode, or always waiting."""

    INHERIT = 0
    FORCE_ALL = 1


class Remark(Enum):
    """When ``write_inode`` marks the overlay inode dirty again."""

    NEVER = 0
    IF_STILL_DIRTY = 1
    WHILE_WRITABLE = 2
    ALWAYS = 3


class Upper(Object):
    """An inode of the upper filesystem that an overlay file has, with the page cache: all data lives here.

    One page stands for all of them.  ``page_dirty`` and ``page_writeback`` are the tags of the mapping;
    while ``page_writeback`` is set, I/O is under way and nothing of it is durable.

    With constant ``metadata`` the attributes are apart from the page: ``inode_dirty`` is set until ``write_inode`` has
    copied them to a buffer, ``inode_buffered`` from then until the buffer has been written.
    """

    i_state: InodeState
    i_writecount: Refcount
    i_mmap_writable: Refcount
    i_nlink: Int[0, 1] = 1
    page_dirty: bool = False
    page_writeback: bool = False
    inode_dirty: bool = False
    inode_buffered: bool = False

    @property
    def is_dirty(self) -> bool:
        """``i_state & I_DIRTY_ALL``: says nothing about I/O that is under way."""
        return bool(self.i_state & I_DIRTY)


class Inode(Object):
    """An overlay inode: ``struct ovl_inode`` with its ``vfs_inode``.  It has no pages of its own.

    ``i_count`` counts the cached dentry, members of a list that holds references, and transient users;
    open files hold the dentry.  ``i_dentry`` is the one name of the inode (the kernel has a list of them).
    """

    i_count: Refcount
    i_state: InodeState
    i_lock: SpinLock
    i_rwsem: Mutex
    ovl_lock: Mutex
    i_dentry: Dentry
    on_lru: bool = False
    on_b_io: bool = False

    @property
    def upper(self) -> Upper | None:
        """``ovl_inode_upper()``: None before copy-up."""
        return None if self.i_dentry.lower_only else self.i_dentry.upper

    @property
    def i_upper(self) -> Upper:
        """The upper inode that this inode has, or will have after copy-up."""
        return self.i_dentry.upper

    @property
    def is_dirty(self) -> bool:
        return bool(self.i_state & I_DIRTY)

    @property
    def is_freeing(self) -> bool:
        return bool(self.i_state & I_FREEING)

    @property
    def i_nlink(self) -> int:
        """The overlay inode's link count follows the upper inode's."""
        return self.i_upper.i_nlink


class Dentry(Object):
    """The overlay's cached name of one file; ``d_count`` counts overlay files, real files and walkers.

    While ``d_inode`` is set the dentry holds one ``i_count``, whatever ``d_count`` is.  The object outlives
    the cached dentry: it also stands for the name on disk.  Behind it is ``upper``, unless ``lower_only``;
    ``upper_alias``: copy-up, where there is any, is over.
    """

    d_count: Refcount
    d_inode: Inode | None
    d_unhashed: bool = False
    upper: Upper
    lower_only: bool = False
    upper_alias: bool = False


class File(Record):
    """An open file of the overlay, with the real file behind it: ``upper`` is the inode of the latter."""

    inode: Inode
    dentry: Dentry
    upper: Upper
    writable: bool
