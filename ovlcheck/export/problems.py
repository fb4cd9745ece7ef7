"""What cannot be said in another checker's language."""

from __future__ import annotations

from ovlcheck.errors import UsageError


class NotExportable(UsageError):
    """The target language, or its checker, has no faithful form of something in the system."""
