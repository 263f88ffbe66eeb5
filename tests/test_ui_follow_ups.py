"""What to ask next comes from what was found, and is answered; copies of one text are one origin."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Archive, Article
from rag import Answer, Assistant
from rag.answer import ArticleRef, Citation, PassageRef
from tests.fake_desk import refused
from tests.fakes import FakeEncoder, ScriptedLLM
from ui.examples import Candidate, answered, candidates
from ui.follow_ups import follow_ups
from ui.origins import origins
from ui.who import who_did

PLATFORM = "What did Ukraine recapture in the Black Sea?"
PATIENT = 60.0  # seconds: what is found must not hang on how busy the machine is


@pytest.fixture(scope="module")
def desk(archive: Archive) -> Assistant:
    return Assistant.open(archive)


@pytest.mark.parametrize(
    ("sentence", "questions"),
    [
        (
            "House Democrats joined the conservative hardliners in ejecting McCarthy, who had led them.",
            ["Who joined the conservative hardliners in ejecting McCarthy?"],
        ),
        (
            "Sam Bankman-Fried, the founder of FTX, was convicted of fraud and conspiracy after a trial of a month.",
            ["Who was convicted of fraud and conspiracy?"],
        ),
        (
            "On Friday, Broadcom has completed the tests and Intel bought a maker of chips.",
            ["Who bought a maker of chips?"],
        ),
        ("He joined the conservative hardliners in ejecting the speaker of the House.", []),
        ("Gaetz asked who would be picked to replace the speaker of the House at last.", []),
        ("Moscow announced what they had planned for their army in that region.", []),
        ("Markell has created hundreds of high-wage, high-skill jobs in the state.", []),
        ("The House passed the bill on the budget with votes of the other party on Jan. 6.", []),
        ("Ukraine announced the withdrawal on Monday in a statement to the press.", []),
    ],
)
def test_who_did_it_is_asked_where_the_question_stands_alone(sentence: str, questions: list[str]) -> None:
    assert [each.question for each in who_did(Article(sentence))] == questions


@given(st.text(max_size=400), st.integers(0, 50), st.integers(0, 400))
def test_any_text_is_drawn_from_and_spans_stay_within(text: str, start: int, end: int) -> None:
    for draw in (who_did, candidates):
        for each in draw(Article(text or "x"), start, end):
            assert start <= each.start < each.end <= end


def drawn_from(desk: Assistant, question: str) -> list[Candidate]:
    return [
        each
        for article in desk.archive.articles()
        for draw in (who_did, candidates)
        for each in draw(article)
        if each.question == question
    ]


@pytest.mark.parametrize(
    "question",
    [PLATFORM, "Who invited Kim Jong Un?", "What happened near Bakhmut?", "Who won the World Cup?"],
)
def test_follow_ups_are_answered_from_the_sentence_they_were_drawn_from(
    desk: Assistant, question: str
) -> None:
    answer = desk.ask(question)
    found = follow_ups(answer, desk, within_s=PATIENT)
    assert len(found) == len(set(found)) == 3
    for each in found:
        assert each != question
        drawn = drawn_from(desk, each)
        assert any(answered(candidate, desk.ask) for candidate in drawn)
        for quoted in answer.citations:
            assert any(c.end <= quoted.start or quoted.end <= c.start for c in drawn), "answered already"


def test_what_was_asked_is_not_offered_again(desk: Assistant) -> None:
    answer = desk.ask(PLATFORM)
    first = follow_ups(answer, desk, within_s=PATIENT)
    again = follow_ups(answer, desk, asked=[each.upper() for each in first], within_s=PATIENT)
    assert again and not set(first) & set(again)
    asked = dataclasses.replace(answer, question=first[0].rstrip("?") + " ?")
    assert first[0] not in follow_ups(asked, desk, within_s=PATIENT)
    assert follow_ups(answer, desk, count=1, within_s=PATIENT) == first[:1]


def test_no_llm_is_asked(archive: Archive) -> None:
    answer = Assistant.open(archive).ask(PLATFORM)
    assert follow_ups(answer, Assistant.open(archive, llm=ScriptedLLM()), within_s=PATIENT)


def test_no_more_is_asked_once_the_time_is_over(desk: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(self: Assistant, question: str, **_: object) -> Answer:
        asked.append(question)
        return refused(question)

    answer = desk.ask(PLATFORM)
    monkeypatch.setattr(Assistant, "ask", ask)
    assert follow_ups(answer, desk, within_s=0.0) == () and len(asked) == 1
    assert follow_ups(answer, desk, within_s=PATIENT) == () and len(asked) > 3


def test_the_day_and_the_sources_stay_as_they_were(tmp_path: Path) -> None:
    told = "Ukraine said it recaptured a platform in the Black Sea. {} expressed concern over the visit to Pyongyang."
    rows = [
        {"id": host, "text": told.format(who), "url": f"https://{host}/1", "date": day}
        for host, who, day in [
            ("cnn.com", "The White House", "2023-11-08"),
            ("bbc.co.uk", "The Kremlin", "2023-11-08"),
            ("late.org", "The Vatican", "2023-12-24"),
        ]
    ]
    (tmp_path / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    seen: list[dict[str, object]] = []

    class Watched(Assistant):
        def without_llm(self) -> Assistant:
            return self

        def ask(self, question: str, **asked: object) -> Answer:  # type: ignore[override]
            seen.append(asked)
            return super().ask(question, **asked)  # type: ignore[arg-type]

    with Archive.open(tmp_path / "desk") as archive:
        archive.sync(tmp_path / "news.jsonl")
        desk = Watched.open(archive)
        answer = desk.ask(PLATFORM, as_of="2023-11-08", include=["cnn.com"])
        seen.clear()
        assert follow_ups(answer, desk, within_s=PATIENT, include=["cnn.com"]) == (
            "Who expressed concern over the visit to Pyongyang?",
        )
    assert all(asked == {"as_of": "2023-11-08", "include": ["cnn.com"]} for asked in seen)


def cite(*ids: str) -> Answer:
    citations = tuple(Citation(n, ArticleRef(i, "", None, None), 0, 1, "x") for n, i in enumerate(ids, 1))
    return dataclasses.replace(refused(), citations=citations, abstained=not ids)


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Archive]:
    text = " ".join(f"word{n} of the wire" for n in range(60))
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        archive.add([Article(text, id="wire"), Article(f"{text} And a line.", id="copy")])
        archive.add([Article("Something else was told by another newsroom altogether.", id="own")])
        yield archive


def test_copies_of_an_agency_are_one_origin(agency: Archive) -> None:
    assert origins(cite("wire", "copy"), agency) == 1
    assert origins(cite("wire", "own", "copy", "own"), agency) == 2
    assert origins(cite(), agency) == 0


def test_an_article_that_is_gone_counts_by_itself(agency: Archive) -> None:
    agency.remove(["copy"])
    assert origins(cite("wire", "copy"), agency) == 2
    passage = PassageRef("copy", 0, 1, "w", 1.0)
    gone = dataclasses.replace(cite("copy"), passages=(passage,))
    assert follow_ups(gone, Assistant.open(agency), within_s=PATIENT) == ()
