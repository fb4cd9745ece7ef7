"""What can keep the native engine from running at all; each message says what to do about it."""

from __future__ import annotations


class NativeUnavailable(Exception):
    """The native engine cannot take this search; the reference engine can, if slowly."""


class CompilerMissing(NativeUnavailable):
    """No C compiler was found."""


class CompilerFailed(NativeUnavailable):
    """The C compiler refused what it was given; the message has its command and first errors."""


class NotSupported(NativeUnavailable):
    """The system holds something that the generated C cannot express."""
