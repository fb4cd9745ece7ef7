"""From what a user asks for to a transition system: which model, which constants, which properties."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path

from ovlcheck.build_cache import remembered
from ovlcheck.deadline import StillRunning, at_most
from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.explore.reductions import REDUCE_BEYOND, USUAL
from ovlcheck.explore.result import Limits
from ovlcheck.lang.body import marked_methods
from ovlcheck.lang.build import build
from ovlcheck.lang.declarations import ProcessMark, Unasked
from ovlcheck.lang.declared import Declared
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.lang.loading import LoadedModel, load_model, load_properties, shipped
from ovlcheck.lang.source import shown_path
from ovlcheck.report.verdict import ANY
from ovlcheck.system.transition_system import TransitionSystem

Value = str | int | bool

IMPORT_SECONDS = 30.0
"""A model or a file of properties is declarations: if importing it takes so long, it will not end."""

APART = "about whole behaviours, and no part of this system"
"""What is noted of a property that is looked at in a system of its own."""


@dataclass(frozen=True)
class Options:
    """What the user asked for, the same for every model.

    ``properties`` are names, none meaning all; ``property_paths`` are directories or files, None
    meaning the shipped ones and a ``properties`` directory beside the model.  Those ``on_request`` are checked
    beside what ``properties`` means, if there is any of that name.  ``engine`` is
    ``auto``, ``native`` or ``reference``, ``reductions`` are of ``reductions.EVERY``,
    for systems of more than ``reduce_beyond`` states.  ``events`` are those that a scenario names.
    ``keep_compiled`` lets a later run find what this one compiles.  ``audit`` is the number of states in
    which reductions are tried out, 0 for no audit.  ``as_they_apply``: of the named properties, those that do not apply
    to the model are passed over, as if nobody had named any.
    """

    properties: tuple[str, ...] = ()
    property_paths: tuple[Path, ...] | None = None
    extra_property_paths: tuple[Path, ...] = ()
    constants: Mapping[str, Value] = field(default_factory=dict)
    config: str | None = None
    engine: str = "auto"
    limits: Limits = Limits()
    reductions: tuple[str, ...] = USUAL
    reduce_beyond: int = REDUCE_BEYOND
    events: tuple[str, ...] = ()
    keep_compiled: bool = False
    audit: int = 0
    as_they_apply: bool = False
    on_request: tuple[str, ...] = ()

    @property
    def by_name(self) -> bool:
        """Whether each property was asked for by its name, so that it has to apply."""
        return bool(self.properties) and not self.as_they_apply


@dataclass(frozen=True)
class Prepared:
    """A model with its constants fixed and its properties composed in, ready to be explored.

    ``behaviours`` are the chosen properties of whole behaviours: they are not in ``system``, whose search
    knows only states and steps.  ``not_asked`` are the names of properties that nobody asked for.
    """

    model: LoadedModel
    system: TransitionSystem
    configuration: str
    constants: Mapping[str, Value] = field(default_factory=dict)
    behaviours: tuple[Declared, ...] = ()
    not_asked: tuple[str, ...] = ()

    def behaviour_systems(self, by_name: bool) -> tuple[TransitionSystem, ...]:
        """The systems for ``behaviours``: one for all that add no state, and one for each observer.

        Unless asked for ``by_name``, without those that do not apply to the model.  Raises ``CompileError``.
        """
        constants = dict(self.constants)
        plain = [item for item in self.behaviours if not isinstance(item.value, type)]
        groups = [plain] if plain else []
        groups += [[item] for item in self.behaviours if isinstance(item.value, type)]
        if by_name:
            return tuple(build(self.model, constants, group) for group in groups)
        systems = (build_what_applies(self.model, constants, group) for group in groups)
        return tuple(system for system in systems if system.requirements)


def declared_for(path: Path, options: Options) -> tuple[LoadedModel, list[Declared]]:
    """The model in ``path``, and every property that there is for it, neither of them compiled.

    Raises ``UsageError`` for a file that cannot be read, and ``CompileError`` for one that does not import.
    """
    path = find_model(path)
    with _imported(path):
        model = load_model(path)
    places = property_paths(path, options)
    with _imported(*places):
        return model, load_properties(list(places))


def prepare(path: Path, options: Options) -> Prepared:
    """The model in ``path`` as ``options`` want it.  Raises as ``verify`` does."""
    model, declared = declared_for(path, options)
    configuration, constants = choose_constants(model, options)
    wanted = choose_properties(declared, options.properties)
    wanted += [item for item in declared if item.name in options.on_request and item not in wanted]
    chosen = [item for item in wanted if not item.about_behaviours]
    behaviours = tuple(item for item in wanted if item.about_behaviours)

    def compiled() -> TransitionSystem:
        making = build if options.by_name else build_what_applies
        return making(model, constants, chosen, options.events)

    if options.keep_compiled:
        others = (sorted(constants.items()), options.by_name, options.events)
        system = remembered(model, chosen, others, compiled)
    else:
        system = compiled()
    apart = tuple(f"{item.name}: {APART}" for item in behaviours)
    system = replace(system, notes=(*system.notes, *apart))
    not_asked = tuple(item.name for item in declared if item not in wanted)
    return Prepared(model, system, configuration, constants, behaviours, not_asked)


@contextmanager
def _imported(*files: Path) -> Iterator[None]:
    """Errors of importing ``files`` as ``UsageError``; those in their code are ``CompileError`` already.

    What does not end is ended, with an error in the line that was running.  What is printed there goes to stderr:
    it is no part of a report.
    """
    try:
        with at_most(IMPORT_SECONDS, "its code was still running"), redirect_stdout(sys.stderr):
            yield
    except StillRunning as error:
        raise UsageError(
            f"{_running(error, files)}: {error}", "import nothing there that takes time"
        ) from error
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"the code of {_running(interrupt, files)} was being run, to import it")
        raise
    except OSError as error:
        raise UsageError(
            f"{error.filename or files[0]}: cannot be read: {error.strerror or error}"
        ) from error
    except SystemExit as error:  # else the file could pass for verified
        names = ", ".join(map(str, files))
        raise UsageError(
            f"{names}: leaves Python when it is imported", "do not call sys.exit there"
        ) from error


def _running(error: BaseException, files: tuple[Path, ...]) -> str:
    """The line of ``files``, or of what is in them, that ``error`` came upon."""
    found = ", ".join(map(str, files))
    homes = [file.resolve() for file in files]
    for frame, line in traceback.walk_tb(error.__traceback__):
        place = Path(frame.f_code.co_filename)
        if any(place == home or home in place.parents for home in homes):
            found = f"{place}:{line}"
    return found


def build_what_applies(
    model: LoadedModel, constants: dict[str, Value], declared: list[Declared], events: tuple[str, ...] = ()
) -> TransitionSystem:
    """The system without those shipped properties that are about something this model does not have.

    They are named in its notes.  A property of the user's own that does not compile is an error
    like any other.
    """
    notes: list[str] = []
    while True:
        try:
            system = build(model, constants, declared, events)
        except CompileError as error:
            foreign = _not_applicable(error, declared)
            if foreign is None:
                raise
            declared = [d for d in declared if d.name not in foreign]
            notes += [f"{name} does not apply to this model: {why}" for name, why in foreign.items()]
        else:
            return replace(system, notes=(*notes, *system.notes))


def _not_applicable(error: CompileError, declared: list[Declared]) -> dict[str, str] | None:
    """The shipped properties that ``error`` is about, each with its first message; None if it is
    about more.
    """
    home = shipped("properties")
    foreign: dict[str, str] = {}
    for diagnostic in error.diagnostics:
        file = Path(diagnostic.file).resolve()
        here = [d for d in declared if Path(d.file).resolve() == file and not isinstance(d.value, Unasked)]
        if home is None or file.parent != home or not here:
            return None
        above = [d for d in here if d.line <= diagnostic.line]
        # What stands above them all, such as a base class, belongs to any of them.
        for culprit in [max(above, key=lambda d: d.line)] if above else here:
            foreign.setdefault(culprit.name, diagnostic.message)
    return foreign


def find_model(path: Path) -> Path:
    """The file that the user means: ``path`` itself, or the shipped model of that name.

    Raises ``UsageError`` when there is neither.
    """
    if path.is_file():
        return path
    if path.is_dir():
        raise UsageError(f"{path}: is a directory, not a model", "name a file, as in models/upstream.py")
    models = shipped("models")
    shipped_models = {} if models is None else {file.stem: file for file in sorted(models.glob("*.py"))}
    if str(path) in shipped_models:
        return shipped_models[str(path)]
    known = [str(file) for file in sorted(path.parent.glob("*.py"))] if path.suffix else list(shipped_models)
    raise UsageError(
        f"{path}: no such model{did_you_mean(str(path), known)}",
        f"name a file, or one of those that come with ovlcheck: {', '.join(shipped_models)}",
    )


def property_paths(model: Path, options: Options) -> tuple[Path, ...]:
    """Where properties are looked for, each place once.

    Raises ``UsageError`` for one that does not exist.
    """
    if options.property_paths is not None:
        places = list(options.property_paths)
    else:
        beside = model.resolve().parent / "properties"
        places = [p for p in (shipped("properties"), beside) if p is not None and p.is_dir()]
    places += options.extra_property_paths
    for place in places:
        if not place.exists():
            raise UsageError(
                f"{place}: no such directory of properties",
                "name a directory, or a file, that holds properties; leave --properties out for the shipped ones",
            )
    return tuple({place.resolve(): place for place in places}.values())


def choose_properties(declared: list[Declared], names: tuple[str, ...]) -> list[Declared]:
    """The declared properties called ``names``; without names all but those on request.

    Raises ``UsageError`` for an unknown one.
    """
    known = {p.name: p for p in declared}
    for name in names:
        if name not in known:
            listed = f"known: {', '.join(sorted(known))}" if known else "no properties were found"
            raise UsageError(f"no property is called {name!r}{did_you_mean(name, known)}", listed)
    if names:
        return [known[name] for name in dict.fromkeys(names)]
    return [p for p in declared if not p.on_request]


def choose_constants(model: LoadedModel, options: Options) -> tuple[str, dict[str, Value]]:
    """The name of the configuration, and the constants it and ``options`` set.

    Raises ``UsageError``.
    """
    name = options.config
    if name is None:
        name = "default" if "default" in model.configurations else ""
    elif name not in model.configurations:
        known = ", ".join(model.configurations) or "none"
        raise UsageError(
            f"{shown_path(model.path)}: no configuration is called {name!r}{did_you_mean(name, model.configurations)}",
            f"this model has: {known}",
        )
    constants: dict[str, Value] = dict(model.configurations.get(name, {}))
    for key, value in options.constants.items():
        if key not in model.constants:
            known = ", ".join(sorted(model.constants)) or "none"
            raise UsageError(
                f"{shown_path(model.path)}: no constant is called {key!r}{did_you_mean(key, model.constants)}",
                f"this model has: {known}",
            )
        if value == ANY and _says_how_many(model, key):
            raise UsageError(
                f"{key}=any: only ovlcheck verify, without a scenario, and ovlcheck prove leave a number open",
                f"give a number, as in --set {key}=2",
            )
        constants[key] = value
    return name, constants


def _says_how_many(model: LoadedModel, constant: str) -> bool:
    """Whether ``constant`` is a number of processes that can be left open."""
    marks = (method.mark for method in marked_methods(model.cls))
    return not model.constants[constant].choices and any(
        isinstance(mark, ProcessMark) and mark.instances == constant for mark in marks
    )
