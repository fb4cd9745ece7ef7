"""What does not fit is no file, and the error says which one it was to be."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ovlcheck.whole_files import whole, write_whole


def test_directories_are_made_and_what_was_there_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "new" / "report.txt"
    write_whole(file, "first")
    write_whole(file, "second")
    assert file.read_text(encoding="utf-8") == "second"


def test_half_a_file_is_taken_away_and_named(tmp_path: Path) -> None:
    file = tmp_path / "half"
    with pytest.raises(OSError, match="No space left on device") as raised, whole(file):
        file.write_text("half", encoding="utf-8")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not file.exists()
    assert raised.value.filename == str(file)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_named_and_stays() -> None:
    with pytest.raises(OSError, match="/dev/full"):
        write_whole(Path("/dev/full"), "text")
    assert Path("/dev/full").exists()


def test_a_file_that_cannot_be_opened_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text("kept")
    with pytest.raises(PermissionError) as refused, whole(file):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert refused.value.filename == str(file)
    assert file.read_text() == "kept"
