"""A hook of mkdocs for links that lead out of `docs/`: the site doesn't have the files that they name.

They become the file's path in plain text. `tests/test_docs.py` checks that each of them exists.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.structure.pages import Page

_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>\.\./[^)#\s]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: "Page", config: object, files: object) -> str:
    """Called by mkdocs with the text of each page."""
    depth = page.file.src_uri.count("/") + 1

    def leads_out(match: "re.Match[str]") -> str:
        target = match["target"]
        if target.count("../") < depth:
            return match[0]
        path = target.replace("../", "")
        return (
            f"`{path}`" if match["text"] in (path, path.rpartition("/")[2]) else f"{match['text']} (`{path}`)"
        )

    return _LINK.sub(leads_out, markdown)
