"""What is looked at in a state as it stands: invariants, covers, counters, and who is at rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovlcheck.explore.native.expressions import Scope
from ovlcheck.explore.native.names import comment
from ovlcheck.explore.native.terms import Term
from ovlcheck.explore.native.vocabulary import Vocabulary
from ovlcheck.system.transition_system import Process


def resting(words: Vocabulary, processes: Sequence[Process], watchable: bool) -> str:
    """Which instances are at rest, and whether all are."""
    tables, tests, bits = [], [], []
    bit = 0
    for process in processes:
        name = words.identifiers.of("rests_", process.name)
        rests = [location.rest for location in process.locations] or [True]
        where = "0"
        if process.pc is not None:
            words.expressions.read.add(process.pc)
            pc = words.system.variable[process.pc]
            rests += [False] * (pc.type.hi + 1 - len(rests))
            where = f"{words.identifiers.of('get_', process.pc)}({'s, i' if pc.shape else 's'})"
        tables.append(f"static const bool {name}[] = {{ {', '.join(str(int(r)) for r in rests)} }};")
        loop = f"\tfor (int64_t i = 0; i < {process.instances}; i++)"
        tests += [loop, f"\t\tif (!{name}[{where}])", "\t\t\treturn false;"]
        bits += [loop, f"\t\tmask |= (uint64_t){name}[{where}] << ({bit} + i);"]
        bit += process.instances
    if not watchable:
        bits = []
    unused = "\t(void)s;"
    lines = [
        *tables,
        "",
        "static bool all_rest(const state *s)",
        "{",
        unused,
        *tests,
        "\treturn true;",
        "}",
        "",
        "/* The process instances that are at rest in `s`, a bit each. */",
        "static uint64_t resting(const state *s)",
        "{",
        "\tuint64_t mask = 0;",
        "",
        unused,
        *bits,
        "\treturn mask;",
        "}",
        "",
    ]
    return "\n".join(lines)


def look_at(words: Vocabulary) -> str:
    """What is looked at once in every state: invariants, covers, the largest counts."""
    scope = Scope("s", {}, {})
    lines = [
        "/* Looks at a state that is new. */",
        "static void look_at(struct worker *x, const state *s)",
        "{",
    ]
    lines += ["\t(void)x;", "\t(void)s;"]
    for invariant in words.system.invariants:
        term = words.expressions.term(invariant.condition, scope)
        failed = f"violated(x, {words.violations[invariant.name]}, false);"
        lines += [f"\t{comment(invariant.name)}"]
        if term.faults:
            lines += ["\t{", *_fault_variables(words, term), f"\t\tTRUTH holds = {term.condition};", ""]
            lines += ["\t\tif (fault || !holds)", f"\t\t\t{failed}", "\t}"]
        elif term.constant is None or not term.constant:
            lines += [f"\tif (!{term.nested_condition})", f"\t\t{failed}"]
    for cover in words.system.covers:
        term = words.expressions.term(cover.condition, scope)
        number = words.covers[cover.name]
        lines += [f"\tif (!x->covered[{number}]) {{ {comment(cover.name)}"]
        if term.faults:
            lines += [*_fault_variables(words, term), f"\t\tTRUTH meets = {term.condition};", ""]
            lines += [f"\t\tx->covered[{number}] = !fault && meets;", "\t}"]
        else:
            lines += [f"\t\tx->covered[{number}] = {term.condition};", "\t}"]
    lines += _largest(words)
    return "\n".join([*lines, "}", ""])


def _fault_variables(words: Vocabulary, term: Term) -> list[str]:
    held = words.expressions.variables_of(term)
    return ["\t\tint fault = 0;", *(f"\t\tint64_t {name};" for name in held)]


def _largest(words: Vocabulary) -> Iterator[str]:
    for name, number in words.counts.items():
        variable = words.system.variable[name]
        words.expressions.read.add(name)
        getter = words.identifiers.of("get_", name)
        cells = variable.cells
        yield f"\tfor (int64_t i = 0; i < {cells}; i++) {{"
        yield f"\t\tVALUE count = {getter}(s{', i' if variable.shape else ''});"
        yield ""
        yield f"\t\tif (count > x->largest[{number}])"
        yield f"\t\t\tx->largest[{number}] = count;"
        yield "\t}"
