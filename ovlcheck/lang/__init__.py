"""The front end: declarations, and the compiler from Python syntax to the transition system."""

from ovlcheck.lang.build import build
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.loading import LoadedConstant, LoadedModel, load_model, load_properties, shipped

__all__ = [
    "CompileError", "Diagnostic", "LoadedConstant", "LoadedModel", "build", "load_model", "load_properties", "shipped",
]  # fmt: skip
