"""On random systems Spin and Rumur count what the interpreter counts, and come to its verdicts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits
from ovlcheck.explore.search import explore
from ovlcheck.export.problems import NotExportable
from ovlcheck.system.semantics import CountOverflow
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.export.agreement import WAYS, narrowed, peer, violable
from tests.random_systems import transition_systems

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""Every example compiles C twice: looking for a smaller one would take many minutes."""


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=examples(8, 40), deadline=None, suppress_health_check=list(HealthCheck), phases=UNSHRUNK)
@given(system=transition_systems(), data=st.data())
def test_figures_and_a_verdict_agree(system: TransitionSystem, data: st.DataObject, way: str) -> None:
    try:
        system, ours = explore(narrowed(system), Reference(), limits=Limits(states=2_000))
        assume(ours.complete)
        theirs = peer(system, way)
    except (NotExportable, CountOverflow):
        assume(False)
    assert (theirs.states, theirs.transitions) == (ours.states, ours.transitions)
    violated = {violation.name for violation in ours.violations}
    name = data.draw(st.sampled_from(sorted(violated | set(violable(system)))))
    assert peer(system, way, (name,)).violated == (name in violated)
