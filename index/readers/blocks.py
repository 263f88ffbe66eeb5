"""Marked-up text as plain paragraphs."""

from __future__ import annotations

from typing import Any

_BLOCKS = """
    address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot
    thead tr ul
    head item list quote row
"""
"""Tags that end a paragraph; on the last line, those that trafilatura makes."""

_SILENT = "script style noscript template iframe object svg math select textarea button title meta link"
"""Tags whose words are not read on the page."""

_ROLES = {
    **dict.fromkeys(_BLOCKS.split(), "block"),
    **dict.fromkeys(_SILENT.split(), "silent"),
    **dict.fromkeys(["td", "th", "cell"], "cell"),
    **dict.fromkeys(["br", "lb"], "line"),
}


def paragraphs(root: Any) -> str:
    """The words under an lxml element: paragraphs a blank line apart, table cells a bar apart.

    >>> import lxml.html
    >>> paragraphs(lxml.html.fromstring("<div><p>One <b>bold</b> word.<p>Two<br>lines.</div>"))
    'One bold word.\\n\\nTwo\\nlines.'
    """
    from lxml import etree  # type: ignore[import-untyped]

    page = _Page()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        role = _ROLES.get(element.tag, "") if isinstance(element.tag, str) else "silent"
        if event == "start":
            page.enter(role)
            page.say(element.text)
        else:
            page.leave(role)
            page.say(element.tail if element is not root else None)
    page.end_paragraph()
    return "\n\n".join(page.found)


class _Page:
    def __init__(self) -> None:
        self.found: list[str] = []
        self._words: list[str] = []
        self._silent = 0

    def enter(self, role: str) -> None:
        if role == "block":
            self.end_paragraph()
        elif role == "line":
            self._words.append("\n")
        elif role == "silent":
            self._silent += 1

    def leave(self, role: str) -> None:
        if role == "block":
            self.end_paragraph()
        elif role == "cell":
            self._words.append(" | ")
        elif role == "silent":
            self._silent -= 1

    def say(self, text: str | None) -> None:
        if text and not self._silent:
            self._words.append(text.replace("\n", " "))

    def end_paragraph(self) -> None:
        lines = (" ".join(line.split()) for line in "".join(self._words).split("\n"))
        if text := "\n".join(line for line in lines if line).strip(" |"):
            self.found.append(text)
        self._words.clear()
