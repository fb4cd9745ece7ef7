"""Packed states: every value comes back, wherever its bits lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.explore.native.pack import WORD, Layout, layout
from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.system.action import State
from ovlcheck.system.transition_system import TransitionSystem, Variable
from ovlcheck.system.types import Bool, Int
from tests.hand_built import system


@st.composite
def systems_and_states(draw: DrawFn) -> tuple[TransitionSystem, list[State]]:
    """Variables of any width, sign and shape, and states at the ends of their ranges and between them."""
    variables = []
    for k in range(draw(st.integers(0, 9))):
        low = draw(st.sampled_from((0, 0, -1, -(1 << 40), 7)))
        size = (1 << draw(st.integers(0, 63))) - draw(st.integers(0, 1))
        shape = draw(st.sampled_from(((), (), (1,), (3,), (2, 5), (40,))))
        variables.append(Variable(f"v{k}", Int(low, min(low + max(0, size - 1), (1 << 63) - 1)), shape))
    made = system(variables=tuple(variables))
    cell = [st.sampled_from((v.type.lo, v.type.hi)) | st.integers(v.type.lo, v.type.hi) for v in variables]
    states = [
        tuple(draw(values) for v, values in zip(variables, cell, strict=True) for _ in range(v.cells))
        for _ in range(draw(st.integers(1, 3)))
    ]
    return made, states


@pytest.mark.parametrize("domain", [Int(7, 1 << 63), Int(-(1 << 63) - 1, -9)])
def test_values_that_no_64_bit_integer_has_are_left_to_the_reference_engine(domain: Int) -> None:
    with pytest.raises(NotSupported, match="'v'"):
        layout(system(variables=(Variable("v", domain),)))


@settings(deadline=None)
@given(systems_and_states())
def test_packing_loses_nothing(given_: tuple[TransitionSystem, list[State]]) -> None:
    made, states = given_
    packed = layout(made)
    for state in states:
        words = packed.pack(state)
        assert all(0 <= word < 1 << WORD for word in words)
        assert packed.unpack(words) == state


@settings(deadline=None)
@given(systems_and_states())
def test_many_states_unpack_as_one_does(given_: tuple[TransitionSystem, list[State]]) -> None:
    made, states = given_
    packed = layout(made)
    rows = np.array([packed.pack(state) for state in states], dtype=np.uint64)
    wide, narrow = packed.unpack_all(rows), packed.unpack_all(rows, narrow=True)
    assert [tuple(row) for row in wide.tolist()] == states
    assert (narrow == wide).all()
    assert narrow.itemsize <= wide.itemsize == 8


def test_narrow_rows_take_no_more_bytes_than_the_cells_need() -> None:
    for top, size in ((100, 1), (200, 2), (70_000, 4), (1 << 40, 8)):
        packed = layout(system(variables=(Variable("v", Int(-1, top)),)))
        rows = np.array([packed.pack((value,)) for value in (-1, top)], dtype=np.uint64)
        narrow = packed.unpack_all(rows, narrow=True)
        assert (narrow.itemsize, narrow.tolist()) == (size, [[-1], [top]])


@settings(deadline=None)
@given(systems_and_states())
def test_no_two_cells_share_a_bit_and_no_word_is_wasted(given_: tuple[TransitionSystem, list[State]]) -> None:
    made, _ = given_
    packed = layout(made)
    taken = [
        bit
        for field in packed.fields
        for i in range(field.variable.cells)
        for bit in range(field.base + i * field.width, field.base + (i + 1) * field.width)
    ]
    assert len(taken) == len(set(taken)) == made.bits
    assert all(bit < WORD * packed.words for bit in taken)
    assert packed.words == max(1, -(-made.bits // WORD))


def straddling() -> Layout:
    """Three fields of 40 bits in two words: one has to cross."""
    return layout(system(variables=tuple(Variable(n, Int(-3, (1 << 40) - 4)) for n in "abc")))


def test_a_field_crosses_a_boundary_only_where_it_saves_a_word() -> None:
    packed = straddling()
    assert packed.words == 2
    assert [field.in_one_word for field in packed.fields].count(False) == 1
    roomy = layout(
        system(
            variables=(
                Variable("a", Int(0, (1 << 40) - 1)),
                Variable("b", Bool(), (30,)),
                Variable("c", Bool()),
            )
        )
    )
    assert all(field.in_one_word for field in roomy.fields)


@pytest.mark.parametrize("value", [-3, -2, -1, 0, (1 << 24) - 1, 1 << 24, (1 << 40) - 4])
def test_a_crossing_field_keeps_its_neighbours(value: int) -> None:
    packed = straddling()
    for state in ((value, -3, (1 << 40) - 4), (-3, value, (1 << 40) - 4), ((1 << 40) - 4, -3, value)):
        assert packed.unpack(packed.pack(state)) == state


def test_a_value_outside_its_type_is_not_packed() -> None:
    with pytest.raises(ValueError, match="a: -4 is outside"):
        straddling().pack((-4, 0, 0))
