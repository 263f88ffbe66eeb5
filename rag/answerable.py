"""Answerability: how likely the reader's best span really answers the question.

The reader alone is too easily pleased: asked about drones over Kyiv, it is glad of drones over
Belgorod. So its score is weighed together with whether the passage speaks of the question's names,
and how close passage and sentence are in meaning, in a logistic regression. The weights are those of XQuAD English
alone, with questions whose passage was taken away and questions with a name exchanged as the unanswerable ones.

    python -m eval.benchmarks.fit_abstention

fits them on that and on news questions together. The weights that come out know more about large archives of
news and less about a handful of articles, so they are not used yet (eval/LOG.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from index.encoder import Encoder
from rag.candidates import Candidate
from rag.compose import sentence_at
from rag.mismatch import other_place
from rag.names import Name, missing_names, names, unspoken
from rag.retrieve import Reading

ANSWER_FROM = 0.20
"""Confidence from which an answer is given: where answering the answerable and refusing the rest are
best together (Youden's J) on XQuAD."""

TOLERATED = ((0.1, 0.92), (0.2, 0.92), (0.3, 0.91), (0.4, 0.90), (0.5, 0.52))
"""Share of wrong answers among those given to 240 news questions over half a year of news, and the confidence
from which it is kept. Over a few articles fewer are wrong."""


def answer_from(tolerated_error: float | None) -> float:
    """The confidence from which to answer so that no more than this share of the answers is wrong.

    On straight lines between the shares of ``TOLERATED``; None gives the default.

    >>> answer_from(None) == ANSWER_FROM, answer_from(0.0), answer_from(0.1) > answer_from(0.3)
    (True, 1.0, True)
    """
    if tolerated_error is None:
        return ANSWER_FROM
    shares, levels = zip((0.0, 1.0), *TOLERATED, (1.0, 0.0), strict=True)
    return float(np.interp(tolerated_error, shares, levels))


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against an answer.

    ``score``: the reader's logit over none, -12..12, divided by 4. ``missing``: names and figures of
    the question that the passage lacks; ``any_missing``: 1 if there are any. ``passage`` and
    ``sentence``: cosine of the question with the passage and with the sentence that holds the span. ``chance``:
    the answer's share among the candidates; ``origins``: logarithm of the number of origins that give it.
    ``size``: decimal logarithm of the number of passages in the archive: among many, one that merely looks right is
    more likely; ``size_score``, ``size_chance``: what score and chance tell besides, in so large an archive.
    """

    score: float
    missing: float
    any_missing: float
    passage: float
    sentence: float
    chance: float
    origins: float
    size: float
    size_score: float
    size_chance: float


WEIGHTS = Signs(
    score=0.941,
    missing=-1.345,
    any_missing=-0.946,
    passage=0.906,
    sentence=2.747,
    chance=0.0,
    origins=0.0,
    size=0.0,
    size_score=0.0,
    size_chance=0.0,
)
BIAS = -2.703


def signs(question: str, answers: Sequence[Candidate], encoder: Encoder, passages: int) -> list[Signs]:
    """Measure the signs of each answer, in order, that was found in an archive of so many passages."""
    readings = [answer.reading for answer in answers]
    sentences = [sentence_at(each.evidence, each.best.start, each.best.end).text for each in readings]
    asked, *told = encoder.encode([question, *sentences])
    named = names(question)
    return [
        _measured(answer, unspoken(named, _seen(reading)), float(asked @ vector), passages)
        for answer, reading, vector in zip(answers, readings, told, strict=True)
    ]


def _measured(answer: Candidate, missing: Sequence[Name], likeness: float, passages: int) -> Signs:
    reading = answer.reading
    size, score = math.log10(max(1, passages)), max(-12.0, min(12.0, reading.best.score)) / 4
    return Signs(
        score=score,
        missing=float(len(missing)),
        any_missing=float(bool(missing)),
        passage=reading.dense,
        sentence=likeness,
        chance=answer.chance,
        origins=math.log(len(answer.places)),
        size=size,
        size_score=size * score,
        size_chance=size * answer.chance,
    )


def _seen(reading: Reading) -> str:
    """The text in which a question's names are looked for."""
    return f"{reading.evidence.article.title} {reading.evidence.passage.text}"


def confidences(question: str, answers: Sequence[Candidate], encoder: Encoder, passages: int) -> list[float]:
    """Probability, 0..1, that each answer is right, in order; ``passages`` as in ``signs``."""
    return [_logistic(astuple(each)) for each in signs(question, answers, encoder, passages)]


def _logistic(measured: Sequence[float]) -> float:
    weighed = sum(w * s for w, s in zip(astuple(WEIGHTS), measured, strict=True))
    return 1 / (1 + math.exp(-(weighed + BIAS)))


def shortfall(question: str, reading: Reading, sure: float, needed: float = ANSWER_FROM) -> str:
    """Why the closest reading was not enough, for the user."""
    where = closest(reading)
    if place := other_place(question, reading):
        return f"{where} speaks of another place than {place}"
    if missing := missing_names(question, _seen(reading)):
        return f"{where} does not speak of {' or '.join(dict.fromkeys(missing))}"
    if reading.dense < 0.3:
        return (
            f"nothing in the archive is close to this subject; {where} has a likeness of {reading.dense:.2f}"
        )
    return f"{where} is on the subject but does not answer this (confidence {sure:.2f}, needed {needed:.2f})"


def closest(reading: Reading) -> str:
    """How a refusal speaks of the passage that came closest."""
    article = reading.evidence.article
    return f"the closest passage (“{article.title}”{f', {article.date}' if article.date else ''})"
