"""Markers: reads ``[n]`` out of text as it streams in, and hands over whole sentences.

A marker belongs to the sentence before it, or to the first sentence if none came before. What is
handed over holds no marker, whole or half, whatever chunks it came in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from index.sentences import sentences
from rag.marker_forms import (
    HALF,
    JOINER,
    LEAD_IN,
    RAISED,
    RAISED_JOINERS,
    named,
    raised,
    round_end,
    round_marker,
    span,
    square,
    without_saying,
    year,
)

LONGEST = 60

_NEAR = 80  # characters back that tell whether a sentence ends
_SOON = 6  # characters after which it is clear that no "and [2]" follows
_LETTER = re.compile(r"[a-z]\)\s")

_SQUARE, _ROUND = "[【［", "(（"
_CLOSERS = dict.fromkeys(_SQUARE, "]】］") | dict.fromkeys(_ROUND, ")）")
_LEFT = re.compile(r"[\[【［]\s*\^?\d[^\[\]【】［］]*[\]】］]")
_NO_BRACKETS = str.maketrans("", "", "[]【】［］")
_STOPS = ".!?…"
_FULL_STOPS_EAST = "。！？｡"
_AFTER_STOP = "\"'”’»›)]}*_`~」』"
_CUT = "\ue000"  # where words that led to a marker were, and a comma before them
_TIDY = (
    (re.compile(r"\(\s*\)|\[\s*\]|【\s*】"), ""),
    (re.compile(rf"{_CUT}\s?,(?=\s(?:and|but|or|nor|so|yet|while|which|who|where|whereas|although)\b)"), ","),
    (re.compile(rf"{_CUT}(?:\s?,)?"), ""),
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
        self._hold = ""  # from an opening bracket or a raised digit on: perhaps a marker
        self._text = ""  # the sentence so far
        self._numbers: list[int] = []
        self._mark_at = 0  # where in the text the last marker was
        self._item = 0  # the last number in parentheses that numbers a list
        self._soft = self._soft_count = 0  # where a sentence may have ended, and its markers up to there
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
        if self._hold and self._hold[0] in RAISED:
            done = self._end_raised()
        else:
            hold = self._release()
            done = [] if HALF.fullmatch(hold) else self._as_text(hold)
        stops = self._text[-_NEAR:].rstrip(_AFTER_STOP)[-1:] in (*_STOPS, *_FULL_STOPS_EAST)
        marked = bool(self._numbers) and not any(char.isalnum() for char in self._text[self._mark_at :])
        return [*done, *self._emit(complete=stops or marked)]

    def _step(self, char: str) -> list[Marked]:
        if not self._hold:
            if char in _CLOSERS or (char in RAISED and (self._marker or not self._space)):
                self._hold = char
                return []
            return self._char(char)
        if self._hold[0] in RAISED:
            if (char in RAISED or char in RAISED_JOINERS) and len(self._hold) < LONGEST:
                self._hold += char
                return []
            return [*self._end_raised(), *self._step(char)]
        if char in _SQUARE and self._hold in _SQUARE and not self._outer:
            self._outer = True
            return []
        if char in _CLOSERS or char in "\r\n" or len(self._hold) >= LONGEST:
            return [*self._as_text(self._release()), *self._step(char)]
        self._hold += char
        return self._end_bracket() if char in _CLOSERS[self._hold[0]] else []

    def _end_bracket(self) -> list[Marked]:
        numbers = self._read(self._hold)
        if numbers is not None:
            self._hold = ""
            self._take(numbers)
            return []
        hold = self._release()
        return self._as_text((year(hold) if hold[0] in _SQUARE else None) or hold)

    def _end_raised(self) -> list[Marked]:
        hold = self._release()
        run = hold.rstrip(RAISED_JOINERS)
        if numbers := raised(run, self._text, self._known):
            self._take(numbers)
            hold = hold[len(run) :]
        return self._as_text(hold)

    def _release(self) -> str:
        """What was held, which turned out to be no marker."""
        hold, self._hold = ("[" if self._outer else "") + self._hold, ""
        self._outer = False
        return hold

    def _read(self, bracket: str) -> Sequence[int] | None:
        """The numbers of a marker; None if this bracket is ordinary text."""
        if bracket[0] in _SQUARE:
            return square(bracket, self._known)
        if not (found := round_marker(bracket, self._known)):
            return None
        numbers, is_named = found
        if is_named or (self._marker and not self._line):
            return numbers
        if self._is_item(numbers[0]):
            self._item = numbers[0]
            return None
        return numbers if self._ends() else None  # before the full stop: see round_end

    def _is_item(self, number: int) -> bool:
        """Whether "(2)" numbers what follows."""
        return not self._text or (number == self._item + 1 and (number > 1 or self._line))

    def _take(self, numbers: Sequence[int]) -> None:
        between = self._text[self._mark_at :]
        if self._numbers and JOINER.fullmatch(between):
            self._text, self._soft = self._text[: self._mark_at], 0
            if numbers and between.strip() in ("-", "–", "—"):
                numbers = [*span(self._numbers[-1], numbers[0]), *numbers[1:]]
        self._numbers += [n for n in dict.fromkeys(numbers) if n not in self._numbers]
        self._marker = self._touching = True
        if lead := LEAD_IN.search(self._text, max(0, len(self._text) - 60)):
            self._text = self._text[: lead.start()] + (_CUT if (lead[1] or lead[2]) and lead.start() else "")
        self._text = self._text.removesuffix("^").rstrip()
        self._mark_at = len(self._text)

    def _as_text(self, text: str) -> list[Marked]:
        return [done for char in text for done in self._char(char)]

    def _char(self, char: str) -> list[Marked]:
        if char.isspace():
            self._space, self._touching = True, False
            self._line = self._line or char in "\r\n\v\f\x85\u2028\u2029"
            return []
        if char in "]】］" and self._outer and self._touching:
            self._outer = False
            return []
        done = self._split() if 0 < self._soft < len(self._text) - _SOON else []
        if self._is_boundary(char):
            done += self._emit()
        elif self._may_end(char):
            self._soft, self._soft_count = len(self._text), len(self._numbers)
        if self._text and self._space and not (self._touching and char in _AFTER_STOP):
            self._text += " "
        if not self._text and char in ",;:.":
            pass  # what stood between a marker at the start and the first word
        elif not (self._marker and char in ".。" and self._text.endswith(char)):
            self._text += char
        self._space = self._line = self._marker = self._touching = self._outer = False
        return done

    def _is_boundary(self, char: str) -> bool:
        bare = self._text[-_NEAR:].rstrip(_AFTER_STOP)
        if not bare or (char in _AFTER_STOP and (self._touching or not self._space)):
            return False
        if bare[-1] in _FULL_STOPS_EAST:
            return True
        if self._line:
            return bare[-1] in _STOPS or not char.islower()
        if bare[-1] not in _STOPS or not (self._space or self._marker) or char.islower() or char in ",;:":
            return False
        return self._marker or self._ends("0" if char.isdecimal() else "Xx")

    def _may_end(self, char: str) -> bool:
        """Whether a sentence ends here although the next begins with a small letter."""
        if not (char.islower() and self._marker):
            return False
        return self._line or (self._text[-1:] == "." and self._text[-2:] != ".." and self._ends())

    def _split(self) -> list[Marked]:
        """The sentence that ended where one might have ended, now that it is clear."""
        at, count, self._soft = self._soft, self._soft_count, 0
        rest = self._text[at:].lstrip()
        if not (self._text[at - 1] == "." or _LETTER.match(rest)):
            return []
        numbers, mark_at = self._numbers[count:], max(0, self._mark_at - (len(self._text) - len(rest)))
        self._text, self._numbers = self._text[:at], self._numbers[:count]
        done = self._emit()
        self._text, self._numbers, self._mark_at = rest, numbers, mark_at
        return done

    def _ends(self, word: str = "Xx") -> bool:
        """Whether the text so far is a whole sentence if ``word`` comes next."""
        text = self._text[-_NEAR:]
        bare = text.rstrip(_AFTER_STOP)
        return (
            bool(bare)
            and bare[-1] in (*_STOPS, *_FULL_STOPS_EAST)
            and (bare[-1] in _FULL_STOPS_EAST or len(sentences(f"{text} {word}")) > len(sentences(text)))
        )

    def _emit(self, complete: bool = True) -> list[Marked]:
        done = self._split() if self._soft else []
        text, found = named(self._text, self._known)
        numbers = [*found, *self._numbers]
        text, found = round_end(without_saying(text), numbers, self._known)
        numbers += found
        self._text, self._numbers, self._mark_at = "", [], 0
        for pattern, new in _TIDY:
            text = pattern.sub(new, text)
        if _LEFT.search(text):  # "[[]2]" and the like
            text = text.translate(_NO_BRACKETS)
        text = text.strip()
        marked = Marked(text, tuple(dict.fromkeys(numbers)), complete or bool(found))
        return [*done, marked] if text or numbers else done


def split_marked(text: str, known: Collection[int] = ()) -> Iterator[Marked]:
    """The sentences of a whole text, as `MarkerParser` gives them.

    >>> [m.numbers for m in split_marked("It rained.【1】 It snowed [^2][3-5].")]
    [(1,), (2, 3, 4, 5)]
    """
    parser = MarkerParser(known)
    yield from parser.feed(text)
    yield from parser.close()
