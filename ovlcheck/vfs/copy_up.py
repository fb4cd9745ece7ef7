"""fs/overlayfs/copy_up.c (v5.9): how an overlay inode that had only a lower inode gets an upper one.

The data of the new file are synced, its attributes are not: from the moment that an inode has an upper, that upper
is dirty.
"""

from __future__ import annotations

from ovlcheck import atomic
from ovlcheck.vfs.objects import Dentry, Inode
from ovlcheck.vfs.vmscan import Shrinkers


class CopyUp(Shrinkers):
    def copy_up_inode(self, inode: Inode, dentry: Dentry) -> None:
        """fs/overlayfs/copy_up.c:ovl_copy_up_flags; does nothing to an inode that has its upper.

        The inode has its upper from ovl_inode_update on, but nobody takes the shortcut of ovl_already_copied_up
        (util.c) before ovl_dentry_set_upper_alias: whoever wants to change the file waits for ``inode_update`` too.
        The file that copies the data counts as a writer of the upper inode until its delayed fput.
        """
        if self.copy_up:
            with atomic:
                wanted = not dentry.upper_alias
                if wanted:
                    inode.ovl_lock.acquire()
            if wanted:
                with atomic:
                    mine = not dentry.upper_alias
                    if mine:
                        inode.i_upper.i_writecount.inc()
                        if self.metadata:
                            self.set_attributes_dirty(inode.i_upper)
                        else:
                            self.set_page_dirty(inode.i_upper)
                if mine:
                    dentry.lower_only = False
                    self.inode_update(inode)
                    dentry.upper_alias = True
                inode.ovl_lock.release()
                if mine:
                    inode.i_upper.i_writecount.dec()
