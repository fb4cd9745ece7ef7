"""Loops over sets inside one step, taken in one order where the order makes no difference.

``for x in S`` takes the members of ``S`` in any order.  Inside one step every order would be a transition of its own:
16 for a set of up to three members, 326 for one of up to five.  Where the bodies for different members commute, all
orders come to the same, and the members are taken by number.
"""

from __future__ import annotations

from itertools import combinations

from ovlcheck.lang.effects import Body, Effects, Known, Unclear
from ovlcheck.lang.flow import LOCAL, Graph, Node, Round, SetLoop, live_locals
from ovlcheck.system.expr import Expr


def in_one_order(graph: Graph, known: Known) -> None:
    """Take the members by number in every loop of ``graph`` whose order makes no difference."""
    for loop in graph.set_loops:
        if order_is_free(loop, live_locals(graph, known.kinds), known):
            _by_number(loop)


def order_is_free(loop: SetLoop, live: dict[int, frozenset[str]], known: Known) -> bool:
    """Whether every order of the members has the same outcomes: the same states and violations.

    What each body does must not depend on what the others do, nor may whether its element is a member.  Then
    bodies that run to their ends can change places.  Those that do not need more: a violation shows what was
    stored before it, and where a loop is left early, nothing may tell by whom and after which others.
    """
    try:
        effects = _effects(loop, live, known)
    except Unclear:
        return False
    ends = [end for each in effects for end in each.ends]
    early = [(node, values) for node, values in ends if node is not loop.head]
    changes = [change for each in effects for change in each.changes]
    stores = [change for change in changes if change.cell.variable[0] != LOCAL]
    faults = {name for each in effects for name in each.faults}
    if any(change.cell.variable in known.alive.values() for change in stores):
        return False
    if len(faults) > 1 or (faults and stores):
        return False
    if early:
        target, values = early[0]
        alike = all(node is target and found == values for node, found in early)
        quiet = not any(found for node, found in ends if node is loop.head)
        if stores or faults or not alike or not quiet or None in values.values():
            return False
        return all(
            not read.overlaps(change.cell) for each in effects for read in each.reads for change in changes
        )
    return all(one.commutes(other) for one, other in combinations(effects, 2))


def _effects(loop: SetLoop, live: dict[int, frozenset[str]], known: Known) -> list[Effects]:
    """Of each round: whether its element is a member, and its body."""
    behind = {
        successor
        for each in loop.rounds
        for node in _body(each)
        for successor in node.next
        if successor.number not in _numbers(each)
    }
    matters = frozenset().union(*(live[node.number] for node in behind)) - {LOCAL + loop.visited}
    found = []
    for number, each in enumerate(loop.rounds):
        element = None if loop.population is None else (loop.population, number)
        body = Body(each.visit, _numbers(each), known, matters, element)
        body.read(each.member)
        found.append(body.effects)
    return found


def _numbers(of: Round) -> range:
    return range(of.visit.number, of.last + 1)


def _body(of: Round) -> list[Node]:
    """The nodes of the body that can be reached."""
    found, seen = [of.visit], {of.visit}
    for node in found:
        inside = (n for n in node.next if n.number in _numbers(of) and n not in seen)
        for successor in dict.fromkeys(inside):
            seen.add(successor)
            found.append(successor)
    return found


def _by_number(loop: SetLoop) -> None:
    """Each element in its turn: if it is a member, the body, then the next one."""
    tests = [each.test for each in loop.rounds]
    _becomes(loop.fork, "nop", None, [tests[0]])
    for each, following in zip(loop.rounds, [*tests[1:], loop.done], strict=True):
        _becomes(each.test, "branch", each.member, [each.visit, following])
        each.test.access = loop.done.access
        _becomes(each.visit, "nop", None, each.visit.next)
        for node in _body(each):
            node.next = [following if successor is loop.head else successor for successor in node.next]
    _becomes(loop.done, "nop", None, loop.done.next)


def _becomes(node: Node, kind: str, value: Expr | None, successors: list[Node]) -> None:
    node.kind, node.value, node.variable, node.next = kind, value, "", successors
    node.__dict__.pop("uses", None)
