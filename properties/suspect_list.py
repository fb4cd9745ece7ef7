"""The suspect list as a data structure: who is on it, and who gets on and off."""

from ovlcheck import Observer, always, before


class suspect_list_is_consistent(Observer):
    """No member is added, no other inode removed, and no member is being freed or freed already."""

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
        return all(inode in fs.icache and not inode.is_freeing for inode in fs.suspects)
