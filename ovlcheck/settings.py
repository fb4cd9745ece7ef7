"""Settings of a project: the table ``[tool.ovlcheck]`` of its pyproject.toml.

They are defaults for options of the command line, and the command line wins.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.machine import check_threads, parse_memory

ENGINES = ("auto", "native", "reference", "symbolic")


@dataclass(frozen=True)
class Settings:
    """``properties`` are directories of property files; ``set`` are values of constants, as on the
    command line; ``memory`` is bytes.
    """

    properties: tuple[Path, ...] = ()
    config: str | None = None
    engine: str = "auto"
    set: Mapping[str, str | int | bool] = field(default_factory=dict)
    threads: int | None = None
    memory: int | None = None


def find_settings(start: str | os.PathLike[str]) -> Settings:
    """The settings of the nearest pyproject.toml at or above ``start`` that has a table
    ``[tool.ovlcheck]``.

    Raises ``UsageError`` when a file on the way is not TOML, or when that table has a wrong key or
    value.
    """
    here = Path(start).absolute()
    for directory in (here, *here.parents):
        file = directory / "pyproject.toml"
        try:
            text = file.read_bytes().decode()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: cannot be read: {error}") from error
        try:
            tool = tomllib.loads(text).get("tool", {})
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{file}: not valid TOML: {error}") from error
        if isinstance(tool, dict) and "ovlcheck" in tool:
            return parse_settings(tool["ovlcheck"], file)
    return Settings()


def parse_settings(table: object, file: Path) -> Settings:
    """``table`` as settings; paths in it are relative to ``file``'s directory.  Raises
    ``UsageError``.
    """
    place = f"{file}: [tool.ovlcheck]"
    if not isinstance(table, dict):
        raise UsageError(f"{place} must be a table")
    known = ("properties", "config", "engine", "set", "threads", "memory")
    for key in table:
        if key not in known:
            raise UsageError(
                f"{place}: unknown key {key!r}{did_you_mean(key, known)}", f"known: {', '.join(known)}"
            )

    properties = table.get("properties", [])
    if isinstance(properties, str):
        properties = [properties]
    if not (isinstance(properties, list) and all(isinstance(p, str) for p in properties)):
        raise UsageError(f"{place}: properties must be a list of directories")

    config = table.get("config")
    if not (config is None or isinstance(config, str)):
        raise UsageError(f"{place}: config must be the name of a configuration")

    engine = table.get("engine", "auto")
    if engine not in ENGINES:
        raise UsageError(f"{place}: engine must be one of {', '.join(ENGINES)}, not {engine!r}")

    constants = table.get("set", {})
    if not (isinstance(constants, dict) and all(isinstance(v, str | int | bool) for v in constants.values())):
        raise UsageError(f"{place}: set must be a table of constants, as in set = {{inodes = 2}}")

    threads = table.get("threads")
    if not (threads is None or (isinstance(threads, int) and not isinstance(threads, bool))):
        raise UsageError(f"{place}: threads must be a number, not {threads!r}")
    memory = table.get("memory")
    if not (memory is None or isinstance(memory, str)):
        raise UsageError(f"{place}: memory must be a size such as '20G', not {memory!r}")
    try:
        return Settings(
            properties=tuple(file.parent / p for p in properties),
            config=config,
            engine=engine,
            set=constants,
            threads=None if threads is None else check_threads(threads),
            memory=None if memory is None else parse_memory(memory),
        )
    except UsageError as error:
        raise UsageError(f"{place}: {error.message}", error.remedy) from None
