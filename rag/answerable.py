"""Answerability: how likely the reader's best span really answers the question.

The reader alone is too easily pleased: asked about drones over Kyiv, it is glad of drones over
Belgorod. So its score is weighed together with whether the passage speaks of the question's names and
words, in a logistic regression. Its weights were fitted on XQuAD English, with questions whose
passage was taken away and questions with a name exchanged as the unanswerable ones:

    python -m eval.benchmarks.fit_abstention
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

from rag.names import WORD, missing_names, names
from rag.retrieve import Reading
from rag.words import STOPWORDS, bare, stem

ANSWER_FROM = 0.25
"""Confidence from which an answer is given: where answering the answerable and refusing the rest are
best together (Youden's J) in the fit above."""

_NEIGHBOURHOOD = 150  # characters on either side of a span in which the question's words should be


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against an answer.

    ``score``: the reader's logit over none, -12..12, divided by 4. ``missing``: names and figures of
    the question that the passage lacks; ``any_missing``: 1 if there are any. ``near`` and ``passage``:
    share of the question's content words near the span and in the passage. ``cosine``: of question
    and passage.
    """

    score: float
    missing: float
    any_missing: float
    near: float
    passage: float
    cosine: float


WEIGHTS = Signs(score=0.880, missing=-1.524, any_missing=-1.216, near=1.164, passage=0.632, cosine=1.567)
BIAS = -2.255


def signs(question: str, reading: Reading) -> Signs:
    """Measure the signs of a reading's best span."""
    evidence, span = reading.evidence, reading.best
    text = evidence.passage.text
    missing = len(missing_names(question, f"{evidence.article.title} {text}"))
    asked = [stem(bare(word)) for word in content_words(question)]
    everywhere = {stem(bare(word)) for word in words(text)}
    around = {
        stem(bare(w)) for w in words(text[max(0, span.start - _NEIGHBOURHOOD) : span.end + _NEIGHBOURHOOD])
    }
    return Signs(
        score=max(-12.0, min(12.0, span.score)) / 4,
        missing=float(missing),
        any_missing=float(missing > 0),
        near=_share(asked, around),
        passage=_share(asked, everywhere),
        cosine=reading.dense,
    )


def confidence(question: str, reading: Reading) -> float:
    """Probability, 0..1, that the reading's best span answers the question."""
    weighed = sum(w * s for w, s in zip(astuple(WEIGHTS), astuple(signs(question, reading)), strict=True))
    return 1 / (1 + math.exp(-(weighed + BIAS)))


def shortfall(question: str, reading: Reading, sure: float) -> str:
    """Why the closest reading was not enough, for the user."""
    article = reading.evidence.article
    where = f"the closest passage (“{article.title}”{f', {article.date}' if article.date else ''})"
    missing = missing_names(question, f"{article.title} {reading.evidence.passage.text}")
    if missing:
        return f"{where} does not speak of {' or '.join(dict.fromkeys(missing))}"
    if reading.dense < 0.3:
        return (
            f"nothing in the archive is close to this subject; {where} has a likeness of {reading.dense:.2f}"
        )
    return f"{where} is on the subject but does not answer this (confidence {sure:.2f}, needed {ANSWER_FROM:.2f})"


def words(text: str) -> list[str]:
    """The words and figures of a text."""
    return [match.group() for match in WORD.finditer(text)]


def content_words(question: str) -> list[str]:
    """The words of a question that say what it is about, names left out: they are counted apart."""
    named = {part for name in names(question) for part in name.words}
    return [word for word in words(question) if bare(word) not in STOPWORDS and word not in named]


def _share(asked: list[str], held: set[str]) -> float:
    """The share of words held; 1 if nothing was asked for."""
    return sum(word in held for word in asked) / len(asked) if asked else 1.0
