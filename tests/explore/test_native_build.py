"""Compiling: once for each text, undisturbed by others, with one clear message where it cannot be done."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ovlcheck.explore.native import Native
from ovlcheck.explore.native.build import build, cache_folder
from ovlcheck.explore.native.generate import generate
from ovlcheck.explore.native.problems import CompilerFailed, CompilerMissing
from tests.explore.native_testing import compile_quickly
from tests.hand_built import counter, crossed_locks, die_hard, freed_object, mcs_lock, soft_and_hard_checks

TEXT = "int answer(void) { return 42; }\n"


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    compile_quickly(monkeypatch, tmp_path)
    return tmp_path


def counting_compiler(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiler that writes a line for each time it is called."""
    log, script = folder / "calls", folder / "counting-cc"
    script.write_text(f'#!/bin/sh\necho called >> {log}\nexec cc "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(script))
    log.write_text("")
    return log


def test_a_text_is_compiled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = counting_compiler(tmp_path, monkeypatch)
    first, second = build(TEXT), build(TEXT)
    assert first == second
    assert first.parent == cache_folder()
    assert log.read_text() == "called\n"


def test_other_flags_are_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    first = build(TEXT)
    monkeypatch.setenv("CFLAGS", "-O1")
    assert build(TEXT) != first


def test_a_compiler_that_is_replaced_is_another_compiler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = counting_compiler(tmp_path, monkeypatch)
    build(TEXT)
    os.utime(tmp_path / "counting-cc", (1, 1))
    build(TEXT)
    assert log.read_text() == "called\ncalled\n"


def test_the_text_is_kept_beside_the_library() -> None:
    assert build(TEXT).with_suffix(".c").read_text() == TEXT


def test_builders_at_the_same_time_do_not_disturb_each_other() -> None:
    texts = [TEXT + f"int other{k % 3};\n" for k in range(12)]
    with ThreadPoolExecutor(6) as pool:
        built = list(pool.map(build, texts))
    assert len(set(built)) == 3
    assert all(path.exists() for path in built)
    assert not list(cache_folder().glob("build-*"))


def test_what_a_killed_run_left_is_no_library_and_is_cleared_away_in_time() -> None:
    left = cache_folder() / "build-killed"
    fresh = cache_folder() / "build-running"
    for folder in (left, fresh):
        folder.mkdir(parents=True)
        (folder / "model.so").write_bytes(b"half")
    past = time.time() - 7 * 24 * 3600
    os.utime(left, (past, past))
    assert build(TEXT).stat().st_size > len(b"half")
    assert not left.exists()
    assert fresh.exists()


def test_without_a_compiler_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerMissing, match="install gcc or set CC, or use the slower reference engine"):
        Native().search(die_hard())


def test_a_wrong_cc_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    with pytest.raises(CompilerMissing, match="CC is 'no-such-compiler -m64', which is not an executable"):
        Native().search(die_hard())


def test_a_compiler_that_fails_is_shown_with_its_command_and_first_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CFLAGS", "-O0 -DANSWER=forty-two")
    with pytest.raises(CompilerFailed) as caught:
        build("int answer(void) { return ANSWER; }\n")
    message = str(caught.value)
    assert "-DANSWER=forty-two" in message
    assert "error: 'forty' undeclared" in message.replace("‘", "'").replace("’", "'")
    assert "Traceback" not in message
    assert len(message.splitlines()) <= 8
    kept = next(cache_folder().glob("*.c"))
    assert str(kept) in message


def test_a_library_that_cannot_be_loaded_is_named() -> None:
    library = build(generate(die_hard()).text)
    library.write_bytes(b"no library")
    with pytest.raises(CompilerFailed, match=f"cannot be loaded.*delete {library}"):
        Native().search(die_hard())


def test_a_cache_that_cannot_be_written_is_done_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert Native().search(die_hard()).states == 16


def test_old_libraries_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovlcheck.explore.native.build._KEPT_LIBRARIES", 2)
    built = []
    for k in range(4):
        built.append(build(TEXT + f"int other{k};\n"))
        os.utime(built[-1], (1000 + k, 1000 + k))
    assert [path.exists() for path in built] == [False, False, True, True]
    assert not built[0].with_suffix(".c").exists()


@pytest.mark.parametrize("flags", ["-O0", "-O1", "-O2"])
def test_the_text_compiles_without_a_warning(flags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", f"{flags} -Wall -Wextra -Werror")
    for made in (
        mcs_lock(3),
        freed_object(),
        crossed_locks(bystander=True),
        soft_and_hard_checks(),
        counter(3),
    ):
        assert build(generate(made).text).exists()


def test_the_text_is_the_same_every_time() -> None:
    assert generate(mcs_lock(3)).text == generate(mcs_lock(3)).text


def picky_compiler(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiler that does not know ``-march=native``."""
    script = folder / "picky-cc"
    script.write_text(
        "#!/bin/sh\n"
        'for flag; do test "$flag" != -march=native || { echo error: what >&2; exit 1; }; done\n'
        'exec cc "$@"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(script))
    return script


def test_a_compiler_need_not_know_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CFLAGS")
    picky_compiler(tmp_path, monkeypatch)
    assert build(TEXT).exists()
    with pytest.raises(CompilerFailed) as caught:
        build("int answer(void) { return }\n")
    assert "march" not in str(caught.value)
    assert "error: what" not in str(caught.value)


def test_the_flags_of_the_user_are_the_only_ones_for_a_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = picky_compiler(tmp_path, monkeypatch)
    script.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/flags\nexec cc "$@"\n')
    build(TEXT)
    monkeypatch.delenv("CFLAGS")
    build(TEXT)
    given, default = (tmp_path / "flags").read_text().splitlines()
    assert "-march" not in given
    assert "-march=native" in default


def test_a_library_is_not_taken_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    first = build(TEXT)
    monkeypatch.setattr("ovlcheck.explore.native.build._processor", lambda: "flags: another")
    assert build(TEXT) != first


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="nothing tells what this process has loaded")
def test_no_library_stays_loaded_that_the_loader_could_take_for_another() -> None:
    """A file that gets the inode of one that was loaded and removed is not looked at by the loader."""
    assert Native().search(mcs_lock(2)).complete
    assert str(cache_folder()) not in Path("/proc/self/maps").read_text(encoding="utf-8")
