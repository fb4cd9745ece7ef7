"""The better of two goals for a design (Amir Goldstein, 2020-10-15, CAOQ4uxhEA=ggONsJrUzGfHOGHob).

syncfs writes only what this overlay dirtied, and an overlay inode may go once its upper inode is clean.  The mail
adds ``drop_inode`` to the list of the mail before; nothing else in it could keep an inode.
"""

from suspect_list_intended import SuspectListIntended

from ovlcheck.vfs import Inode


class GoalBest(SuspectListIntended):
    def drop_inode(self, inode: Inode) -> bool:
        return inode.upper is None or not inode.upper.is_dirty
