"""The posted list as corrected minutes later (Amir Goldstein, 2020-10-15, CAOQ4uxhyh4i_0sEtkDkAsEARRU).

release takes an inode off when nobody has it open for writing, and asks after its fput.  fput is asynchronous, so
the real file that is being closed is still counted: the last close of a writer never takes the inode off, and a
close of a reader asks for one that may not be listed.  ``synchronous_fput`` has it as the mail supposed.
"""

from suspect_list_as_posted import SuspectListAsPosted

from ovlcheck.vfs import File


class SuspectListCorrected(SuspectListAsPosted):
    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "no_writeback_in_reclaim",
        "suspect_list_is_consistent",
        "umount_is_durable",
        "no_use_after_free",
    )

    def release(self, file: File) -> None:
        """Nothing before the fput any more; the inode is held until the test after it has been made."""
        self.ihold(file.inode)

    def release_after_fput(self, file: File) -> None:
        inode = file.inode
        if not (inode.upper is not None and inode.upper.i_writecount > 0):
            if inode.upper is not None and inode.upper.is_dirty:
                self.mark_inode_dirty(inode)
            self.suspect_del(inode)
        self.iput(inode, False)
