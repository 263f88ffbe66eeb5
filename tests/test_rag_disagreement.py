"""Where articles give other figures for the same thing, all are shown, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Archive, Article
from rag import Assistant

FIRE = "A fire in a textile mill in Lahore killed {} workers, the city's fire chief said."


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive") as opened:
        yield opened


def desk(archive: Archive, *told: tuple[str, str]) -> Assistant:
    archive.add([Article(text=text, date=day, id=day) for day, text in told])
    return Assistant.open(archive, llm="extractive")


def test_two_tolls_are_both_told_the_newest_first(archive: Archive) -> None:
    later = "The mill fire in Lahore has now killed 19 workers after seven died in hospital, officials said."
    answer = desk(archive, ("2024-05-03", FIRE.format("12")), ("2024-05-05", later)).ask(
        "How many workers were killed in the mill fire in Lahore?"
    )
    assert [citation.article.date for citation in answer.citations] == ["2024-05-05", "2024-05-03"]
    assert "19" in answer.text
    assert "12" in answer.text
    assert "the articles differ: “19" in (answer.reason or "")


def test_newsrooms_that_agree_are_no_disagreement(archive: Archive) -> None:
    other = "Twelve workers died when a textile mill burned in Lahore, and 40 shops were closed."
    answer = desk(archive, ("2024-05-03", FIRE.format("12")), ("2024-05-04", other)).ask(
        "How many workers were killed in the mill fire in Lahore?"
    )
    assert not answer.abstained
    assert answer.reason is None
