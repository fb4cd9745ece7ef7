"""The Linux kernel (v5.9) around an overlayfs variant, as far as the protocol of dirty upper inodes goes.

Each module mirrors one file of the kernel and names the functions it stands for.  Code is cut into steps where the
kernel lets others run: what it does under one hold of a spinlock is one ``with atomic``.
"""

from ovlcheck.vfs.objects import (
    I_DIRTY,
    I_FREEING,
    I_SYNC,
    I_WILL_FREE,
    WB_SYNC_ALL,
    WB_SYNC_NONE,
    Dentry,
    File,
    Inode,
    InodeState,
    OverlayWrite,
    Remark,
    SyncMode,
    Tail,
    Upper,
    Work,
)
from ovlcheck.vfs.overlayfs import Overlayfs
from ovlcheck.vfs.suspect_list import ReferencedList, SuspectList

__all__ = [
    "I_DIRTY",
    "I_FREEING",
    "I_SYNC",
    "I_WILL_FREE",
    "WB_SYNC_ALL",
    "WB_SYNC_NONE",
    "Dentry",
    "File",
    "Inode",
    "InodeState",
    "OverlayWrite",
    "Overlayfs",
    "ReferencedList",
    "Remark",
    "SuspectList",
    "SyncMode",
    "Tail",
    "Upper",
    "Work",
]
