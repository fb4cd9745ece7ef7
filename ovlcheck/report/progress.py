"""Where the search stands, on a terminal's last line; nothing where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ovlcheck.explore.result import Progress


@contextmanager
def watched(what: str) -> Iterator[Callable[[Progress], None] | None]:
    """What to call with every ``Progress`` while ``what`` is explored; None unless stderr is a
    terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(f"{escape(what)}: compiling") as status:

        def show(now: Progress) -> None:
            rate = now.states / now.seconds if now.seconds > 0 else 0.0
            status.update(
                f"{escape(what)}: depth {now.depth}, {now.states:,} states, {now.queue:,} waiting, "
                f"{now.seconds:.0f} s, {rate:,.0f} states/s"
            )

        yield show
