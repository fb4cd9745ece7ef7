"""The posted list, edited: inodes are marked in the last ``sync_fs``, where nobody writes them any more."""

from models.suspect_list_as_posted import SuspectListAsPosted


class LateMark(SuspectListAsPosted):
    def sync_fs(self, wait: bool) -> None:
        if wait:
            with self.list_lock:
                for inode in self.suspects:
                    if inode.upper.is_dirty:
                        self.mark_inode_dirty(inode)
            self.sync_fs_tail()
