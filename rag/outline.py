"""Outline: what the news of a subject is, in sentences of many articles: an overview, or a timeline."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.articles import DateRange
from index.encoder import Encoder
from rag.compose import claim, is_prose, leans, whole_sentences
from rag.evidence import Claim, Evidence, Quote

PASSAGES = 48  # whose sentences are weighed, at most
ALIKE = 0.8  # cosine from which two sentences tell the same
CLOSE = 0.7  # of the best sentence's likeness to the subject: what is further off is not told
LEAD = 0.12  # of likeness, for the first words of an article, less from there on: the news is told first
LEAD_CHARS = 1000
FRESH = 0.1  # of likeness, for what was told on the day of asking
FRESH_DAYS = 14.0
A_STRETCH = 2  # sentences of one stretch of a timeline
_LEAST, _MOST = 40, 420  # characters of a sentence that tells something by itself

Order = Literal["newest", "oldest", "nearest"]


@dataclass(frozen=True, slots=True)
class _Line:
    quote: Quote
    day: dt.date
    likeness: float
    worth: float
    vector: np.ndarray[tuple[int], np.dtype[np.float32]]


def outline(
    subject: str,
    evidence: Sequence[Evidence],
    encoder: Encoder,
    *,
    order: Order = "newest",
    most: int = 6,
    least: float = 0.0,
    stretches: Sequence[DateRange] = (),
    only: Callable[[str], bool] = bool,
) -> list[Claim]:
    """The sentences nearest to a subject, none repeating another.

    None is further from it than the cosine ``least``. With ``stretches`` of days each has its best sentence
    told before any has a second, and none has a third, so that no week crowds out the others.
    ``only`` says which sentences count. Headings, questions and lines that lead to another page never do.
    Empty if there is no sentence.
    """
    fresh = 0.0 if order == "oldest" else FRESH
    lines = _weighed(subject, evidence[:PASSAGES], encoder, only, fresh)
    floor = max(least, CLOSE * max((line.likeness for line in lines), default=0.0))
    lines = sorted((line for line in lines if line.likeness >= floor), key=lambda line: -line.worth)
    kept: list[_Line] = []
    for share in range(1, A_STRETCH + 1) if stretches else [most]:
        for line in lines:
            within = next((days for days in stretches if line.day in days), None)
            crowded = within is not None and sum(other.day in within for other in kept) >= share
            told = any(float(line.vector @ other.vector) >= ALIKE for other in kept)
            if len(kept) < most and not crowded and not told:
                kept.append(line)
    if order != "nearest":
        kept.sort(key=lambda each: (each.day, -each.worth), reverse=order == "newest")
    return [claim(line.quote) for line in kept]


def _weighed(
    subject: str, evidence: Sequence[Evidence], encoder: Encoder, only: Callable[[str], bool], fresh: float
) -> list[_Line]:
    """The sentences of the passages, each once, with what they are worth beside their likeness to the subject."""
    quotes: list[tuple[Quote, float]] = []
    told: set[str] = set()
    for each in evidence:
        new = fresh * math.exp(-each.age / FRESH_DAYS)
        some = [quote for quote in _sentences(each) if quote.text not in told and only(quote.text)]
        told |= {quote.text for quote in some}
        quotes += [(quote, new + _lead(quote)) for quote in some]
    if not quotes:
        return []
    asked, *vectors = encoder.encode([subject, *(" ".join(quote.text.split()) for quote, _ in quotes)])
    lines = []
    for (quote, more), vector in zip(quotes, vectors, strict=True):
        likeness = float(vector @ asked)
        lines.append(_Line(quote, quote.article.date or dt.date.min, likeness, likeness + more, vector))
    return lines


def _lead(quote: Quote) -> float:
    return LEAD * max(0.0, 1 - (quote.start - quote.article.body_start) / LEAD_CHARS)


def _sentences(evidence: Evidence) -> list[Quote]:
    """The sentences of a passage that tell something by themselves."""
    shift = evidence.passage.start
    quotes = [
        Quote(evidence.article, shift + a, shift + b) for a, b in whole_sentences(evidence.passage.text)
    ]
    return [quote for quote in quotes if is_telling(quote.text) and not leans(quote)]


def is_telling(sentence: str) -> bool:
    """Whether a sentence tells something by itself, and not at too great a length."""
    return _LEAST <= len(sentence) <= _MOST and is_prose(sentence)


def parts(days: DateRange, as_of: dt.date | None, most: int = 8) -> list[DateRange]:
    """A range of days in up to ``most`` stretches of equal length; none if it has no beginning or end.

    >>> [str(part.since) for part in parts(DateRange(dt.date(2023, 11, 1)), dt.date(2023, 11, 4), 2)]
    ['2023-11-01', '2023-11-03']
    """
    first, last = days.since, min(filter(None, (days.until, as_of)), default=None)
    if first is None or last is None or last < first:
        return []
    length = -(-((last - first).days + 1) // most)
    starts = range(0, (last - first).days + 1, length)
    one = dt.timedelta(1)
    return [DateRange(first + start * one, min(last, first + (start + length - 1) * one)) for start in starts]
