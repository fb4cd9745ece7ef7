"""Models as pytest sees them: a file is a collector, a property an item, and one search answers all items of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from ovlcheck.api import verify
from ovlcheck.errors import UsageError
from ovlcheck.explore.result import Limits
from ovlcheck.lang.declarations import Unasked
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.model_files import is_model
from ovlcheck.prepare import declared_for
from ovlcheck.report.cases import Case, Outcome, cases
from ovlcheck.report.verdict import ModelResult
from ovlcheck.request import make_options
from ovlcheck.settings import find_settings
from ovlcheck.trace.text import render_text

EVERY_RUN = "every_run"
"""The item for what every run looks at and no property names: misuse of memory and locks, steps never taken."""


class Violated(Exception):
    """A property is violated; the text is the run that breaks it."""


class NotAsDemanded(Exception):
    """A property is vacuous or not decided, or something is wrong that no property is about."""


def model_file(file: Path, parent: pytest.Collector) -> ModelFile | None:
    """``file`` as a collector if it is a model, and neither a file of tests nor a conftest."""
    if file.name == "conftest.py" or any(
        fnmatch(file.name, pattern) for pattern in parent.config.getini("python_files")
    ):
        return None
    return ModelFile.from_parent(parent, path=file) if is_model(file) else None


def tell_what_is_left(items: Iterable[pytest.Item]) -> None:
    """A search for a few of a model's properties is not made for all of them."""
    left: dict[ModelFile, set[str]] = {}
    for item in items:
        if isinstance(item, PropertyItem) and isinstance(item.parent, ModelFile):
            left.setdefault(item.parent, set()).add(item.name)
    for model, names in left.items():
        model.left = names


class ModelFile(pytest.File):
    """A model.  ``left`` are the names of those of its items that will run, None for all."""

    left: set[str] | None = None
    _known: frozenset[str] = frozenset()
    _named: frozenset[str] = frozenset()
    _result: ModelResult | None = None
    _error: Exception | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each property that a run without names checks, in the order of their files."""
        try:
            model, declared = declared_for(self.path, make_options(**self._arguments()))
        except (UsageError, CompileError) as error:
            raise self.CollectError(str(error)) from error
        wanted = [item for item in declared if not item.on_request]
        self._known = frozenset(item.name for item in wanted)
        self._named = self._known | frozenset(model.expected_violations)
        checks = {item.name: item.value.check for item in wanted if isinstance(item.value, Unasked)}
        expected = set(model.expected_violations)
        for item in wanted:
            known = item.name in expected or checks.get(item.name) in expected
            yield PropertyItem.from_parent(self, name=item.name, expected=known)
        others = {item.name for item in declared} | set(checks.values())
        for name in model.expected_violations:
            if name not in others:
                yield PropertyItem.from_parent(self, name=name, expected=True)
        yield PropertyItem.from_parent(self, name=EVERY_RUN)

    def cases(self) -> tuple[Case, ...]:
        """What the one search of this model found.  Raises what it raised, for each item again."""
        if self._error is not None:
            raise self._error
        if self._result is None:
            arguments = self._arguments()
            if self.left is not None and not self._known <= self.left and EVERY_RUN not in self.left:
                arguments |= {"properties": sorted(self._known & self.left), "as_they_apply": True}
            try:
                self._result = verify(self.path, **arguments)
            except Exception as error:
                self._error = error
                raise
            if self._result.stopped == "interrupted":
                raise KeyboardInterrupt
        return cases(self._result)

    def others(self) -> tuple[Case, ...]:
        """The cases that no item is named after."""
        return tuple(case for case in self.cases() if case.name not in self._named)

    def why_not(self, name: str) -> str:
        """Why there is no case called ``name``."""
        notes = () if self._result is None else self._result.notes
        told = [note for note in notes if note.startswith(f"{name} does not apply")]
        return told[0] if told else f"{name} does not apply to this model"

    def figures(self) -> list[tuple[str, object]]:
        """What a report of pytest may show beside each test."""
        result = self._result
        if result is None:
            return []
        return [("states", result.states), ("engine", result.engine), ("scope", str(result.scope))]

    def _arguments(self) -> dict[str, Any]:
        option = self.config.getoption
        constants = {}
        for text in option("ovlcheck_set"):
            name, equals, value = text.partition("=")
            if not (equals and name.strip() and value.strip()):
                raise pytest.UsageError(f"--ovlcheck-set {text}: write NAME=VALUE, as in inodes=2")
            constants[name.strip()] = value.strip()
        return {
            "config": option("ovlcheck_config"),
            "constants": constants,
            "engine": option("ovlcheck_engine"),
            "limits": Limits(seconds=option("ovlcheck_time")),
            "settings": find_settings(self.config.rootpath),
        }


class PropertyItem(pytest.Item):
    """One property of a model; an expected violation is a strict xfail."""

    def __init__(self, *, expected: bool = False, **others: Any) -> None:
        super().__init__(**others)
        if expected:
            reason = "the model names it in expected_violations"
            self.add_marker(pytest.mark.xfail(reason=reason, raises=Violated, strict=True))

    def runtest(self) -> None:
        """Passes, skips or raises as the verdict says."""
        model = self.parent
        assert isinstance(model, ModelFile)
        if self.name == EVERY_RUN:
            told = [case for case in model.others() if case.outcome in (Outcome.FAILED, Outcome.UNKNOWN)]
            if told:
                raise NotAsDemanded("\n\n".join(map(_text, told)))
            return
        case = next((case for case in model.cases() if case.name == self.name), None)
        self.user_properties += model.figures()
        if case is None:
            raise _skipped(model.why_not(self.name))
        elif case.outcome is Outcome.SKIPPED:
            raise _skipped(case.message)
        elif case.kind in ("violated", "violated as expected"):
            raise Violated(_text(case))
        elif case.outcome in (Outcome.FAILED, Outcome.UNKNOWN) and case.kind != "expected violation missing":
            raise NotAsDemanded(_text(case))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        """The trace, or the message for the user, and no lines of this package."""
        if isinstance(excinfo.value, Violated | NotAsDemanded | UsageError | CompileError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


def _skipped(why: str) -> BaseException:
    """A skip that is reported at the model, not here."""
    return pytest.skip.Exception(why, _use_item_location=True)


def _text(case: Case) -> str:
    if case.traces:
        return "\n".join(map(render_text, case.traces))
    return f"{case.file}:{case.line}: {case.message}"
