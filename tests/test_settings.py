"""``[tool.ovlcheck]``: found upwards, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.errors import UsageError
from ovlcheck.settings import Settings, find_settings, parse_settings


def write(directory: Path, text: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pyproject.toml").write_text(text, encoding="utf-8")
    return directory


def test_every_key_is_read_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        [tool.ovlcheck]
        properties = ["props", "more"]
        config = "small"
        engine = "reference"
        set = {inodes = 2, pin = true, tail = "ALL"}
        threads = 2
        memory = "64M"
        """,
    )
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_settings(inner) == Settings(
        (tmp_path / "props", tmp_path / "more"),
        "small",
        "reference",
        {"inodes": 2, "pin": True, "tail": "ALL"},
        threads=2,
        memory=64 << 20,
    )


def test_the_nearest_table_wins_and_files_without_one_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "[tool.ovlcheck]\nconfig = 'outer'")
    write(tmp_path / "a", "[tool.other]\nx = 1")
    assert find_settings(tmp_path / "a").config == "outer"
    write(tmp_path / "a", "[tool.ovlcheck]\nconfig = 'inner'")
    assert find_settings(tmp_path / "a").config == "inner"


def test_a_directory_may_be_named_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "[tool.ovlcheck]\nconfig = 'outer'")
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert find_settings(".").config == "outer"


def test_no_table_gives_the_defaults(tmp_path: Path) -> None:
    write(tmp_path, "[project]\nname = 'x'")
    assert find_settings(tmp_path).engine == "auto"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"propertys": []}, "did you mean 'properties'"),
        ({"nonsense": 1}, "unknown key 'nonsense'"),
        ({"properties": [1]}, "list of directories"),
        ({"config": 3}, "name of a configuration"),
        ({"engine": "fast"}, "one of auto, native, reference"),
        ({"set": ["inodes=2"]}, "table of constants"),
        ({"set": {"inodes": [1]}}, "table of constants"),
        ({"threads": 0}, "1 to 1024"),
        ({"threads": "all"}, "must be a number"),
        ({"memory": "20X"}, "no size of memory"),
        ({"memory": 1}, "must be a size"),
        ("x", "must be a table"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_the_file(table: object, says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        parse_settings(table, Path("dir/pyproject.toml"))
    assert "dir/pyproject.toml: [tool.ovlcheck]" in str(refused.value)


@pytest.mark.parametrize("text", ["[tool.ovlcheck", "\udcff"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        find_settings(tmp_path)
