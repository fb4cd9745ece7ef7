"""Random tests draw the same examples every time, so that a run says the same twice; ``make fuzz`` draws new ones."""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", derandomize=False, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("OVLCHECK_EXAMPLES", "same"))
