"""Words of a model as they are shown."""

from __future__ import annotations

import pytest

from ovlcheck.trace.escape import plain


@pytest.mark.parametrize(
    ("doc", "words"),
    [
        ("``i_count`` is exact", "i_count is exact"),
        ("its\n    ``sync_fs`` and\n``put_super``", "its sync_fs and put_super"),
        ("two `` alone", "two `` alone"),
    ],
)
def test_the_marks_around_code_are_not_shown(doc: str, words: str) -> None:
    assert plain(doc) == words
