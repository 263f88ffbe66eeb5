"""Ask every gold question and score what comes back."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eval.gold import GoldQuestion
from eval.metrics import Places, Span
from eval.score import Row, Score, Shelf, answered_row, failed_row, score
from index.articles import Article
from index.errors import ArchiveEmpty
from index.reports import OnProgress, Progress
from rag.answer import Answer, Turn


class Library(Shelf, Protocol):
    """What the scores need to know of an archive."""

    @property
    def fingerprint(self) -> str:
        """Names what built the archive."""

    def articles(self) -> list[Article]:
        """All articles."""


class Desk(Protocol):
    """Whatever answers: ``rag.Assistant``, or a fake."""

    @property
    def archive(self) -> Library:
        """Where its citations point."""

    def ask(self, question: str, *, history: Sequence[Turn] = (), as_of: dt.date | None = None) -> Answer:
        """One question, one answer."""


@dataclass(frozen=True, slots=True)
class Report:
    """All rows, their scores, and what produced them.

    ``scores`` maps names to figures: ``right`` (all questions), ``right_answerable``, ``grounded``,
    ``answered`` (share of the answerable), ``abstention_precision``, ``abstention_recall``, ``em``,
    ``f1``, ``recall@1``, ``recall@4``, ``recall@10``, ``mrr@10``, ``citations_exact``,
    ``latency_p50_ms``, ``latency_p95_ms`` (the first question, which loads the models, included) and
    ``errors`` (a count). ``slices`` holds the same for each kind of question. ``as_of`` is the date of
    the newest article, on which a question without its own date is asked. ``notes`` says what was
    left out.
    """

    rows: tuple[Row, ...]
    scores: dict[str, Score]
    slices: dict[str, dict[str, Score]]
    archive_fingerprint: str
    articles: int
    as_of: str | None
    model: str
    version: str
    commit: str | None
    started: str
    notes: tuple[str, ...] = ()


def evaluate(desk: Desk, gold: Sequence[GoldQuestion], *, progress: OnProgress | None = None) -> Report:
    """Ask each question in turn, with its own history and date, and score the answers.

    A question that fails is counted as wrong, with its error, and the rest goes on. Raises
    ArchiveEmpty if nothing has been indexed, for then no figure would mean anything.
    """
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    articles = desk.archive.articles()
    if not articles:
        raise ArchiveEmpty("the archive holds 0 articles; index some before scoring answers")
    rows: list[Row] = []
    notes: list[str] = []
    models: dict[str, None] = {}
    for done, question in enumerate(gold):
        if progress:
            progress(Progress("asking", done, len(gold), question.question))
        evidence = locate(question, articles)
        if missing := len(question.evidence) - len(evidence):
            notes.append(f"{question.id}: {missing} of its evidence quotes stand nowhere in this archive")
        answer, row = _ask(desk, question, evidence)
        rows.append(row)
        if answer:
            models[answer.model] = None
    if progress:
        progress(Progress("asking", len(gold), len(gold)))
    newest = max((a.date for a in articles if a.date), default=None)
    return Report(
        rows=tuple(rows),
        scores=score(rows),
        slices={k: score([r for r in rows if r.kind == k]) for k in sorted({r.kind for r in rows})},
        archive_fingerprint=desk.archive.fingerprint,
        articles=len(articles),
        as_of=newest.isoformat() if newest else None,
        model=", ".join(models),
        version=_version(),
        commit=commit(),
        started=started,
        notes=tuple(notes),
    )


def locate(question: GoldQuestion, articles: Sequence[Article]) -> tuple[Places, ...]:
    """Where each gold quote stands in the archive; a quote that is nowhere is left out.

    If an article that the evidence names (by id, title, date or URL) holds the quote, only such
    articles count; else every article that holds it does.
    """
    found: list[Places] = []
    for evidence in question.evidence:
        named: set[Span] = set()
        others: set[Span] = set()
        for article in articles:
            is_named = evidence.article in (article.id, article.title, article.url, str(article.date))
            (named if is_named else others).update(_occurrences(article, evidence.quote))
        if best := named or others:
            found.append(frozenset(best))
    return tuple(found)


def _occurrences(article: Article, quote: str) -> Iterable[Span]:
    at = article.text.find(quote)
    while at >= 0:
        yield Span(article.id, at, at + len(quote))
        at = article.text.find(quote, at + 1)


def _ask(desk: Desk, gold: GoldQuestion, evidence: Sequence[Places]) -> tuple[Answer | None, Row]:
    start = time.perf_counter()
    try:
        answer = desk.ask(gold.question, history=gold.history, as_of=gold.as_of)
    except ArchiveEmpty:
        raise
    except Exception as error:  # noqa: BLE001 - a fault in one answer must not lose all the others
        return None, failed_row(gold, evidence, f"{type(error).__name__}: {error}")
    latency_ms = (time.perf_counter() - start) * 1000
    return answer, answered_row(gold, answer, evidence, desk.archive, latency_ms)


def _version() -> str:
    try:
        return importlib.metadata.version("citedesk")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def commit() -> str | None:
    """The checkout's commit, ending in ``-dirty`` if tracked files differ from it; None outside one."""
    root = Path(__file__).resolve().parent.parent
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    command = [git, "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
