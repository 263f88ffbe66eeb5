"""Candidate: one answer to a question, with every passage in which the reader found it.

A single passage easily misleads a reader; the same answer found by several newsrooms seldom does. So spans
that say the same are weighed together, one voice for each origin, with how near and how recent their passages
are, and whether they are of the kind that the question wants (``rag.traits``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from rag.expected import expected
from rag.retrieve import Reading
from rag.traits import USUAL, WEIGHTS, Place, Weights, same, traits, voices_of

FEW = 2  # origins, below which no newsroom can confirm another: the reader counts for more
ALONE = 4.0  # there, of its score, added to what the traits are worth
NEARLY = 0.35  # of the chance of a surname, for which its full form is shown instead


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer: its places, one an origin, the best first.

    ``worth`` is the sum of its weighed traits, 0 for a usual candidate whatever the kind of answer wanted;
    ``chance`` its share among the candidates, 0..1.
    """

    places: tuple[Place, ...]
    worth: float
    chance: float

    @property
    def reading(self) -> Reading:
        """Its best reading, with its own span first."""
        best = self.places[0]
        others = (span for span in best.reading.spans if span is not best.span)
        return replace(best.reading, spans=(best.span, *others))


def candidates(question: str, readings: Sequence[Reading], weights: Weights = WEIGHTS) -> list[Candidate]:
    """The different answers that some readings give, the likeliest first."""
    groups, measured = traits(question, readings)
    if not groups:
        return []
    own = astuple(weights[expected(question)])
    usual = astuple(USUAL)
    scores = [
        sum(w * (t - u) for w, t, u in zip(own, astuple(each), usual, strict=True)) for each in measured
    ]
    if len({reading.evidence.origin for reading in readings}) < FEW:
        likely = [score + ALONE * each.score for score, each in zip(scores, measured, strict=True)]
    else:
        likely = scores
    top = max(likely)
    total = sum(math.exp(each - top) for each in likely)
    found = [
        Candidate(tuple(voices_of(group)), score, math.exp(each - top) / total)
        for group, score, each in zip(groups, scores, likely, strict=True)
    ]
    return _full_name_first(sorted(found, key=lambda each: -each.chance))


def _full_name_first(ranked: list[Candidate]) -> list[Candidate]:
    """ "Kevin McCarthy" before a mere "McCarthy", if that is nearly as likely by itself; it gets the chance of both."""
    best = ranked[0].places[0].span.text
    for at, each in enumerate(ranked[1:], 1):
        if each.chance >= NEARLY * ranked[0].chance and is_full_name(each.places[0].span.text, best):
            first = replace(each, chance=each.chance + ranked[0].chance)
            return [first, *ranked[:at], *ranked[at + 1 :]]
    return ranked


def is_full_name(name: str, word: str) -> bool:
    """Whether a name of two or three words is the full form of a single one.

    >>> is_full_name("Kevin McCarthy", "McCarthy"), is_full_name("Expo City, Dubai", "Dubai")
    (True, False)
    """
    parts = name.split()
    return (
        word[:1].isupper()
        and len(word.split()) == 1
        and 1 < len(parts) <= 3
        and same(parts[-1]) == same(word)
        and all(part[:1].isupper() and part[-1] != "," for part in parts)
    )
