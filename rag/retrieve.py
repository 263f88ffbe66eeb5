"""Retriever: a question's passages, fused, dated, and read.

Both rankings of the archive are joined as a weighted sum of the cosine and the BM25 score (divided
by the best of the query). A question about a period prefers what was published in it; see ``retrieve``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.archive import Archive
from index.articles import ALWAYS, Article, DateRange, Passage, ScoredPassage, headline
from index.instructions import SPOKEN, blanked, find, is_instruction, titled
from index.sentences import Span as Place
from index.shelves import ANYWHERE, Selection
from rag.dates import Period
from rag.evidence import Evidence
from rag.reader import Reader, Span

POOL = 100  # passages fetched from the archive
NEAR_POOL, NEAR_DAYS = 60, 21  # those fetched besides of the last weeks
READ = 30  # passages read
LEXICAL_WEIGHT = 0.5
RECENCY_WEIGHT = 0.3
RECENCY_DAYS = 14.0
READER_WEIGHT = 0.03  # of one logit, against a fused score of 0..1.8
HUSHED = 0.5  # of a fused score, for a passage of which nearly all speaks to a machine
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
    archive: Archive,
    question: str,
    *,
    published: DateRange = ALWAYS,
    where: Selection = ANYWHERE,
    period: Period | None = None,
    as_of: dt.date | None = None,
    most: int = READ,
) -> list[tuple[Evidence, float]]:
    """The first passages for a question, best first, each with its cosine to the question; all from ``where``.

    An explicit period filters, but a passage that names the period in its own words stays ("seized
    in 2015" was not published in 2015). A relative one, or "latest", is a soft preference:
    exp(-days away / 14); without any, that is for what is near ``as_of``, for news is mostly asked about
    while it is new. All of it is of one state of the archive.

    Sentences that speak to a machine are left out of the passages, and what is left of such a passage counts less.
    """
    with archive.snapshot():
        hits = _hits(archive, question, published, where, period, as_of)
        flagged = archive.flagged(list({hit.passage.article_id for hit in hits}))
        told = [(hit, _heard(hit.passage, flagged)) for hit in hits]
        told = [(hit, heard) for hit, heard in told if heard.text.strip()]
        top = max((hit.lexical for hit, _ in told), default=0.0) or 1.0
        scored = [
            (
                hit.dense
                + LEXICAL_WEIGHT * hit.lexical / top
                + _recency(hit.date, period, as_of)
                - HUSHED * _left_out(hit.passage, heard),
                replace(hit, passage=heard),
            )
            for hit, heard in told
        ]
        best = sorted(scored, key=lambda pair: -pair[0])[:most]
        articles = {key: archive.article(key) for key in {hit.passage.article_id for _, hit in best}}
    found = []
    for score, hit in best:
        article = articles[hit.passage.article_id]
        if article.id in flagged or is_instruction(article.title):
            article = titled(article)
        age = max((as_of - hit.date).days, 0) if as_of and hit.date else math.inf
        spans = tuple(flagged.get(article.id, ()))
        found.append((Evidence(article, hit.passage, score, hit.origin or article.id, age, spans), hit.dense))
    return found


def _heard(passage: Passage, flagged: dict[str, list[Place]]) -> Passage:
    """The passage without what in it speaks to a machine; all else keeps its place."""
    spans = [(a, b) for a, b in flagged.get(passage.article_id, ()) if a < passage.end and b > passage.start]
    heard = replace(passage, text=blanked(passage.text, spans, passage.start)) if spans else passage
    if not heard.text.strip() and not find(passage.text, SPOKEN):
        return passage  # nothing but a sentence with markup, which is harmless as text
    return heard


def _left_out(passage: Passage, heard: Passage) -> float:
    """The share of a passage that is left out."""
    if heard is passage:
        return 0.0
    return 1 - len("".join(heard.text.split())) / max(1, len("".join(passage.text.split())))


def _hits(
    archive: Archive,
    question: str,
    published: DateRange,
    where: Selection,
    period: Period | None,
    as_of: dt.date | None,
) -> list[ScoredPassage]:
    def search(days: DateRange, k: int = POOL) -> list[ScoredPassage]:
        return archive.search(question, k, published=days, include=where.include, exclude=where.exclude)

    hits = search(published)
    if period is not None and not (period.relative or period.recent):
        return _in_period(search, published, period, hits)
    days = _around(period, as_of)
    if days and len(hits) == POOL and (near := published.overlap(days)):
        known = {hit.passage.id for hit in hits}
        hits += [hit for hit in search(near, NEAR_POOL) if hit.passage.id not in known]
    return hits


def _around(period: Period | None, as_of: dt.date | None) -> DateRange | None:
    """The days that a relative period prefers, and those beside it; without one the last weeks."""
    if period is None or period.recent:
        return DateRange(_shift(as_of, -NEAR_DAYS), as_of) if as_of else None
    return window(period)


def window(period: Period) -> DateRange:
    """When news of a period may have been told: in it, and if its days are not named, in the week around it."""
    if not period.relative:
        return period.range
    return DateRange(_shift(period.range.since, -SLACK_DAYS), _shift(period.range.until, SLACK_DAYS))


def _in_period(
    search: Callable[[DateRange], list[ScoredPassage]],
    published: DateRange,
    period: Period,
    hits: Sequence[ScoredPassage],
) -> list[ScoredPassage]:
    inside = [hit for hit in hits if hit.date in period.range]
    if len(inside) < READ and (both := published.overlap(period.range)):
        inside = search(both)
    known = {hit.passage.id for hit in inside}
    return inside + [hit for hit in hits if hit.passage.id not in known and _names(hit.passage.text, period)]


def _names(text: str, period: Period) -> bool:
    """Whether a text names the period's year, and its month if the period is within one month."""
    since, until = period.range.since, period.range.until
    if since is None or until is None or str(since.year) not in text:
        return False
    return (since.year, since.month) != (until.year, until.month) or f"{since:%B}"[:3] in text


def _recency(day: dt.date | None, period: Period | None, as_of: dt.date | None) -> float:
    if period is not None and not (period.relative or period.recent):
        return 0.0
    until = period.range.until if period else as_of
    since = period.range.since if period and not period.recent else until
    if day is None or (since is None and until is None):
        return 0.0
    since, until = since or day, until or day
    return RECENCY_WEIGHT * math.exp(-max((since - day).days, (day - until).days, 0) / RECENCY_DAYS)


def _shift(day: dt.date | None, days: int) -> dt.date | None:
    try:
        return day + dt.timedelta(days) if day else None
    except OverflowError:
        return day


def read(reader: Reader, question: str, found: Sequence[tuple[Evidence, float]]) -> list[Reading]:
    """Read the passages and rank them again; a title that adds nothing is left out."""
    texts = [evidence.passage.text for evidence, _ in found]
    titles = [_own_title(evidence.article) for evidence, _ in found]
    spans = reader.read_all(question, texts, titles=titles)
    readings = [Reading(e, dense, s) for (e, dense), s in zip(found, spans, strict=True)]
    return sorted(readings, key=lambda reading: -reading.score)


def _own_title(article: Article) -> str:
    """The title an article was given; none if it is merely the beginning of its text."""
    return "" if article.title == headline(article.text[article.body_start :]) else article.title
