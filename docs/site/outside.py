"""A hook of mkdocs: links that lead out of the pages, into the repository, have no target on the site.

There they become the path that the reader finds in a checkout.
"""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r"\[(?P<text>[^\]]+)\]\(\.\./(?P<path>[^)#]+)\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page without such links."""

    def told(link: re.Match[str]) -> str:
        text, path = link["text"], link["path"]
        return f"`{path}`" if text in (path, f"`{path}`") else f"{text} (`{path}`)"

    return _OUTSIDE.sub(told, markdown)
