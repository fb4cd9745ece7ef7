"""``python -m ovlcheck`` is the command ``ovlcheck``.

Whoever interrupts it while it is being loaded gets no traceback: the signal ends it, until ``main`` can tell.
"""

import signal

_LOADING = signal.getsignal(signal.SIGINT) is signal.default_int_handler
if _LOADING:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from ovlcheck.cli import main  # noqa: E402  (the signal comes first)

if _LOADING:
    signal.signal(signal.SIGINT, signal.default_int_handler)
main()
