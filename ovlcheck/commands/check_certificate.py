"""``ovlcheck check-certificate``: whether a proof that was written down is one."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import say
from ovlcheck.options import Seconds, debug_option


@click.command("check-certificate")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="MODEL",
    help="Translate this model anew and compare what the proof is about.",
)
@click.option(
    "--properties",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Where the model's properties are, unless they are the shipped ones or beside it.",
)
@click.option(
    "--time",
    "seconds",
    type=Seconds(),
    metavar="SECONDS",
    help="Give up on a question after this time.",
)
@debug_option
def command(file: Path, model: Path | None, properties: tuple[Path, ...], seconds: float | None) -> int:
    """Verify again the proof in FILE, which ovlcheck prove --certificate or verify --certificate wrote.

    Without --model nothing but the file is read: then it is shown that what the file calls bad cannot be reached by
    what it calls steps.  Exit codes: 0 it is a proof; 1 it is none; 2 it is no certificate, or one of something else;
    3 no answer within the time.
    """
    from ovlcheck.check_certificate import check_certificate

    found = check_certificate(file, model, seconds, properties)
    say(found.text)
    return int(found.exit_code)
