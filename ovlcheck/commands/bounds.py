"""``ovlcheck bounds``: how large refcounts become, and what they count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.messages import say
from ovlcheck.options import Asked, debug_option, what_to_check

if TYPE_CHECKING:
    from ovlcheck.explore.result import SearchResult
    from ovlcheck.judge import About
    from ovlcheck.prepare import Options, Prepared
    from ovlcheck.report.verdict import ModelResult
    from ovlcheck.system.transition_system import TransitionSystem

_MOST_STATES = 1_000_000


@click.command("bounds")
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@debug_option
def command(model: Path, asked: Asked, style: str) -> int:
    """Say for each refcount of MODEL the least bound that is proved, and what the refcount is equal to.

    Exit code 1: a refcount falls below zero, or grows for ever; the run that shows it is printed.
    """
    from dataclasses import replace

    from ovlcheck.prepare import prepare
    from ovlcheck.report.console import render_report
    from ovlcheck.symbolic.bounds_text import as_json, as_text
    from ovlcheck.symbolic.focus import focused
    from ovlcheck.symbolic.refcount_bounds import refcount_bounds
    from ovlcheck.verify_model import about

    options = replace(asked.options(), properties=())
    prepared = prepare(model, options)
    searched, search = _explored(prepared, options)
    broken = _broken(searched, search, about(prepared, options))
    if broken is not None:
        if style == "json":
            _say_json(prepared.system.name, prepared.configuration, [], broken)
        else:
            say(render_report(broken, terminal=False))
        return 1
    system = focused(prepared.system, ())
    bounds = refcount_bounds(system)
    explored = search.largest if search.complete else None
    if style == "json":
        _say_json(system.name, prepared.configuration, as_json(system, bounds, explored), None)
    else:
        say(f"{system.name} ({prepared.configuration})\n\n{as_text(system, bounds, explored)}")
    return 0


def _explored(prepared: Prepared, options: Options) -> tuple[TransitionSystem, SearchResult]:
    """What the explicit engine finds among the first states of the model, without its properties."""
    from ovlcheck.engines import make_engine
    from ovlcheck.explore.result import Limits
    from ovlcheck.explore.search import explore
    from ovlcheck.symbolic.focus import with_properties

    limits = Limits(_MOST_STATES, threads=options.limits.threads, memory=options.limits.memory)
    return explore(with_properties(prepared.system, ()), make_engine("auto"), limits=limits)


def _broken(system: TransitionSystem, search: SearchResult, known: About) -> ModelResult | None:
    """What is wrong with refcounts: one falls below zero, or grows for ever; None if nothing is."""
    from dataclasses import replace

    from ovlcheck.judge import judge
    from ovlcheck.system.evaluation import REFCOUNT_BELOW_ZERO

    grows = search.stopped is not None and "grows beyond" in search.stopped
    below = tuple(v for v in search.violations if v.name == REFCOUNT_BELOW_ZERO)
    return judge(system, replace(search, violations=below), known) if grows or below else None


def _say_json(
    name: str, configuration: str, bounds: list[dict[str, object]], broken: ModelResult | None
) -> None:
    import json

    from ovlcheck.report.json import SCHEMA, to_json
    from ovlcheck.version import tool_version

    told: dict[str, object] = {
        "schema": SCHEMA,
        "model": name,
        "configuration": configuration,
        "bounds": bounds,
        "broken": None if broken is None else to_json([broken], tool_version())["results"][0],
        "tool_version": tool_version(),
    }
    say(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
