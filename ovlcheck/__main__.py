"""``python -m ovlcheck`` is the command ``ovlcheck``."""

from ovlcheck.cli import main

main()
