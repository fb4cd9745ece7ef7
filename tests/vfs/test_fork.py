"""A mapping that a child inherits: it may be stored to as long as either has it, and the last of them ends the file."""

from __future__ import annotations

from tests.vfs.following import possible

SETTINGS = "calls=1 readers=0 syncers=0 umounts=0 foreign=false kswapd_threads=0 forks=1"
FORKED = "writer: dup_mmap returns\n...\n"


def test_a_child_stores_after_its_parent_has_unmapped_and_closed() -> None:
    assert possible("upstream", SETTINGS, f"{FORKED}writer: fput_inherited returns\n...\nchild: store")


def test_nobody_stores_after_the_end_of_the_real_file() -> None:
    for actor in ("writer", "child"):
        assert possible("upstream", SETTINGS, f"{FORKED}*: fput_realfile\n")
        assert not possible("upstream", SETTINGS, f"{FORKED}*: fput_realfile\n...\n{actor}: store")


def test_either_may_be_the_one_that_ends_it_and_only_one_does() -> None:
    for actor in ("writer", "child"):
        assert possible("upstream", SETTINGS, f"{FORKED}{actor}: fput_realfile")
    assert not possible("upstream", SETTINGS, f"{FORKED}*: fput_realfile returns\n...\n*: fput_realfile")
