"""ovlcheck: an exhaustive model checker for the suspect-list protocol of Linux overlayfs.

Most of these names are the language of models and properties; see docs/language.md.  The others are for programs that
call the checker, as ``ovlcheck.verify`` does; see docs/api.md.  They are loaded from ``ovlcheck.api`` when they are
first asked for, because models and the command line have to start at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from ovlcheck.api import CompileError as CompileError
    from ovlcheck.api import Diagnostic as Diagnostic
    from ovlcheck.api import ExitCode as ExitCode
    from ovlcheck.api import Limits as Limits
    from ovlcheck.api import ModelResult as ModelResult
    from ovlcheck.api import Progress as Progress
    from ovlcheck.api import PropertyVerdict as PropertyVerdict
    from ovlcheck.api import ScenarioVerdict as ScenarioVerdict
    from ovlcheck.api import Scope as Scope
    from ovlcheck.api import Settings as Settings
    from ovlcheck.api import Step as Step
    from ovlcheck.api import Trace as Trace
    from ovlcheck.api import UsageError as UsageError
    from ovlcheck.api import find_settings as find_settings
    from ovlcheck.api import verify as verify
else:  # a checker of types would take a module with this function to have every name
    _API = frozenset({
        "CompileError", "Diagnostic", "ExitCode", "Limits", "ModelResult", "Progress", "PropertyVerdict",
        "ScenarioVerdict", "Scope", "Settings", "Step", "Trace", "UsageError", "find_settings", "verify",
    })  # fmt: skip

    def __getattr__(name: str) -> object:
        """A name that ``ovlcheck.api`` offers to programs."""
        if name not in _API:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module("ovlcheck.api"), name)
        return value


__all__ = [
    "Array", "Constant", "Int", "List", "Mutex", "Object", "Observer", "Population", "Record", "Refcount",
    "RwSemaphore", "Set", "SpinLock", "System", "after", "always", "atomic", "before", "behaviour", "choose", "daemon",
    "event", "eventually", "free", "idle", "leads_to", "may_not_happen", "new", "next_state", "possible", "pre",
    "process", "rule", "unasked", "until", "wait",
]  # fmt: skip
"""The language; what programs call is not for ``from ovlcheck import *`` in a model."""
