"""RealTimeQA (Kasai et al., 2023): weekly news questions, and the articles a web search returned for them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks import data

PERIODS = ("2022h2", "2023h1", "2023h2", "2024h1", "2024h2")
SHORT = ("CNN", "THE WEEK", "USAtoday")
"""Sources that ask for short facts; the fourth, DelawareOnline, asks for long descriptions."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the day it was asked, who asked it, what answers it, and the articles a web search gave."""

    id: str
    text: str
    day: dt.date
    source: str
    answers: tuple[str, ...]
    retrieved: frozenset[str]


def questions(period: str) -> list[Question]:
    """The questions of a period. Raises SourceNotFound if they are not there."""
    return [
        Question(
            row["id"],
            row["question"],
            dt.date.fromisoformat(row["as_of"]),
            row["source"],
            tuple(row["answers"]),
            frozenset(row["retrieved"]),
        )
        for row in rows("questions", period)
    ]


def source(kind: str, period: str) -> Path:
    """The file of the "articles" or "questions" of a period. Raises SourceNotFound if it is not there."""
    return data.source("realtimeqa", f"{kind}-{period}.jsonl.gz")


def rows(kind: str, period: str) -> list[dict[str, Any]]:
    """The lines of that file. Raises SourceNotFound if it is not there."""
    return data.rows("realtimeqa", f"{kind}-{period}.jsonl.gz")
