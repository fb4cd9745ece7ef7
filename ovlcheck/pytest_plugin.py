"""``pytest --ovlcheck models/``: every property of every model is a test.

pytest loads this file in every project that has ovlcheck installed, so it imports nothing before it is asked to do
something; the work is in ``ovlcheck.pytest_items``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from ovlcheck.pytest_items import ModelFile


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, which begin with ``--ovlcheck`` so that none is another plugin's."""
    group = parser.getgroup("ovlcheck", "models of ovlcheck as tests")
    group.addoption(
        "--ovlcheck", action="store_true", help="collect models, and check each property of them as a test"
    )
    group.addoption("--ovlcheck-config", metavar="NAME", help="check models in this configuration")
    group.addoption(
        "--ovlcheck-set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="give a constant of the models another value",
    )
    group.addoption("--ovlcheck-engine", metavar="NAME", help="what explores: auto, native or reference")
    group.addoption(
        "--ovlcheck-time", type=float, metavar="SECONDS", help="stop the search of a model after this time"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ModelFile | None:
    """``file_path`` as a model, if it is one that pytest came upon in a directory."""
    if parent.session.isinitpath(file_path):
        return None  # pytest will ask for a module
    return _model_file(file_path, parent)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> ModelFile | None:
    """``module_path`` as a model rather than a module of tests, if it is one that the user named."""
    return _model_file(module_path, parent)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tells each model which of its tests are left after ``-k`` and the like."""
    if session.config.getoption("ovlcheck"):
        from ovlcheck.pytest_items import tell_what_is_left

        tell_what_is_left(session.items)


def _model_file(file: Path, parent: pytest.Collector) -> ModelFile | None:
    if file.suffix != ".py" or not parent.config.getoption("ovlcheck"):
        return None
    from ovlcheck.pytest_items import model_file

    return model_file(file, parent)
