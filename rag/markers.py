"""Markers: reads ``[n]`` out of text as it streams in, and hands over whole sentences.

A marker belongs to the sentence before it, or to the first sentence if none came before. What is
handed over holds no marker, whole or half, whatever chunks it came in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from index.sentences import sentences

OPENERS, CLOSERS = "[【［", "]】］"
LONGEST = 60
LARGEST = 999
"""A larger number in brackets, such as ``[2023]``, is no marker unless it is known to be one."""

_WORD = r"(?:\^|(?:sources?|passages?|refs?|references?|articles?|documents?|docs?|citations?)\b\s?[:#]?)?"
_LIST = r"\d{1,4}(?:\s?(?:[,;&]|and|[-–—])?\s?\^?\d{1,4})*"
_MARKER = re.compile(rf"[\[【［]\s?{_WORD}\s?({_LIST})(?:†[^\]】］]*)?\s?[\]】］]", re.IGNORECASE)
_HALF = re.compile(r"[\[【［]{0,2}\s?\^?[\d\s,;&–—-]*")
_LEFT = re.compile(r"[\[【［]\s*\^?\d[^\[\]【】［］]*[\]】］]")
_NO_BRACKETS = str.maketrans("", "", OPENERS + CLOSERS)
_RANGE = re.compile(r"(\d+)(?:\s?[-–—]\s?(\d+))?")
_LEAD_IN = re.compile(
    r"[,;]?\s*\b(?:according to|as (?:reported|stated|noted|seen) (?:in|by)|per|see|sources?:?)\s*$",
    re.IGNORECASE,
)
_STOPS = ".!?…"
_FULL_STOPS_EAST = "。！？｡"
_AFTER_STOP = "\"'”’»›)]}*_`~」』"
_TIDY = (
    (re.compile(r"\(\s*\)|\[\s*\]|【\s*】"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r" ([,;:.!?])"), r"\1"),
    (re.compile(r"[,;:]+([.!?])"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence without its markers, and their numbers in order, known or not.

    ``complete`` is False for a last sentence that breaks off: no full stop and no marker at its end.
    """

    text: str
    numbers: tuple[int, ...]
    complete: bool = True


class MarkerParser:
    """Feed it chunks of any size; the sentences do not depend on how the text was cut.

    >>> parser = MarkerParser(known={1, 2})
    >>> parser.feed("It rained [1"), [(m.text, m.numbers) for m in parser.feed("]. It snowed.[2,7")]
    ([], [('It rained.', (1,))])
    """

    def __init__(self, known: Collection[int] = ()) -> None:
        self._known = frozenset(known)
        self._hold = ""  # from an opening bracket on: perhaps a marker
        self._text = ""  # the sentence so far
        self._numbers: list[int] = []
        self._space = False  # since the last character of the text: white space,
        self._line = False  # a line break,
        self._marker = False  # a marker,
        self._touching = False  # and nothing at all after it
        self._outer = False  # an opening bracket right before the held one, as in [[1]]

    def feed(self, chunk: str) -> list[Marked]:
        """The sentences that this chunk completes."""
        return [done for char in chunk for done in self._step(char)]

    def close(self) -> list[Marked]:
        """What is left at the end of the stream."""
        hold = self._release()
        done = [] if _HALF.fullmatch(hold) else self._as_text(hold)
        ended = self._marker or self._text.rstrip(_AFTER_STOP)[-1:] in (*_STOPS, *_FULL_STOPS_EAST)
        return [*done, *self._emit(complete=ended)]

    def _step(self, char: str) -> list[Marked]:
        if not self._hold:
            if char in OPENERS:
                self._hold = char
                return []
            return self._char(char)
        if char in OPENERS and self._hold in OPENERS and not self._outer:
            self._outer = True
            return []
        if char in OPENERS or char in "\r\n" or len(self._hold) >= LONGEST:
            return [*self._as_text(self._release()), *self._step(char)]
        self._hold += char
        if char not in CLOSERS:
            return []
        if numbers := self._read(self._hold):
            self._take(numbers)
            self._hold = ""
            return []
        year = _MARKER.fullmatch(self._hold)
        hold = self._release()
        return self._as_text(f"({year[1]})" if year else hold)

    def _release(self) -> str:
        """What was held, which turned out to be no marker."""
        hold, self._hold = ("[" if self._outer else "") + self._hold, ""
        self._outer = False
        return hold

    def _read(self, bracket: str) -> list[int] | None:
        """The numbers of a marker; None if this bracket is ordinary text."""
        if not (match := _MARKER.fullmatch(bracket)):
            return None
        numbers: list[int] = []
        for first, last in _RANGE.findall(match[1]):
            a, b = int(first), int(last or first)
            numbers += range(a, b + 1) if a <= b <= a + 50 else dict.fromkeys((a, b))
        numbers = [n for n in numbers if n in self._known or n <= LARGEST]
        return numbers or None

    def _take(self, numbers: list[int]) -> None:
        self._numbers += [n for n in numbers if n not in self._numbers]
        self._marker = self._touching = True
        if lead := _LEAD_IN.search(self._text, max(0, len(self._text) - 40)):
            self._text = self._text[: lead.start()]

    def _as_text(self, text: str) -> list[Marked]:
        return [done for char in text for done in self._char(char)]

    def _char(self, char: str) -> list[Marked]:
        if char.isspace():
            self._space, self._touching = True, False
            self._line = self._line or char in "\r\n\v\f\x85\u2028\u2029"
            return []
        if char in CLOSERS and self._outer and self._touching:
            self._outer = False
            return []
        done: list[Marked] = []
        if self._is_boundary(char):
            done = self._emit()
        elif self._text and self._space and not (self._touching and char in _AFTER_STOP):
            self._text += " "
        if not self._text and char in ",;:.":
            pass  # what stood between a marker at the start and the first word
        elif not (self._marker and char in ".。" and self._text.endswith(char)):
            self._text += char
        self._space = self._line = self._marker = self._touching = self._outer = False
        return done

    def _is_boundary(self, char: str) -> bool:
        bare = self._text.rstrip(_AFTER_STOP)
        if not bare or (char in _AFTER_STOP and (self._touching or not self._space)):
            return False
        if bare[-1] in _FULL_STOPS_EAST:
            return True
        if self._line:
            return bare[-1] in _STOPS or not char.islower()
        if bare[-1] not in _STOPS or not (self._space or self._marker) or char.islower() or char in ",;:":
            return False
        return self._marker or len(sentences(self._text[-80:] + " Xx")) > len(sentences(self._text[-80:]))

    def _emit(self, complete: bool = True) -> list[Marked]:
        text, numbers = self._text, tuple(self._numbers)
        self._text, self._numbers = "", []
        for pattern, new in _TIDY:
            text = pattern.sub(new, text)
        if _LEFT.search(text):  # "[[]2]" and the like
            text = text.translate(_NO_BRACKETS)
        text = text.strip()
        return [Marked(text, numbers, complete)] if text or numbers else []


def split_marked(text: str, known: Collection[int] = ()) -> Iterator[Marked]:
    """The sentences of a whole text, as `MarkerParser` gives them.

    >>> [m.numbers for m in split_marked("It rained.【1】 It snowed [^2][3-5].")]
    [(1,), (2, 3, 4, 5)]
    """
    parser = MarkerParser(known)
    yield from parser.feed(text)
    yield from parser.close()
