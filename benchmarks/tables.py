"""Results as Markdown: what was measured, on what, and which targets it meets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.compare import OVLCHECK, RUMUR, SPIN
from benchmarks.liveness_table import behaviours
from benchmarks.markdown import NOTHING, table
from benchmarks.openers_table import openers
from benchmarks.targets import (
    Data,
    fastest,
    good,
    machine_two_to_one,
    share_of_updates,
    targets,
    two_threads_to_one,
    updates_per_second,
)


def report(results: Data) -> str:
    """The whole page."""
    return "\n".join(_lines(results)).rstrip() + "\n"


def _lines(results: Data) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield "Written by `make bench`; the figures are in `results.json`."
    if results["quick"]:
        yield ""
        yield "**A smoke test: small systems, unoptimised peers; no figure means anything.**"
    yield ""
    yield from _machine(results)
    yield from _targets(results)
    if results.get("limits"):
        yield from _limits(results["limits"])
    for system in results.get("systems", []):
        yield from _system(system)
    if results.get("systems"):
        yield from _METHOD
    if results.get("liveness"):
        yield from behaviours(results["liveness"])
    if results.get("openers"):
        yield from openers(results["openers"])
    if results.get("startup"):
        yield from _startup(results["startup"])
    if results.get("reductions"):
        yield from _reductions(results["reductions"])
    for part, why in results.get("failed", {}).items():
        yield f"**{part} could not be measured:** {why}"
        yield ""


_METHOD = (
    "Every checker explores every state once, stores it whole, and runs in a process of its own. Reductions are off:",
    "Spin with `-O3 -march=native -DSAFETY -DNOREDUCE`, Rumur with `--symmetry-reduction off`. The properties' ghosts",
    "are part of the states; ovlcheck checks the properties, Spin and Rumur look for no violation. *Build* is",
    "everything before the search: for ovlcheck Python's start, compiling the model, and the C compiler unless the",
    "cache has the library. *Search* is the checker's own word; for Rumur, which gives whole seconds, that of its",
    "process. *Bytes* are the largest resident set of the process, interpreter and stack included, divided by the",
    "states. Of ovlcheck's runs the fastest counts. Rates are those of the search.",
    "",
)


def _machine(results: Data) -> Iterator[str]:
    it = results["machine"]
    memory = f"{it['memory_bytes'] / 2**30:.0f} GiB"
    yield f"{it['processor']}, {it['cores']} cores, {it['cache']} cache, {memory}, huge pages: {it['huge_pages']};"
    yield f"{it['system']}; {it['compiler']}; {it['spin']}; {it['rumur']};"
    yield f"Python {it['python']}; ovlcheck of commit {it['commit']}."
    yield f"Began {results['began']}, took {results['seconds']:.0f} s."
    yield ""
    if not it["idle"]:
        yield f"**The machine was not idle** (load {it['load']} at the start): no rate is worth much."
        yield ""


def _targets(results: Data) -> Iterator[str]:
    found = targets(results)
    if not found:
        return
    yield "## Targets"
    yield ""
    yield from table(
        ("", "measured", "target", ""),
        (
            (
                target.what,
                NOTHING if target.value is None else f"{target.value:.2f}{target.unit}",
                f"{'≥' if target.at_least else '≤'} {target.bound:.3g}{target.unit}",
                target.verdict,
            )
            for target in found
        ),
    )


def _limits(limits: Sequence[Data]) -> Iterator[str]:
    yield "## The machine's own limit"
    yield ""
    yield "Random read-modify-writes of 8 bytes in one table, batched and prefetched, huge pages asked for."
    yield ""
    rows = []
    for it in limits:
        if "error" in it:
            said = (it["error"], NOTHING)
        else:
            said = (millions(it["per_second"]), f"{it['huge_bytes'] / it['bytes']:.0%}")
        rows.append((f"{it['bytes'] / 2**20:,.0f}", str(it["threads"]), *said))
    yield from table(("MiB", "threads", "million/s", "in huge pages"), rows)


def _system(system: Data) -> Iterator[str]:
    yield f"## ({system['group']}) {system['title']}"
    yield ""
    ours = fastest(good(system, OVLCHECK, "1 thread"))
    if ours is not None:
        counted = f"{ours['states']:,} states, {ours['transitions']:,} transitions"
        yield f"{counted}, {ours['bits_per_state']} bits a state."
        yield ""
    rates = ("million states/s", "million transitions/s", "bytes/state", "ovlcheck is")
    head = ("", "build s", "search s", *rates)
    yield from table(head, (_row(row, ours) for row in system["rows"]))
    yield from _beside(system)


def _row(row: Data, ours: Data | None) -> tuple[str, ...]:
    name = f"{row['checker']}, {row['variant']}"
    if row["error"] is not None:
        return (name, NOTHING, row["error"], NOTHING, NOTHING, NOTHING, NOTHING)
    seconds = row["search_seconds"]
    faster = row["search_seconds"] / ours["search_seconds"] if ours and ours["search_seconds"] else 0.0
    return (
        name,
        f"{row['build_seconds']:.1f}",
        f"{seconds:.2f}",
        millions(row["states"] / seconds if seconds else 0.0),
        millions(row["transitions"] / seconds if seconds else 0.0),
        f"{row['peak_bytes'] / row['states']:.1f}",
        f"{faster:.1f} x as fast" if faster and row["checker"] != OVLCHECK else NOTHING,
    )


def _beside(system: Data) -> Iterator[str]:
    """The figures that need two rows, and the machine's."""
    said = []
    for peer in (SPIN, RUMUR):
        ours, theirs = fastest(good(system, OVLCHECK, "1 thread")), fastest(good(system, peer))
        if ours and theirs and ours["search_seconds"] and theirs["search_seconds"]:
            said.append(f"{theirs['search_seconds'] / ours['search_seconds']:.1f} x {peer}")
    two, machine = two_threads_to_one(system), machine_two_to_one(system)
    if two:
        said.append(f"two threads {two:.2f} x one")
    if machine:
        said.append(f"the machine {machine:.2f} x")
    limit, share = updates_per_second(system, 1), share_of_updates(system)
    if limit and share:
        size = system["updates"]["1"]["bytes"] / 2**20
        said.append(f"{share:.0%} of {limit / 1e6:.0f} million random updates/s into {size:,.0f} MiB")
    by_hand = [r for r in system["rows"] if r["variant"].startswith("by hand") and not r["error"]]
    hand, spin = fastest(by_hand), fastest(good(system, SPIN))
    if hand and spin and hand["search_seconds"]:
        slower = spin["search_seconds"] / hand["search_seconds"]
        said.append(f"exported Promela takes {slower:.2f} x the time of one by hand")
    if system["tried"]:
        times = (f"{form} {it.get('search_seconds', NOTHING)} s" for form, it in system["tried"].items())
        said.append(f"the form for Spin was chosen in a small configuration: {', '.join(times)}")
    if "error" in system["updates"]:
        said.append(f"random updates: {system['updates']['error']}")
    if said:
        yield "; ".join(said) + "."
        yield ""


