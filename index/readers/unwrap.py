"""Printed pages as running text: wrapped lines joined, words mended, running heads dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import quantiles

_BROKEN = re.compile(r"(?P<head>\w+)[-\u00ad\u2010]$")
_END = re.compile(r"[.!?:…][\"'”’»)\]]*$")
_BULLET = re.compile(r"[•▪‣◦*–-]\s|\(?\d{1,3}[.)]\s")


def unwrap(pages: Sequence[str]) -> str:
    r"""The text of all pages, paragraphs a blank line apart, also those that run over a page's end.

    A line that ends well before the others ends its paragraph. A hyphen at a line's end goes, unless
    the document writes the word with it elsewhere.

    >>> unwrap(["Kyiv has recaptured a plat-\nform in the Black Sea.\n\nIt was seized", "in 2015."])
    'Kyiv has recaptured a platform in the Black Sea.\n\nIt was seized in 2015.'
    """
    lines = _body_lines(pages)
    lengths = [len(line) for line in lines if line]
    full = quantiles(lengths, n=10)[7] if len(lengths) > 1 else 0
    hyphened = {word.lower() for line in lines for word in re.findall(r"\w+-\w+", line)}
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        last = paragraphs[-1][-1] if paragraphs[-1] else ""
        if not line or (last and _ends(last, line, full)):
            paragraphs.append([])
        if line:
            paragraphs[-1].append(line)
    return "\n\n".join(_joined(paragraph, hyphened) for paragraph in paragraphs if paragraph)


def _ends(last: str, line: str, full: float) -> bool:
    if _BULLET.match(line):
        return True
    if line[0].islower() or _BROKEN.search(last):
        return False
    return len(last) < 0.5 * full or (len(last) < 0.85 * full and bool(_END.search(last)))


def _joined(lines: list[str], hyphened: set[str]) -> str:
    words: list[str] = []
    for line in lines:
        broken = _BROKEN.search(words[-1]) if words else None
        tail = re.match(r"\w+", line)
        if broken and tail and line[0].islower():
            kept = f"{broken['head']}-{tail[0]}".lower() in hyphened
            words[-1] = words[-1][:-1] + ("-" if kept else "") + line
        else:
            words.append(line)
    return " ".join(words)


def _body_lines(pages: Sequence[str]) -> list[str]:
    """Lines without what stands at the head or foot of most pages; "" where a paragraph surely ends."""
    split = [[" ".join(line.split()) for line in page.strip().splitlines()] for page in pages]
    split = [page for page in split if any(page)]
    often = max(3, len(split) / 2)
    edges = Counter(edge for page in split for edge in {_faceless(page[0]), _faceless(page[-1])})
    lines: list[str] = []
    for page in split:
        if edges[_faceless(page[0])] >= often:
            page = page[1:]
        if page and edges[_faceless(page[-1])] >= often:
            page = page[:-1]
        lines += page
    return lines


def _faceless(line: str) -> str:
    """A running head without its page number."""
    return re.sub(r"\d+", "#", line)
