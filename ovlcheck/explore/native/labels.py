"""What holds in a state, for properties of whole behaviours: their predicates as bits that are kept for every state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ovlcheck.explore.native.expressions import Scope
from ovlcheck.explore.native.names import comment
from ovlcheck.explore.native.terms import Term
from ovlcheck.explore.native.vocabulary import Vocabulary
from ovlcheck.system.expr import Expr, show


@dataclass(frozen=True)
class Labels:
    """The number of each predicate's bit, and of the one that says that it has no value, if that can be."""

    holds: Mapping[Expr, int]
    undefined: Mapping[Expr, int]

    @property
    def bytes(self) -> int:
        """What the bits of a state take; at least one."""
        return -(-(len(self.holds) + len(self.undefined)) // 8) or 1


def labels(words: Vocabulary) -> tuple[Labels, str]:
    """The bits for all requirements of a system, and the C function that sets them."""
    scope = Scope("s", {}, {})
    requirements = words.system.requirements
    conditions = tuple(dict.fromkeys(c for requirement in requirements for c in requirement.conditions))
    terms: dict[Expr, Term] = {}
    held: dict[Expr, list[str]] = {}
    for condition in conditions:
        term = terms[condition] = words.expressions.term(condition, scope)
        held[condition] = words.expressions.variables_of(term)
    faulting = [condition for condition, term in terms.items() if term.faults]
    told = Labels(
        {condition: bit for bit, condition in enumerate(conditions)},
        {condition: bit for bit, condition in enumerate(faulting, start=len(conditions))},
    )
    lines = [
        f"#define LABEL_BYTES {told.bytes}",
        "",
        "/* Sets the bits of what holds in a state. */",
        "static void put_labels(const state *s, uint8_t *labels)",
        "{",
        "\t(void)s;",
        "\tmemset(labels, 0, LABEL_BYTES);",
    ]
    for condition, term in terms.items():
        lines.append(f"\t{comment(show(condition))}")
        bit = _place(told.holds[condition])
        if term.faults:
            lines += ["\t{", "\t\tint fault = 0;"]
            lines += [f"\t\tint64_t {name};" for name in held[condition]]
            lines += [f"\t\tTRUTH holds = {term.condition};", ""]
            lines += ["\t\tif (fault)", f"\t\t\t{_place(told.undefined[condition])};"]
            lines += ["\t\telse if (holds)", f"\t\t\t{bit};", "\t}"]
        else:
            lines += [f"\tif ({term.condition})", f"\t\t{bit};"]
    return told, "\n".join([*lines, "}", ""])


def _place(bit: int) -> str:
    return f"labels[{bit // 8}] |= {1 << bit % 8}"
