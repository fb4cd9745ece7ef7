"""C functions that read and write the packed variables, and that dereference references."""

from __future__ import annotations

from collections.abc import Iterator

from ovlcheck.explore.native.expressions import Expressions
from ovlcheck.explore.native.names import comment
from ovlcheck.explore.native.pack import WORD, Field, Layout


def accessors(layout: Layout, expressions: Expressions, written: set[str]) -> Iterator[str]:
    """The definitions, a function a string, of just those that the rest of the code uses."""
    for field in layout.fields:
        name = field.variable.name
        if name in expressions.read:
            yield _getter(field, expressions.identifiers.of("get_", name))
        if name in written and field.width:
            yield _setter(field, expressions.identifiers.of("set_", name))
    for population in expressions.system.populations:
        if population.name in expressions.dereferenced:
            yield _dereference(population.name, population.alive, expressions)


def _signature(field: Field, name: str, result: str, state: str, value: str = "") -> str:
    index = ", int64_t i" if field.variable.shape else ""
    note = comment(f"{field.variable.name}: {field.variable.type}, {field.width} bits from bit {field.base}")
    return f"{note}\nstatic inline {result} {name}({state}{index}{value})"


def _mask(field: Field) -> str:
    return f"UINT64_C({(1 << field.width) - 1:#x})"


def _shift(field: Field) -> str:
    shift = field.base % WORD
    return f"({shift} + {field.width} * i)" if field.variable.shape else str(shift)


def _getter(field: Field, name: str) -> str:
    head = _signature(field, name, "int64_t", "const state *s")
    plus = f" + INT64_C({field.low})" if field.low > 0 else f" - INT64_C({-field.low})" if field.low else ""
    index = field.variable.shape
    if not field.width:
        unused = "\t(void)s;\n" + ("\t(void)i;\n" if index else "")
        return f"{head}\n{{\n{unused}\treturn {field.low};\n}}\n"
    if field.in_one_word:
        bits = f"s->w[{field.base // WORD}] >> {_shift(field)} & {_mask(field)}"
    else:
        at = f"(unsigned)({field.base} + {field.width} * i)" if index else str(field.base)
        bits = f"bits_at(s, {at}, {field.width})"
    return f"{head}\n{{\n\treturn (int64_t)({bits}){plus};\n}}\n"


def _setter(field: Field, name: str) -> str:
    head = _signature(field, name, "void", "state *s", ", int64_t v")
    value = f"(uint64_t)(v - INT64_C({field.low}))" if field.low else "(uint64_t)v"
    if field.in_one_word:
        word, shift, mask = f"s->w[{field.base // WORD}]", _shift(field), _mask(field)
        body = f"\t{word} = ({word} & ~({mask} << {shift})) | {value} << {shift};\n"
    else:
        at = f"(unsigned)({field.base} + {field.width} * i)" if field.variable.shape else str(field.base)
        body = f"\tput_bits_at(s, {at}, {field.width}, {value});\n"
    return f"{head}\n{{\n{body}}}\n"


def _dereference(population: str, alive: str | None, expressions: Expressions) -> str:
    name = expressions.identifiers.of("deref_", population)
    lines = [
        comment(f"The slot of the {population} that a reference names."),
        f"static inline int64_t {name}(const state *s, int64_t ref, int *fault)",
        "{",
    ]
    if alive is None:
        lines.append("\t(void)s;")
    lines += ["\tif (!ref)", "\t\treturn fail(fault, NULL_DEREFERENCE);"]
    if alive is not None:
        lines += [
            f"\tif (!{expressions.identifiers.of('get_', alive)}(s, ref - 1))",
            "\t\treturn fail(fault, USE_AFTER_FREE);",
        ]
    return "\n".join([*lines, "\treturn ref - 1;", "}", ""])
