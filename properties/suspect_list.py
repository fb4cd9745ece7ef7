"""The suspect list as a data structure: who is on it, and who gets on and off."""

from ovlcheck import Observer, always, before


class suspect_list_is_consistent(Observer):
    """No member is added and no other inode removed; no member has been freed, nor is being freed, unless by whoever
    takes it off the list on the way.
    """

    @before("suspects.add")
    def no_member_is_added(self, fs, element):
        return element not in fs.suspects

    @before("suspects.remove")
    def only_a_member_is_removed(self, fs, element):
        return element in fs.suspects

    @before("suspects.discard")
    def only_a_member_is_discarded(self, fs, element):
        return element in fs.suspects

    @always
    def members_are_alive(self, fs):
        return all(
            inode in fs.icache and (not inode.is_freeing or fs.members_leave_in_evict())
            for inode in fs.suspects
        )
