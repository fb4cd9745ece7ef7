"""Calls that never return because they can never go on."""

from ovlcheck import unasked

no_deadlock = unasked(
    "no_deadlock",
    "Whoever is inside a call can always go on at some later time, whatever the others do until then.",
    on_request=True,
)
