"""From the words of a user, or of a program, to ``Options``; what they leave open, a project's settings fill in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.explore.reductions import EVERY, REDUCE_BEYOND, USUAL
from ovlcheck.explore.result import Limits
from ovlcheck.prepare import Options, Value
from ovlcheck.settings import ENGINES, Settings

NO_SETTINGS = Settings()

AnyPath = str | os.PathLike[str]


def make_options(
    *,
    properties: Iterable[str] = (),
    property_paths: Iterable[AnyPath] | None = None,
    config: str | None = None,
    constants: Mapping[str, Value] | None = None,
    engine: str | None = None,
    reductions: Iterable[str] | None = None,
    reduce_beyond: int | None = None,
    limits: Limits = Limits(),
    audit: int = 0,
    as_they_apply: bool = False,
    settings: Settings = NO_SETTINGS,
    keep_compiled: bool = False,
) -> Options:
    """The arguments of ``ovlcheck.api.verify`` over ``settings``.

    Raises ``UsageError`` for an engine or a reduction that there is not.
    """
    if reduce_beyond is None:
        reduce_beyond = REDUCE_BEYOND if reductions is None else 0
    engine = engine or settings.engine
    if engine not in ENGINES:
        raise _unknown("engine", engine, ENGINES)
    chosen = USUAL if reductions is None else tuple(_names(reductions))
    for name in chosen:
        if name not in EVERY:
            raise _unknown("reduction", name, EVERY)
    places = None if property_paths is None else tuple(Path(place) for place in _names(property_paths))
    return Options(
        properties=tuple(_names(properties)),
        property_paths=places or None,
        extra_property_paths=() if places else settings.properties,
        constants={**settings.set, **(constants or {})},
        config=config or settings.config,
        engine=engine,
        limits=replace(
            limits, threads=limits.threads or settings.threads, memory=limits.memory or settings.memory
        ),
        reductions=chosen,
        reduce_beyond=reduce_beyond,
        keep_compiled=keep_compiled,
        audit=audit,
        as_they_apply=as_they_apply,
    )


def _unknown(what: str, name: str, known: tuple[str, ...]) -> UsageError:
    return UsageError(
        f"no {what} is called {name!r}{did_you_mean(name, known)}", f"there are {', '.join(known)}"
    )


def _names(given: Iterable[AnyPath]) -> list[str]:
    """``given``, or it alone where it is one name: a string is iterable too, and never meant that way."""
    return [os.fspath(given)] if isinstance(given, str | os.PathLike) else [os.fspath(name) for name in given]
