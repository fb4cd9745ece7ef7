"""``python -m docs.generate``: repeats the runs that the pages rest on, and writes the pages.

Ends with 1, and writes no page, if a run does not come to what its page says.
"""

from __future__ import annotations

import sys

import click

from docs.generate.declared import PAGES, ClaimError, Page, Run, load_page
from docs.generate.execute import execute
from docs.generate.outcomes import Outcome, load_outcomes, save_outcomes
from docs.generate.pages import render
from ovlcheck.errors import UsageError
from ovlcheck.lang.diagnostics import CompileError


@click.command()
@click.argument("names", metavar="[PAGE]...", nargs=-1, type=click.Choice(PAGES))
@click.option("--missing", is_flag=True, help="Do only the runs whose outcome has not been recorded yet.")
@click.option("--threads", type=click.IntRange(min=1), help="Search with so many threads.")
def main(names: tuple[str, ...], missing: bool, threads: int | None) -> None:
    """Write each PAGE (all of them unless told) from runs made now."""
    try:
        pages = [load_page(name) for name in PAGES]
    except ClaimError as error:
        raise click.ClickException(str(error)) from error
    wanted = [page for page in pages if not names or page.name in names]
    outcomes = load_outcomes()
    declared = {run.key for page in pages for run in page.runs}
    outcomes = {key: outcome for key, outcome in outcomes.items() if key in declared}
    surprises = _repeat(wanted, outcomes, missing, threads)
    save_outcomes(outcomes)  # without those that no page declares any more
    if surprises:
        raise click.ClickException("\n".join(["these runs do not come to what the pages say:", *surprises]))
    for page in wanted:
        page.file.write_text(render(page, outcomes), encoding="utf-8")


def _repeat(pages: list[Page], outcomes: dict[str, Outcome], missing: bool, threads: int | None) -> list[str]:
    """Puts the outcomes of the runs of ``pages`` into ``outcomes``; returns what was not expected."""
    runs = list({run.key: run for page in pages for run in page.runs}.values())
    surprises: list[str] = []
    for number, run in enumerate(runs, 1):
        if not (missing and run.key in outcomes):
            print(f"{number}/{len(runs)} {run.key.splitlines()[0]}", file=sys.stderr, flush=True)
            surprises += _once(run, outcomes, threads)
    return surprises


def _once(run: Run, outcomes: dict[str, Outcome], threads: int | None) -> list[str]:
    command = " ".join(run.command)
    try:
        outcome = execute(run, threads)
    except (UsageError, CompileError) as error:
        return [f"{command}\n    {error}"]
    found = outcome.surprises(run)
    if not found:
        outcomes[run.key] = outcome
        save_outcomes(outcomes)
    return [f"{command}\n    {line}" for line in found]


if __name__ == "__main__":
    main()
