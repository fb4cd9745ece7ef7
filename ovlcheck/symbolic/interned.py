"""Equal things once, each under a small number: what is looked up often is then looked up by that number."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Interned(Generic[T]):
    """Things in the order in which they were first asked for, from 0 on; ``numbers`` has that of each."""

    __slots__ = ("_items", "numbers")

    def __init__(self) -> None:
        self._items: list[T] = []
        self.numbers: dict[T, int] = {}

    def number(self, item: T) -> int:
        """The number of what is equal to ``item``: the next one if there is none yet."""
        found = self.numbers.get(item)
        if found is None:
            found = self.numbers[item] = len(self._items)
            self._items.append(item)
        return found

    def __getitem__(self, number: int) -> T:
        return self._items[number]
