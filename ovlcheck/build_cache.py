"""Transition systems that were compiled before, kept in the user's cache: a second run starts at once.

What a system is compiled from is Python, so the key holds everything that the outcome can depend on: this package,
the interpreter, the constants, and the text of every file that the model and its properties are made of.  Nothing is
kept that could depend on more: a file that imports anything but this language, its own kind and a few pure modules,
or that names a builtin that reaches outside.  Nor is anything kept of files that may have changed since this process
began, for then nobody knows which text was run.  An entry that is damaged or cannot be read is none.

Only a process of the command line does this: in a program that replaces parts of the compiler it would not be safe.
"""

from __future__ import annotations

import ast
import hashlib
import os
import pickle
import re
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from ovlcheck.lang.declared import Declared
from ovlcheck.lang.loading import LoadedModel
from ovlcheck.system.transition_system import TransitionSystem

_FORMAT = b"ovlcheck system 1\n"
_KEPT = 200
_PACKAGE = Path(__file__).resolve().parent
_LANGUAGE = re.compile(r"ovlcheck(\.vfs(\.\w+)*)?")
_PURE = frozenset({
    "__future__", "abc", "collections", "collections.abc", "copy", "dataclasses", "enum", "fractions", "functools",
    "itertools", "math", "numbers", "operator", "re", "string", "textwrap", "typing",
})  # fmt: skip
_REACHING_OUT = frozenset({
    "breakpoint", "compile", "eval", "exec", "globals", "hash", "id", "input", "locals", "open", "vars",
})  # fmt: skip
_HARMLESS = frozenset({"__name__", "__doc__", "__all__", "__init__", "__future__"})

_settled = time.time_ns() - 2_000_000_000
"""Files that are no younger were what they are when this process began, however coarse their times are."""


def remembered(
    model: LoadedModel, properties: Sequence[Declared], others: object, make: Callable[[], TransitionSystem]
) -> TransitionSystem:
    """What ``make`` compiles from ``model`` and ``properties``, or compiled from the same before.

    ``others`` is whatever else ``make`` depends on; its ``repr`` has to tell it all.
    """
    try:
        texts = _texts([sys.modules[model.cls.__module__], *_modules_of(properties)])
        key = _key(texts, model, properties, others)
        entry = _folder() / f"{key}.system"
        found = _load(entry, key)
    except (OSError, LookupError):
        return make()
    if found is not None:
        return found
    system = make()
    if all(_depends_on_nothing_else(text, texts) for text in texts.values()):
        _keep(entry, key, system)
    return system


def entry_for_model(model: LoadedModel, others: object, kind: str) -> Path | None:
    """Where something of this ``kind`` is kept that follows from ``model`` and ``others`` alone.

    None where it may depend on more, or where nobody knows which text was run.
    """
    try:
        texts = _texts([sys.modules[model.cls.__module__]])
        if not all(_depends_on_nothing_else(text, texts) for text in texts.values()):
            return None
        return _folder().with_name(kind) / _key(texts, model, (), others)
    except (OSError, LookupError):
        return None


def _modules_of(properties: Sequence[Declared]) -> Iterator[ModuleType]:
    files = {Path(declared.file).resolve() for declared in properties}
    for module in _users_modules().values():
        if Path(str(module.__file__)).resolve() in files:
            files.discard(Path(str(module.__file__)).resolve())
            yield module
    if files:
        raise LookupError(files)


