"""First guesses at the widths of counters."""

from ovlcheck.explore import probe
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, shipped
from ovlcheck.system.types import Count


def widths(system):
    return {v.name: v.type.width for v in system.variables if isinstance(v.type, Count)}


def upstream():
    models = shipped("models")
    assert models is not None
    return build(load_model(models / "upstream.py"), {"calls": 1, "writers": 0, "foreign": False})


def test_a_guess_is_never_wider_than_what_the_search_needs(monkeypatch):
    system = upstream()
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    guessed = widths(probe.probed(system, 8))
    needed, result = explore(system, Reference())
    assert result.complete
    assert all(guessed[name] <= width for name, width in widths(needed).items())
    assert guessed != widths(system)


def test_a_guess_is_the_same_every_time(monkeypatch):
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    assert widths(probe.probed(upstream(), 8)) == widths(probe.probed(upstream(), 8))


def test_no_guess_goes_beyond_the_widest_width(monkeypatch):
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    assert set(widths(probe.probed(upstream(), 1)).values()) == {1}
