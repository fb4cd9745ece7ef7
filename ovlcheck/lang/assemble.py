"""From the steps of one process to its variables, locations and edges."""

from __future__ import annotations

from ovlcheck.lang.body import Body, Method
from ovlcheck.lang.flow import LOCAL, Node
from ovlcheck.lang.kinds import IntT, default_value, system_type
from ovlcheck.lang.paths import Step, Steps
from ovlcheck.system.expr import Const, Expr, Load, Param, Temp, walk
from ovlcheck.system.transition_system import Assign, Edge, Let, Location, Op, Parameter, Process, Variable

_SELF = Param("self")


class Assembly:
    """The process ``method`` of so many ``instances``, made of the steps ``found``.

    Locals that the text does not name share a variable where no two of them are alive at one place: their old names
    are the keys of ``renamed``.
    """

    def __init__(self, method: Method, instances: int, steps: Steps, body: Body, found: list[Step]) -> None:
        self.method = method
        self.instances = instances
        self.steps = steps
        self.kinds = body.locals
        nodes: dict[int, Node] = {steps.entry().number: steps.entry()}
        for step in found:
            nodes.setdefault(step.origin.number, step.origin)
            nodes.setdefault(step.target.number, step.target)
        self.place = {number: i for i, number in enumerate(nodes)}
        self.variables: list[Variable] = []
        self.cell: dict[str, str] = {}
        self.renamed: dict[str, str] = {}
        self._keep_locals(nodes)
        name = method.name
        pc = f"{name}.pc" if len(nodes) > 1 else None
        if pc is not None:
            self.variables.append(
                Variable(pc, system_type(IntT(0, len(nodes) - 1)), (instances,), "pc", name)
            )
        locations = tuple(self._location(node) for node in nodes.values())
        self.process = Process(name, instances, locations, pc, method.mark.daemon)
        self.edges = [self._edge(step) for step in found]

    def _keep_locals(self, nodes: dict[int, Node]) -> None:
        """A variable for every local that lives at some place."""
        alive: dict[str, set[int]] = {}
        for number in nodes:
            for name in self.steps.live[number]:
                alive.setdefault(name, set()).add(number)
        taken: dict[str, set[int]] = {}
        for name in sorted(alive):
            kind = self.kinds[name.removeprefix(LOCAL)]
            own, type_ = self.steps.cell(name), system_type(kind)
            free = (
                v
                for v in self.variables
                if v.type == type_ and _nameless(v.name) and not taken[v.name] & alive[name]
            )
            shared = next(free, None) if _nameless(name) else None
            if shared is None:
                shared = Variable(
                    own, type_, (self.instances,), "local", self.method.name, default_value(kind)
                )
                self.variables.append(shared)
            else:
                self.renamed[own] = shared.name
            self.cell[name] = shared.name
            taken.setdefault(shared.name, set()).update(alive[name])

    def _location(self, node: Node) -> Location:
        rest = node is self.steps.entry() or at_rest(node, self.method.mark.daemon)
        live = tuple(sorted(self.cell[n] for n in self.steps.live[node.number]))
        name = f"{node.calls[-1] if node.calls else self.method.name}:{node.source.line}"
        return Location(name, node.source, rest, live)

    def _edge(self, step: Step) -> Edge:
        origin = self.place[step.origin.number]
        fairness = "strong" if step.path.strong else "weak"
        if self.process.locations[origin].rest:
            fairness = "weak" if self.method.mark.daemon else "none"
        ops = (*step.path.ops, *self._write_back(step))
        parameters = (Parameter("self", self.instances),)
        return edge_of(
            step,
            self.method.name,
            ops,
            fairness,
            parameters,
            self.method.name,
            origin,
            self.place[step.target.number],
        )

    def _write_back(self, step: Step) -> list[Op]:
        """Put the locals that live on into their variables, and reset the ones that died."""
        if step.ends:
            return []
        before = {self.cell[name]: name for name in self.steps.live[step.origin.number]}
        behind = {self.cell[name]: name for name in self.steps.live[step.target.number]}
        new: dict[str, Expr] = {}
        for cell in sorted(before.keys() | behind.keys()):
            name = before.get(cell) or behind[cell]
            default = Const(default_value(self.kinds[name.removeprefix(LOCAL)]))
            old: Expr = Load(self.steps.cell(before[cell]), (_SELF,)) if cell in before else default
            value = self.steps.final(step, behind[cell]) if cell in behind else default
            if value != old:
                new[cell] = value
        ops: list[Op] = []
        values = dict(new)
        for cell, value in new.items():
            read = {self.renamed.get(e.variable, e.variable) for e in walk(value) if isinstance(e, Load)}
            if (read & new.keys()) - {cell}:
                ops.append(Let(f"t{step.path.lets}", value))
                values[cell] = Temp(f"t{step.path.lets}")
                step.path.lets += 1
        return ops + [Assign(cell, (_SELF,), value) for cell, value in values.items()]


def _nameless(name: str) -> bool:
    return name.rpartition(".")[2].startswith("$")


def at_rest(node: Node, daemon: bool) -> bool:
    """Whether a process that stands before ``node`` has nothing to do: it is idle, at its end, or waits for work."""
    if node.kind in ("idle", "stop"):
        return True
    if node.depth:
        return False
    chooses = node.kind in ("fork", "pick") or (node.kind == "begin" and node.next[0].kind == "pick")
    return chooses or (daemon and node.kind in ("assume", "check"))


def edge_of(
    step: Step,
    name: str,
    ops: tuple[Op, ...],
    fairness: str,
    parameters: tuple[Parameter, ...],
    process: str | None = None,
    origin: int = 0,
    target: int = 0,
) -> Edge:
    """The edge of ``step``, named after the method and the function in which it acts."""
    node = step.path.acting or step.origin
    chosen = tuple(p for p in step.path.parameters if p.size != 1)
    shown = f"{name}: {node.calls[-1]}" if len(node.calls) > 1 else name
    lines = tuple(step.path.lines)
    return Edge(
        shown, ops, node.source, process, origin, target, (*parameters, *chosen), fairness, lines, node.calls
    )
