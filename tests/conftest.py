"""What every test runs under.

Random tests draw the same examples every time, so that a run says the same twice; ``make fuzz`` draws new ones.
Generated C is compiled without optimisation, which takes half as long and for searches as small as those of tests
saves more than it costs; and it is kept beside pytest's own cache, not in the user's.
"""

import os
import signal

import pytest
from hypothesis import settings

from tests.examples import WHICH

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", derandomize=False, deadline=None, print_blob=True)
settings.load_profile(WHICH)


@pytest.hookimpl(trylast=True)  # when there is a cache
def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background, and passed on to what tests start
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("CFLAGS", "-O0")
    if config.pluginmanager.has_plugin("cacheprovider"):
        assert config.cache is not None
        os.environ.setdefault("XDG_CACHE_HOME", str(config.cache.mkdir("compiled")))
