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
    choose,
    daemon,
    event,
    free,
    idle,
    may_not_happen,
    new,
    pre,
    process,
    rule,
    unasked,
    wait,
)  # fmt: skip

__all__ = [
    "Array", "Constant", "Int", "List", "Mutex", "Object", "Observer", "Population", "Record", "Refcount",
    "RwSemaphore", "Set", "SpinLock", "System", "after", "always", "atomic", "before", "choose", "daemon", "event",
    "free", "idle", "may_not_happen", "new", "pre", "process", "rule", "unasked", "wait",
]  # fmt: skip
