"""Where every philosopher is weakly fair."""

from ovlcheck import always, behaviour, eventually


@behaviour(weak="philosopher")
def somebody_eats(fs):
    """Again and again somebody eats."""
    return always(eventually(any(fs.eating[i] for i in range(fs.seats))))


@behaviour(weak="philosopher")
def everybody_eats(fs):
    """The first one eats again and again: his neighbours may keep his forks busy."""
    return always(eventually(fs.eating[0]))
