"""The table of the native engine by itself: every state that is entered is there once, whole, at every size."""

from __future__ import annotations

import re
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from ovlcheck.explore.native import entries
from ovlcheck.explore.native.pack import layout
from ovlcheck.system.transition_system import Variable
from ovlcheck.system.types import Bool
from tests.hand_built import system

WIDTHS = (5, 20, 61, 62, 64, 65, 103, 130, 200, 500)
STATES = 3000
IDENTITY = (
    (
        "static inline uint64_t mix(uint64_t x)\n{\n",
        "static inline uint64_t mix(uint64_t x)\n{\n\treturn x;\n",
    ),
    (
        "static inline uint64_t unmix(uint64_t x)\n{\n",
        "static inline uint64_t unmix(uint64_t x)\n{\n\treturn x;\n",
    ),
)
NO_HASH = (("return h ^ h >> 32;", "return 0 & h;"),)
RUNTIME = ("state.h", "pages.h", "threads.h", None, "bucket.h", "table.h", "grow.h", "every.h")


def program(bits: int, *changes: tuple[str, str]) -> str:
    """The driver behind the table for states of so many bits."""
    made = layout(system(variables=(Variable("x", Bool(), (bits,)),)))
    runtime = files("ovlcheck.explore.native").joinpath("runtime")
    used = [min(64, bits - 64 * k) for k in range(made.words)]
    masks = ", ".join(f"UINT64_C({(1 << width) - 1:#x})" for width in used)
    parts = [
        f"#define WORDS {made.words}",
        f"#define USED {masks}",
        *(
            runtime.joinpath(name).read_text(encoding="utf-8") if name else entries.entries(made)
            for name in RUNTIME
        ),
        Path(__file__).with_name("table_driver.c").read_text(encoding="utf-8"),
    ]
    text = "\n".join(parts)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def run(text: str, folder: Path, threads: int, *extra: str) -> str:
    """What the driver says is wrong, or how many states there were and how many spilled."""
    source, binary = folder / "table.c", folder / "table"
    source.write_text(text, encoding="utf-8")
    flags = ["-O1", "-w", "-std=gnu11", "-pthread", "-DLITTLE=0", "-DPARCEL=2"]
    flags += [f"-DSTATES={STATES}", f"-DTHREADS={threads}", *extra]
    subprocess.run(["cc", *flags, "-o", str(binary), str(source)], check=True)
    done = subprocess.run([str(binary)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


def figures(told: str) -> tuple[int, int]:
    """How many states there were, and how many spilled at all sizes together; each was there once at each of them."""
    found = re.fullmatch(r"(\d+) (\d+)\n", told)
    assert found, told
    return int(found[1]), int(found[2])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 64 buckets at first, in blocks of two."""
    monkeypatch.setattr(entries, "_DISPLACEMENT", 1)
    monkeypatch.setattr(entries, "_FIRST_EXPONENT", 4)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("machine", ["-mtune=generic", "-march=native"])
@pytest.mark.parametrize("bits", WIDTHS)
def test_every_state_is_there_once_at_every_size(
    bits: int, machine: str, threads: int, tmp_path: Path
) -> None:
    states, _ = figures(run(program(bits), tmp_path, threads, machine))
    assert states >= min(STATES * 2 // 3, 1 << bits)


@pytest.mark.parametrize("changes", [IDENTITY, NO_HASH, (*IDENTITY, *NO_HASH)])
@pytest.mark.parametrize("bits", [20, 65, 130])
def test_keys_that_lie_close_only_spill(
    bits: int, changes: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    _, spilled = figures(run(program(bits, *changes), tmp_path, 2))
    assert spilled or (changes == NO_HASH and bits == 20)


def test_as_it_is_used_there_is_room_without_spilling(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    states, spilled = figures(run(program(103), tmp_path, 2))
    assert (states > STATES * 2 // 3, spilled) == (True, 0)


def test_a_state_that_spills_while_the_table_grows_without_losing_its_displacement_is_another(
    tmp_path: Path,
) -> None:
    mistake = ("e[0] -= REACH;", "")
    assert run(program(62, mistake), tmp_path, 1).startswith("a state was made up")


def test_states_of_thousands_of_bits_do_not_fill_the_stack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    states, _ = figures(run(program(30_000), tmp_path, 2, "-USTATES", "-DSTATES=200", "-O0"))
    assert states > 100
