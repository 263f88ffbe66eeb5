"""The service: a question within a conversation, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.archive import Archive
from index.errors import BadQuestion, BadSetting
from rag.answer import Answer
from rag.assistant import Assistant
from rag.settings import Settings
from ui.payloads import answer_of
from ui.people import Person
from ui.service import Service

ANN = Person("ann", "reader")


@pytest.fixture
def service(archive: Archive, tmp_path: Path) -> Service:
    settings = Settings(llms=("ollama/other",), database=f"sqlite:///{tmp_path}/c.sqlite3")
    return Service.open(Assistant.open(archive, settings=settings), settings)


def test_a_follow_up_knows_what_was_asked_and_the_answer_is_kept_as_it_was(service: Service) -> None:
    key = service.conversations.create("ann").id
    for question in ("Who invited Kim Jong Un?", "When did he do so?"):
        begun = service.begin(ANN, key, question, {"as_of": "2023-11-08"})
        *_, answer = service.stream(ANN, begun)
    first, second = service.conversations.exchanges("ann", key)
    assert isinstance(answer, Answer)
    assert second.answer and answer_of(second.answer) == answer
    assert first.answer and "Putin" in first.answer["text"]
    assert [turn.question for turn in service.history(ANN, key)] == [first.question, second.question]


def test_one_who_leaves_stops_the_answer_and_a_failed_one_says_why(service: Service) -> None:
    key = service.conversations.create("ann").id
    stream = service.stream(ANN, service.begin(ANN, key, "Who invited Kim Jong Un?", {}))
    next(stream)
    stream.close()
    with pytest.raises(BadQuestion):
        list(service.stream(ANN, service.begin(ANN, key, "  ", {})))
    left, failed = service.conversations.exchanges("ann", key)
    assert (left.state, bool(left.draft)) == ("stopped", True)
    assert (failed.state, failed.problem is not None) == ("failed", True)


def test_of_an_endless_question_little_is_kept(service: Service) -> None:
    key = service.conversations.create("ann").id
    with pytest.raises(BadQuestion, match="the limit is 2,000"):
        list(service.stream(ANN, service.begin(ANN, key, "why " * 200_000, {})))
    service.begin(ANN, key, "Half a \ud83d character, and \0?", {})
    kept, odd = service.conversations.exchanges("ann", key)
    assert (kept.state, len(kept.question)) == ("failed", 100_000)
    assert odd.question == "Half a � character, and �?"


def test_only_llms_that_the_operator_offers_can_be_chosen(service: Service) -> None:
    key = service.conversations.create("ann").id
    assert service.llms == ("extractive", "ollama/other")
    with pytest.raises(BadSetting, match="ollama/other"):
        service.begin(ANN, key, "Who?", {"llm": "http://evil.example/v1#m"})
    assert service.conversations.exchanges("ann", key) == []
