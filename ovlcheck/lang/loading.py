"""Finding models and properties in Python files."""

from __future__ import annotations

import enum
import hashlib
import importlib.util
import inspect
import linecache
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.declared import Declared
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.source import attribute_place, class_place, forget, shown_path


@dataclass(frozen=True)
class LoadedConstant:
    """A constant of a model, with its default there."""

    name: str
    default: Any
    doc: str
    choices: tuple[Any, ...] = ()

    def parse(self, text: Any) -> Any:
        """The value that ``text`` (from the command line or a settings file) means; ValueError if none."""
        value = self._parse(text)
        if self.choices and value not in self.choices:
            raise ValueError(
                f"{self.name} is one of {', '.join(map(show_constant, self.choices))}, not {text!r}"
            )
        return value

    def _parse(self, text: Any) -> Any:
        kinds = [type(v) for v in (self.default, *self.choices) if v is not None]
        kind = kinds[0] if kinds else int
        if not isinstance(text, str):
            if text is None or isinstance(text, kind) or (kind is int and isinstance(text, int)):
                return text
            raise ValueError(f"{self.name} takes {self._expected(kind)}, not {text!r}")
        word = text.strip()
        if word.lower() == "none" and not issubclass(kind, (bool, enum.Enum)):
            return None
        if issubclass(kind, enum.Enum):
            members: dict[str, enum.Enum] = dict(getattr(kind, "__members__", {}))
            for name, member in members.items():
                if name.lower() == word.lower():
                    return member
        elif issubclass(kind, bool):
            truth = {
                "true": True,
                "yes": True,
                "1": True,
                "on": True,
                "false": False,
                "no": False,
                "0": False,
                "off": False,
            }
            if word.lower() in truth:
                return truth[word.lower()]
        elif issubclass(kind, int):
            try:
                return int(word)
            except ValueError:
                pass
        raise ValueError(f"{self.name} takes {self._expected(kind)}, not {text!r}")

    def _expected(self, kind: type) -> str:
        if issubclass(kind, enum.Enum):
            return "one of " + ", ".join(m.name for m in kind)
        return "true or false" if issubclass(kind, bool) else "an integer or none"


def show_constant(value: Any) -> str:
    """A constant's value as ``--set`` takes it."""
    if isinstance(value, enum.Enum):
        return value.name
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


@dataclass(frozen=True)
class LoadedModel:
    """A model class found in ``path``.  ``digest`` changes when the text of the model or of what it is made of does."""

    name: str
    path: str
    cls: type[decl.System]
    doc: str
    constants: dict[str, LoadedConstant]
    expected_violations: tuple[str, ...]
    expected_vacuous: tuple[str, ...]
    configurations: dict[str, dict[str, Any]]
    digest: str


def shipped(what: str) -> Path | None:
    """The directory of shipped ``models`` or ``properties``: in a checkout beside the package, installed inside it."""
    package = Path(__file__).resolve().parent.parent
    for directory in (package / what, package.parent / what):
        if directory.is_dir():
            return directory
    return None


_imported: dict[Path, tuple[bytes, ModuleType]] = {}


def _import(path: Path) -> ModuleType:
    """The module at ``path``, run afresh if its text changed.

    It can import from its directory and the shipped models.
    """
    content = path.read_bytes()
    if path in _imported and _imported[path][0] == content:
        module = sys.modules[_imported[path][1].__name__] = _imported[path][1]
        return module
    forget(str(path))
    for directory in (shipped("models"), path.parent):
        if directory is not None and str(directory) not in sys.path:
            sys.path.insert(0, str(directory))
    name = path.stem
    existing = sys.modules.get(name)
    if existing is None or Path(getattr(existing, "__file__", None) or "").resolve() != path:
        name = f"ovlcheck_model_{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CompileError(
            [Diagnostic(shown_path(str(path)), 1, 1, "this is no Python file", "give a file ending in .py")]
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        file, line, column = shown_path(error.filename or str(path)), error.lineno or 1, error.offset or 1
        text = (error.text or "").rstrip("\n")
        raise CompileError(
            [Diagnostic(file, line, column, error.msg or "syntax error", "this is not Python", text)]
        ) from error
    except (Exception, SystemExit) as error:  # whatever the module's own statements may raise
        raise CompileError([_raised(path, error)]) from error
    _imported[path] = content, module
    return module


def _raised(path: Path, error: BaseException) -> Diagnostic:
    file, line = str(path), 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    text = linecache.getline(file, line).rstrip("\n")
    return Diagnostic(
        shown_path(file),
        line,
        1,
        f"{type(error).__name__}: {error}",
        "the module must import without error",
        text,
    )


