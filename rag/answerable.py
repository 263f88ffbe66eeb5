"""Answerability: how likely the reader's best span really answers the question.

The reader alone is too easily pleased: asked about drones over Kyiv, it is glad of drones over
Belgorod. So its score is weighed together with whether the passage speaks of the question's names,
how close passage and sentence are in meaning, and how the answer stands among the candidates, in a logistic
regression. The weights come from archives of five passages to a hundred thousand, with questions whose
answer was taken away and questions with a name exchanged as the unanswerable ones:

    python -m eval.benchmarks.fit_abstention
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

ANSWER_FROM = 0.15
"""Confidence from which an answer is given. Answering and refusing are best together (Youden's J) from 0.20 to
0.30 on the cases fitted; but most of those questions were written beside their paragraphs and say the same
words, which a reporter's do not, so that theirs are less sure and as often right."""

TOLERATED = ((0.1, 0.76), (0.2, 0.69), (0.3, 0.68), (0.4, 0.46), (0.5, 0.34))
"""Share of wrong answers among those given to 230 news questions over half a year of news, half of them without
an answer, and the confidence from which it is kept."""


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
    ``worth``: its weighed traits as a candidate, less those of a usual one. ``size``: decimal logarithm of the number
    of passages in the archive: among many, one that merely looks right is more likely; ``size_score``,
    ``size_chance``, ``size_worth``: what these tell besides, in so large an archive.
    """

    score: float
    missing: float
    any_missing: float
    passage: float
    sentence: float
    chance: float
    origins: float
    worth: float
    size: float
    size_score: float
    size_chance: float
    size_worth: float


WEIGHTS = Signs(
    score=1.148,
    missing=0.204,
    any_missing=-1.662,
    passage=0.042,
    sentence=3.054,
    chance=2.220,
    origins=-0.292,
    worth=0.017,
    size=-0.480,
    size_score=-0.234,
    size_chance=-0.048,
    size_worth=0.077,
)
BIAS = -4.115


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
        worth=answer.worth,
        size=size,
        size_score=size * score,
        size_chance=size * answer.chance,
        size_worth=size * answer.worth,
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
