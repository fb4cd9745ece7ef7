"""The use case behind ``ovlcheck check-certificate``: a file with a proof goes in, what it proves comes out."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovlcheck.errors import UsageError
from ovlcheck.prepare import Options, prepare
from ovlcheck.reached.saved import WRITTEN_BY
from ovlcheck.report.verdict import ANY, ExitCode
from ovlcheck.trace.fingerprint import fingerprint

if TYPE_CHECKING:
    from ovlcheck.symbolic.certificate import Certificate

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Checked:
    """What was found out about a certificate, as text and as an exit code."""

    exit_code: ExitCode
    text: str


def check_certificate(
    file: Path, model: Path | None, seconds: float | None = None, properties: tuple[Path, ...] = ()
) -> Checked:
    """Verify the proof in ``file``, and that it is about ``model`` if there is one.

    ``properties`` are where its properties are found, none meaning where ``verify`` finds them.

    Raises ``UsageError`` for a file that is no certificate or one of something else, ``CompileError`` for a model
    that does not compile.
    """
    from ovlcheck.symbolic.certificate import QUESTIONS, check, parse

    if file.read_bytes()[:2] == _GZIP:
        return _reached_set(file, model, properties)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not a certificate: not UTF-8 text", WRITTEN_BY) from error
    try:
        certificate = parse(text)
        answers = check(certificate, seconds)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", error.remedy) from error
    except RecursionError as error:
        raise UsageError(
            f"{file}: not a certificate: its parentheses are nested too deeply", WRITTEN_BY
        ) from error
    about = certificate.about
    lines = [
        f"{about['property']} of {about['model']}",
        *_wrapped("constants", about["constants"] or "none"),
        *_wrapped("written by", f"{about['tool']}, {about['method']}"),
        *_wrapped(
            "state",
            f"{len(certificate.pre)} constants; invariant of {len(certificate.bodies['inv'])} characters",
        ),
    ]
    meaning = {
        "initiation": "every initial state is in the invariant",
        "consecution": "no step leads out of it",
        "safety": f"it has no state with {about['violations'] or 'a violation'}",
    }
    for question in QUESTIONS:
        lines += _wrapped(question, _told(answers[question], meaning[question]))
    if all(answer == "unsat" for answer in answers.values()):
        code = ExitCode.OK
    else:
        code = ExitCode.VIOLATED if "sat" in answers.values() else ExitCode.UNKNOWN
    if model is not None:
        _compare(file, certificate, model, properties)
        lines += _wrapped("model", f"{model}: its states, steps and violations are those of the file")
    else:
        lines += _wrapped("model", "not looked at: give --model to see that the file is about it")
    verdict = {ExitCode.OK: "it is a proof", ExitCode.VIOLATED: "IT IS NO PROOF"}
    lines.append(f"  {verdict.get(code, 'not decided within the time')}")
    return Checked(code, "".join(f"{line}\n" for line in lines))


def _reached_set(file: Path, model: Path | None, properties: tuple[Path, ...]) -> Checked:
    """What the stand-alone checker says of the states in ``file``, in a process that knows nothing else."""
    from ovlcheck.reached import checker
    from ovlcheck.reached.saved import read_head, same_system

    head = read_head(file)
    if model is not None:
        constants = {str(k): str(v) for k, v in head["constants"].items()}
        names = tuple(head["properties"])
        options = Options(properties=names, property_paths=properties or None, constants=constants)
        if not same_system(head, prepare(model, options).system):
            raise UsageError(f"{file}: it is not about {model} as it is now")
    command = [sys.executable, "-I", str(checker.__file__), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise UsageError(f"{file}: not a certificate: {said[-1]}", WRITTEN_BY)
    where = "not looked at: give --model to see that the file is about it"
    if model is not None:
        where = f"{model}: its states, steps and violations are those of the file"
    code = ExitCode.VIOLATED if done.returncode else ExitCode.OK
    return Checked(code, f"{done.stdout}model {where}\n")


def _wrapped(title: str, text: str) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent=f"  {title:<12} ", subsequent_indent=" " * 15)


def _told(answer: str, meaning: str) -> str:
    if answer == "unsat":
        return f"unsat: {meaning}"
    return f"{answer}: not so that {meaning}" if answer == "sat" else f"{answer}: no answer"


def _compare(file: Path, certificate: Certificate, model: Path, properties: tuple[Path, ...]) -> None:
    """Raises ``UsageError`` unless the certificate is about ``model``."""
    from ovlcheck.explore.reductions import EVERY
    from ovlcheck.prove_any_number import REDUCTIONS, OpenClaim, open_claim
    from ovlcheck.symbolic.cells import Encoding
    from ovlcheck.symbolic.certificate import differs
    from ovlcheck.translated import Translated, translated

    about = certificate.about
    constants = dict(item.partition("=")[::2] for item in about["constants"].split())
    reductions = tuple(name for name in about["reductions"].split(",") if name)
    if not set(reductions) <= set(EVERY) or about["encoding"] not in {e.value for e in Encoding}:
        raise UsageError(f"{file}: not a certificate: unknown reductions or encoding", WRITTEN_BY)
    name = about["property"]
    options = Options(properties=(name,), property_paths=properties or None, constants=constants)
    item: Translated | OpenClaim
    if ANY in constants.values():
        if about["reductions"] != REDUCTIONS:
            raise UsageError(f"{file}: not a certificate: other reductions than {REDUCTIONS}", WRITTEN_BY)
        names = [constant.strip("|") for constant, _ in certificate.pre]
        item = open_claim(model, options, names, about["encoding"])
    else:
        item = translated(model, options, about["encoding"], reductions)
    if ", ".join(item.violations) != about["violations"]:
        raise UsageError(f"{file}: it is about {about['violations']}, not about {', '.join(item.violations)}")
    other = differs(certificate, item.symbolic, item.bad)
    if other:
        changed = "" if fingerprint(item.system) == about["model-hash"] else "; the model has changed since"
        raise UsageError(f"{file}: not a proof about {model}: {other}{changed}")
