"""Candidate: one answer to a question, with every passage in which the reader found it.

A single passage easily misleads a reader; the same answer found by several newsrooms seldom does. So spans
that say the same are weighed together, one voice for each origin, with how near and how recent their passages
are, and whether they are of the kind that the question wants. The weights make the right answer likeliest among
the candidates of a question (a softmax over them), over the questions of RealTimeQA 2023h2:

    python -m eval.benchmarks.fit_candidates
"""

from __future__ import annotations

import math
import re
import string
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from rag.compose import is_prose, sentence_at
from rag.expected import capitals, expected, has_figure
from rag.kinds import of_kind
from rag.reader import Span
from rag.retrieve import Reading
from rag.words import STOPWORDS, normalise

SPANS = 3  # of each passage
LEAD_CHARS = 1500
CHANCE_WEIGHT = 0.3  # of the logarithm of a passage's answers' chances, against its retrieval score
FEW = 2  # origins, below which no newsroom can confirm another: the reader counts for more
ALONE = 4.0  # there, of its score, added to what the traits are worth
NEARLY = 0.35  # of the chance of a surname, for which its full form is shown instead

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


WEIGHTS = Traits(
    score=0.379,
    behind=0.341,
    voices=0.422,
    origins=-0.153,
    near=-0.089,
    nearest=1.198,
    told=-0.099,
    length=-0.396,
    sentence=0.086,
    prose=-0.098,
    second=-0.124,
    alike=1.808,
    figure=0.718,
    name=0.189,
    no_name=-0.030,
    fresh=2.016,
    mentions=0.408,
    lead=0.772,
    kind=1.967,
    told_all=0.561,
)


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


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer: its places, one an origin, the best first.

    ``worth`` is the sum of its weighed traits; ``chance`` its share among the candidates, 0..1.
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


def candidates(
    question: str, readings: Sequence[Reading], weights: Sequence[float] = astuple(WEIGHTS)
) -> list[Candidate]:
    """The different answers that some readings give, the likeliest first."""
    groups, measured = traits(question, readings)
    if not groups:
        return []
    scores = [sum(w * t for w, t in zip(weights, astuple(each), strict=True)) for each in measured]
    if len({reading.evidence.origin for reading in readings}) < FEW:
        likely = [score + ALONE * each.score for score, each in zip(scores, measured, strict=True)]
    else:
        likely = scores
    top = max(likely)
    total = sum(math.exp(each - top) for each in likely)
    found = [
        Candidate(tuple(_voices(group)), score, math.exp(each - top) / total)
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


def by_answer(readings: Sequence[Reading], ranked: Sequence[Candidate]) -> list[Reading]:
    """Readings in the order of their answers, one of each; then the others as they are.

    Of an answer's passages the first is the one that retrieval and all likely answers speak for most.
    """
    chances: dict[int, float] = defaultdict(float)
    for each in ranked:
        for place in each.places:
            chances[id(place.reading)] += each.chance

    def support(reading: Reading) -> float:
        return reading.evidence.score + CHANCE_WEIGHT * math.log(chances[id(reading)] + 1e-4)

    best = [max((place.reading for place in each.places), key=support) for each in ranked]
    first = {id(reading): reading for reading in best}
    return [*first.values(), *(reading for reading in readings if id(reading) not in first)]


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
        (math.exp((reading.evidence.score - 1.2) / 0.15), f" {same(_whole(reading))} ")
        for reading in readings
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
        voices = _voices(groups[said])
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


def _voices(group: Sequence[Place]) -> list[Place]:
    """The best place of each origin."""
    found: dict[str, Place] = {}
    for place in group:
        found.setdefault(place.reading.evidence.origin, place)
    return list(found.values())


def _whole(reading: Reading) -> str:
    return f"{reading.evidence.article.title} {reading.evidence.passage.text}"


def _telling(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - STOPWORDS
