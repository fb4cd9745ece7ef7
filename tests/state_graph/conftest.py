"""The project whose graphs are made."""

from tests.runs.conftest import project

__all__ = ["project"]
