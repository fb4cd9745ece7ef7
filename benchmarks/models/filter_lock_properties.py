"""Where every task is weakly fair, whoever wants the lock gets it, but may be overtaken."""

from ovlcheck import always, behaviour, eventually, leads_to


@behaviour(weak="task")
def waiting_ends(fs):
    """Who waits gets the lock, and lets it go."""
    return leads_to(fs.level[0] > 0, fs.level[0] == 0)


@behaviour(weak="task")
def rests_together(fs):
    """Again and again nobody wants the lock: nobody has to leave a moment for that."""
    return always(eventually(all(fs.level[i] == 0 for i in range(fs.tasks))))
