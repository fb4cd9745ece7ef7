"""The list that holds references, with gc (Amir Goldstein, 2020-10-16, CAOQ4uxgJ=soSgdWo20iNtm30hua8).

A work looks for members to let go between calls of syncfs.  That it is a work, and not a shrinker, is from the answer
(Chengguang Xu, 175305cb90b.11646f2f146354).
"""

from list_holds_reference import ListHoldsReference

from ovlcheck import Constant


class ListHoldsReferenceGc(ListHoldsReference):
    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "no_writeback_in_reclaim",
        "umount_leaves_no_busy_inode",
        "umount_is_durable",
    )

    gc_threads = Constant(1, "daemons that run gc", choices=(0, 1))
