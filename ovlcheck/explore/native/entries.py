"""How much of a state an entry of the table stores, and the C that takes a state apart and puts it together again.

``KEY_BITS`` bits of the fullest word become the key, mixed with all others; most of the key is told by where an entry
lies (see ``runtime/table.h``).  The others, the rest, are stored end to end behind the displacement; the part of the
key that is stored comes last, since it gets shorter as the table grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ovlcheck.explore.native.pack import WORD, Layout

_WIDEST_KEY = 61
"""Seven times a key still fits in a word."""
_NARROWEST_KEY = 12
_DISPLACEMENT = 6
_FIRST_EXPONENT = 8
_LAST_EXPONENT = 34
_MOST_LINES = 4
_FEWEST_PLACES = 3
_MOST_PLACES = 48
"""Places of a bucket are compared eight at a time, and have a bit each of a word."""
_WASTE = 0.15
_LARGE = range(20, 28)
"""Exponents of tables so large that their memory matters."""


def entries(layout: Layout) -> str:
    """Constants of the table, and functions: ``gather_rest``, ``scatter_rest`` for the rest of a state, ``put_code``,
    ``drop_code``, ``get_code`` for the code.
    """
    used = _used_bits(layout)
    key_word = max(range(layout.words), key=lambda k: used[k])
    key_bits = max(_NARROWEST_KEY, min(used[key_word], _WIDEST_KEY))
    parts = [(k, key_bits if k == key_word else 0, used[k]) for k in range(layout.words)]
    rest = [(word, low, high - low) for word, low, high in parts if high > low]
    rest_bits = sum(width for _, _, width in rest)
    first = min(_FIRST_EXPONENT, key_bits - 2)
    last = min(_LAST_EXPONENT, key_bits - 2)
    sizes = _sizes(rest_bits + key_bits, range(first, last + 1))
    large = _sizes(rest_bits + key_bits, [min(k, last) for k in _LARGE])
    words = -(-sizes[0] // 8)
    code_at = _DISPLACEMENT + rest_bits
    lines = [
        f"#define KEY_WORD {key_word}",
        f"#define KEY_BITS {key_bits}",
        f"#define KEY_MASK UINT64_C({(1 << key_bits) - 1:#x})",
        f"#define KEY_HALF {(key_bits + 1) // 2}",
        f"#define REST_BITS {rest_bits}",
        f"#define DISPLACEMENT_BITS {_DISPLACEMENT}",
        f"#define FIRST_EXPONENT {first}",
        f"#define LAST_EXPONENT {last}",
        f"#define ENTRY_WORDS {words}",
        f"#define LINES {_lines(large)} /* of 64 bytes to a bucket */",
        f"#define FOR_EACH_SIZE(X) {' '.join(f'X({size})' for size in sizes)}",
        "",
        *_function(
            "The rest of a state, where an entry has it.",
            "void gather_rest(const state *s, uint64_t *e)",
            [*_gather(rest, words), "\t(void)s;"],
        ),
        *_function(
            "A state with this rest, and zeros for its key.",
            "void scatter_rest(const uint64_t *e, state *s)",
            [*_scatter(rest, layout.words), "\t(void)e;"],
        ),
        *_function(
            "Adds the code to an entry that has none.",
            "void put_code(uint64_t *e, uint64_t code)",
            list(_put("code", code_at, _WIDEST_KEY, words)),
        ),
        *_function(
            "Makes an entry one that has no code.",
            "void drop_code(uint64_t *e)",
            list(_drop(code_at, words)),
        ),
        *_function(
            "The code of an entry, the bits beyond which are zero.",
            "uint64_t get_code(const uint64_t *e)",
            [f"\treturn {_get(code_at, words)};"],
        ),
    ]
    return "\n".join(lines)


def _used_bits(layout: Layout) -> list[int]:
    """The bits of each word up to the last one that a variable has."""
    used = [0] * layout.words
    for field in layout.fields:
        end = field.base + field.width * field.variable.cells
        for word in range(field.base // WORD, -(-end // WORD)):
            used[word] = max(used[word], min(end - word * WORD, WORD))
    return used


def _sizes(bits: int, exponents: Iterable[int]) -> list[int]:
    """The bytes that are stored of states of so many bits in tables of these sizes, the largest first."""
    return sorted({-(-(_DISPLACEMENT + bits - k - 2) // 8) for k in exponents}, reverse=True)


def _lines(sizes: list[int]) -> int:
    """Cache lines to a bucket: as few as do without much waste for entries of any of these sizes."""

    def fits(lines: int, waste: float) -> bool:
        room = 64 * lines
        places = [room // (size + 1) for size in sizes]
        return (
            min(places) >= _FEWEST_PLACES
            and max(places) <= _MOST_PLACES
            and all(n * (size + 1) >= room * (1 - waste) for n, size in zip(places, sizes, strict=True))
        )

    enough = (n for n in range(1, _MOST_LINES + 1) if fits(n, _WASTE))
    return next(enough, None) or next(n for n in range(_MOST_LINES, 1 << 16) if fits(n, 1.0))


def _function(note: str, signature: str, body: list[str]) -> list[str]:
    return [f"/* {note} */", f"static inline {signature}", "{", *body, "}", ""]


def _mask(width: int) -> str:
    return f"UINT64_C({(1 << width) - 1:#x})"


def _gather(rest: list[tuple[int, int, int]], words: int) -> Iterator[str]:
    yield f"\tmemset(e, 0, {words} * sizeof(*e));"
    at = _DISPLACEMENT
    for word, low, width in rest:
        yield from _put(f"(s->w[{word}] >> {low} & {_mask(width)})", at, width, words)
        at += width


def _put(value: str, at: int, width: int, words: int) -> Iterator[str]:
    word, shift = divmod(at, WORD)
    if word < words:
        yield f"\te[{word}] |= {value} << {shift};"
    if shift + width > WORD and word + 1 < words:
        yield f"\te[{word + 1}] |= {value} >> {WORD - shift};"


def _drop(at: int, words: int) -> Iterator[str]:
    for word in range(at // WORD, words):
        yield f"\te[{word}] &= {_mask(max(at - word * WORD, 0))};"
    if at // WORD >= words:
        yield "\t(void)e;"


def _get(at: int, words: int) -> str:
    word, shift = divmod(at, WORD)
    parts = []
    if word < words:
        parts.append(f"e[{word}] >> {shift}")
    if shift and word + 1 < words:
        parts.append(f"e[{word + 1}] << {WORD - shift}")
    return " | ".join(parts) or "0"


def _scatter(rest: list[tuple[int, int, int]], words: int) -> Iterator[str]:
    yield f"\tmemset(s->w, 0, {words} * sizeof(*s->w));"
    at = _DISPLACEMENT
    for target, low, width in rest:
        word, shift = divmod(at, WORD)
        value = f"e[{word}] >> {shift}"
        if shift + width > WORD:
            value = f"({value} | e[{word + 1}] << {WORD - shift})"
        yield f"\ts->w[{target}] |= ({value} & {_mask(width)}) << {low};"
        at += width
