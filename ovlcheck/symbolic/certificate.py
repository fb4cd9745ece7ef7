"""Proofs as files: an inductive invariant in SMT-LIB 2, with the three questions that any solver can be asked.

The file defines ``init``, ``trans``, ``bad`` and ``inv`` as functions of the constants of one state, or of two, and
asks whether an initial state is outside ``inv``, whether a step leads out of it, and whether it contains a bad state.
Nothing else may stand in it, so that three times ``unsat`` says that no state from which ``bad`` follows is reached.
That the functions mean the model is not to be seen from the file: for that they are compared with a fresh translation.

What makes solvers quick or slow, of the shapes that were tried: that the file names a logic as narrow as it can be
(``logic.py``) is the difference between minutes and a second for cvc5, and none for Z3.  How steps are written hardly
matters, with what they leave alone said for each of them or once for many (``Formulas.transition``, which halves the
file), nor do cvc5's choice of a SAT solver or of simplifications.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import z3

from ovlcheck.errors import UsageError
from ovlcheck.symbolic.logic import LOGICS, logic
from ovlcheck.symbolic.sexpr import NotAnSexprError, Sexpr, read
from ovlcheck.symbolic.translation import Formulas

SCHEMA = "ovlcheck-certificate/1"

QUESTIONS = ("initiation", "consecution", "safety")

_KEYS = (
    "schema", "tool", "model", "model-hash", "system-hash", "property", "violations", "constants", "reductions",
    "encoding", "method",
)  # fmt: skip
_SORTS = ("Bool", "Int")
_FUNCTIONS = ("init", "trans", "bad", "inv")


@dataclass(frozen=True)
class Certificate:
    """What a file says: ``about`` are its notes by their names (``_KEYS``), the rest is its mathematics.

    ``pre`` and ``post`` are names and sorts of the constants; ``bodies`` the four definitions as text.
    """

    about: Mapping[str, str]
    pre: tuple[tuple[str, str], ...]
    post: tuple[tuple[str, str], ...]
    bodies: Mapping[str, str]
    text: str = field(repr=False, default="")


def write(symbolic: Formulas, bad: z3.BoolRef, invariant: z3.BoolRef, about: Mapping[str, str]) -> str:
    """The file for ``invariant``, which is about the constants of the state before and excludes ``bad``.

    ``about`` has a text for each note but the schema and the hash of the definitions.
    """
    pre, post = _declared(symbolic.pre), _declared(symbolic.post)
    formulas_ = (symbolic.initial, symbolic.transition, bad, invariant)
    bodies = {name: _text(formula) for name, formula in zip(_FUNCTIONS, formulas_, strict=True)}
    notes = {**about, "schema": SCHEMA, "system-hash": system_hash(bodies)}
    return "\n".join(_lines(logic(formulas_), notes, pre, post, bodies)) + "\n"


def system_hash(bodies: Mapping[str, str]) -> str:
    """A hash of what the proof is about: the initial states, the steps and the bad states."""
    text = "\n".join(bodies[name] for name in ("init", "trans", "bad"))
    return hashlib.sha256(text.encode()).hexdigest()


def parse(text: str) -> Certificate:
    """The certificate in ``text``.

    Raises ``UsageError`` for what is none: another shape, other questions, anything else in the file, or definitions
    that are not those it was written with.
    """
    try:
        commands = read(text)
    except NotAnSexprError as error:
        raise _refused(f"{error}") from error
    notes, rest = _notes(commands)
    pre, post, rest = _constants(rest)
    bodies, rest = _definitions(rest, pre, post)
    expected = read("\n".join(_questions(pre, post)))
    if rest != expected:
        raise _refused("its questions are not initiation, consecution and safety, word for word")
    if notes["schema"] != SCHEMA:
        raise _refused(f"its schema is {notes['schema']!r}, not {SCHEMA!r}")
    if notes["system-hash"] != system_hash(bodies):
        raise _refused("its definitions are not those that it was written with: system-hash differs")
    return Certificate(notes, pre, post, bodies, text)


def check(certificate: Certificate, seconds: float | None = None) -> dict[str, str]:
    """What Z3 answers to each of the questions: ``unsat`` three times for a proof.

    Each question is asked of a solver of its own.  Raises ``UsageError`` if the definitions cannot be read.
    """
    answers: dict[str, str] = {}
    start = z3.Solver()
    start.add(formulas(certificate)["init"])
    if start.check() == z3.unsat:
        raise _refused("it has no initial state, and proves nothing")
    for question, asked in zip(QUESTIONS, _asked(certificate), strict=True):
        solver = z3.Solver()
        if seconds is not None:
            solver.set("timeout", max(int(seconds * 1000), 1))
        solver.add(*asked)
        answers[question] = str(solver.check())
    return answers


def formulas(certificate: Certificate) -> dict[str, z3.BoolRef]:
    """The four definitions as formulas.  Raises ``UsageError``."""
    found: dict[str, z3.BoolRef] = {}
    for name in _FUNCTIONS:
        # Only its own arguments: a definition that reads the other state would mean something else there.
        arguments = (*certificate.pre, *certificate.post) if name == "trans" else certificate.pre
        lines = [f"(declare-const {c} {sort})" for c, sort in arguments]
        lines.append(f"(assert {certificate.bodies[name]})")
        try:
            found[name] = z3.And(list(z3.parse_smt2_string("\n".join(lines))))
        except z3.Z3Exception as error:
            raise _refused(f"Z3 cannot read its definition of {name}: {_first_line(error)}") from error
    return found


def differs(certificate: Certificate, symbolic: Formulas, bad: z3.BoolRef) -> str:
    """Which of the definitions do not mean what a translation says; empty if all do."""
    if certificate.pre != _declared(symbolic.pre) or certificate.post != _declared(symbolic.post):
        return "the state has other constants"
    stated = formulas(certificate)
    fresh = {"init": symbolic.initial, "trans": symbolic.transition, "bad": bad}
    other = []
    for name, formula in fresh.items():
        if _text(formula) == certificate.bodies[name]:
            continue
        solver = z3.Solver()
        solver.add(stated[name] != formula)
        if solver.check() != z3.unsat:
            other.append(name)
    return f"other meaning of {', '.join(other)}" if other else ""


def _asked(certificate: Certificate) -> Iterator[tuple[z3.BoolRef, ...]]:
    f = formulas(certificate)
    pre = [z3.Const(_bare(name), _sort(sort)) for name, sort in certificate.pre]
    post = [z3.Const(_bare(name), _sort(sort)) for name, sort in certificate.post]
    later = z3.substitute(f["inv"], *zip(pre, post, strict=True)) if pre else f["inv"]
    yield f["init"], z3.Not(f["inv"])
    yield f["inv"], f["trans"], z3.Not(later)
    yield f["inv"], f["bad"]


def _declared(constants: Sequence[z3.ExprRef]) -> tuple[tuple[str, str], ...]:
    return tuple((c.sexpr(), c.sort().sexpr()) for c in constants)


def _lines(
    logic_: str,
    notes: Mapping[str, str],
    pre: tuple[tuple[str, str], ...],
    post: tuple[tuple[str, str], ...],
    bodies: Mapping[str, str],
) -> Iterator[str]:
    yield "; An inductive invariant.  Any SMT-LIB solver is to answer unsat three times."
    yield f"(set-logic {logic_})"
    for key in _KEYS:
        quoted = notes[key].replace('"', '""')
        yield f'(set-info :{key} "{quoted}")'
    yield "; the state before a step, and the state after it"
    for name, sort in (*pre, *post):
        yield f"(declare-const {name} {sort})"
    for function in _FUNCTIONS:
        arguments = (*pre, *post) if function == "trans" else pre
        listed = " ".join(f"({name} {sort})" for name, sort in arguments)
        yield f"(define-fun {function} ({listed}) Bool"
        yield f"  {bodies[function]})"
    yield from _questions(pre, post)


def _questions(pre: tuple[tuple[str, str], ...], post: tuple[tuple[str, str], ...]) -> Iterator[str]:
    now = [name for name, _ in pre]
    then = [name for name, _ in post]
    asked = (
        ("init", now, "inv", now),
        ("trans", [*now, *then], "inv", then),
    )
    for function, over, kept, where in asked:
        yield "(push 1)"
        yield f"(assert {_call(function, over)})"
        if function == "trans":
            yield f"(assert {_call('inv', now)})"
        yield f"(assert (not {_call(kept, where)}))"
        yield "(check-sat)"
        yield "(pop 1)"
    yield "(push 1)"
    yield f"(assert {_call('inv', now)})"
    yield f"(assert {_call('bad', now)})"
    yield "(check-sat)"
    yield "(pop 1)"


def _call(function: str, arguments: Sequence[str]) -> str:
    return f"({function} {' '.join(arguments)})" if arguments else function


def _notes(commands: list[Sexpr]) -> tuple[dict[str, str], list[Sexpr]]:
    if not commands or commands[0] not in [["set-logic", name] for name in LOGICS]:
        raise _refused(f"it does not begin with set-logic and one of {', '.join(LOGICS)}")
    notes: dict[str, str] = {}
    for key, command in zip(_KEYS, commands[1:], strict=False):
        match command:
            case ["set-info", str(name), str(text)] if name == f":{key}" and text.startswith('"'):
                notes[key] = text[1:-1].replace('""', '"')
            case _:
                raise _refused(f"it does not say its {key}")
    if len(notes) < len(_KEYS):
        raise _refused("it is cut short")
    return notes, commands[1 + len(_KEYS) :]


def _constants(
    commands: list[Sexpr],
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], list[Sexpr]]:
    declared: list[tuple[str, str]] = []
    for command in commands:
        match command:
            case ["declare-const", str(name), str(sort)] if sort in _SORTS:
                declared.append((name, sort))
            case _:
                break
    if len({_bare(name) for name, _ in declared}) < len(declared) or len(declared) % 2:
        raise _refused("its constants are not those of two states")
    if any(_bare(name) in (*_FUNCTIONS, "true", "false") for name, _ in declared):
        raise _refused("a constant has the name of a definition")
    half = len(declared) // 2
    pre, post = tuple(declared[:half]), tuple(declared[half:])
    if [sort for _, sort in pre] != [sort for _, sort in post]:
        raise _refused("its constants are not those of two states")
    return pre, post, commands[len(declared) :]


def _definitions(
    commands: list[Sexpr], pre: tuple[tuple[str, str], ...], post: tuple[tuple[str, str], ...]
) -> tuple[dict[str, str], list[Sexpr]]:
    bodies: dict[str, str] = {}
    for function, command in zip(_FUNCTIONS, commands, strict=False):
        arguments = [[name, sort] for name, sort in ((*pre, *post) if function == "trans" else pre)]
        match command:
            case ["define-fun", str(name), list(listed), "Bool", body] if name == function:
                if listed != arguments:
                    raise _refused(f"{function} is not defined over the constants of a state")
                bodies[function] = _shown(body)
            case _:
                raise _refused(f"it does not define {function}")
    if len(bodies) < len(_FUNCTIONS):
        raise _refused("it is cut short")
    return bodies, commands[len(_FUNCTIONS) :]


def _text(formula: z3.BoolRef) -> str:
    """The formula in SMT-LIB, on one line."""
    return _shown(read(formula.sexpr())[0])


def _shown(root: Sexpr) -> str:
    pieces: list[str] = []
    waiting: list[Sexpr] = [root]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            pieces.append(part)
        else:
            waiting.append(")")
            waiting += reversed(part)
            waiting.append("(")
    return " ".join(pieces).replace("( ", "(").replace(" )", ")")


def _bare(name: str) -> str:
    return name[1:-1] if name.startswith("|") else name


def _sort(name: str) -> z3.SortRef:
    return z3.BoolSort() if name == "Bool" else z3.IntSort()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no reason given"


def _refused(why: str) -> UsageError:
    return UsageError(f"not a certificate: {why}", "certificates are written by ovlcheck prove --certificate")
