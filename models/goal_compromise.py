"""The compromise among two goals (Amir Goldstein, 2020-10-15, CAOQ4uxhEA=ggONsJrUzGfHOGHob).

As ``goal_best``, but no overlay inode goes while its upper inode is open for writing either.
"""

from goal_best import GoalBest

from ovlcheck.vfs import Inode


class GoalCompromise(GoalBest):
    def drop_inode(self, inode: Inode) -> bool:
        return inode.upper is None or (not inode.upper.is_dirty and not inode.upper.i_writecount > 0)
