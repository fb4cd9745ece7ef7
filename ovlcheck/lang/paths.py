"""Cutting a control-flow graph into steps: each path from one cut to the next becomes an edge.

A step makes at most one shared access, or is one atomic block.  It runs on, over local work, to just before the next
access; to the head of an inlined function (so that ``before`` sees the state in which the function's first
step happens); to a choice; or to a position of rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ovlcheck.lang.cuts import Cuts
from ovlcheck.lang.flow import ITERATION, LOCAL, NO_SPINLOCK, Graph, Node, live_locals, of_frame
from ovlcheck.lang.fold import deref, is_hazard, negate, strictly, substitute
from ovlcheck.lang.kinds import Kind, default_value
from ovlcheck.system.expr import FALSE, TRUE, Binary, Cond, Const, Deref, Expr, Load, Not, Param, Temp, walk
from ovlcheck.system.logic import certain
from ovlcheck.system.transition_system import Assign, Assume, Check, Event, Let, Op, Parameter, Source

# A path of one step that is longer than this is taken for endless.
LONGEST_PATH = 5000
_SELF = Param("self")


class EndlessStep(Exception):
    """A loop without a shared access, or inside one step, does not end."""

    def __init__(self, source: Source) -> None:
        self.source = source
        super().__init__(str(source))


@dataclass
class Path:
    """A step so far.

    ``env`` has what locals are worth, ``facts`` what expressions that keep their value were found to be, ``sure`` the
    dereferences that cannot fault any more.  ``lines`` are those it runs, and whether they are optional; ``seen`` has
    what the locals were worth at places that a loop may come back to.  ``acting`` is the first node that ``accessed``
    shared state; ``depth`` counts the atomic blocks around this place.  ``fresh`` objects were made or freed in it.
    """

    env: dict[str, Expr] = field(default_factory=dict)
    facts: dict[Expr, Expr] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    lines: dict[Source, bool] = field(default_factory=dict)
    seen: dict[int, dict[str, Expr]] = field(default_factory=dict)
    acting: Node | None = None
    accessed: bool = False
    depth: int = 0
    length: int = 0
    lets: int = 0
    strong: bool = False
    fresh: set[Expr] = field(default_factory=set)
    sure: set[Expr] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)

    def copy(self) -> "Path":
        return replace(
            self,
            env=dict(self.env),
            facts=dict(self.facts),
            ops=list(self.ops),
            parameters=list(self.parameters),
            lines=dict(self.lines),
            seen=dict(self.seen),
            fresh=set(self.fresh),
            sure=set(self.sure),
            writes=set(self.writes),
        )


@dataclass(frozen=True)
class Step:
    """A finished path.  One that ``ends`` comes to a violation, or to a wait in vain behind a possible one."""

    path: Path
    origin: Node
    target: Node
    ends: bool = False


class Steps:
    """The steps of one graph.

    ``owner`` is the process whose locals these are ("" if none live across steps); ``static`` populations never free;
    the variables ``alive`` say which objects of the others exist.
    """

    def __init__(
        self, graph: Graph, owner: str, kinds: dict[str, Kind], static: frozenset[str], alive: frozenset[str]
    ) -> None:
        self.graph = graph
        self.owner = owner
        self.kinds = kinds
        self.static = static
        self.alive = alive
        self.live = live_locals(graph, kinds)
        self.cuts = Cuts()
        self.written: set[str] = set()

    def cell(self, name: str) -> str:
        """The variable that keeps a local (named with its mark) between steps."""
        return f"{self.owner}.{name[len(LOCAL) :]}"

    def entry(self) -> Node:
        """Where the process begins: it holds no lock there, so that a loop may come back to this very place."""
        node = self.graph.entry
        while (
            (node.kind == "nop" or node.value == NO_SPINLOCK)
            and len(node.next) == 1
            and node.next[0] is not node
        ):
            node = node.next[0]
        return node

    def run(self) -> list[Step]:
        """All steps, location by location from the entry; within a location in the order of the text.

        A local that has the same value whenever a location is reached is that constant there, and takes no state.
        """
        entry = self.entry()
        order: dict[int, list[Step]] = {entry.number: []}
        at: dict[int, dict[str, Expr | None]] = {entry.number: dict.fromkeys(self.live[entry.number])}
        waiting = [entry]
        while waiting:
            origin = waiting.pop(0)
            if origin.kind == "stop":
                continue
            start = Path()
            for name in sorted(self.live[origin.number]):
                start.env[name] = at[origin.number][name] or Load(self.cell(name), (_SELF,))
            order[origin.number] = list(self._walk(origin, start))
            for step in order[origin.number]:
                if step.ends:
                    continue
                self.written |= step.path.writes
                number = step.target.number
                order.setdefault(number, [])
                if self._arrive(step, at) and step.target not in waiting:
                    waiting.append(step.target)
        for number, values in at.items():
            self.live[number] -= {name for name, value in values.items() if value is not None}
        return [step for number in order for step in order[number]]

    def _arrive(self, step: Step, at: dict[int, dict[str, Expr | None]]) -> bool:
        """Merge the values of locals at the end of ``step`` into what is known there; whether that changed it."""
        number = step.target.number
        first = number not in at
        known = at.setdefault(number, {})
        changed = first
        for name in self.live[number]:
            value: Expr | None = self.final(step, name)
            value = value if isinstance(value, Const) else None
            if first:
                known[name] = value
            elif known[name] is not None and known[name] != value:
                known[name] = None
                changed = True
        return changed

    def final(self, step: Step, name: str) -> Expr:
        """What the local ``name`` is worth at the end of ``step``."""
        value = step.path.env.get(name, Const(default_value(self.kinds[name[1:]])))
        return step.path.facts.get(value, value)

    def _value(self, expr: Expr, path: Path) -> Expr:
        def replace_known(e: Expr) -> Expr | None:
            if e in path.facts:
                return path.facts[e]
            if isinstance(e, Param) and e.name[0] == LOCAL:
                found = path.env.get(e.name)
                if found is None:
                    return Const(default_value(self.kinds[e.name[1:]]))
                return path.facts.get(found, found)
            if isinstance(e, Deref):
                inner = substitute(e.ref, replace_known)
                return deref(inner, e.population, e.population not in self.static)
            return None

        return substitute(expr, replace_known)

    def _fixed(self, expr: Expr) -> bool:
        """Whether ``expr`` keeps its value, and cannot fault, until the end of the step."""
        return not any(
            isinstance(e, Deref)
            or (isinstance(e, Binary) and e.op in ("//", "%"))
            or (isinstance(e, Load) and not self._own(e))
            for e in walk(expr)
        )

    def _own(self, load: Load) -> bool:
        return (
            bool(self.owner)
            and load.index == (_SELF,)
            and LOCAL + load.variable[len(self.owner) + 1 :] in self._cells
        )

    @property
    def _cells(self) -> frozenset[str]:
        if not hasattr(self, "_all_cells"):
            self._all_cells = frozenset(LOCAL + name for name in self.kinds)
        return self._all_cells

    def _walk(self, origin: Node, path: Path) -> Iterator[Step]:
        """Every way in which a step from ``origin`` can end, in the order of the text."""
        stack = [(origin, path)]
        while stack:
            node, path = stack.pop()
            path.length += 1
            if path.length > LONGEST_PATH:
                raise EndlessStep(node.source)
            if self.cuts.ends_before(node, path.length, path.depth, path.accessed) or self._goes_round(
                node, path
            ):
                yield Step(path, origin, node)
                continue
            if node.kind not in ("nop", "event", "end", "enter"):
                path.lines.setdefault(node.source, node.optional)
            if node.access:
                path.accessed = True
                path.strong |= node.strong
                path.acting = path.acting or node
            match node.kind:
                case "fork":
                    stack += [(successor, path.copy()) for successor in reversed(node.next)]
                case "branch":
                    stack += reversed(self._branch(node, path))
                case "assume":
                    assert node.value is not None
                    test = self._value(node.value, path)
                    known = certain(test)
                    if known is None:
                        self._learn(path, test, True)
                    else:
                        self._look(path, test)
                    if known == 0 and node.name == ITERATION:
                        continue  # another way through the loop has the same beginning
                    if known == 0:
                        path.ops.append(Assume(FALSE))
                        yield Step(path, origin, origin, ends=True)
                    else:
                        stack.append((node.next[0], path))
                case "check" if self._value(node.value or TRUE, path) == FALSE:
                    self._act(node, path)
                    yield Step(path, origin, origin, ends=True)
                case _:
                    self._act(node, path)
                    if node.next:
                        stack.append((node.next[0], path))
                    else:
                        yield Step(path, origin, node)

    def _branch(self, node: Node, path: Path) -> list[tuple[Node, Path]]:
        assert node.value is not None
        test = self._value(node.value, path)
        known = certain(test)
        if known is not None:
            self._look(path, test)
            return [(node.next[0 if known else 1], path)]
        other = path.copy()
        self._learn(path, test, True)
        self._learn(other, test, False)
        return [(node.next[0], path), (node.next[1], other)]

    def _look(self, path: Path, expr: Expr) -> None:
        """Evaluate ``expr`` for its faults alone, unless the same was done in this step."""
        hazards = [e for e in walk(expr) if is_hazard(e)]
        if any(e not in path.sure for e in hazards):
            path.sure.update(
                e for e in strictly(expr) if isinstance(e, Deref) and e.population in self.static
            )
            self._let(path, expr)

    def _let(self, path: Path, expr: Expr) -> Temp:
        temp = f"t{path.lets}"
        path.lets += 1
        path.ops.append(Let(temp, expr))
        return Temp(temp)

    def _goes_round(self, node: Node, path: Path) -> bool:
        """Whether a loop of local work comes round with something else than other constants: then it takes a step."""
        if path.depth or node.kind not in ("nop", "idle"):
            return False
        before = path.seen.get(node.number)
        path.seen[node.number] = dict(path.env)
        if before is None:
            return False
        changed = [name for name, value in path.env.items() if before.get(name) != value]
        return not changed or not all(isinstance(path.env[name], Const) for name in changed)

    def _learn(self, path: Path, test: Expr, truth: bool) -> None:
        path.ops.append(Assume(test if truth else negate(test)))
        if self._fixed(test):
            path.facts[test] = TRUE if truth else FALSE
            path.facts[negate(test)] = FALSE if truth else TRUE
            match test, truth:
                case (Binary("==", left, Const() as value), True) | (
                    Binary("!=", left, Const() as value),
                    False,
                ):
                    path.facts[left] = value
                case Not(inner), _:
                    path.facts[inner] = FALSE if truth else TRUE

    def _act(self, node: Node, path: Path) -> None:
        match node.kind:
            case "set":
                assert node.value is not None
                self._bind(path, LOCAL + node.variable, self._value(node.value, path))
            case "pick":
                assert node.parameter is not None
                name = f"{node.parameter.name}{len(path.parameters)}"
                path.parameters.append(replace(node.parameter, name=name))
                path.env[LOCAL + node.variable] = Const(0) if node.parameter.size == 1 else Param(name)
            case "store":
                assert node.value is not None
                index = tuple(self._value(i, path) for i in node.index)
                value = self._value(node.value, path)
                self._note_write(node.variable, index, value, path)
                path.ops.append(Assign(node.variable, index, value, node.source))
            case "check":
                assert node.value is not None
                test = self._value(node.value, path)
                if test != TRUE:
                    path.ops.append(Check(test, node.name, node.message, True, node.source))
            case "look":
                assert node.value is not None
                value = self._value(node.value, path)
                if any(is_hazard(e) and not isinstance(e, Deref) for e in walk(node.value)):
                    self._let(path, value)
                else:
                    self._look(path, value)
            case "event":
                assert node.event is not None
                arguments = tuple((n, self._value(e, path), t) for n, e, t in node.event.arguments)
                path.ops.append(Event(node.event.phase, node.event.name, arguments, node.event.source))
            case "enter":
                for name in of_frame(node.variable, self.kinds):
                    path.env.pop(name, None)
            case "begin":
                path.depth += 1
            case "end":
                path.depth -= 1

    def _note_write(self, variable: str, index: tuple[Expr, ...], value: Expr, path: Path) -> None:
        """Remember what is written, except to an object in the step that makes or frees it."""
        if variable in self.alive:
            path.fresh.add(_object(index[0]))
        elif index and _object(index[0]) in path.fresh:
            return
        path.writes.add(variable)

    def _bind(self, path: Path, name: str, value: Expr) -> None:
        match value:
            case Cond(_, Const() as known, orelse) if known == orelse:
                self._look(path, value)
                value = known
        if not self._fixed(value) or sum(1 for _ in walk(value)) > 12:
            value = self._let(path, value)
        path.env[name] = value


def _object(index: Expr) -> Expr:
    """What identifies the object in the slot ``index``: the reference to it, where there is one."""
    match index:
        case Deref(ref, _) | Binary("-", ref, Const(1)):
            return ref
    return index
