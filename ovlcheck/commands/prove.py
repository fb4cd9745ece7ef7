"""``ovlcheck prove``: what holds of a model however large its refcounts get."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.messages import ReaderGoneError
from ovlcheck.options import (
    EXIT_CODES,
    Asked,
    Session,
    debug_option,
    proof_time,
    quiet_option,
    report_options,
    what_to_check,
)
from ovlcheck.whole_files import write_whole

if TYPE_CHECKING:
    from ovlcheck.prove import Proof, Proofs


@click.command("prove", epilog=EXIT_CODES)
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--method",
    type=click.Choice(["auto", "bmc", "induction", "spacer", "learning"]),
    default="auto",
    show_default=True,
    help="learning makes an invariant from what a search reaches, all or a sample; auto begins with it, then tries the "
    "others; bmc looks for a shortest violation.",
)
@proof_time
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Look at most N steps ahead with bmc.")
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the proof there as SMT-LIB 2; with several properties a file each, as in FILE.NAME.smt2.",
)
@report_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the trace of each violation there in every form of ovlcheck trace, and a page of all of them.",
)
@quiet_option
@debug_option
@click.pass_obj
def command(
    session: Session,
    model: Path,
    asked: Asked,
    method: str,
    seconds: float,
    depth: int | None,
    certificate: Path | None,
    style: str,
    reports: tuple[tuple[str, Path], ...],
    out: Path | None,
    quiet: bool,
) -> int:
    """Prove properties of MODEL with Z3, for refcounts without any bound.

    A proof is an inductive invariant: --certificate keeps it, and ovlcheck check-certificate, or any other solver,
    verifies it again.  A violation comes with a run that the reference interpreter has replayed.  A number of
    processes may be left open, as in --set writers=any: then it is proved for any number of them.
    """
    from ovlcheck.prove import Attempt, prove
    from ovlcheck.report.proofs import as_result, render_proofs
    from ovlcheck.telling import Manner, Teller

    attempt = Attempt(method, depth, seconds)
    shown = sys.stderr.isatty() and not quiet

    def progress(name: str, text: str) -> None:
        if shown:
            click.echo(f"{name}: {text} ...", err=True)

    found: list[Proofs] = []
    teller = Teller(
        Manner(style, reports, out, session.colour, quiet, debug=session.debug),
        lambda _: "".join(render_proofs(proofs, attempt) for proofs in found),
    )
    try:
        found.append(prove(model, asked.options(), attempt, progress))
        teller.result(as_result(found[0], attempt))
        if certificate is not None:
            _write_certificates(found[0].proofs, certificate, quiet)
    except (KeyboardInterrupt, ReaderGoneError):
        raise
    except Exception as error:  # a report for programs says what it was
        teller.error(error, model)
    return int(teller.end())


def _write_certificates(proofs: tuple[Proof, ...], certificate: Path, quiet: bool) -> None:
    """A file for each proof that has one; stderr has what was written, and why nothing was."""
    for proof in proofs:
        if proof.certificate is None:
            why = "no invariant was found" if proof.verdict == "proved" else f"it is {proof.verdict}"
            if not proof.applies:
                why = "it does not apply"
            click.echo(f"ovlcheck: note: no certificate of {proof.name}: {why}", err=True)
            continue
        file = certificate.with_suffix(f".{proof.name}.smt2") if len(proofs) > 1 else certificate
        write_whole(file, proof.certificate)
        if not quiet:
            click.echo(f"certificate of {proof.name}: {file}", err=True)
