"""Lists of overlay inodes whose upper inode may be dirty, as the mails describe them.

The kernel has none of this.  What the mails leave open is a constant; list heads are embedded in the inodes, so that
whoever adds or removes one touches its neighbours.
"""

from __future__ import annotations

from ovlcheck import Constant, Mutex, Population, SpinLock, atomic, may_not_happen
from ovlcheck.vfs.objects import Inode, Upper
from ovlcheck.vfs.overlayfs import Overlayfs


class SuspectList(Overlayfs):
    """A list with the helpers of the posted code, whose bodies were not shown."""

    slots = Constant(2, "overlay inodes that memory has room for: one may be freed and still listed")
    list_ref = Constant(False, "membership of the list holds a reference")
    add_idempotent = Constant(True, "adding a member does nothing; else it corrupts the list")
    del_idempotent = Constant(True, "removing a non-member does nothing; else it corrupts the list")
    evict_detach = Constant(False, "eviction takes the inode off the list")

    icache = Population(Inode, size="slots", dynamic=True)
    list_lock: SpinLock

    def suspect_add(self, inode: Inode) -> None:
        """ovl_add_inode_to_suspect_list, under the list lock."""
        with atomic:
            with self.list_lock:
                self.touch_neighbours()
                if not self.add_idempotent:
                    assert inode not in self.suspects, "list_add of a member"
                if self.list_ref and inode not in self.suspects:
                    inode.i_count.inc()
                self.suspects.add(inode)

    def suspect_del(self, inode: Inode) -> None:
        """ovl_remove_inode_from_suspect_list, under the list lock; a reference is put outside it."""
        member = self.suspect_unlink(inode)
        if self.list_ref and member:
            self.iput(inode, False)

    def suspect_del_in_write_inode(self, inode: Inode) -> None:
        """The same by the task that is writing ``inode``."""
        member = self.suspect_unlink(inode)
        if self.list_ref and member:
            self.iput_in_write_inode(inode)

    def suspect_unlink(self, inode: Inode) -> bool:
        """Takes ``inode`` off the list; says whether it was on it."""
        with atomic:
            with self.list_lock:
                self.touch_neighbours()
                member = inode in self.suspects
                if not self.del_idempotent:
                    assert member, "list_del of an inode that is not on the list"
                self.suspects.discard(inode)
                if self.list_ref and member:
                    self.take_over(inode)
        return member

    def mark_suspects_dirty(self) -> None:
        """ovl_mark_suspect_list_inodes_dirty: marks each member whose upper inode is dirty."""
        with self.list_lock:
            for inode in self.suspects:
                if inode.upper is not None and inode.upper.is_dirty:
                    self.mark_inode_dirty(inode)

    def touch_neighbours(self) -> None:
        """list_add and list_del write to the members next to theirs: to freed memory, if such a one is freed."""
        assert all(member.i_count.get() >= 0 for member in self.suspects)

    def list_references(self, inode: Inode) -> int:
        return 1 if self.list_ref and inode in self.suspects else 0

    def members_leave_in_evict(self) -> bool:
        return self.evict_detach

    def evict_inode(self, inode: Inode, memalloc: bool) -> None:
        if self.evict_detach:
            with atomic:
                with self.list_lock:
                    if inode in self.suspects:
                        self.suspects.remove(inode)


class ReferencedList(Overlayfs):
    """A list whose members are referenced, so that none of them is evicted.

    Only who holds ``scan_lock`` removes members: a walk needs no reference of its own.
    """

    list_lock: SpinLock
    scan_lock: Mutex

    def track(self, inode: Inode) -> None:
        """Makes ``inode`` a member, unless it is one."""
        with atomic:
            with self.list_lock:
                if inode not in self.suspects:
                    inode.i_count.inc()
                    self.suspects.add(inode)

    def may_remove(self, upper: Upper) -> bool:
        """Whether nothing has to be written any more; called under the list lock, its reads are steps."""
        return True

    def drop_if_clean(self, inode: Inode) -> bool:
        """Removes a member that may go, and puts its reference outside the list lock; says whether it did."""
        with self.list_lock:
            clean = self.may_remove(inode.i_upper)
            if clean:
                with atomic:
                    self.suspects.remove(inode)
                    self.take_over(inode)
        if clean:
            self.iput(inode, False)
        return clean

    def drop_all(self) -> None:
        """Gives up every reference, for ``put_super``; a pass of ``gc`` that is under way is waited for."""
        with self.scan_lock:
            for inode in self.suspects:
                may_not_happen("nothing may be listed any more")
                with atomic:
                    self.suspects.remove(inode)
                    self.take_over(inode)
                self.iput(inode, False)

    def list_references(self, inode: Inode) -> int:
        return 1 if inode in self.suspects else 0
