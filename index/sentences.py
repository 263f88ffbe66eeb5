"""Where sentences begin and end, in time linear in the text.

Rules, not a model: they need no download, never lose a character, and are the same tomorrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

Span = tuple[int, int]

# A run of stops with the quotes and brackets that close it. Western stops need white space after
# them; ideographic ones do not. The lookbehind keeps "......" (a million dots) linear.
_STOPS = re.compile(
    r"(?<![.!?…‼⁇⁈⁉؟۔։])(?P<west>(?:[.!?…‼⁇⁈⁉؟۔։]++[\"'”’»›)\]}*_]*+)++)(?=\s|$)"
    r"|(?P<east>[。！？｡।॥።]++[」』”’》）)\]\"']*+)"
)
_LINE = re.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+")
_MARKER = re.compile(r"(?:[-*•‣◦▪–—·>]|\(?\d{1,3}[.)]|#{1,6})\s")
_ENUMERATION = re.compile(r"\(?(?:\d{1,3}|[ivxIVX]{1,5}|[a-zA-Z])[.)]")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Titles and the like never end a sentence; the others may, if a usual first word follows.
_NEVER = _set(
    "mr mrs ms mx dr prof rev hon fr gen lt col maj sgt cpl capt cmdr adm brig pvt sen rep gov pres "
    "amb atty supt insp det st mt ft vs viz cf al e.g i.e approx dept est fig figs vol pp ed eds"
)
_SELDOM = _set(
    "jr sr inc ltd co corp llc plc bros etc a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec mon tue "
    "tues wed thu thur thurs fri sat sun ave blvd rd ph.d m.d b.a m.a d.c op art sec ch min max"
)
_FIRST_WORDS = _set(
    "The A An In On At By For From With It Its He She They We You I His Her Their Our My This That These "
    "Those There Here But And Or So Yet If When While As After Before Since Because Although However What "
    "Who Where Why How Then Now Meanwhile Today Some Many Most Several Both Each No Not One Two"
)
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$")
_WORD_BEFORE = re.compile(r"[^\s\"'“”‘’(\[{«»—–/]*$")
_WORD_AFTER = re.compile(r"\s*[\"'“‘«‹(\[{¿¡*_]*([^\W_]*)")


def sentences(text: str) -> list[Span]:
    """Split a text into sentences: spans in order, without surrounding white space.

    Every character that is not white space is in exactly one span.

    >>> text = 'Mr. Ng paid $3.5 for it. "Why?" he asked. The U.S. said no.'
    >>> [text[a:b] for a, b in sentences(text)]
    ['Mr. Ng paid $3.5 for it.', '"Why?" he asked.', 'The U.S. said no.']
    """
    return [s for start, end in blocks(text) for s in sentences_of_block(text, start, end)]


def blocks(text: str) -> Iterator[Span]:
    """The paragraphs of a text: parted by blank lines, or by each line break where lines are long.

    >>> list(blocks("One.\\n\\nTwo\\ngoes on."))
    [(0, 4), (6, 18)]
    """
    lines: list[Span] = []
    for start, end in _lines(text):
        if lines and _is_blank(text[lines[-1][1] : start]):
            yield from _paragraphs(lines)
            lines = []
        lines.append((start, end))
    yield from _paragraphs(lines)


def _lines(text: str) -> Iterator[Span]:
    """Lines that hold more than white space, trimmed."""
    for match in _LINE.finditer(text):
        if span := _trim(text, match.start(), match.end()):
            yield span


def _trim(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    size = len(piece.rstrip())
    return (start + len(piece) - len(piece.lstrip()), start + size) if size else None


def _is_blank(gap: str) -> bool:
    breaks = gap.replace("\r\n", "\n")
    return sum(map(breaks.count, "\n\r\x85\u2028\x0b")) > 1 or "\x0c" in breaks or "\u2029" in breaks


_LONG_LINE = 160
"""Text wrapped by hand or by a mail program is narrower; a longer line is a paragraph by itself."""


def _paragraphs(lines: list[Span]) -> Iterator[Span]:
    if not lines:
        return
    if max(end - start for start, end in lines) > _LONG_LINE:
        yield from lines
    else:
        yield (lines[0][0], lines[-1][1])


def sentences_of_block(text: str, start: int, end: int) -> list[Span]:
    """The sentences of one paragraph ``text[start:end]``."""
    cuts = {*_stops(text, start, end), *_line_breaks(text, start, end)}
    found = []
    for a, b in zip([start, *sorted(cuts)], [*sorted(cuts), end], strict=True):
        if span := _trim(text, a, b):
            found.append(span)
    return found


def _line_breaks(text: str, start: int, end: int) -> Iterator[int]:
    """Line ends that end a sentence although no stop says so: headings, list items, verse."""
    lines = [(start + a, start + b) for a, b in _lines(text[start:end])]
    if len(lines) < 2:
        return
    width = max(b - a for a, b in lines)
    for (a, b), (c, d) in pairwise(lines):
        first = text[c : min(d, c + 40)].split(None, 1)[0]
        fits = b - a + 1 + len(first) <= width  # a wrapped line would have taken the word
        if _MARKER.match(text, c, d) or (fits and not first[0].islower()):
            yield c


def _stops(text: str, start: int, end: int) -> Iterator[int]:
    begin = start
    for match in _STOPS.finditer(text, start, end):
        at = match.end()
        if match["east"] or _ends(text, begin, match.start(), at, end):
            yield at
            begin = at


def _ends(text: str, begin: int, stop: int, after: int, end: int) -> bool:
    """Whether the stops ``text[stop:after]`` of the sentence from ``begin`` on end it."""
    follow = _WORD_AFTER.match(text, after, min(end, after + 60))
    word = follow.group(1) if follow else ""
    if word[:1].islower():
        return False
    if text[stop:after].rstrip("\"'”’»›)]}*_") != ".":
        return True
    head = text[max(begin, stop - 8) : after].rsplit("\n", 1)[-1].strip()
    if _ENUMERATION.fullmatch(head):
        return False
    before = _WORD_BEFORE.search(text[max(begin, stop - 24) : stop])
    last = before.group() if before else ""
    key = last.lower()
    if key in _NEVER:
        return False
    if key in ("no", "nos"):
        return not word[:1].isdigit()
    initial = len(last) == 1 and last.isupper()
    if initial or key in _SELDOM or _ACRONYM.search(last):
        return word in _FIRST_WORDS
    return True
