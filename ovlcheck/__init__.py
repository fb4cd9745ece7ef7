"""ovlcheck: an exhaustive model checker for the suspect-list protocol of Linux overlayfs.

These names are the language of models and properties; see docs/language.md.
"""

from ovlcheck.lang.declarations import (
    Array,
    Constant,
    Int,
    List,
    Mutex,
    Object,
    Observer,
    Population,
    Record,
    Refcount,
    RwSemaphore,
    Set,
    SpinLock,
    System,
    after,
    always,
    atomic,
    before,
    behaviour,
    choose,
    daemon,
    event,
    eventually,
    free,
    idle,
    leads_to,
    may_not_happen,
    new,
    next_state,
    possible,
    pre,
    process,
    rule,
    unasked,
    until,
    wait,
)  # fmt: skip

__all__ = [
    "Array", "Constant", "Int", "List", "Mutex", "Object", "Observer", "Population", "Record", "Refcount",
    "RwSemaphore", "Set", "SpinLock", "System", "after", "always", "atomic", "before", "behaviour", "choose", "daemon",
    "event", "eventually", "free", "idle", "leads_to", "may_not_happen", "new", "next_state", "possible", "pre",
    "process", "rule", "unasked", "until", "wait",
]  # fmt: skip