def _users_modules() -> dict[str, ModuleType]:
    """The modules that belong neither to this package nor to Python nor to what is installed.

    Each of these may have been reached through a link, so that a file has several names.
    """
    paths = sysconfig.get_paths()
    others = [str(_PACKAGE), str(Path(__file__).parent)]
    others += [paths[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    foreign = tuple({f"{place}{os.sep}" for other in others for place in (other, os.path.realpath(other))})
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    return {
        name: sys.modules[name]
        for name, file in files.items()
        if isinstance(file, str)
        and not file.startswith(foreign)
        and not os.path.realpath(file).startswith(foreign)
    }


def _texts(modules: list[ModuleType]) -> dict[str, bytes]:
    """The files of ``modules`` and of what they import, by the name of the module.

    Raises ``LookupError`` if one of them changed since this process began, ``OSError`` if it cannot be read.
    """
    known = _users_modules()
    texts: dict[str, bytes] = {}
    while modules:
        module = modules.pop()
        if module.__name__ in texts:
            continue
        texts[module.__name__] = text = _unchanged(Path(str(module.__file__)))
        # Any word of a line that imports may be the name of a module; one too many does no harm.
        lines = (line for line in text.splitlines() if b"import" in line)
        words = {word.decode() for line in lines for word in re.findall(rb"\w+", line)}
        modules += [known[word] for word in words if word in known]
    return texts


def _unchanged(file: Path) -> bytes:
    if file.stat().st_mtime_ns > _settled:
        raise LookupError(file)
    return file.read_bytes()


@cache
def _package() -> bytes:
    """A digest of this package.  Raises ``LookupError`` if it changed since this process began."""
    total = hashlib.sha256()
    for file in sorted(_sources()):
        total.update(
            str(file.relative_to(_PACKAGE)).encode() + b"\0" + hashlib.sha256(_unchanged(file)).digest()
        )
    return total.digest()


def _sources() -> Iterator[Path]:
    """Every Python file of this package, also those behind links; a directory that has two names is entered once."""
    entered = {str(_PACKAGE)}
    for directory, below, files in os.walk(_PACKAGE, followlinks=True):
        real = {name: os.path.realpath(os.path.join(directory, name)) for name in sorted(below)}
        below[:] = [name for name, place in real.items() if place not in entered]
        entered.update(real.values())
        yield from (Path(directory, file) for file in files if file.endswith(".py"))


def _key(texts: dict[str, bytes], model: LoadedModel, properties: Sequence[Declared], others: object) -> str:
    total = hashlib.sha256(_FORMAT + _package())
    asked = (model.path, [(p.name, p.file, p.line) for p in properties], others)
    for part in (sys.version, os.getcwd(), repr(asked)):
        total.update(part.encode("utf-8", "surrogateescape") + b"\0")
    for name, text in sorted(texts.items()):
        place = str(sys.modules[name].__file__)
        total.update(f"{name}\0{place}\0".encode("utf-8", "surrogateescape") + hashlib.sha256(text).digest())
    return total.hexdigest()


def _depends_on_nothing_else(text: bytes, texts: dict[str, bytes]) -> bool:
    """Whether what the module ``text`` is, is told by ``texts``, this package and pure modules."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names):
                imported = [alias.name for alias in names]
            case ast.ImportFrom(module, _, level):
                imported = ["." if level else module or "."]
            case ast.Name(name) | ast.Attribute(_, name):
                if isinstance(node, ast.Name) and name in _REACHING_OUT:
                    return False
                if name.startswith("__") and name not in _HARMLESS:
                    return False
                continue
            case _:
                continue
        if not all(name in texts or name in _PURE or _LANGUAGE.fullmatch(name) for name in imported):
            return False
    return True


def _folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("ovlcheck")) / "systems"


def _load(entry: Path, key: str) -> TransitionSystem | None:
    """The system in ``entry``, if it is there and whole."""
    try:
        content = entry.read_bytes()
    except OSError:
        return None
    head = len(_FORMAT) + hashlib.sha256().digest_size
    if content[:head] != _FORMAT + _seal(key, content[head:]):
        return None
    try:
        system = pickle.loads(content[head:])
        os.utime(entry)
    except Exception:
        return None
    return system if isinstance(system, TransitionSystem) else None


def _seal(key: str, pickled: bytes) -> bytes:
    return hashlib.sha256(key.encode() + pickled).digest()


def _keep(entry: Path, key: str, system: TransitionSystem) -> None:
    try:
        pickled = pickle.dumps(system, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, RecursionError):
        return
    keep_whole(entry, _FORMAT + _seal(key, pickled) + pickled)


def keep_whole(entry: Path, content: bytes) -> None:
    """Writes ``entry`` whole or not at all; a cache that cannot be written is done without."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="new-", dir=entry.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(name, entry)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _prune(entry.parent)
    except OSError:
        return


def _prune(folder: Path) -> None:
    """Removes the entries unused for longest, and with them what killed runs left behind."""
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in files[_KEPT:]:
        old.unlink(missing_ok=True)
