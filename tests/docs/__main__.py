"""``python -m tests.docs [--write] [PAGE]...``: runs every command of the documentation, the slow ones too.

With ``--write`` it puts what they print now into the pages, wherever these show all of it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.console import PAGES
from tests.docs.runner import failures, refreshed


def main(arguments: list[str]) -> int:
    names = [name for name in arguments if name != "--write"]
    wrong = 0
    with tempfile.TemporaryDirectory() as cache:
        for page in PAGES:
            if names and page.name not in names:
                continue
            print(page.name, flush=True)
            if "--write" in arguments:
                page.write_text(refreshed(page, Path(cache)), encoding="utf-8")
            for failure in failures(page, Path(cache), slow=True):
                wrong += 1
                print(f"{failure}\n", flush=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
