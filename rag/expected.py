"""Expected: what kind of answer a question wants, and whether some words are of that kind."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["figure", "date", "name", "other"]

_FIGURE = re.compile(
    r"\bhow (?:many|much|long|old|far|tall|big|high)\b|\bhow \w+ .*\b(?:cost|worth)\b"
    r"|\b(?:what|which) (?:percentage|number|amount|age|share|proportion)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|month|day)\b", re.IGNORECASE)
_NAME = re.compile(
    r"\b(?:who|whom|whose|where)\b|\b(?:which|what) (?:\w+[ -]){0,3}(?:country|countries|city|state|town|nation|"
    r"continent|region|place|island|county|company|team|party|actor|singer|artist|band|film|movie|book|show|airline|"
    r"brand|newspaper|magazine|university|club|politician|president|star|player|author|song|series|retailer|bank|"
    r"firm|app)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE)


def expected(question: str) -> Kind:
    """What kind of answer a question wants.

    >>> [expected(q) for q in ("How many died?", "Which airline ended it?", "What did Kyiv recapture?")]
    ['figure', 'name', 'other']
    """
    if _FIGURE.search(question):
        return "figure"
    if _DATE.search(question):
        return "date"
    return "name" if _NAME.search(question) else "other"


def has_figure(answer: str) -> bool:
    """Whether an answer holds a figure, in digits or up to ten in words."""
    return bool(_DIGIT.search(answer))


def capitals(answer: str) -> float:
    """The share of an answer's words that begin with a capital, 0..1.

    >>> capitals("Bank of England"), capitals("")
    (0.6666666666666666, 0.0)
    """
    words = answer.split()
    return sum(word[0].isupper() for word in words) / len(words) if words else 0.0
