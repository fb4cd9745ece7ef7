"""Traces as one page of HTML that needs no network: one steps through them, sees every state, and follows values.

Whatever a model calls its things is data in this page, never markup or code: the data are JSON in which no
character can end their element, the scripts set text only, and a content security policy names their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from ovlcheck.errors import UsageError
from ovlcheck.trace.escape import plain, printable, whole
from ovlcheck.trace.summary import race_sentence, sentences
from ovlcheck.trace.trace import UNBROKEN, Step, Trace

_SCRIPTS = ("model.js", "build.js", "step.js", "plot.js", "main.js")
_KERNEL = "ovlcheck/vfs/"
"""Where the kernel around a variant is: its steps are folded away on demand."""


def render_page(traces: Sequence[Trace]) -> str:
    """The page for ``traces``, of which there is at least one.  Raises ``UsageError`` when jinja2 is not installed."""
    try:
        from jinja2 import Environment
    except ImportError as error:
        raise UsageError(f"HTML needs jinja2: {error}", "pip install 'jinja2>=3.1'") from error
    from markupsafe import Markup

    assets = files("ovlcheck.trace") / "assets"
    style = assets.joinpath("page.css").read_text(encoding="utf-8")
    script = "".join(assets.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS)
    page = Environment(autoescape=True, keep_trailing_newline=True).from_string(
        assets.joinpath("page.html.j2").read_text(encoding="utf-8")
    )
    first = traces[0]
    return page.render(
        title=f"{printable(first.property_name)} · {printable(first.model)} · ovlcheck",
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        data=Markup(embedded({"traces": _data(traces)})),
    )


def embedded(data: object) -> str:
    """``data`` as JSON that can stand inside a ``script`` element of a page and, as it is, in JavaScript."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return whole(text)


def _hash(text: str) -> str:
    """The name of ``text`` in a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(traces: Sequence[Trace]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    found = []
    for trace in traces:
        name = (
            trace.property_name
            if len({t.model for t in traces}) == 1
            else f"{trace.model}.{trace.property_name}"
        )
        unique, number = name, 1
        while unique in taken:
            number += 1
            unique = f"{name} ({number})"
        taken.add(unique)
        found.append(_trace(trace, unique))
    return found


def _trace(trace: Trace, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"{name}: {trace.length}",
        "property": trace.property_name,
        "model": trace.model,
        "path": trace.path,
        "constants": list(trace.constants.items()),
        "doc": plain(trace.doc),
        "message": " ".join(trace.message.split()),
        "summary": list(sentences(trace)) or trace.message.splitlines(),
        "length": trace.headline.removeprefix(f"{trace.property_name}: "),
        "failed": trace.failed,
        "relevant": list(trace.relevant),
        "initial": list(trace.initial.items()),
        "actors": list(dict.fromkeys(step.actor for step in trace.steps)),
        "objects": _objects(trace),
        "steps": [_step(trace, number) for number in range(len(trace.steps))],
        "loop": trace.loop_start,
        "analysed": trace.analysed,
        "races": [
            {
                "read": r.read + 1,
                "changed": r.changed + 1,
                "used": r.used + 1,
                "text": race_sentence(trace, r),
            }
            for r in trace.races
        ],
        "stuck": [f"{s.actor} in {s.function}, {s.file}:{s.line}: {s.source}" for s in trace.stuck],
    }


def _objects(trace: Trace) -> list[str]:
    """The objects of populations: whatever comes and goes, or has fields."""
    names = dict.fromkeys([*trace.initial, *(c.name for step in trace.steps for c in step.changes)])
    owners = [name.partition(".")[0] for name in names if "." in name and " " not in name]
    alive = [name for name, value in trace.initial.items() if value in ("allocated", "free")]
    return list(dict.fromkeys([*(owner for owner in owners if owner[-1:].isdigit()), *alive]))


def _step(trace: Trace, number: int) -> dict[str, Any]:
    step = trace.steps[number]
    return {
        "actor": step.actor,
        "function": step.function,
        "file": step.file,
        "line": step.line,
        "source": step.source,
        "stack": list(step.stack),
        "flow": [text.replace(UNBROKEN, " ") for text in step.flow],
        "choice": [f"{name} = {value}" for name, value in step.choice.parameters.items()],
        "changes": [[c.name, c.old, c.new, c.quiet] for c in step.changes],
        "reads": [str(access).replace(f" {step.actor} ", " ", 1) for access in step.accesses],
        "partial": step.partial,
        "internal": _is_internal(step) and not (trace.analysed and step.role is not None),
        "matters": trace.matters(number),
        "gave": list(step.role.gave) if step.role is not None else [],
    }


def _is_internal(step: Step) -> bool:
    return step.file.startswith(_KERNEL)
