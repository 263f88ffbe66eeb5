"""The whole way from a question to a checked answer, on the user's own article."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index import Archive, Article
from index.errors import ArchiveEmpty, ArchiveNotFound, BadDate, BadQuestion, BadSetting
from rag import NO_ANSWER, Answer, Assistant, Draft, Turn
from rag.answerable import answer_from
from rag.settings import load_settings
from tests.fakes import FakeEncoder, ScriptedLLM

PLATFORM = "What did Ukraine recapture in the Black Sea?"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    root = Path(__file__).resolve().parent.parent
    with Archive.open(tmp_path_factory.mktemp("desk") / "archive") as opened:
        opened.sync(root / "seeds")
        yield opened


@pytest.fixture
def desk(archive: Archive) -> Assistant:
    return Assistant.open(archive)


def assert_sound(answer: Answer, archive: Archive) -> None:
    """What holds for every answer ever shown."""
    for citation in answer.citations:
        assert archive.article(citation.article.id).text[citation.start : citation.end] == citation.quote
    marked = [int(n) for n in re.findall(r"\[(\d+)\]", answer.text)]
    assert (
        list(dict.fromkeys(marked))
        == [c.number for c in answer.citations]
        == list(range(1, len(answer.citations) + 1))
    )
    for statement in answer.statements:
        assert answer.text[statement.start : statement.end] == statement.text
        assert statement.citations, "no sentence without a source"
    assert answer.abstained == (not answer.statements)
    assert 0 <= answer.confidence <= 1
    if answer.short:
        assert any(answer.short in citation.quote for citation in answer.citations)
    json.dumps(dataclasses.asdict(answer))


@pytest.mark.parametrize(
    ("question", "needed"),
    [
        (PLATFORM, "oil and gas platform"),
        (
            "What did Ukrainian forces seize in the operation?",
            "helicopter ammunition and a Neva radar system",
        ),
        ("Who were the two aid workers killed near Bakhmut?", "from Canada and Spain"),
        ("When did Russia seize the platform?", "2015"),
    ],
)
def test_it_answers_with_an_exact_quote(
    desk: Assistant, archive: Archive, question: str, needed: str
) -> None:
    answer = desk.ask(question)
    assert_sound(answer, archive)
    assert needed in answer.text
    assert needed in " ".join(citation.quote for citation in answer.citations)
    assert all(statement.support == "verified" for statement in answer.statements)
    assert answer.citations[0].article.date == "2023-11-08"
    assert answer.as_of == "2023-11-08"
    assert answer.model == "extractive"


@pytest.mark.parametrize(
    "question", ["Who won the 2022 World Cup?", "How many drones did Ukraine shoot down over Kyiv?"]
)
def test_it_says_when_the_archive_does_not_say(desk: Assistant, archive: Archive, question: str) -> None:
    answer = desk.ask(question)
    assert_sound(answer, archive)
    assert (answer.text, answer.abstained, answer.short) == (NO_ANSWER, True, None)
    assert answer.reason
    assert answer.passages, "it tells what it looked at"


def test_a_question_of_two_parts_gets_both(desk: Assistant, archive: Archive) -> None:
    answer = desk.ask("What did Moscow report from Belgorod, and were there any casualties?")
    assert_sound(answer, archive)
    assert "two Ukrainian drones" in answer.text
    assert "no casualties" in answer.text


def test_the_news_is_an_overview_of_cited_sentences(desk: Assistant, archive: Archive) -> None:
    answer = desk.ask("What is the latest news on Ukraine?")
    assert_sound(answer, archive)
    assert len(answer.citations) > 1
    assert desk.ask("What is the latest news on Brazilian football?").abstained


def test_a_follow_up_is_understood_from_the_history(desk: Assistant, archive: Archive) -> None:
    history = [Turn("Who was invited to an official visit?", "North Korean leader Kim Jong Un.")]
    answer = desk.ask("Who invited him?", history=history)
    assert_sound(answer, archive)
    assert "Putin" in answer.text
    assert answer.standalone_question != answer.question == "Who invited him?"


def test_nothing_published_after_as_of_is_seen(desk: Assistant) -> None:
    answer = desk.ask(PLATFORM, as_of="2023-11-07")
    assert answer.abstained
    assert answer.passages == ()
    assert "2023-11-07" in (answer.reason or "")
    assert "2023-11-08" in (answer.reason or ""), "the reason says what the archive holds"
    assert not desk.ask(PLATFORM, as_of="2023-11-08").abstained


def test_since_and_until_bound_what_is_seen(desk: Assistant) -> None:
    assert desk.ask(PLATFORM, since="2023-11-09").abstained
    assert desk.ask(PLATFORM, until="2023-11-01").abstained
    assert not desk.ask(PLATFORM, since="2023-11-08", until="2023-11-08").abstained


def test_bad_questions_and_dates_are_told_in_one_line(desk: Assistant) -> None:
    for question in ("", " \n", "why " * 25_000):
        with pytest.raises(BadQuestion) as caught:
            desk.ask(question)
        assert "\n" not in str(caught.value)
    with pytest.raises(BadDate, match="no calendar date"):
        desk.ask(PLATFORM, as_of="2023-13-01")
    with pytest.raises(BadDate, match="since 2024-01-01"):
        desk.ask(PLATFORM, since="2024-01-01", until="2023-01-01")


def test_an_archive_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveNotFound):
        Assistant.open(tmp_path / "nothing")
    with Archive.open(tmp_path / "empty", encoder=FakeEncoder()) as empty, pytest.raises(ArchiveEmpty):
        Assistant.open(empty).ask(PLATFORM)
    with pytest.raises(BadSetting):
        Assistant.open(tmp_path / "nothing", llm="telepathy")


def test_the_stream_grows_and_ends_in_the_answer(desk: Assistant) -> None:
    *drafts, last = desk.stream("Why is the validity of the election results in doubt?")
    assert isinstance(last, Answer)
    assert drafts
    assert all(isinstance(draft, Draft) for draft in drafts)
    assert drafts[-1].text == last.text  # type: ignore[union-attr]


def test_asking_from_an_event_loop_and_from_many_threads_gives_the_same(desk: Assistant) -> None:
    def essence(answer: Answer) -> Answer:
        return dataclasses.replace(answer, timings_ms={})

    expected = essence(desk.ask(PLATFORM))
    assert essence(asyncio.run(desk.aask(PLATFORM))) == expected
    with ThreadPoolExecutor(4) as pool:
        assert all(essence(each) == expected for each in pool.map(desk.ask, [PLATFORM] * 12))


def test_an_llm_writes_and_its_claims_are_checked(archive: Archive) -> None:
    llm = ScriptedLLM(
        ["Ukraine took back an oil and gas platform", " in the Black Sea [1]. ", "Argentina won the cup [1]."]
    )
    answer = Assistant.open(archive, llm=llm).ask(PLATFORM)
    assert_sound(answer, archive)
    assert answer.text == "Ukraine took back an oil and gas platform in the Black Sea. [1]"
    assert answer.model == "scripted"


def test_an_llm_that_makes_things_up_is_replaced_by_the_archive(archive: Archive) -> None:
    llm = ScriptedLLM(["Argentina won the cup in Qatar [1]. Messi scored twice [2]."])
    answer = Assistant.open(archive, llm=llm).ask(PLATFORM)
    assert_sound(answer, archive)
    assert "oil and gas platform" in answer.text
    assert answer.model == "extractive"
    assert "could not be checked" in (answer.reason or "")


def test_undated_articles_are_found_unless_a_date_is_asked_for(tmp_path: Path) -> None:
    text = "The bridge over the river Ems was closed for repairs after inspectors found cracks."
    with Archive.open(tmp_path / "archive") as archive:
        archive.add([Article(text=text)])
        desk = Assistant.open(archive)
        answer = desk.ask("Why was the bridge over the river Ems closed?")
        assert not answer.abstained
        assert answer.as_of is None
        assert desk.ask("Why was the bridge over the river Ems closed?", as_of="2024-01-01").abstained


@pytest.mark.parametrize("error", [0.001, 0.1, 0.9])
def test_who_tolerates_less_error_is_told_less(archive: Archive, error: float) -> None:
    desk = Assistant.open(archive, settings=load_settings(tolerated_error=error))
    for question in (
        PLATFORM,
        "Who was invited?",
        "Which aircraft was damaged?",
        "What is unknown about the date?",
    ):
        answer = desk.ask(question)
        assert answer.abstained == (answer.confidence < round(answer_from(error), 4)), question
