"""A report for people (a table), and for programs (JSON)."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.metrics import strip_markers
from index.errors import BadInput
from rag.answer import NO_ANSWER

if TYPE_CHECKING:
    from rich.table import Table

    from eval.run import Report
    from eval.score import Row, Score

LABELS = {
    "right": "right or rightly refused",
    "right_answerable": "right, of the answerable",
    "grounded": "right and cites the gold evidence",
    "answered": "answered, of the answerable",
    "abstention_precision": "abstention precision",
    "abstention_recall": "abstention recall (of the unanswerable)",
    "em": "exact match",
    "f1": "F1",
    "recall@1": "evidence recall@1",
    "recall@4": "evidence recall@4",
    "recall@10": "evidence recall@10",
    "mrr@10": "evidence MRR@10",
    "citations_exact": "citation spans exact",
    "latency_p50_ms": "latency, median",
    "latency_p95_ms": "latency, 95th percentile",
    "errors": "errors",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that went wrong: what was asked, expected and said instead."""

    id: str
    question: str
    expected: str
    got: str


def failures(report: Report) -> Iterator[Failure]:
    """Every question that was not answered right, in the order of the gold file."""
    for row in report.rows:
        if not row.right:
            yield Failure(row.id, row.question, _expected(row), _got(row))


def _expected(row: Row) -> str:
    if not row.answerable:
        return NO_ANSWER
    return (" + " if row.kind == "two-sentences" else " | ").join(row.expected)


def _got(row: Row) -> str:
    if row.error is not None:
        return f"error: {row.error}"
    if row.abstained:
        return NO_ANSWER
    text = strip_markers(row.text)
    return f"{row.short} ({text})" if row.short else text


def table(report: Report) -> Table:
    """The scores of all questions, then the share right of each kind, as a rich table."""
    from rich.table import Table

    source = f"{_count(report.articles, 'article')} to {report.as_of or 'no date'}"
    shown = Table(title=f"{_count(len(report.rows), 'question')}, {source}, {report.model or 'no model'}")
    shown.add_column("score")
    shown.add_column("value", justify="right")
    shown.add_column("n", justify="right")
    for name, figure in report.scores.items():
        shown.add_row(LABELS[name], _value(name, figure), str(figure.n), end_section=name == "errors")
    for kind, scores in report.slices.items():
        figure = scores["right"]
        shown.add_row(f"right: {kind}", _value("right", figure), str(figure.n))
    shown.caption = "\n".join(report.notes) or None
    return shown


def failure_table(report: Report) -> Table:
    """The questions that went wrong, one a row, as a rich table; empty if all were right."""
    from rich.table import Table

    shown = Table(title="Not right", show_lines=True)
    for column in ("id", "question", "expected", "got"):
        shown.add_column(column, overflow="fold")
    for failure in failures(report):
        # Text, not markup: an answer may hold square brackets.
        shown.add_row(*(_plain(getattr(failure, f.name)) for f in dataclasses.fields(failure)))
    return shown


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _plain(text: str) -> str:
    """Text that neither rich nor the terminal obeys: an answer is an article's own words."""
    from rich.markup import escape

    return escape("".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text))


def _value(name: str, figure: Score) -> str:
    if figure.value is None:
        return "-"
    if name == "errors":
        return f"{figure.value:.0f}"
    return f"{figure.value:.0f} ms" if name.endswith("_ms") else f"{figure.value:.1%}"


def write_json(report: Report, path: str | Path) -> None:
    """Write the whole report as JSON; the file is complete or the old one stays.

    Raises BadInput if the place cannot be written to.
    """
    target = Path(path)
    data = json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=1) + "\n"
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            # A lone surrogate in a question has no UTF-8; as an escape it is valid JSON.
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(data)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"{target} cannot be written ({reason}); give a path in a writable folder") from None
