"""The class that variants derive from: the whole kernel around their hooks, and its named configurations."""

from __future__ import annotations

from ovlcheck.vfs.users import Users


class Overlayfs(Users):
    """An overlay with an upper filesystem, and everyone who uses them or works for them.

    ``small``: every kind of task, each user task making each of its calls at most once.
    ``default``: one writer with a mapping, one reader that also changes attributes, any number of calls.
    ``large``: a second writer.
    """

    left_out = (
        "several pages of a file",
        "metadata apart from data, unless constant metadata is true",
        "hard links",
        "write errors",
        "lazytime",
        "order of the LRU lists",
        "control groups",
        "layers below the upper one",
    )

    configurations = {
        "small": {"calls": 1},
        "default": {},
        "large": {"writers": 2},
    }
