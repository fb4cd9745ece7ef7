"""Reductions held against the semantics of steps: what their analyses believe is tried out, state by state."""
