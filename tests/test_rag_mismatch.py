"""Answers that cannot be right, whatever the reader's score."""

from __future__ import annotations

import pytest

from index import Article
from index.articles import Passage
from rag.evidence import Evidence
from rag.mismatch import mismatch
from rag.reader import Span
from rag.retrieve import Reading

COURT = "Judge Ana Ruiz freed the driver in Lyon. The mayor of Lyon called the ruling a shame."
DRONES = "Moscow reported shooting down two drones over the Belgorod region. It named no source."
JET = "Special forces fought a Russian Su-30 aircraft, seizing helicopter ammunition."


def reading(text: str, answer: str) -> Reading:
    start = text.index(answer)
    article = Article(text=text, title="News", id="a")
    span = Span(answer, start, start + len(answer), 9.0)
    return Reading(Evidence(article, Passage("a", 0, len(text), text), 1.0), 0.9, (span,))


@pytest.mark.parametrize(
    ("question", "text", "answer", "told"),
    [
        ("How many helicopters were seized?", JET, "Russian Su-30", "no figure"),
        ("What did the minister Paul Weber say?", COURT, "a shame", "Paul Weber"),
        ("How many drones were shot down over Crimea?", DRONES, "two", "another place than Crimea"),
        ("Who freed the driver?", COURT, "Lyon", "names a place"),
    ],
)
def test_what_cannot_be_right_is_told(question: str, text: str, answer: str, told: str) -> None:
    assert told in (mismatch(question, reading(text, answer)) or "")


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("How many drones did Moscow report shooting down?", DRONES, "two"),
        ("How many drones were shot down over Belgorod?", DRONES, "two"),
        ("What did Moscow claim?", DRONES, "shooting down two drones"),
        ("Who freed the driver?", COURT, "Judge Ana Ruiz"),
        ("What did the mayor of Lyon call the ruling?", COURT, "a shame"),
        ("Where was the driver freed?", COURT, "Lyon"),
        ("How many drones were shot down in 2023?", DRONES, "two"),
    ],
)
def test_a_right_answer_is_left_alone(question: str, text: str, answer: str) -> None:
    assert mismatch(question, reading(text, answer)) is None
