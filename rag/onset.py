"""Onset: the day from which a timeline runs, where the question names an event instead of a date.

"since McCarthy was ousted" begins on the day on which the archive first tells of that.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.evidence import Evidence

NEAR = 0.9  # of the best passage's cosine: what is about as close tells of the event too
WITHIN_DAYS = 7  # a second telling within so many days confirms a day

_SINCE = re.compile(
    r"^(?P<subject>.*?)[\s,]*\b(?:(?:ever\ )?since|after|following|between)\s+"
    r"(?P<event>\S.{4,}?)(?P<end>\s+and\s+.*)?\s*$",
    re.IGNORECASE | re.VERBOSE,
)
_BETWEEN = re.compile(r"\bbetween\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Onset:
    """What a timeline is about, and the event that it begins with."""

    subject: str
    event: str


def onset(subject: str) -> Onset | None:
    """The event that a timeline is to begin with; None if it names none.

    >>> onset("the House since McCarthy was ousted as speaker")
    Onset(subject='the House', event='McCarthy was ousted as speaker')
    >>> onset("George Santos between the ethics report and his expulsion").event
    'the ethics report'
    """
    match = _SINCE.match(subject)
    if match is None:
        return None
    end = "" if _BETWEEN.search(subject) else match["end"] or ""
    return Onset(match["subject"], match["event"] + end)


def first_told(found: Sequence[tuple[Evidence, float]]) -> dt.date | None:
    """The day on which passages, each with its cosine to an event, first tell of it; None without dates.

    It is the earliest day of the closest passages that another of them confirms, or else the closest one's.
    """
    dated = [(cosine, each.article.date) for each, cosine in found if each.article.date]
    if not dated:
        return None
    best, closest = max(dated)
    days = sorted(day for cosine, day in dated if cosine >= NEAR * best)
    confirmed = (a for a, b in pairwise(days) if (b - a).days <= WITHIN_DAYS)
    return next(confirmed, closest)
