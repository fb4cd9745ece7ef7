"""From declared sections and recorded outcomes to the text of a page."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from docs.generate.declared import CLAIMS, Page, Run, Section
from docs.generate.outcomes import Outcome, Verdict

WIDTH = 118
_CODE = 100


def render(page: Page, outcomes: Mapping[str, Outcome]) -> str:
    """The text of ``page``.  Every run needs its outcome."""
    environment = Environment(
        loader=FileSystemLoader(CLAIMS),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"command": command, "wrapped": wrapped, "quoted": quoted, "sentence": sentence}
    sections = [_Shown(environment, section, outcomes) for section in page.sections]
    return environment.get_template(f"{page.name}.md.j2").render(texts=page.texts, sections=sections)


class _Shown:
    """A section as a template sees it: its texts, in which ``{{ a.length }}`` is of the run ``a``, and its runs."""

    def __init__(self, environment: Environment, section: Section, outcomes: Mapping[str, Outcome]) -> None:
        self.runs = [ShownRun(run, outcomes[run.key]) for run in section.runs]
        names = {shown.run.id: shown for shown in self.runs}
        self._texts = {n: environment.from_string(t).render(names) for n, t in section.texts.items()}

    def __getitem__(self, name: str) -> str:
        return self._texts.get(name, "")


class ShownRun:
    """A run with its outcome, in words."""

    def __init__(self, run: Run, outcome: Outcome) -> None:
        self.run = run
        self.outcome = outcome

    @property
    def breaks(self) -> str:
        """The first property in the order of the run that is broken, or nothing."""
        return next((n for n in self.run.expect if self.outcome.verdicts[n].verdict == "violated"), "")

    @property
    def length(self) -> str:
        """``18 steps``, of that property's shortest counterexample."""
        return self.outcome.verdicts[self.breaks].length

    def length_of(self, name: str) -> str:
        """``18 steps``, of the shortest counterexample of that property."""
        return self.outcome.verdicts[name].length

    @property
    def switches(self) -> str:
        """``3 context switches``, in the same."""
        return _switches(self.outcome.verdicts[self.breaks].switches)

    @property
    def states(self) -> str:
        """How many states were found, in words."""
        until = "" if self.outcome.complete else " until then"
        fewer = f" under {', '.join(self.outcome.reductions)}" if self.outcome.reductions else ""
        return f"{self.outcome.states:,} states{fewer}{until}"

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        """Each property with its verdict in words."""
        return [(name, in_words(self.outcome.verdicts[name])) for name in self.run.expect]

    @property
    def trace(self) -> str:
        """The counterexamples that the page shows."""
        traces = ["\n".join(v.trace) for v in self.outcome.verdicts.values() if v.trace]
        return "\n\n".join(traces)


def in_words(verdict: Verdict) -> str:
    """A verdict as a reader is told of it."""
    if verdict.verdict == "violated":
        return f"**broken** in {verdict.length}, {_switches(verdict.switches)}"
    return verdict.verdict


def _switches(number: int) -> str:
    return f"{number} context switch{'es' * (number != 1)}"


def command(run: Run) -> str:
    """The command line of ``run`` as an indented block, broken between its options."""
    lines, line = [], ""
    for word in run.command:
        if line and len(line) + 1 + len(word) > _CODE:
            lines.append(f"{line} \\")
            line = f"    {word}"
        else:
            line = f"{line} {word}".lstrip() if not line else f"{line} {word}"
    return textwrap.indent("\n".join([*lines, line]), "    ")


def wrapped(text: str, indent: str = "") -> str:
    """Paragraphs filled to the width of the pages; what is indented, a list or a table stays as it is."""
    return "\n\n".join(_filled(part, indent) for part in text.split("\n\n"))


def _filled(part: str, indent: str) -> str:
    if part.startswith((" ", "* ", "|", "`" * 3, "#")):
        return part
    lines = textwrap.wrap(
        " ".join(part.split()),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def quoted(text: str) -> str:
    """``text`` as a quotation."""
    return wrapped(text, "> ")


def sentence(text: str) -> str:
    """``text`` with a capital at its beginning, and without a mark at its end."""
    return text[:1].upper() + text[1:].rstrip(".,;:")
