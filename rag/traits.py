"""Traits: what speaks for and against each answer that a reader found.

Spans that say the same are one candidate. The weights make the right answer likeliest among the candidates of a
question (a softmax over them), over questions of RealTimeQA up to 2023, by the kind of answer that is wanted:

    python -m eval.benchmarks.fit_candidates
"""

from __future__ import annotations

import math
import re
import string
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from rag.compose import is_prose, sentence_at
from rag.expected import Kind, capitals, expected, has_figure
from rag.kinds import of_kind
from rag.reader import Span
from rag.retrieve import Reading
from rag.words import STOPWORDS, normalise

SPANS = 3  # of each passage
LEAD_CHARS = 1500

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Traits:
    """What speaks for and against a candidate. Logits are the reader's, divided by 4.

    ``score``: the best logit; ``behind``: how far that lies behind the best of all candidates; ``voices``: the
    logits of all its origins, added up as exponentials; ``origins``: the logarithm of their number; ``near``
    and ``nearest``: retrieval score of the passage with the best logit, and the best of all; ``told``: how much
    of the answer the question says itself; ``length``: logarithm of its words; ``sentence``: share of the
    question's words in the sentence; ``prose``: whether that is one, and no heading; ``second``: 1 if it is not
    its passage's best; ``alike``: support of candidates that hold it or that it holds; ``figure``: whether
    there is one where one is wanted; ``name``: share of capitals where a name is wanted; ``no_name``: a figure
    there; ``fresh``: e to the power of minus its age in weeks; ``mentions``: passages that mention it, by their
    retrieval score; ``lead``: how near the beginning of an article it stands, at best, e to the power of minus
    its offset by 1,500; ``kind``: whether it is what the question names ("which country"), a half for and against;
    ``told_all``: whether the question says all of it.
    """

    score: float
    behind: float
    voices: float
    origins: float
    near: float
    nearest: float
    told: float
    length: float
    sentence: float
    prose: float
    second: float
    alike: float
    figure: float
    name: float
    no_name: float
    fresh: float
    mentions: float
    lead: float
    kind: float
    told_all: float


Weights = Mapping[Kind, Traits]
"""What each trait counts, by the kind of answer that a question wants."""


def by_kind(**rows: tuple[float, float, float, float]) -> Weights:
    """Weights from one row for each trait, with a column for each kind."""
    return {
        kind: Traits(**{name: row[at] for name, row in rows.items()})
        for at, kind in enumerate(get_args(Kind))
    }


WEIGHTS = by_kind(  # figure, date, name, other
    score=(0.182, 0.269, 0.216, 0.237),
    behind=(0.148, 0.218, 0.175, 0.192),
    voices=(1.077, 1.155, 1.150, 1.140),
    origins=(-0.311, -0.528, -0.611, -0.423),
    near=(0.279, 0.567, 1.124, 0.482),
    nearest=(0.288, 0.293, 0.587, 0.440),
    told=(-0.175, -0.615, -0.452, -0.093),
    length=(-0.280, -0.255, -0.387, -0.243),
    sentence=(0.833, 0.256, 0.990, -0.032),
    prose=(-0.318, -0.105, -0.328, 0.196),
    second=(0.168, 0.114, -0.001, -0.137),
    alike=(1.012, 2.004, 1.791, 2.291),
    figure=(1.155, 1.060, 1.060, 1.060),
    name=(0.076, 0.076, 0.083, 0.076),
    no_name=(-0.190, -0.190, -0.207, -0.190),
    fresh=(2.053, 2.552, 3.169, 2.770),
    mentions=(0.393, 0.424, 0.509, 0.516),
    lead=(0.749, 0.725, 1.559, 0.700),
    kind=(1.707, 2.046, 2.225, 1.999),
    told_all=(1.120, 0.443, 0.782, 0.753),
)

USUAL = Traits(
    score=-2.257,
    behind=-2.777,
    voices=-2.199,
    origins=0.090,
    near=0.832,
    nearest=0.839,
    told=0.067,
    length=0.546,
    sentence=0.175,
    prose=0.873,
    second=0.658,
    alike=0.037,
    figure=-0.008,
    name=0.220,
    no_name=0.033,
    fresh=0.174,
    mentions=-1.857,
    lead=0.302,
    kind=-0.078,
    told_all=0.027,
)
"""The mean over the candidates of those questions: from these on, traits speak for a candidate or against it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate was found."""

    reading: Reading
    span: Span

    @property
    def offset(self) -> int:
        """Characters of the article before it."""
        article, passage = self.reading.evidence.article, self.reading.evidence.passage
        return max(0, passage.start + self.span.start - article.body_start)


