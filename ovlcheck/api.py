"""ovlcheck from Python: ``ovlcheck.verify(model)`` returns what ``ovlcheck verify MODEL`` prints, as data.

The command line calls the same function.  The names in ``__all__`` are those that programs may rely on; each is also
an attribute of the package ``ovlcheck`` itself, which imports this module when one of them is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.explore.nicest import ORDERS
from ovlcheck.explore.result import Limits, Progress
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.prepare import Value
from ovlcheck.report.verdict import ExitCode, ModelResult, PropertyVerdict, ScenarioVerdict, Scope
from ovlcheck.request import NO_SETTINGS, AnyPath, make_options
from ovlcheck.settings import Settings, find_settings
from ovlcheck.trace.trace import Step, Trace
from ovlcheck.verify_model import verify_model
from ovlcheck.verify_runs import Shown

__all__ = [
    "CompileError", "Diagnostic", "ExitCode", "Limits", "ModelResult", "Progress", "PropertyVerdict",
    "ScenarioVerdict", "Scope", "Settings", "Step", "Trace", "UsageError", "find_settings", "verify",
]  # fmt: skip


def verify(
    model: AnyPath,
    *,
    properties: Iterable[str] = (),
    property_paths: Iterable[AnyPath] | None = None,
    config: str | None = None,
    constants: Mapping[str, Value] | None = None,
    engine: str | None = None,
    reductions: Iterable[str] | None = None,
    reduce_beyond: int | None = None,
    limits: Limits = Limits(),
    audit: int = 0,
    as_they_apply: bool = False,
    scenario: AnyPath | None = None,
    order: str | None = None,
    runs: int = 1,
    settings: Settings = NO_SETTINGS,
    keep_compiled: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> ModelResult:
    """Explore every state of ``model`` and say which properties hold.

    Arguments, each the option of that name of ``ovlcheck verify``:

    * ``model``: a file, or the name of a model that comes with ovlcheck.
    * ``properties``: names; none means all that apply to the model.  One that is named and does not apply is
      refused, unless ``as_they_apply``.
    * ``property_paths``: files or directories of properties, instead of the shipped ones and a directory
      ``properties`` beside the model.
    * ``config``: one of the model's named configurations; ``constants``: values over those that it gives.
    * ``engine``: ``auto``, ``native``, ``reference``, or ``symbolic``, which leaves the numbers of tasks open.
      ``auto`` does so for a constant whose value is ``any``.
    * ``reductions``: of ``slicing``, ``fusion``, ``symmetry`` and ``partial-order``, for a model of more than
      ``reduce_beyond`` states.  Unless told, the first three beyond 500,000 states, and what is named from the first
      state on.
    * ``limits``: where to stop, and what to use of the machine.
    * ``audit``: the number of states in which to try out what the reductions believe.
    * ``scenario``: a file; only runs that follow it are looked for, and ``audit`` has to be 0.
    * ``order``: which run is shown of a violation, the one with the fewest ``steps``, context ``switches`` or
      ``calls``, the others breaking ties; it takes further searches.  Without it the run is a shortest one.
    * ``runs``: how many runs are shown of each violation, each the shortest whose calls differ from those before.
    * ``settings``: what stands behind all of these; those of a project are ``find_settings(directory)``.
    * ``keep_compiled``: keep what the model is compiled to in the user's cache.  For programs that change nothing in
      this package.
    * ``progress``: called several times a second during a search, in the caller's thread; what it raises ends the
      search.

    The result is complete and frozen data.  A search that met one of its ``limits``, or an interrupt from the
    keyboard, still gives a result, whose ``stopped`` says why it ended; no property is then said to hold.

    Raises ``UsageError`` for impossible arguments or a file that cannot be read, and ``CompileError`` for a model or
    a property that does not compile.
    """

    options = make_options(
        properties=properties,
        property_paths=property_paths,
        config=config,
        constants=constants,
        engine=engine,
        reductions=reductions,
        reduce_beyond=reduce_beyond,
        limits=limits,
        audit=audit,
        as_they_apply=as_they_apply,
        settings=settings,
        keep_compiled=keep_compiled,
    )
    if order is not None and order not in ORDERS:
        raise UsageError(f"no order is called {order!r}{did_you_mean(order, ORDERS)}", f"there are {', '.join(ORDERS)}")
    if runs < 1:
        raise UsageError(f"{runs} runs of a violation cannot be shown", "ask for 1 or more")
    if scenario is None:
        return verify_model(Path(model), options, progress, Shown(order, runs))
    from ovlcheck.verify_scenario import read_scenario, verify_scenario

    if audit:
        raise UsageError("an audit tries out the reductions of a verification, not of a scenario")
    if order is not None or runs > 1:
        raise UsageError("a scenario has one shortest run: order and further runs are for a verification without one")
    return verify_scenario(Path(model), read_scenario(Path(scenario)), options)
