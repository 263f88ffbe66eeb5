"""Retriever: a question's passages, fused, dated, and read.

Both rankings of the archive are joined as a weighted sum of the cosine and the BM25 score (divided
by the best of the query). A question about a period prefers what was published in it; see ``retrieve``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from index.archive import Archive
from index.articles import ALWAYS, Article, DateRange, ScoredPassage, headline
from rag.dates import Period
from rag.evidence import Evidence
from rag.reader import Reader, Span

POOL = 40  # passages fetched from the archive
READ = 20  # passages read
LEXICAL_WEIGHT = 0.5
RECENCY_WEIGHT = 0.3
RECENCY_DAYS = 14.0
READER_WEIGHT = 0.1  # of one logit, against a fused score of 0..1.5
SLACK_DAYS = 7  # news of a week is also told in the days after it


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage and what the reader found in it.

    ``dense`` is the cosine of question and passage; ``spans`` are best first, offsets in the
    passage's text; ``score`` ranks readings of one question.
    """

    evidence: Evidence
    dense: float
    spans: tuple[Span, ...]

    @property
    def best(self) -> Span:
        """The likeliest answer in this passage."""
        return self.spans[0]

    @property
    def score(self) -> float:
        """Fused retrieval score plus the reader's logit for the best span."""
        return self.evidence.score + READER_WEIGHT * max(-20.0, self.best.score)


def retrieve(
    archive: Archive, question: str, *, published: DateRange = ALWAYS, period: Period | None = None
) -> list[tuple[Evidence, float]]:
    """Passages for a question, best first, each with its cosine to the question.

    An explicit period filters, but a passage that names the period in its own words stays ("seized
    in 2015" was not published in 2015). A relative one, or "latest", is a soft preference:
    exp(-days away / 14). All of it is of one state of the archive.
    """
    with archive.snapshot():
        return _retrieve(archive, question, published, period)


def _retrieve(
    archive: Archive, question: str, published: DateRange, period: Period | None
) -> list[tuple[Evidence, float]]:
    hits = archive.search(question, k=POOL, published=published)
    if period is not None and not period.recent:
        hits = _in_period(archive, question, published, period, hits)
    top = max((hit.lexical for hit in hits), default=0.0) or 1.0
    articles: dict[str, Article] = {}
    found = []
    for hit in hits:
        key = hit.passage.article_id
        if key not in articles:
            articles[key] = archive.article(key)
        fused = hit.dense + LEXICAL_WEIGHT * hit.lexical / top + _recency(hit.date, period)
        found.append((Evidence(articles[key], hit.passage, fused), hit.dense))
    return sorted(found, key=lambda pair: -pair[0].score)


def _in_period(
    archive: Archive, question: str, published: DateRange, period: Period, hits: Sequence[ScoredPassage]
) -> list[ScoredPassage]:
    window = DateRange(_shift(period.range.since, -SLACK_DAYS), _shift(period.range.until, SLACK_DAYS))
    window = window if period.relative else period.range
    inside = [hit for hit in hits if hit.date in window]
    if len(inside) < READ and (both := published.overlap(window)):
        inside = archive.search(question, k=POOL, published=both)
    known = {hit.passage.id for hit in inside}
    named = [] if period.relative else [hit for hit in hits if _names(hit.passage.text, period)]
    return inside + [hit for hit in named if hit.passage.id not in known]


def _names(text: str, period: Period) -> bool:
    """Whether a text names the period's year, and its month if the period is within one month."""
    since, until = period.range.since, period.range.until
    if since is None or until is None or str(since.year) not in text:
        return False
    return (since.year, since.month) != (until.year, until.month) or f"{since:%B}"[:3] in text


def _recency(day: dt.date | None, period: Period | None) -> float:
    if day is None or period is None or not (period.relative or period.recent):
        return 0.0
    since, until = period.range.since or day, period.range.until or day
    away = (until - day).days if period.recent else max((since - day).days, (day - until).days, 0)
    return RECENCY_WEIGHT * math.exp(-away / RECENCY_DAYS)


def _shift(day: dt.date | None, days: int) -> dt.date | None:
    try:
        return day + dt.timedelta(days) if day else None
    except OverflowError:
        return day


def read(reader: Reader, question: str, found: Sequence[tuple[Evidence, float]]) -> list[Reading]:
    """Read the first passages and rank them again; a title that adds nothing is left out."""
    found = found[:READ]
    texts = [evidence.passage.text for evidence, _ in found]
    titles = [_own_title(evidence.article) for evidence, _ in found]
    spans = reader.read_all(question, texts, titles=titles)
    readings = [Reading(e, dense, s) for (e, dense), s in zip(found, spans, strict=True)]
    return sorted(readings, key=lambda reading: -reading.score)


def _own_title(article: Article) -> str:
    """The title an article was given; none if it is merely the beginning of its text."""
    return "" if article.title == headline(article.text[article.body_start :]) else article.title
