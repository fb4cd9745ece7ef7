"""Where every counter is weakly fair."""

from ovlcheck import always, behaviour, eventually, leads_to


@behaviour(weak="counter")
def comes_to_its_end(fs):
    """The first counter reaches its greatest value."""
    return leads_to(fs.count[0] == 1, fs.count[0] == fs.last)


@behaviour(weak="counter")
def meet_at_zero(fs):
    """All counters are 0 at once, again and again: they may miss each other."""
    return always(eventually(all(fs.count[i] == 0 for i in range(fs.counters))))