def _startup(rows: Sequence[Data]) -> Iterator[str]:
    names = {
        "help": "`ovlcheck --help`",
        "cold": "`ovlcheck verify upstream --config small`, empty cache",
        "warm": "the same again",
    }
    yield "## Start-up"
    yield ""
    yield from table(
        ("", "seconds"),
        ((names[r["name"]], f"{r['seconds']:.3f}" if "seconds" in r else r["error"]) for r in rows),
    )


def _reductions(tables: Sequence[Data]) -> Iterator[str]:
    yield "## Reductions"
    yield ""
    rows: list[tuple[str, ...]] = []
    for it in tables:
        none = it["rows"][0].get("states")
        for row in it["rows"]:
            rows.append((it["model"], it["config"], row["reductions"], *_reduced(row, none)))
    head = ("model", "configuration", "reductions", "states", "fewer", "transitions", "search s", "verdicts")
    yield from table(head, rows)


def _reduced(row: Data, none: int | None) -> tuple[str, ...]:
    if "states" not in row:
        return (NOTHING, NOTHING, NOTHING, NOTHING, row["error"])
    return (
        f"{row['states']:,}",
        f"{none / row['states']:.1f} x" if none else NOTHING,
        f"{row['transitions']:,}",
        f"{row['search_seconds']:.2f}",
        row["error"] or "equal",
    )


def millions(number: float) -> str:
    """Millions with as many digits as mean something."""
    return f"{number / 1e6:.2f}" if number < 1e7 else f"{number / 1e6:.1f}"
