"""Answer and its parts: the public shape of everything citedesk says.

``dataclasses.asdict(answer)``, ``citedesk ask --json`` and the REST API give the same object; dates
are ISO strings throughout, so that it is JSON as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

NO_ANSWER = "The archive does not say."
"""The one phrase of refusal, shared by prompt, code and tests."""

Support = Literal["verified", "unverified"]


@dataclass(frozen=True, slots=True)
class ArticleRef:
    """The article behind a citation; ``date`` is ISO, for example ``2023-11-08``."""

    id: str
    title: str
    date: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact span: ``archive.article(article.id).text[start:end] == quote``.

    Offsets are Unicode code points. ``number`` is the ``[n]`` of the answer's text.
    """

    number: int
    article: ArticleRef
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer: ``answer.text[start:end] == text``, markers included."""

    text: str
    start: int
    end: int
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class PassageRef:
    """A passage the answer was made from, best first; ``score`` compares within one answer only."""

    article_id: str
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the archive says to one question, or that it does not say.

    ``text`` carries markers ``[1]``, numbered from 1 in order of first use, each with a citation.
    ``short`` is the briefest exact answer, a span of one cited passage, or None. ``reason`` says why
    the archive does not say, why an LLM's words were not used, or what of the passages it could not
    see; else None. ``confidence`` is 0..1.
    """

    question: str
    standalone_question: str
    as_of: str | None
    text: str
    short: str | None
    abstained: bool
    reason: str | None
    confidence: float
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    passages: tuple[PassageRef, ...]
    model: str
    archive_fingerprint: str
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """The part of a streamed answer that has passed its checks so far.

    Each draft replaces the one before it: usually it is longer, but it may start over, for example
    when an LLM fails half-way and the archive's own sentences take its place.
    """

    text: str
