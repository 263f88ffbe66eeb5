"""Outline: what the news of a subject is, in sentences of many articles: an overview, or a timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.articles import DateRange
from index.encoder import Encoder
from index.passages import sentences
from rag.compose import claim, is_prose, leans
from rag.evidence import Claim, Evidence, Quote

PASSAGES = 48  # whose sentences are weighed, at most
ALIKE = 0.8  # cosine from which two sentences tell the same
CLOSE = 0.7  # of the best sentence's likeness to the subject: what is further off is not told
LEAD = 0.06  # of likeness, for a sentence near the beginning of its article: there the news is told
LEAD_CHARS = 700
A_STRETCH = 2  # sentences of one stretch of a timeline
_LEAST, _MOST = 40, 420  # characters of a sentence that tells something by itself

Order = Literal["newest", "oldest", "nearest"]


@dataclass(frozen=True, slots=True)
class _Line:
    quote: Quote
    day: dt.date
    likeness: float
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
    """The sentences nearest to a subject, at most one a passage and none that repeats another.

    None is further from it than the cosine ``least``. At most two are told of each of the ``stretches`` of
    days, so that no week crowds out the others.
    ``only`` says which sentences count. Headings, questions and lines that lead to another page never do.
    Empty if there is no sentence.
    """
    lines = _nearest(subject, evidence[:PASSAGES], encoder, only)
    kept: list[_Line] = []
    floor = max(least, CLOSE * max((line.likeness for line in lines), default=0.0))
    for line in sorted(lines, key=lambda each: -each.likeness):
        if len(kept) == most or line.likeness < floor:
            break
        within = next((days for days in stretches if line.day in days), None)
        crowded = within is not None and sum(other.day in within for other in kept) >= A_STRETCH
        if not crowded and all(float(line.vector @ other.vector) < ALIKE for other in kept):
            kept.append(line)
    if order != "nearest":
        kept.sort(key=lambda each: (each.day, -each.likeness), reverse=order == "newest")
    return [claim(line.quote) for line in kept]


def _nearest(
    subject: str, evidence: Sequence[Evidence], encoder: Encoder, only: Callable[[str], bool]
) -> list[_Line]:
    """The sentence of each passage that is nearest to the subject; each sentence once."""
    quotes: list[list[Quote]] = []
    told: set[str] = set()
    for each in evidence:
        some = [quote for quote in _sentences(each) if quote.text not in told and only(quote.text)]
        told |= {quote.text for quote in some}
        quotes.append(some)
    flat = [quote for some in quotes for quote in some]
    if not flat:
        return []
    asked, *vectors = encoder.encode([subject, *(" ".join(quote.text.split()) for quote in flat)])
    coming = iter(vectors)
    lines = []
    for some in quotes:
        measured = [(quote, vector) for quote, vector in zip(some, coming, strict=False)]
        if measured:
            likeness, quote, vector = max(
                ((float(vector @ asked) + _lead(quote), quote, vector) for quote, vector in measured),
                key=lambda each: each[0],
            )
            lines.append(_Line(quote, quote.article.date or dt.date.min, likeness, vector))
    return lines


def _lead(quote: Quote) -> float:
    return LEAD if quote.start - quote.article.body_start < LEAD_CHARS else 0.0


def _sentences(evidence: Evidence) -> list[Quote]:
    """The sentences of a passage that tell something by themselves."""
    shift = evidence.passage.start
    quotes = [Quote(evidence.article, shift + a, shift + b) for a, b in sentences(evidence.passage.text)]
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
