"""The finder of commands in pages finds all of them, and no output passes for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.console import TIMED_OUT, Command, File, difference, items, run_command
from tests.docs.runner import failures, refreshed

PAGE = """\
Text.

<!-- file models/mine.py -->
```python
x = 1
```

<!-- exit 1 -->
<!-- slow -->
```console
$ first --flag \\
      more
out
...
$ second
```

```console
$ third
```
"""


def test_files_and_commands_come_in_the_order_of_the_page_with_what_is_said_above_them() -> None:
    assert list(items(PAGE)) == [
        File("models/mine.py", "x = 1\n"),
        Command(10, "first --flag \\\n      more", "out\n...\n", 1, True),
        Command(10, "second", None, 1, True),
        Command(18, "third", None, 0, False),
    ]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\nb\n", "a\nb\n"),
        ("a\n...\nd\n", "a\nb\nc\nd\n"),
        ("a\n...\nd\n", "a\nd\n"),
        ("a\n...\n", "a\n"),
        ("...\nd\n", "d\n"),
        ("took ... in all\n", "took 3 steps in all\n"),
        ("1.23 s, mine.py:12\n", "4.56 s, mine.py:99\n"),
        ("a (b) [c] *\n", "a (b) [c] *\n"),
    ],
)
def test_output_may_differ_where_the_page_leaves_it_open(shown: str, printed: str) -> None:
    assert difference(shown, printed) is None


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\n", "b\n"),
        ("a\nb\n", "a\n"),
        ("a\n...\nd\n", "a\nb\n"),
        ("a.c\n", "abc\n"),
        ("12 states\n", "13 states\n"),
    ],
)
def test_other_output_is_a_difference(shown: str, printed: str) -> None:
    assert difference(shown, printed) is not None


def test_a_command_is_run_where_its_page_is_and_finds_the_files_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("found\n", encoding="utf-8")
    ran = run_command("cat here.txt; echo error >&2; exit 3", tmp_path, tmp_path / "cache")
    assert (ran.exit, ran.output) == (3, "found\nerror\n")


def test_a_command_that_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    ran = run_command("echo begins; (sleep 1000; echo never) | cat", tmp_path, tmp_path / "cache", seconds=0.5)
    assert ran.exit == TIMED_OUT
    assert "begins" in ran.output and "mark it slow" in ran.output and "never" not in ran.output


def test_a_page_is_told_what_it_gets_wrong_and_slow_commands_wait_for_the_campaign(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- file a.txt -->\n```text\nhello\n```\n```console\n$ cat a.txt\nhello\n$ cat a.txt\ngoodbye\n```\n"
        "<!-- slow -->\n```console\n$ false\n```\n<!-- not run: never -->\n```console\n$ false\n```\n",
        encoding="utf-8",
    )
    (wrong,) = failures(page, tmp_path / "cache", slow=False)
    assert "goodbye" in wrong and "page.md:5" in wrong
    _, ended = failures(page, tmp_path / "cache", slow=True)
    assert "ended with 1, not 0" in ended


def test_a_trace_that_a_page_shows_is_the_one_that_is_found(tmp_path: Path) -> None:
    model = '"""It fails."""\nfrom ovlcheck import System, process\n\n\nclass Fails(System):\n    n: bool\n\n'
    model += "    @process\n    def p(self) -> None:\n        self.n = True\n        assert not self.n\n"
    shown = "<!-- ovlcheck verify fails.py --properties none -->\n```text\n{}\n...\n```\n"
    files = f"<!-- file fails.py -->\n```python\n{model}```\n<!-- file none/x -->\n```text\n```\n"
    page = tmp_path / "page.md"
    page.write_text(files + shown.format("...: 2 steps, 0 context switches"), encoding="utf-8")
    assert not list(failures(page, tmp_path / "cache", slow=False))
    page.write_text(files + shown.format("...: 3 steps, 0 context switches"), encoding="utf-8")
    (wrong,) = failures(page, tmp_path / "cache", slow=False)
    assert "2 steps" in wrong


def test_a_page_is_refreshed_with_what_is_printed_now_where_it_shows_all_of_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ echo new\nold\n```\n```console\n$ echo more\nle...\n```\n", encoding="utf-8"
    )
    text = refreshed(page, tmp_path / "cache")
    assert text == "```console\n$ echo new\nnew\n```\n```console\n$ echo more\nle...\n```\n"
