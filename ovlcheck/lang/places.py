"""Places: what can be assigned, how it is read, and what may stand for it."""

from __future__ import annotations

import ast

from ovlcheck.lang.context import Context
from ovlcheck.lang.flow import LOCAL, locals_in
from ovlcheck.lang.fold import binary, cond, deref
from ovlcheck.lang.kinds import SCALARS, IntT, Kind, ListT, RefT
from ovlcheck.lang.names import names_stored
from ovlcheck.lang.values import Place, Val
from ovlcheck.system.expr import Binary, Const, Deref, Expr, Load


class Places(Context):
    """Reading of places, and names for them."""

    def load(self, place: Place, node: ast.AST) -> Val:
        """The value of a scalar place; known values of this configuration are put in directly."""
        if not isinstance(place.kind, SCALARS):
            self.refuse(node, f"a whole {place.kind} is no value", "use its elements or fields one by one")
        if place.variable in self.known:
            return Val(place.kind, self._known(place, self.known[place.variable]))
        return Val(place.kind, Load(place.variable, place.index))

    def _known(self, place: Place, values: tuple[int, ...]) -> Expr:
        shape = self.schema.variables[place.variable].shape
        if not all(
            isinstance(axis, Deref) or (isinstance(axis, Const) and 0 <= axis.value < size)
            for axis, size in zip(place.index, shape, strict=True)
        ):
            return Load(place.variable, place.index)  # with its check of the range
        if len(set(values)) == 1:
            value: Expr = Const(values[0])
            for axis in place.index:
                value = cond(
                    binary(">=", axis, Const(0)), value, value
                )  # the dereference is checked all the same
            return value
        variable = self.schema.variables[place.variable]
        if len(variable.shape) > 1 or len(values) > 8:
            return Load(place.variable, place.index)
        index = place.index[0]
        if isinstance(index, Const) and 0 <= index.value < len(values):
            return Const(values[index.value])
        choice: Expr = Const(values[-1])
        for i in range(len(values) - 2, -1, -1):
            choice = cond(Binary("==", index, Const(i)), Const(values[i]), choice)
        return choice

    def slot(self, value: Val, node: ast.AST) -> Expr:
        """The index of the object that a reference names: a dereference, with its check."""
        assert isinstance(value.kind, RefT)
        if not value.kind.population:
            self.refuse(node, "None has no fields", "test for None first")
        return deref(
            value.expr, value.kind.population, self.schema.populations[value.kind.population].dynamic
        )

    def list_length(self, place: Place) -> Place:
        assert isinstance(place.kind, ListT)
        return Place(IntT(0, place.kind.capacity), f"{place.variable}.len", place.index)

    def list_item(self, place: Place, position: Expr) -> Place:
        assert isinstance(place.kind, ListT)
        return Place(place.kind.element, f"{place.variable}.items", (*place.index, position))

    def constant_alias(self, value: Val) -> bool:
        """A local that is assigned once, from values that cannot change before it is read, needs no state."""
        return self.stable(value.expr) and all(self._written_once(name) for name in locals_in(value.expr))

    def _written_once(self, full: str) -> bool:
        frame = self.frame
        own = full.removeprefix(f"{LOCAL}{frame.label}.")
        if own == full:
            return self.of_caller(full)
        return frame.uses.stored.get(own) == 1 and not frame.loops

    def fixed_place(self, place: Place, node: ast.AST) -> Place:
        """``place`` as its index stands now, whatever happens to the locals in it."""
        index = []
        for axis in place.index:
            if not self.constant_alias(Val(IntT(0, 0), axis)):
                reference = axis.ref if isinstance(axis, Deref) else axis
                held = self.keep(Val(self._axis_kind(place, axis), reference), node)
                axis = Deref(held.expr, axis.population) if isinstance(axis, Deref) else held.expr
            index.append(axis)
        return Place(place.kind, place.variable, tuple(index))

    def same_place(self, place: Place, node: ast.AST) -> Place:
        """``place`` for all of the statement ``node``, which may assign the locals in its index."""
        own = f"{LOCAL}{self.frame.label}."
        names = {name.removeprefix(own) for axis in place.index for name in locals_in(axis)}
        return self.fixed_place(place, node) if names & names_stored(node) and not self.pure else place

    def _axis_kind(self, place: Place, axis: Expr) -> Kind:
        """The kind of the local that an axis of ``place`` is kept in."""
        if isinstance(axis, Deref):
            return RefT(axis.population, self.schema.populations[axis.population].size)
        variable = self.schema.variables.get(place.variable)
        shape = variable.shape if variable is not None else self.schema.lock_shapes.get(place.variable, ())
        return IntT(0, max((*shape, 1)) - 1)
