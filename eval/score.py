"""From an answer to a scored row, and from rows to scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from eval.gold import TWO_SENTENCES, GoldQuestion
from eval.metrics import (
    Places,
    Span,
    abstention,
    exact_match,
    f1,
    is_grounded,
    is_right,
    mean,
    percentile,
    prediction,
    recall_at,
    reciprocal_rank,
)
from index.articles import Article
from index.errors import ArticleNotFound
from rag.answer import Answer, Citation

CUTOFFS = (1, 4, 10)
"""The k of Recall@k; the last is also that of MRR@k."""


class Shelf(Protocol):
    """Where citations point."""

    def article(self, article_id: str) -> Article:
        """One article; raises ArticleNotFound."""


@dataclass(frozen=True, slots=True)
class Score:
    """A figure and how many questions (or citations) it rests on; None if it rests on none."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """One question, what was expected, what came back, and how it scored.

    ``em`` and ``f1`` are None where no short answer is expected; ``grounded``, ``recall`` (by k) and
    ``reciprocal_rank`` are None or empty where the archive holds no gold evidence. A question that
    failed has an ``error``: it counts as wrong, found nothing and has no latency.
    """

    id: str
    kind: str
    question: str
    as_of: str | None
    answerable: bool
    expected: tuple[str, ...]
    em: float | None
    f1: float | None
    grounded: bool | None
    recall: dict[int, float]
    reciprocal_rank: float | None
    standalone_question: str = ""
    short: str | None = None
    text: str = ""
    abstained: bool = False
    reason: str | None = None
    confidence: float = 0.0
    right: bool = False
    citations: int = 0
    exact_citations: int = 0
    latency_ms: float | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    error: str | None = None


def failed_row(gold: GoldQuestion, evidence: Sequence[Places], error: str | None) -> Row:
    """The row of a question that got no answer: zero in everything that applies to it."""
    has_short = gold.answerable and gold.kind != TWO_SENTENCES
    return Row(
        id=gold.id,
        kind=gold.kind,
        question=gold.question,
        as_of=gold.as_of.isoformat() if gold.as_of else None,
        answerable=gold.answerable,
        expected=gold.answers,
        em=0.0 if has_short else None,
        f1=0.0 if has_short else None,
        grounded=False if evidence else None,
        recall=dict.fromkeys(CUTOFFS, 0.0) if evidence else {},
        reciprocal_rank=0.0 if evidence else None,
        error=error,
    )


def answered_row(
    gold: GoldQuestion, answer: Answer, evidence: Sequence[Places], shelf: Shelf, latency_ms: float
) -> Row:
    """The row of a question that got an answer, or a refusal.

    Retrieval is scored on ``answer.passages``: what the answer was made from, in its ranking.
    """
    ranked = [Span(p.article_id, p.start, p.end) for p in answer.passages]
    said = prediction(answer)
    blank = failed_row(gold, evidence, None)
    return replace(
        blank,
        em=None if blank.em is None else exact_match(said, gold.answers),
        f1=None if blank.f1 is None else f1(said, gold.answers),
        grounded=is_grounded(gold, answer, evidence) if evidence else None,
        recall={k: recall_at(k, ranked, evidence) for k in CUTOFFS} if evidence else {},
        reciprocal_rank=reciprocal_rank(ranked, evidence, CUTOFFS[-1]) if evidence else None,
        standalone_question=answer.standalone_question,
        short=answer.short,
        text=answer.text,
        abstained=answer.abstained,
        reason=answer.reason,
        confidence=answer.confidence,
        right=is_right(gold, answer),
        citations=len(answer.citations),
        exact_citations=sum(is_exact(c, shelf) for c in answer.citations),
        latency_ms=latency_ms,
        timings_ms=dict(answer.timings_ms),
    )


def is_exact(citation: Citation, shelf: Shelf) -> bool:
    """Whether the cited span of the stored article is the quote, to the letter, and not empty."""
    try:
        text = shelf.article(citation.article.id).text
    except ArticleNotFound:
        return False
    return 0 <= citation.start < citation.end and text[citation.start : citation.end] == citation.quote


def score(rows: Sequence[Row]) -> dict[str, Score]:
    """Every score of some rows, by name, in the order in which a report shows them."""
    answerable = [row for row in rows if row.answerable]
    cited = sum(row.citations for row in rows)
    precision, recall = abstention((row.answerable, row.abstained) for row in rows)
    latencies = [row.latency_ms for row in rows if row.latency_ms is not None]
    searched = [row for row in rows if row.recall]
    return {
        "right": _mean(row.right for row in rows),
        "right_answerable": _mean(row.right for row in answerable),
        "grounded": _mean(row.grounded for row in answerable if row.grounded is not None),
        "answered": _mean(not row.abstained and row.error is None for row in answerable),
        "abstention_precision": Score(precision, sum(row.abstained for row in rows)),
        "abstention_recall": Score(recall, len(rows) - len(answerable)),
        "em": _mean(row.em for row in rows if row.em is not None),
        "f1": _mean(row.f1 for row in rows if row.f1 is not None),
        **{f"recall@{k}": _mean(row.recall[k] for row in searched) for k in CUTOFFS},
        f"mrr@{CUTOFFS[-1]}": _mean(r.reciprocal_rank for r in rows if r.reciprocal_rank is not None),
        "citations_exact": Score(sum(r.exact_citations for r in rows) / cited if cited else None, cited),
        "latency_p50_ms": Score(percentile(latencies, 0.5), len(latencies)),
        "latency_p95_ms": Score(percentile(latencies, 0.95), len(latencies)),
        "errors": Score(float(sum(row.error is not None for row in rows)), len(rows)),
    }


def _mean(values: Iterable[float | bool]) -> Score:
    numbers = [float(v) for v in values]
    return Score(mean(numbers), len(numbers))
