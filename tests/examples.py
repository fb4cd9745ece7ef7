"""How many examples a random test draws.

The suite draws the same ones in every run, and where each takes long no more than its time allows.  ``make fuzz`` draws
new ones, and as many as the test is worth.
"""

import os

WHICH = os.environ.get("OVLCHECK_EXAMPLES", "same")
"""The profile of hypothesis: the ``same`` examples in every run, or ``new`` ones."""


def examples(few: int, many: int) -> int:
    """``few`` where they are the same every time, ``many`` where they are new."""
    return few if WHICH == "same" else many
