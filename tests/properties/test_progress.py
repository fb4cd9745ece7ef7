"""Inodes that are let go and syncfs that returns: the designs that keep to it, and those that are known not to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.lang.loading import shipped
from ovlcheck.prepare import Options, prepare

PINNED = "no_clean_unreferenced_inode_stays_pinned"
UNDER_SYNCFS = "no_clean_unreferenced_inode_stays_pinned_under_syncfs"
EVICTABLE = "clean_inode_stays_evictable"
SYNCFS = "syncfs_terminates"
SMALL: dict[str, str | int | bool] = {
    "calls": "none", "readers": 0, "umounts": 0, "mmaps": False, "meta_ops": False,
}  # fmt: skip


def verdicts(model: str, names: tuple[str, ...], **constants: str | int | bool) -> dict[str, str]:
    options = Options(properties=names, config="small", constants={**SMALL, **constants})
    found: dict[str, str] = {}
    for system in prepare(Path(model), options).behaviour_systems(by_name=True):
        for finding in check_requirements(system).findings:
            assert finding.unknown is None
            broken, silent = finding.violation is not None, finding.vacuous
            found[finding.name] = "violated" if broken else "vacuous" if silent else "holds"
    return found


@pytest.mark.parametrize(
    ("model", "pinned", "under_syncfs", "evictable"),
    [
        ("upstream", "holds", "holds", "holds"),
        ("list_holds_reference", "violated", "holds", "violated"),  # S13: nobody takes it off but a scan
        ("proposed", "holds", "holds", "holds"),
    ],
)
def test_who_lets_go_of_a_clean_inode(model: str, pinned: str, under_syncfs: str, evictable: str) -> None:
    assert verdicts(model, (PINNED, UNDER_SYNCFS, EVICTABLE)) == {
        PINNED: pinned,
        UNDER_SYNCFS: under_syncfs,
        EVICTABLE: evictable,
    }


def test_nothing_is_said_about_syncfs_again_and_again_where_calls_are_bounded() -> None:
    assert verdicts("upstream", (UNDER_SYNCFS,), calls=1, syncers=0) == {UNDER_SYNCFS: "vacuous"}


@pytest.mark.parametrize(
    ("model", "expected"), [("upstream", "holds"), ("drop_inode_returns_zero", "violated")]
)
def test_who_keeps_an_inode_without_a_name(model: str, expected: str) -> None:
    """S14: the final iput of an unlinked file finds it worth keeping."""
    assert verdicts(model, (EVICTABLE,), unlinks=1, syncers=0) == {EVICTABLE: expected}


@pytest.mark.parametrize("model", ["upstream", "proposed"])
def test_syncfs_returns(model: str) -> None:
    assert verdicts(model, (SYNCFS,), mmaps=True) == {SYNCFS: "holds"}


def test_a_flusher_that_is_always_quicker_keeps_syncfs_waiting(tmp_path: Path) -> None:
    """Without the assumption that who waits for I_SYNC finds it clear in the end."""
    properties = shipped("properties")
    assert properties is not None
    text = (properties / "progress.py").read_text()
    assumed = 'strong=("syncfs", "writeback_single_inode", "write_pages_and_clear_dirty"), '
    assert assumed in text
    (tmp_path / "progress.py").write_text(text.replace(assumed, ""))
    options = Options(
        properties=(SYNCFS,),
        property_paths=(tmp_path / "progress.py",),
        config="small",
        constants={**SMALL, "mmaps": True},
    )
    (system,) = prepare(Path("upstream"), options).behaviour_systems(by_name=True)
    (finding,) = check_requirements(system).findings
    assert finding.violation is not None and finding.violation.loop_start is not None
    assert finding.violation.loop_start < len(finding.violation.path)
    assert "upper_flusher0" in finding.violation.message and "syncer0" not in finding.violation.message
