"""The native engine: the transition system as C, compiled once, searched in this process."""

from ovlcheck.explore.native.engine import Native

__all__ = ["Native"]
