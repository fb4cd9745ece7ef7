"""Fair cycles of a product: strongly connected components, taken apart until what is left is fair.

Weak fairness and acceptance are generalised Buechi conditions: a component without one of them has no fair cycle.
Strong fairness is a Streett condition: what is enabled again and again in a component, but never taken in it, is
removed with the states where it is enabled, and what remains is looked at again (Emerson and Lei, "Modalities for
model checking: branching time logic strikes back", 1987; Lichtenstein and Pnueli, "Checking that finite state
concurrent programs satisfy their linear specification", 1985).  Components are those of Tarjan, "Depth-first search
and linear graph algorithms" (1972), without recursion.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable

from ovlcheck.explore.liveness.product import Product


def fair_components(product: Product) -> Iterable[list[int]]:
    """Every maximal set of nodes around which a fair cycle leads, as a list of nodes."""
    part = array("q", [0]) * len(product.state)
    latest = 0
    waiting: list[tuple[int, Iterable[int]]] = [(0, range(len(product.state)))]
    while waiting:
        own, nodes = waiting.pop()
        for component in components(product, nodes, part, own):
            latest += 1
            for node in component:
                part[node] = latest
            moves, bits, again, took = False, 0, 0, 0
            for node in component:
                bits |= product.node_bits[node]
                again |= product.again[node]
                for step in range(product.offsets[node], product.offsets[node + 1]):
                    if part[product.targets[step]] == latest:
                        moves = True
                        took |= product.bits[step]
            if not moves or product.required & ~(bits | took):
                continue
            starved = again & ~took
            if not starved:
                yield component
                continue
            rest = [node for node in component if not product.again[node] & starved]
            latest += 1
            for node in rest:
                part[node] = latest
            waiting.append((latest, rest))


def components(product: Product, nodes: Iterable[int], part: array[int], own: int) -> Iterable[list[int]]:
    """The strongly connected components of the subgraph of ``nodes``, which are those with ``part[n] == own``.

    ``part`` may be changed for the nodes of a component that has been yielded.
    """
    offsets, targets = product.offsets, product.targets
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    for root in nodes:
        if root in order or part[root] != own:
            continue
        order[root] = low[root] = len(order)
        stack.append(root)
        path = [(root, offsets[root])]
        while path:
            node, step = path[-1]
            if step < offsets[node + 1]:
                path[-1] = (node, step + 1)
                target = targets[step]
                if part[target] != own:
                    continue
                if target not in order:
                    order[target] = low[target] = len(order)
                    stack.append(target)
                    path.append((target, offsets[target]))
                elif target in low:
                    low[node] = min(low[node], order[target])
                continue
            path.pop()
            if path and low[node] < low[path[-1][0]]:
                low[path[-1][0]] = low[node]
            if low[node] == order[node]:
                component = []
                while True:
                    member = stack.pop()
                    del low[member]
                    component.append(member)
                    if member == node:
                        break
                yield component


def short_fair_cycle(product: Product, component: Iterable[int], start: int) -> list[int]:
    """The steps (places in ``product.step``) of a fair cycle through ``start`` inside a fair component.

    It goes to the nearest place with something that is still wanted, again and again, and then back: short, though
    not always the shortest, which is hard to find (Clarke, Grumberg, McMillan and Zhao, "Efficient generation of
    counterexamples and witnesses", 1995).
    """
    inside = set(component)
    taken: list[int] = []
    here = start
    have, again, took = product.node_bits[start], product.again[start], 0
    while True:
        missing, starved = product.required & ~(have | took), again & ~took
        if not missing and not starved and here == start and taken:
            return taken
        goal = _meets(product, missing, starved) if missing or starved else _arrives(product, start)
        for step in _shortest(product, inside, here, goal):
            taken.append(step)
            here = product.targets[step]
            have |= product.node_bits[here]
            again |= product.again[here]
            took |= product.bits[step]


def _meets(product: Product, missing: int, starved: int) -> Callable[[int], bool]:
    """Whether a step has something that is ``missing``, or leads to a node that has it, or is of who is ``starved``."""

    def meets(step: int) -> bool:
        bits = product.bits[step]
        return bool(missing & (bits | product.node_bits[product.targets[step]]) or starved & bits)

    return meets


def _arrives(product: Product, node: int) -> Callable[[int], bool]:
    return lambda step: product.targets[step] == node


def _shortest(product: Product, inside: set[int], start: int, goal: Callable[[int], bool]) -> list[int]:
    """The steps from ``start`` up to and including the nearest one that is a ``goal``."""
    found: dict[int, tuple[int, int]] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for step in range(product.offsets[node], product.offsets[node + 1]):
            target = product.targets[step]
            if target not in inside:
                continue
            if goal(step):
                line = [step]
                while node != start:
                    node, step = found[node]
                    line.append(step)
                return line[::-1]
            if target != start and target not in found:
                found[target] = (node, step)
                queue.append(target)
    raise AssertionError("a component is strongly connected and has what it was kept for")
