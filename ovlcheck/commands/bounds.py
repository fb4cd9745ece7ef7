"""``ovlcheck bounds``: how large refcounts become, and what they count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.messages import say
from ovlcheck.options import Asked, debug_option, what_to_check

if TYPE_CHECKING:
    from ovlcheck.report.verdict import ModelResult

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
    from ovlcheck.prepare import prepare
    from ovlcheck.symbolic.bounds_text import as_json, as_text
    from ovlcheck.symbolic.focus import focused
    from ovlcheck.symbolic.refcount_bounds import refcount_bounds

    options = asked.options()
    prepared = prepare(model, options)
    broken = _underflow(model, asked)
    if broken is not None:
        if style == "json":
            _say_json(prepared.system.name, prepared.configuration, [], broken)
        else:
            from ovlcheck.report.console import render_report

            say(render_report(broken, terminal=False))
        return 1
    system = focused(prepared.system, ())
    bounds = refcount_bounds(system)
    if style == "json":
        _say_json(system.name, prepared.configuration, as_json(system, bounds), None)
    else:
        say(f"{system.name} ({prepared.configuration})\n\n{as_text(system, bounds)}")
    return 0


def _underflow(model: Path, asked: Asked) -> ModelResult | None:
    """What the explicit engine finds wrong with refcounts among the first states; None if nothing is."""
    from dataclasses import replace

    from ovlcheck.engines import make_engine
    from ovlcheck.explore.result import Limits
    from ovlcheck.explore.search import explore
    from ovlcheck.judge import judge
    from ovlcheck.prepare import prepare
    from ovlcheck.symbolic.focus import with_properties
    from ovlcheck.system.evaluation import REFCOUNT_BELOW_ZERO
    from ovlcheck.verify_model import about

    options = replace(asked.options(), properties=())
    prepared = prepare(model, options)
    system = with_properties(prepared.system, ())
    limits = Limits(_MOST_STATES, threads=options.limits.threads, memory=options.limits.memory)
    wider, search = explore(
        system, make_engine("auto"), limits=limits, stop_early=frozenset((REFCOUNT_BELOW_ZERO,))
    )
    grows = search.stopped is not None and "grows beyond" in search.stopped
    below = [v for v in search.violations if v.name == REFCOUNT_BELOW_ZERO]
    if not (grows or below):
        return None
    return judge(wider, replace(search, violations=tuple(below)), about(prepared, options))


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
