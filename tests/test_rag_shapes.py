"""Answers of several lines: lists, timelines, overviews, comparisons, yes and no; each line cited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Archive, Article
from index.articles import Passage
from index.passages import sentences
from rag import Answer, Assistant
from rag.compose import whole_sentences
from rag.evidence import Evidence
from rag.listing import enumerates, line_lists, of_another_year
from rag.onset import Onset, first_told, onset
from rag.outline import is_telling
from rag.shapes import shape, sides, subject


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Which countries have banned the app?", "list"),
        ("Name three ministers who resigned.", "list"),
        ("In which cities were marches held?", "list"),
        ("Which species was found?", "fact"),
        ("Who were the two aid workers killed near Bakhmut?", "fact"),
        ("What has happened in Gaza since October?", "timeline"),
        ("Give me a timeline of the strike.", "timeline"),
        ("How did the protest unfold?", "timeline"),
        ("What happened in Kyiv yesterday?", "overview"),
        ("What's the latest on the strike?", "overview"),
        ("What did Kyiv and Moscow say about the drones?", "comparison"),
        ("Compare Labour and the Conservatives on tax.", "comparison"),
        ("Has the bill been passed?", "yes-no"),
        ("Who has won prizes this year?", "list"),
        ("Who has become president?", "fact"),
        ("Who won?", "fact"),
        ("What did Putin say about the visit and the drones?", "fact"),
    ],
)
def test_the_form_of_an_answer_is_read_from_the_question(question: str, wanted: str) -> None:
    assert shape(question) == wanted


def test_a_comparison_becomes_a_question_for_each_side() -> None:
    both = sides("How did France and Germany react to the tariff?")
    assert both
    assert [side.question for side in both] == [
        "How did France react to the tariff?",
        "How did Germany react to the tariff?",
    ]
    assert both[0].speaks_in("France said the tariff was unlawful.")
    assert not both[0].speaks_in("Germany said the tariff was unlawful.")
    assert not both[0].speaks_in("Snow fell over France.")


def test_the_subject_of_an_overview_is_what_it_is_about() -> None:
    assert subject("Give me a summary of the dock strike.") == "the dock strike"
    assert subject("What is happening with Rite Aid?") == "Rite Aid"
    assert subject("news") == "news"


def test_headings_and_teasers_tell_nothing() -> None:
    assert is_telling("The council passed the budget after a long debate on Monday.")
    assert not is_telling("Read more:What the budget means for schools and hospitals.")
    assert not is_telling("Are the dockers of Lillemoor still on strike after all that time?")


def test_an_enumeration_is_seen() -> None:
    assert enumerates("Ministers from Oslo, Rome, and Lima met.")
    assert enumerates("The law bans brominated oil, bromate and Red Dye 3.")
    assert not enumerates("The minister from Oslo and his wife met nobody.")


def test_the_lines_of_a_list_are_one_answer_and_one_span() -> None:
    text = "Who resigned?\n\nThese three resigned:\n\nAda Moe, of Oslo\n\nBen Lie\n\nCy Dahl\n\nAda\n\nBorn in 1950."
    (found,) = line_lists(Article(text=text))
    assert found.text == "These three resigned:\n\nAda Moe, of Oslo\n\nBen Lie\n\nCy Dahl"


def test_a_listing_of_another_year_is_none() -> None:
    question = "Which countries will host the 2030 World Cup?"
    assert of_another_year(question, "In 2026 Canada and Mexico host it.")
    assert not of_another_year(question, "After 2026, Spain and Portugal host the 2030 one.")
    assert not of_another_year(question, "Spain and Portugal host it.")


def test_a_timeline_begins_with_the_event_it_names() -> None:
    def told(day: str, cosine: float) -> tuple[Evidence, float]:
        article = Article(text="It was said.", date=day, id=day)
        return Evidence(article, Passage(article.id, 0, 12, article.text), 1.0), cosine

    event = onset("the port since the dockers went on strike")
    assert event == Onset("the port", "the dockers went on strike")
    assert onset("the port of Lillemoor") is None
    long_ago, first, second, later = (
        ("2019-05-01", 0.6),
        ("2023-09-01", 0.58),
        ("2023-09-02", 0.57),
        ("2023-10-01", 0.3),
    )
    assert first_told([told(*each) for each in (later, second, long_ago, first)]) == dt.date(2023, 9, 1)
    assert first_told([told(*long_ago)]) == dt.date(2019, 5, 1)
    assert first_told([]) is None


@given(st.text(alphabet='ab .!?“”"\n', max_size=120))
def test_whole_sentences_keep_every_sentence_once(text: str) -> None:
    plain = sentences(text)
    whole = whole_sentences(text)
    assert [a for a, _ in whole] == sorted({a for a, _ in whole})
    assert all(any(a <= start and end <= b for a, b in whole) for start, end in plain)
    assert all(before[1] <= after[0] for before, after in pairwise(whole))


NEWS = [
    ("2023-09-01", "Dockers at the port of Lillemoor went on strike on Friday over pay and longer shifts."),
    (
        "2023-09-10",
        "Talks between the Lillemoor dockers and the port authority broke down without any result.",
    ),
    (
        "2023-09-20",
        "The Lillemoor dockers ended their strike after the port authority raised their pay by 6%.",
    ),
    ("2023-09-12", "Mayor Ida Quist said the Lillemoor port strike was hurting the whole region. "),
    ("2023-09-13", "The docker union of Lillemoor said the port strike would go on until pay was raised."),
    ("2023-09-05", "The bakery festival drew a record crowd to the market square in the rain."),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder: Path = tmp_path_factory.mktemp("shapes")
    with Archive.open(folder / "archive") as archive:
        archive.add([Article(text=text, date=day, id=day) for day, text in NEWS])
        with Assistant.open(archive, llm="extractive") as opened:
            yield opened


def days(answer: Answer) -> list[str]:
    assert all(statement.citations for statement in answer.statements)
    by_number = {citation.number: citation for citation in answer.citations}
    return [by_number[statement.citations[0]].article.date or "" for statement in answer.statements]


def test_a_timeline_runs_from_the_first_day_to_the_last(desk: Assistant) -> None:
    answer = desk.ask("What has happened in the Lillemoor dock strike since August?")
    assert not answer.abstained
    assert days(answer) == sorted(days(answer))
    assert {"2023-09-01", "2023-09-20"} <= set(days(answer))
    assert "bakery" not in answer.text
    assert answer.short is None


def test_a_timeline_keeps_to_its_period(desk: Assistant) -> None:
    answer = desk.ask("What happened in the Lillemoor dock strike between 1 and 11 September 2023?")
    assert set(days(answer)) <= {"2023-09-01", "2023-09-10"}


def test_an_overview_begins_with_what_is_new(desk: Assistant) -> None:
    answer = desk.ask("What is the news on the Lillemoor dock strike?")
    assert days(answer)[0] == "2023-09-20"
    assert days(answer) == sorted(days(answer), reverse=True)


def test_a_comparison_lets_both_sides_speak(desk: Assistant) -> None:
    answer = desk.ask("What did Ida Quist and the docker union say about the port strike?")
    assert "hurting the whole region" in answer.text
    assert "until pay was raised" in answer.text
    assert answer.short is None


def test_a_quotation_is_told_with_whoever_said_it(tmp_path: Path) -> None:
    said = "“We are angry. What is the point of working?” docker Kai Holm said."
    with Archive.open(tmp_path / "archive") as archive:
        archive.add(
            [Article(text=f"The strike at Lillemoor goes on. {said} He went home.", date="2023-09-20")]
        )
        with Assistant.open(archive, llm="extractive") as desk:
            answer = desk.ask("What did Kai Holm and Ida Quist say about the strike?")
    assert said in answer.text


def test_a_sentence_that_lists_is_told_once(tmp_path: Path) -> None:
    told = "Meanwhile, dockers from Oslo, Bergen and Tromso joined the Lillemoor strike on Friday."
    with Archive.open(tmp_path / "archive") as archive:
        archive.add([Article(text=told, date="2023-09-20")])
        assert archive.size() == 1
        with Assistant.open(archive, llm="extractive") as desk:
            answer = desk.ask("Which dockers joined the Lillemoor strike?")
    assert not answer.abstained
    assert answer.text.count("Bergen") == 1


def test_an_overview_of_what_the_archive_lacks_is_refused(desk: Assistant) -> None:
    assert desk.ask("What is the news on quantum computing in Brazil?").abstained


def test_two_sides_that_said_nothing_of_it_are_not_quoted_on_something_else(desk: Assistant) -> None:
    answer = desk.ask("What did Ida Quist and the docker union say about the eclipse over Brazil?")
    assert answer.abstained, answer.text
