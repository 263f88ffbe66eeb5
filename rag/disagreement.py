"""Disagreement: good passages that give another figure for the same thing.

A count that rises from one day to the next, or that two newsrooms report otherwise, is news in itself: both are
shown with their days, the newest first, and it is left to the reader which to believe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.candidates import Candidate
from rag.expected import expected

SHARE = 0.3  # of the best answer's chance: what is less likely is a slip of the reader, not a rival
MOST = 3

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = {
    word: str(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
}
_UNIT = re.compile(r"[$£€%]|[a-z]{3,}", re.IGNORECASE)
_NO_UNIT = frozenset(
    ["the", "than", "least", "more", "about", "some", "around", "nearly", "almost", "over", "other"]
)


def rivals(question: str, best: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that give another figure of the same unit than the best one, from other origins.

    Empty unless the question asks for a figure and the best answer holds one.
    """
    if expected(question) != "figure" or not (mine := figures(best.reading.best.text)):
        return []
    origins = {place.reading.evidence.origin for place in best.places}
    found = [
        each
        for each in ranked
        if each is not best
        and each.chance >= SHARE * best.chance
        and each.reading.best.score > 0
        and (theirs := figures(each.reading.best.text))
        and not mine & theirs
        and _units(best) & _units(each)
        and not origins & {place.reading.evidence.origin for place in each.places}
    ]
    return found[:MOST]


def newest_first(answers: Sequence[Candidate]) -> list[Candidate]:
    """Answers by the day of their best passage; undated ones last."""
    return sorted(answers, key=lambda each: each.reading.evidence.age)


def difference(answers: Sequence[Candidate]) -> str:
    """What the articles say, for the user: each figure with its day."""
    parts = []
    for each in answers:
        day = each.reading.evidence.article.date
        parts.append(f"“{each.reading.best.text}”" + (f" ({day})" if day else ""))
    return f"the articles differ: {', '.join(parts)}"


def figures(text: str) -> set[str]:
    """The figures in some words, small ones in words as digits.

    >>> sorted(figures("at least 1,200 of twelve"))
    ['12', '1200']
    """
    digits = {match.group().replace(",", "") for match in _FIGURE.finditer(text)}
    return digits | {_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDS}


def _units(answer: Candidate) -> set[str]:
    """What an answer counts: the words of the span, and the one after it."""
    span, text = answer.reading.best, answer.reading.evidence.passage.text
    after = " ".join(text[span.end : span.end + 40].split()[:1])
    words = {word.lower().rstrip("s") for word in _UNIT.findall(f"{span.text} {after}")}
    return words - _NO_UNIT - set(_WORDS)
