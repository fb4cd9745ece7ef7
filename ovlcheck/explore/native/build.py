"""Compiles generated C into a shared library, once: libraries are kept in the user's cache under the hash of all that
went into them.

``CC`` and ``CFLAGS`` are honoured.  A library appears in the cache by an atomic rename, so that concurrent runs and
killed ones leave nothing half-written under its name.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import platformdirs

from ovlcheck.explore.native.problems import CompilerFailed, CompilerMissing

_CANDIDATES = ("cc", "gcc", "clang")
_DEFAULT_FLAGS = ("-O1",)  # as fast as -O2 on what is generated, and compiled in half the time
_ALWAYS = ("-std=gnu11", "-fPIC", "-shared", "-fwrapv")
_SHOWN_ERRORS = 5
_KEPT_LIBRARIES = 200


def compiler() -> list[str]:
    """The command of the C compiler with the user's flags.  Raises ``CompilerMissing``."""
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
    flags = shlex.split(os.environ.get("CFLAGS", "")) or list(_DEFAULT_FLAGS)
    return [*chosen, *flags, *_ALWAYS]


def build(text: str) -> Path:
    """The shared library compiled from the C ``text``, from the cache where it is there.

    Raises ``CompilerMissing``, ``CompilerFailed``.
    """
    command = compiler()
    folder = cache_folder()
    key = hashlib.sha256("\0".join([*command, _identity(command[0]), text]).encode()).hexdigest()[:40]
    library = folder / f"{key}.so"
    if library.exists():
        _touch(library)
        return library
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="build-", dir=folder) as scratch:
            _compile(command, text, Path(scratch), library)
    except OSError as problem:
        raise CompilerFailed(
            f"cannot write the compiled model into {folder}: {problem.strerror or problem}; "
            "set XDG_CACHE_HOME to a folder that can be written, or use the reference engine"
        ) from None
    _prune(folder)
    return library


def cache_folder() -> Path:
    """Where libraries are kept, beside the C text of each."""
    return Path(platformdirs.user_cache_dir("ovlcheck")) / "native"


def _identity(program: str) -> str:
    """What changes when the compiler is replaced by another version."""
    path = os.path.realpath(shutil.which(program) or program)
    status = os.stat(path)
    return f"{path} {status.st_size} {status.st_mtime_ns} {sys.platform} {os.uname().machine}"


def _compile(command: list[str], text: str, scratch: Path, library: Path) -> None:
    source, built = scratch / "model.c", scratch / "model.so"
    source.write_text(text, encoding="utf-8")
    full = [*command, "-o", str(built), str(source)]
    try:
        done = subprocess.run(full, capture_output=True, text=True, errors="replace", check=False)
    except OSError as problem:
        raise CompilerFailed(f"{full[0]} cannot be run: {problem.strerror}") from None
    if done.returncode or not built.exists():
        kept = library.with_suffix(".c")
        os.replace(source, kept)
        lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        shown = "\n".join(f"  {line}" for line in lines[:_SHOWN_ERRORS]) or f"  exit status {done.returncode}"
        raise CompilerFailed(
            f"the C compiler failed: {shlex.join([*command, str(kept)])}\n{shown}\n"
            "check CC and CFLAGS, or use the reference engine"
        )
    os.replace(source, library.with_suffix(".c"))
    os.replace(built, library)


def _touch(library: Path) -> None:
    """Marks the library as used; a cache that cannot be written is still good for reading."""
    try:
        os.utime(library)
    except OSError:
        return


def _prune(folder: Path) -> None:
    """Removes the libraries unused for longest; one that is loaded elsewhere stays usable there."""

    def age(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:
            return 0.0

    libraries = sorted(folder.glob("*.so"), key=age, reverse=True)
    for old in libraries[_KEPT_LIBRARIES:]:
        for path in (old, old.with_suffix(".c")):
            path.unlink(missing_ok=True)
