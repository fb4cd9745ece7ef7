"""The formats of exports by the names that a user gives them."""

from __future__ import annotations

from collections.abc import Collection

from ovlcheck.export.commands import with_counters
from ovlcheck.export.export import Export
from ovlcheck.export.murphi import to_murphi
from ovlcheck.export.promela import to_promela
from ovlcheck.system.transition_system import TransitionSystem

FORMATS = ("promela", "promela-flat", "murphi")

COUNTER_BITS = 8
"""Wide enough for every counter that a search would go on with; more are reported by the export itself."""


def export(system: TransitionSystem, to: str, asserting: Collection[str] = ()) -> Export:
    """``system`` in the format ``to``, one of ``FORMATS``, with counters of at least ``COUNTER_BITS``.

    ``asserting`` names the properties and checks to report.  Raises ``NotExportable``.
    """
    system = with_counters(system, COUNTER_BITS)
    if to == "murphi":
        return to_murphi(system, asserting=asserting)
    return to_promela(system, flat=to == "promela-flat", asserting=asserting)
