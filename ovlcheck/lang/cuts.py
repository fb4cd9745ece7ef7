"""Where a step ends: ahead of the next shared access, of a choice, or of a position of rest."""

from __future__ import annotations

from collections.abc import Iterator

from ovlcheck.lang.flow import Node


class Cuts:
    """The places in a control-flow graph at which a step ends."""

    def __init__(self) -> None:
        self._region_acts: dict[int, bool] = {}
        self._access_ahead: dict[int, bool] = {}

    def ends_before(self, node: Node, length: int, depth: int, accessed: bool) -> bool:
        """Whether a step ends ahead of ``node``, its ``length``-th: one that is ``depth`` atomic blocks deep by then,
        and that has ``accessed`` shared state or not.
        """
        if depth:
            return False
        if node.kind == "stop":
            return length > 1
        if not accessed:
            return False
        match node.kind:
            case "idle" | "fork" | "pick":
                return True
            case "begin":
                return self._acts(node)
            case "event":
                return node.event is not None and node.event.phase == "call" and self._goes_on(node)
        return node.access

    def _acts(self, begin: Node) -> bool:
        """Whether the atomic block at ``begin`` can touch shared state or choose."""
        if begin.number not in self._region_acts:
            self._region_acts[begin.number] = any(
                n.access or n.kind in ("fork", "pick", "assume") for n in _inside(begin)
            )
        return self._region_acts[begin.number]

    def _goes_on(self, node: Node) -> bool:
        """Whether a later step, before the next position of rest, is certain to exist: an access is reachable."""
        if node.number not in self._access_ahead:
            waiting, seen, found = list(node.next), set(), False
            while waiting and not found:
                at = waiting.pop()
                if at.number in seen or at.kind in ("idle", "stop"):
                    continue
                seen.add(at.number)
                found = at.access or at.kind in ("fork", "pick")
                waiting += at.next
            self._access_ahead[node.number] = found
        return self._access_ahead[node.number]


def _inside(begin: Node) -> Iterator[Node]:
    """The nodes of the atomic block at ``begin``."""
    waiting, seen = [(n, 1) for n in begin.next], set()
    while waiting:
        node, depth = waiting.pop()
        depth += (node.kind == "begin") - (node.kind == "end")
        if (node.number, depth) in seen or depth == 0:
            continue
        seen.add((node.number, depth))
        yield node
        waiting += [(n, depth) for n in node.next]
