"""``ovlcheck prove``: what holds of a model however large its refcounts get."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ovlcheck.messages import say
from ovlcheck.options import EXIT_CODES, Asked, debug_option, what_to_check


@click.command("prove", epilog=EXIT_CODES)
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--method",
    type=click.Choice(["auto", "bmc", "induction", "spacer", "learning"]),
    default="auto",
    show_default=True,
    help="learning makes an invariant from what an exhaustive search reaches; auto begins with it and then tries the "
    "others; bmc looks for a shortest violation.",
)
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="Give up on a property after this time.",
)
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Look at most N steps ahead with bmc.")
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the proof there as SMT-LIB 2; with several properties a file each, as in FILE.NAME.smt2.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Save the trace of each violation there, as JSON.",
)
@debug_option
def command(
    model: Path,
    asked: Asked,
    method: str,
    seconds: float,
    depth: int | None,
    certificate: Path | None,
    out: Path | None,
) -> int:
    """Prove properties of MODEL with Z3, for refcounts without any bound.

    A proof is an inductive invariant: --certificate keeps it, and ovlcheck check-certificate, or any other solver,
    verifies it again.  A violation comes with a run that the reference interpreter has replayed.
    """
    from ovlcheck.prove import Attempt, prove
    from ovlcheck.report.proofs import render_proofs
    from ovlcheck.report.verdict import worst

    attempt = Attempt(method, depth, seconds)
    shown = sys.stderr.isatty()

    def progress(name: str, text: str) -> None:
        if shown:
            click.echo(f"{name}: {text} ...", err=True)

    result = prove(model, asked.options(), attempt, progress)
    say(render_proofs(result, attempt))
    if certificate is not None:
        written = [p for p in result.proofs if p.certificate is not None]
        for proof in written:
            several = len(result.proofs) > 1
            file = certificate.with_suffix(f".{proof.name}.smt2") if several else certificate
            file.write_text(proof.certificate or "", encoding="utf-8")
            say(f"  certificate of {proof.name}: {file}\n")
        for proof in result.proofs:
            if proof not in written:
                why = "no invariant was found" if proof.verdict == "proved" else f"it is {proof.verdict}"
                click.echo(f"ovlcheck: note: no certificate of {proof.name}: {why}", err=True)
    if out is not None:
        from ovlcheck.report.files import trace_stem
        from ovlcheck.trace.saved import save

        out.mkdir(parents=True, exist_ok=True)
        for proof in result.proofs:
            if proof.trace is not None:
                save(proof.trace, out / f"{trace_stem(result.name, proof.name)}.json")
    return int(worst(p.exit_code for p in result.proofs))
