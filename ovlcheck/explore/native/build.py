"""Compiles generated C into a shared library, once: libraries are kept in the user's cache under the hash of
all that went into them.

``CC`` and ``CFLAGS`` are honoured; without ``CFLAGS`` the code is for this very machine, if the compiler can do
that.  A library appears in the cache by an atomic rename, so that concurrent runs and killed ones leave nothing
half-written under its name.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import platformdirs

from ovlcheck.explore.native.problems import CompilerFailed, CompilerMissing

_CANDIDATES = ("cc", "gcc", "clang")
_DEFAULT_FLAGS = ("-O1",)  # as fast as -O2 on what is generated, and compiled in half the time
_IF_ACCEPTED = ("-march=native",)
_ALWAYS = ("-std=gnu11", "-fPIC", "-fwrapv", "-pthread")
_SHOWN_ERRORS = 5
_KEPT_LIBRARIES = 200
_SCRATCH = "build-"
_ABANDONED = 24 * 3600.0
_LINES_OF_A_PROCESSOR = 40
_SAYS_WHAT_IT_CAN_DO = ("flags", "Features", "model name", "CPU implementer", "CPU part")


@dataclass(frozen=True)
class _Compiler:
    """``command`` is what every text is compiled with; ``extra`` are flags that it need not know."""

    command: list[str]
    extra: list[str]

    def identity(self, text: str) -> str:
        """A name for what is compiled from ``text``: another one whenever that might be something else."""
        said = [*self.command, *self.extra, *_identities(self.command), text]
        return hashlib.sha256("\0".join(said).encode()).hexdigest()[:40]


def _compiler() -> _Compiler:
    """The C compiler with the user's flags.  Raises ``CompilerMissing``."""
    chosen = shlex.split(os.environ.get("CC", ""))
    if chosen:
        if shutil.which(chosen[0]) is None:
            raise CompilerMissing(
                f"no C compiler: CC is '{' '.join(chosen)}', which is not an executable in PATH"
            )
    else:
        found = next((c for c in _CANDIDATES if shutil.which(c)), None)
        if found is None:
            raise CompilerMissing(
                "no C compiler found (looked for cc, gcc, clang): install gcc or set CC, "
                "or use the slower reference engine"
            )
        chosen = [found]
    flags = shlex.split(os.environ.get("CFLAGS", ""))
    return _Compiler([*chosen, *(flags or _DEFAULT_FLAGS), *_ALWAYS], [] if flags else list(_IF_ACCEPTED))


def build(text: str, parts: int = 1) -> Path:
    """The shared library compiled from the C ``text``, from the cache where it is there.

    ``parts`` are compiled side by side, each from the whole text with its number, from 1 on, as ``PART``.
    Raises ``CompilerMissing``, ``CompilerFailed``.
    """
    compiler = _compiler()
    folder = _writable(cache_folder())
    library = folder / f"{compiler.identity(text)}.so"
    if library.exists():
        _touch(library)
        return library
    try:
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder, ignore_cleanup_errors=True) as scratch:
            _compile(compiler, text, parts, Path(scratch), library)
    except OSError as problem:
        raise CompilerFailed(
            f"cannot write the compiled model into {folder}: {problem.strerror or problem}; "
            "make room there, or use the reference engine"
        ) from None
    _prune(folder)
    return library


def cache_folder() -> Path:
    """Where libraries are kept, beside the C text of each."""
    return Path(platformdirs.user_cache_dir("ovlcheck")) / "native"


def _writable(folder: Path) -> Path:
    """``folder``, or one that lasts as long as this process where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    except OSError:
        pass
    return Path(_instead_of_cache().name)


@lru_cache(maxsize=1)
def _instead_of_cache() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="ovlcheck-native-")


def _identities(command: list[str]) -> list[str]:
    """What changes when a program of the command (there may be a wrapper) is replaced by another version."""
    found = [f"{sys.platform} {os.uname().machine} {_processor()}"]
    for path in filter(None, map(shutil.which, command)):
        status = os.stat(path)
        found.append(f"{os.path.realpath(path)} {status.st_size} {status.st_mtime_ns}")
    return found


@lru_cache(maxsize=1)
def _processor() -> str:
    """What the first processor of this machine can do, as Linux tells; a cache may be shared by several machines."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as told:
            lines = islice(told, _LINES_OF_A_PROCESSOR)
            return " ".join(sorted(line for line in lines if line.startswith(_SAYS_WHAT_IT_CAN_DO)))
    except OSError:
        return ""


def _compile(compiler: _Compiler, text: str, parts: int, scratch: Path, library: Path) -> None:
    source, built = scratch / "model.c", scratch / "model.so"
    source.write_text(text, encoding="utf-8")
    failed = _try([*compiler.command, *compiler.extra], parts, source, built)
    if failed is not None and compiler.extra:
        failed = _try(compiler.command, parts, source, built)
    if failed is not None or not built.exists():
        kept = library.with_suffix(".c")
        os.replace(source, kept)
        said = [line for line in (failed or "").splitlines() if "error" in line] or (
            failed or ""
        ).splitlines()
        shown = "\n".join(f"  {line}" for line in said[:_SHOWN_ERRORS]) or "  it made no library"
        raise CompilerFailed(
            f"the C compiler failed: {shlex.join([*compiler.command, str(kept)])}\n{shown}\n"
            "  check CC and CFLAGS"
        )
    os.replace(source, library.with_suffix(".c"))
    os.replace(built, library)


def _try(command: list[str], parts: int, source: Path, built: Path) -> str | None:
    """Compiles ``source`` into ``built``; what the compiler said if it failed."""
    if parts == 1:
        return _outcome(_start([*command, "-shared", "-o", str(built), str(source)]))
    objects = [source.with_name(f"part{number}.o") for number in range(1, parts + 1)]
    running = [
        _start([*command, f"-DPART={number}", "-c", "-o", str(part), str(source)])
        for number, part in enumerate(objects, start=1)
    ]
    said = [outcome for outcome in map(_outcome, running) if outcome is not None]
    return said[0] if said else _outcome(_start([*command, "-shared", "-o", str(built), *map(str, objects)]))


def _start(command: list[str]) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        )
    except OSError as problem:
        raise CompilerFailed(f"{command[0]} cannot be run: {problem.strerror}") from None


def _outcome(process: "subprocess.Popen[str]") -> str | None:
    """What it said if it failed, once it has ended."""
    _, said = process.communicate()
    return said.strip() or f"exit status {process.returncode}" if process.returncode else None


def _touch(library: Path) -> None:
    """Marks the library as used; a cache that cannot be written is still good for reading."""
    try:
        os.utime(library)
    except OSError:
        return


def _prune(folder: Path) -> None:
    """Removes the libraries unused for longest, and what killed runs left behind.

    A library that is loaded elsewhere stays usable there.
    """
    libraries = sorted(folder.glob("*.so"), key=_age)
    for old in libraries[_KEPT_LIBRARIES:]:
        for path in (old, old.with_suffix(".c")):
            path.unlink(missing_ok=True)
    for scratch in folder.glob(f"{_SCRATCH}*"):
        if _age(scratch) > _ABANDONED:
            shutil.rmtree(scratch, ignore_errors=True)


def _age(path: Path) -> float:
    """Seconds since the last use."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
