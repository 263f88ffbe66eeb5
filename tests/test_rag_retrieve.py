"""Retrieval: periods filter or lean, and nothing is seen that was not asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Archive, Article, DateRange
from rag.dates import read_period
from rag.retrieve import retrieve
from tests.fakes import FakeEncoder

AS_OF = dt.date(2023, 11, 9)
BUDGET = "The city council passed the budget after a long debate."


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", encoder=FakeEncoder()) as opened:
        opened.add(
            [
                Article(text=BUDGET + " Spending rises.", date="2021-03-02", id="old"),
                Article(text=BUDGET + " Taxes stay.", date="2023-11-07", id="new"),
                Article(
                    text="The mayor recalled how the council passed the budget in 2015.",
                    date="2023-06-01",
                    id="named",
                ),
            ]
        )
        yield opened


def ids(archive: Archive, question: str, published: DateRange | None = None) -> list[str]:
    period = read_period(question, AS_OF)
    found = retrieve(archive, question, published=published or DateRange(until=AS_OF), period=period)
    return [evidence.article.id for evidence, _ in found]


def test_an_explicit_period_keeps_what_was_published_in_it(archive: Archive) -> None:
    assert ids(archive, "What did the council pass in March 2021?") == ["old"]


def test_a_passage_that_names_the_period_stays(archive: Archive) -> None:
    assert "named" in ids(archive, "Which budget did the council pass in 2015?")


def test_this_week_prefers_this_week(archive: Archive) -> None:
    assert ids(archive, "What did the council pass this week?")[0] == "new"


def test_the_latest_comes_first_but_the_past_stays_in_sight(archive: Archive) -> None:
    found = ids(archive, "What is the latest on the council budget?")
    assert found[0] == "new"
    assert "old" in found


def test_without_a_period_age_does_not_matter(archive: Archive) -> None:
    assert set(ids(archive, "What did the council pass?")) == {"old", "new", "named"}


def test_nothing_published_later_is_seen(archive: Archive) -> None:
    assert ids(archive, "What did the council pass?", DateRange(until=dt.date(2022, 1, 1))) == ["old"]


def test_a_period_outside_what_may_be_seen_finds_nothing_published(archive: Archive) -> None:
    until = DateRange(until=dt.date(2022, 1, 1))
    assert ids(archive, "What did the council pass in November 2023?", until) == []


def test_news_is_asked_about_while_it_is_new(archive: Archive) -> None:
    found = retrieve(archive, "What did the council pass?", published=DateRange(until=AS_OF), as_of=AS_OF)
    assert found[0][0].article.id == "new"
    assert found[0][0].age == 2


def test_the_past_is_not_pulled_to_the_present(archive: Archive) -> None:
    question = "What did the council pass in March 2021?"
    period = read_period(question, AS_OF)
    found = retrieve(archive, question, published=DateRange(until=AS_OF), period=period, as_of=AS_OF)
    assert [evidence.article.id for evidence, _ in found] == ["old"]
