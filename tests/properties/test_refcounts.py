"""Designs that are wrong about references break ``refcounts_are_balanced``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.properties.mutants import breaks

NAME = "refcounts_are_balanced"

COUNTS_FOR_NOBODY = """
    def open(self, file: File) -> None:
        file.inode.i_count.inc()
"""
PUTS_WHAT_IT_DOES_NOT_HOLD = """
    def release(self, file: File) -> None:
        self.iput(file.inode, False)
"""
LISTS_WITHOUT_A_REFERENCE = """
    def open(self, file: File) -> None:
        self.suspects.add(file.inode)

    def list_references(self, inode: Inode) -> int:
        return 1 if inode in self.suspects else 0
"""
KEEPS_WHAT_IT_TOOK_OFF = """
    def open(self, file: File) -> None:
        self.track(file.inode)

    def release(self, file: File) -> None:
        with atomic:
            self.suspects.discard(file.inode)
"""
KEEPS_THE_NAME = """
    def release(self, file: File) -> None:
        file.dentry.d_count.inc()
"""
LISTS_AND_PUTS = """
    def open(self, file: File) -> None:
        self.track(file.inode)

    def release(self, file: File) -> None:
        self.drop_if_clean(file.inode)
"""

ONE_CALL: dict[str, object] = {"readers": 1, "bdi": False}
MANY_CALLS: dict[str, object] = ONE_CALL | {"calls": 3}


@pytest.mark.parametrize(
    ("hooks", "base", "awake"),
    [
        (COUNTS_FOR_NOBODY, "Upstream", ONE_CALL),
        (PUTS_WHAT_IT_DOES_NOT_HOLD, "Upstream", ONE_CALL),
        (LISTS_WITHOUT_A_REFERENCE, "Upstream", ONE_CALL),
        (KEEPS_WHAT_IT_TOOK_OFF, "ReferencedList", ONE_CALL),
        (KEEPS_THE_NAME, "Upstream", MANY_CALLS),
    ],
    ids=["counts for nobody", "puts too often", "lists uncounted", "takes off and keeps", "keeps the name"],
)
def test_a_reference_too_many_or_too_few_is_found(
    hooks: str, base: str, awake: dict[str, object], tmp_path: Path
) -> None:
    assert breaks(tmp_path, NAME, hooks, awake, base)


def test_a_list_that_puts_what_it_takes_off_is_balanced(tmp_path: Path) -> None:
    assert not breaks(tmp_path, NAME, LISTS_AND_PUTS, ONE_CALL | {"kswapd_threads": 1}, "ReferencedList")