def traits(question: str, readings: Sequence[Reading]) -> tuple[list[list[Place]], list[Traits]]:
    """The places of each candidate, best first, and its traits."""
    groups: dict[str, list[Place]] = defaultdict(list)
    for reading in readings:
        for span in reading.spans[:SPANS]:
            if said := same(span.text):
                groups[said].append(Place(reading, span))
    for group in groups.values():
        group.sort(key=lambda place: -place.span.score)
    top = max((group[0].span.score for group in groups.values()), default=0.0)
    texts = [
        (math.exp((reading.evidence.score - 1.2) / 0.15), f" {same(whole(reading))} ") for reading in readings
    ]
    weigh = _Weighing(question, top, texts)
    return list(groups.values()), [weigh(said, groups) for said in groups]


def same(answer: str) -> str:
    """An answer without case, articles and punctuation: what makes two spans one candidate.

    >>> same("The “Squid Game”") == same("squid game")
    True
    """
    plain = normalise(answer).lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", plain).split())


class _Weighing:
    """What all candidates of a question are measured against."""

    def __init__(self, question: str, top: float, texts: Sequence[tuple[float, str]]) -> None:
        self._wanted = expected(question)
        self._is_of_kind = of_kind(question)
        self._asked = frozenset(same(question).split())
        self._telling = _telling(question)
        self._top = top
        self._texts = texts

    def __call__(self, said: str, groups: dict[str, list[Place]]) -> Traits:
        best, words = groups[said][0], said.split()
        voices = voices_of(groups[said])
        text, around = best.span.text, self._around(best)
        return Traits(
            score=best.span.score / 4,
            behind=(best.span.score - self._top) / 4,
            voices=math.log(sum(math.exp(max(-30.0, place.span.score) / 4) for place in voices)),
            origins=math.log(len(voices)),
            near=best.reading.evidence.score,
            nearest=max(place.reading.evidence.score for place in groups[said]),
            told=sum(word in self._asked for word in words) / len(words),
            length=math.log(len(words)),
            sentence=len(self._telling & _telling(around)) / max(1, len(self._telling)),
            prose=float(is_prose(around)),
            second=float(best.span is not best.reading.spans[0]),
            alike=math.log1p(self._alike(said, groups)),
            figure=(has_figure(text) - 0.5) if self._wanted == "figure" else 0.0,
            name=capitals(text) if self._wanted == "name" else 0.0,
            no_name=float(has_figure(text)) if self._wanted == "name" else 0.0,
            fresh=math.exp(-min(place.reading.evidence.age for place in groups[said]) / 7),
            mentions=math.log(0.01 + sum(near for near, other in self._texts if f" {said} " in other)),
            lead=max(math.exp(-place.offset / LEAD_CHARS) for place in groups[said]),
            kind=(self._is_of_kind(text) - 0.5) if self._is_of_kind else 0.0,
            told_all=float(all(word in self._asked for word in words)),
        )

    @staticmethod
    def _around(place: Place) -> str:
        """The sentence that holds a span."""
        return sentence_at(place.reading.evidence, place.span.start, place.span.end).text

    def _alike(self, said: str, groups: dict[str, list[Place]]) -> float:
        return sum(
            math.exp((group[0].span.score - self._top) / 3)
            for other, group in groups.items()
            if other != said and (f" {said} " in f" {other} " or f" {other} " in f" {said} ")
        )


def voices_of(group: Sequence[Place]) -> list[Place]:
    """The best place of each origin, of places that come best first."""
    found: dict[str, Place] = {}
    for place in group:
        found.setdefault(place.reading.evidence.origin, place)
    return list(found.values())


def whole(reading: Reading) -> str:
    """The text in which an answer counts as mentioned: title and passage."""
    return f"{reading.evidence.article.title} {reading.evidence.passage.text}"


def _telling(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - STOPWORDS
