"""The verbs of the command line, a module each.  They only translate: options into calls, results into
text and exit codes.

A module's ``command`` is what ``ovlcheck.cli`` loads by name.  What a verb calls is imported inside it, so
that its ``--help`` and its complaints about bad usage do not wait for an engine.
"""
