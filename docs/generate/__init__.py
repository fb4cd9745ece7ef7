"""Pages of the documentation whose verdicts, lengths and counts come from runs, so that they cannot go stale."""
