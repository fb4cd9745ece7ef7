"""How long a breadth-first search may still take, where its layers tell.

Layers grow, level off, and in the end shrink about geometrically.  Before they shrink nobody knows how many states
there are, and nothing is said.  Once several in a row have shrunk, those to come are taken to shrink at the slowest of
the rates seen: the answer errs on the long side, unless the layers grow again.
"""

from __future__ import annotations

from itertools import pairwise

from ovlcheck.explore.result import Progress

_LAYERS = 4
"""Layers in a row, each smaller than the one before, from which a rate is taken."""

_SHRINKS = 0.97
"""Ratios above this say nothing: the sum of what would follow is too sensitive to them."""

_LOOKS = 5
"""Looks at a layer without which its size is not known well enough."""


class Outlook:
    """Sees every ``Progress`` of a search, and starts afresh when another search begins."""

    def __init__(self) -> None:
        self._began: list[Progress] = []
        self._looks: list[int] = []
        self._now: Progress | None = None

    def see(self, now: Progress) -> None:
        """Takes ``now`` into account."""
        before = self._now
        if before is None or now.depth < before.depth or now.states < before.states:
            self._began, self._looks = [now], [1]
        elif now.depth == before.depth + 1:
            self._began.append(now)
            self._looks.append(1)
        elif now.depth > before.depth:  # too fast to tell one layer from the next
            self._began, self._looks = [now], [1]
        else:
            self._looks[-1] += 1
        self._now = now

    def seconds_left(self) -> float | None:
        """Seconds of search that are left if layers go on to shrink; None where there is no telling."""
        now, began = self._now, self._began[-_LAYERS - 2 :]
        if now is None or len(began) < _LAYERS + 2 or min(self._looks[-_LAYERS - 2 : -1]) < _LOOKS:
            return None
        # When a layer begins to be expanded, all of its states have been found and none of the next layer's.
        sizes = [later.states - earlier.states for earlier, later in pairwise(began)]
        ratios = [later / max(earlier, 1) for earlier, later in pairwise(sizes)]
        slowest = max(ratios)
        if slowest >= _SHRINKS:
            return None
        expanded = now.states - now.queue
        earlier = began[-3]
        rate = (expanded - (earlier.states - earlier.queue)) / max(now.seconds - earlier.seconds, 1e-9)
        if rate <= 0:
            return None
        left = max(began[-1].states - expanded, 0) + sizes[-1] * slowest / (1 - slowest)
        return left / rate
