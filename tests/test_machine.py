"""Sizes of memory and numbers of threads: read as people write them, and possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.errors import UsageError
from ovlcheck.machine import LEAST_MEMORY, MOST_THREADS, check_threads, machine_memory, parse_memory, shown


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16M", 16 << 20),
        ("64m", 64 << 20),
        (" 64 MiB ", 64 << 20),
        ("64MB", 64 << 20),
        ("0.0625G", 64 << 20),
        ("65536K", 64 << 20),
        ("67108864", 64 << 20),
        ("67108864B", 64 << 20),
    ],
)
def test_a_size_is_bytes(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1G", "1e9", "20 gigabytes", "0x10M", "20X", "nan", "٣M"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no size of memory"):
        parse_memory(text)


def test_a_size_that_cannot_be_had_is_refused() -> None:
    assert parse_memory(str(machine_memory())) == machine_memory()
    with pytest.raises(UsageError, match="of this machine"):
        parse_memory(str(machine_memory() + 1))
    with pytest.raises(UsageError, match="less memory"):
        parse_memory(str(LEAST_MEMORY - 1))


@given(st.integers(-5, 2 * MOST_THREADS))
def test_threads_are_one_or_more_and_not_too_many(number: int) -> None:
    if 1 <= number <= MOST_THREADS:
        assert check_threads(number) == number
    else:
        with pytest.raises(UsageError, match="no number of threads"):
            check_threads(number)


@pytest.mark.parametrize(("size", "text"), [(5, "5B"), (1 << 20, "1M"), (3 << 29, "1.5G"), (23 << 40, "23T")])
def test_a_size_is_shown_in_the_largest_unit_that_it_fills(size: int, text: str) -> None:
    assert shown(size) == text
