"""A state of a transition system in words: each value that means something in it, by the name that
a reader knows.

Left out is what is no part of the model's meaning: positions, locals that will not be read again,
and the fields of objects that are not allocated.
"""

from __future__ import annotations

from ovlcheck.system.action import State
from ovlcheck.system.describe import cell_index
from ovlcheck.system.transition_system import Location, Population, TransitionSystem, Variable


class Words:
    """Names and values of the cells of ``system``; of ghosts only those of ``property_name``, if
    that is given.
    """

    def __init__(self, system: TransitionSystem, property_name: str | None = None) -> None:
        self._system = system
        self._shown = [v for v in system.variables if not (v.kind == "pc" or is_unnamed(v))]
        if property_name is not None:
            self._shown = [
                v for v in self._shown if v.kind != "ghost" or v.name.startswith(f"{property_name}.")
            ]
        self._alive = {p.alive: p for p in system.populations if p.alive is not None}
        self.locals = frozenset(
            self.cell(variable, cell_index(variable, cell))
            for variable in system.variables
            if variable.kind == "local"
            for cell in range(variable.cells)
        )

    def values(self, state: State) -> dict[str, str]:
        """Every value that means something in ``state``, in the order of the variables."""
        found: dict[str, str] = {}
        for variable in self._shown:
            first = self._system.offset[variable.name]
            for cell in range(variable.cells):
                index = cell_index(variable, cell)
                if self._means_something(variable, index, state):
                    found[self.cell(variable, index)] = self.value(variable, state[first + cell])
        return found

    def cell(self, variable: Variable, index: tuple[int, ...]) -> str:
        """The name of one cell: ``inode0.upper``, ``writer1 ovl_release.inode``, ``suspects``,
        ``inode0``.
        """
        if variable.kind == "local" and variable.process is not None:
            return f"{variable.process}{index[0]} {self._local(variable)}{_axes(index[1:])}"
        if variable.kind == "held" and variable.process is not None:
            return f"{variable.process}{index[0]} holds {_lock(variable, index[1:], self._system)}"
        if variable.name in self._alive:
            return f"{self._alive[variable.name].name}{index[0]}"
        population, dot, field = variable.name.partition(".")
        if dot and index and population in self._system.population:
            return f"{population}{index[0]}.{field}{_axes(index[1:])}"
        return variable.name + _axes(index)

    def first_values(self) -> dict[str, str]:
        """What the fields of objects that come and go are when an object comes."""
        return {
            self.cell(variable, index): self.value(variable, variable.default)
            for variable in self._shown
            if variable.name not in self._alive and self._population(variable) is not None
            for index in (cell_index(variable, cell) for cell in range(variable.cells))
        }

    def value(self, variable: Variable, value: int) -> str:
        if variable.name in self._alive:
            return "allocated" if value else "free"
        return variable.type.format(value) if variable.type.contains(value) else str(value)

    def location(self, state: State, process: str, instance: int) -> Location | None:
        """Where the instance stands in ``state``."""
        system = self._system
        known = system.process[process]
        if not known.locations:
            return None
        return known.locations[state[system.offset[known.pc] + instance] if known.pc is not None else 0]

    def _means_something(self, variable: Variable, index: tuple[int, ...], state: State) -> bool:
        if variable.kind == "local" and variable.process is not None:
            location = self.location(state, variable.process, index[0])
            return location is None or variable.name in location.live
        population = self._population(variable)
        if population is None or population.alive is None or population.alive == variable.name:
            return True
        return bool(state[self._system.offset[population.alive] + index[0]])

    def _population(self, variable: Variable) -> Population | None:
        """The population whose objects have ``variable`` as a field, if they come and go."""
        if variable.kind not in ("shared", "alive") or not variable.shape:
            return None
        population = self._system.population.get(variable.name.partition(".")[0])
        if population is None or population.alive is None or variable.shape[0] != population.size:
            return None
        return population

    def _local(self, variable: Variable) -> str:
        prefix = f"{variable.process}."
        return variable.name.removeprefix(prefix)


def is_unnamed(variable: Variable) -> bool:
    """Whether the compiler made this local to keep a value between two steps; the model has no name
    for it.
    """
    return variable.kind == "local" and variable.name.rpartition(".")[2].startswith("$")


def _lock(variable: Variable, index: tuple[int, ...], system: TransitionSystem) -> str:
    """The lock whose holders ``variable`` records for the instances of one process."""
    name = variable.name.removeprefix(f"{variable.process}.").removeprefix("holds.")
    mode = ""
    for suffix in (".read", ".write"):
        if name.endswith(suffix):
            name, mode = name.removesuffix(suffix), f" for {suffix[1:]}"
    population, dot, field = name.partition(".")
    if dot and index and population in system.population:
        return f"{population}{index[0]}.{field}{_axes(index[1:])}{mode}"
    return name + _axes(index) + mode


def _axes(index: tuple[int, ...]) -> str:
    return "".join(f"[{i}]" for i in index)