def load_model(path: str | Path) -> LoadedModel:
    """The model in ``path``: the one class of the file that derives from ``System`` and from no other there.

    Raises OSError if the file cannot be read and CompileError if it holds no model or does not import.
    """
    resolved = Path(path).resolve()
    module = _import(resolved)
    found = [
        v for v in vars(module).values()
        if isinstance(v, type) and issubclass(v, decl.System)
        and v is not decl.System and v.__module__ == module.__name__
    ]  # fmt: skip
    found = [c for c in dict.fromkeys(found) if not any(c is not d and issubclass(d, c) for d in found)]
    if len(found) != 1:
        names = ", ".join(c.__name__ for c in found)
        message = f"the file defines {len(found)} models ({names})" if found else "the file defines no model"
        remedy = "put one in each file" if found else "define a class that derives from ovlcheck.System"
        raise CompileError([Diagnostic(shown_path(str(resolved)), 1, 1, message, remedy)])
    cls = found[0]
    configurations = cls.configurations
    violations, vacuous = _names(cls, "expected_violations"), _names(cls, "expected_vacuous")
    if not isinstance(configurations, dict) or not all(isinstance(c, dict) for c in configurations.values()):
        raise _misdeclared(cls, "configurations", 'write {"small": {"constant": value}}')
    doc = inspect.getdoc(module) or inspect.getdoc(cls) or ""
    constants = model_constants(cls)
    return LoadedModel(
        resolved.stem, str(path), cls, doc, constants, violations, vacuous, dict(configurations), _digest(cls)
    )


def _names(cls: type[decl.System], attribute: str) -> tuple[str, ...]:
    names = getattr(cls, attribute)
    if not isinstance(names, (tuple, list)) or not all(isinstance(name, str) for name in names):
        raise _misdeclared(cls, attribute, "write a tuple of names of properties")
    return tuple(names)


def _misdeclared(cls: type, name: str, remedy: str) -> CompileError:
    file, line, text = attribute_place(cls, name)
    return CompileError(
        [Diagnostic(file, line, 1, f"{cls.__name__}.{name} cannot be understood", remedy, text)]
    )


def model_constants(cls: type[decl.System]) -> dict[str, LoadedConstant]:
    """The constants of a model class; a subclass may override one with a plain value."""
    found: dict[str, LoadedConstant] = {}
    for owner in reversed(cls.__mro__):
        for name, value in vars(owner).items():
            if isinstance(value, decl.Constant):
                if not all(
                    v is None or isinstance(v, (int, enum.Enum)) for v in (value.default, *value.choices)
                ):
                    raise _misdeclared(
                        owner, name, "a constant is a bool, an integer, None or a member of an Enum"
                    )
                found[name] = LoadedConstant(name, value.default, value.doc, value.choices)
            elif name in found:
                known = found[name]
                found[name] = LoadedConstant(name, value, known.doc, known.choices)
    return found


def _digest(cls: type) -> str:
    """Over the texts of all modules that the class and its bases come from."""
    total = hashlib.sha256()
    for owner in cls.__mro__:
        if owner is object:
            continue
        try:
            total.update(Path(inspect.getsourcefile(owner) or "").read_bytes())
        except (OSError, TypeError):
            total.update(owner.__qualname__.encode())
    return total.hexdigest()


def load_properties(paths: list[str | Path]) -> list[Declared]:
    """The properties declared in files, or in the ``.py`` files of directories, in the order of file names and lines.

    Two of one name are an error; so is a file that does not import (CompileError), or cannot be read (OSError).
    """
    found: dict[str, Declared] = {}
    for path in paths:
        root = Path(path).resolve()
        files = sorted(root.glob("*.py")) if root.is_dir() else [root]
        for file in files:
            for declared in _declared(_import(file), file):
                other = found.get(declared.name)
                if other is not None and (other.file, other.line) != (declared.file, declared.line):
                    place = f"{other.file}:{other.line}"
                    raise CompileError(
                        [
                            Diagnostic(
                                declared.file,
                                declared.line,
                                1,
                                f"a second property {declared.name}",
                                f"the first is at {place}: rename one",
                            )
                        ]
                    )
                found[declared.name] = declared
    return list(found.values())


def _declared(module: ModuleType, file: Path) -> list[Declared]:
    shown = shown_path(str(file))
    made = []
    for name, value in vars(module).items():
        if isinstance(value, decl.Unasked):
            made.append(Declared(name, value.doc, value, shown, _line_of(file, name)))
        elif name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        elif isinstance(value, type) and issubclass(value, decl.Observer):
            made.append(Declared(name, inspect.getdoc(value) or "", value, shown, class_place(value)[1]))
        elif isinstance(decl.source_marks(value), decl.Listener | decl.Behaviour):
            code = getattr(value, "__code__", None)
            line = code.co_firstlineno if code is not None else _line_of(file, name)
            made.append(Declared(name, inspect.getdoc(value) or "", value, shown, line))
    return sorted(made, key=lambda d: d.line)


def _line_of(file: Path, name: str) -> int:
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.startswith(name):
            return number
    return 1
