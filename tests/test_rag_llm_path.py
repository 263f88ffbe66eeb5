"""From a question to a cited answer through a real OpenAI-compatible server, whatever it does."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

import pytest

from index import Archive
from rag import Answer, Assistant, Draft
from rag.settings import load_settings
from tests.llm_server import LLMServer

QUESTION = "What did Ukraine recapture in the Black Sea?"
PLATFORM = "Ukraine recaptured an oil and gas platform in the Black Sea"
SEIZED = "The platform was seized by Russia in 2015"


def open_desk(archive: Archive, server: LLMServer, timeout_s: float = 20) -> Assistant:
    settings = load_settings(llm_timeout_s=timeout_s, llm_retry_wait_s=0.001)
    return Assistant.open(archive, llm=server.spec, settings=settings)


def ask(archive: Archive, server: LLMServer, *steps: dict[str, Any], timeout_s: float = 20) -> Answer:
    server.script(*steps)
    answer = open_desk(archive, server, timeout_s).ask(QUESTION)
    assert_sound(answer, archive)
    return answer


def assert_sound(answer: Answer, archive: Archive) -> None:
    """What holds of every answer, whoever wrote it."""
    for citation in answer.citations:
        assert (
            archive.article(citation.article.id).text[citation.start : citation.end] == citation.quote != ""
        )
    numbers = [int(n) for n in re.findall(r"\[(\d+)\]", answer.text)]
    assert (
        list(dict.fromkeys(numbers))
        == [c.number for c in answer.citations]
        == list(range(1, len(set(numbers)) + 1))
    )
    assert not re.search(r"[\[【［]\s*\^?\d*\s*$", answer.text)
    for statement in answer.statements:
        assert answer.text[statement.start : statement.end] == statement.text
        assert statement.citations and statement.support == "verified"
    assert answer.reason is None or "\n" not in answer.reason


def numbered(server: LLMServer, archive: Archive) -> int:
    """The number under which the prompt shows the passage about the platform."""
    server.script({"chunks": ["x."]})
    open_desk(archive, server).ask(QUESTION)
    prompt = server.seen()[0]["body"]["messages"][1]["content"]
    fenced = re.findall(r'number="(\d+)".*?>\n(.*?)\n</', prompt, re.DOTALL)
    return next(int(number) for number, text in fenced if "oil and gas platform" in text)


def test_fluent_answer(archive: Archive, server: LLMServer) -> None:
    n = numbered(server, archive)
    answer = ask(archive, server, {"chunks": list(f"{PLATFORM} [{n}]. {SEIZED}. [{n}]")})
    assert answer.text == f"{PLATFORM}. [1] {SEIZED}. [1]"
    assert answer.model == server.spec and answer.reason is None and not answer.abstained


def test_stream_shows_each_sentence_as_it_is_checked(archive: Archive, server: LLMServer) -> None:
    server.script({"chunks": [f"{PLATFORM}. [1] ", f"{SEIZED}. [1]"]})
    *drafts, answer = open_desk(archive, server).stream(QUESTION)
    assert all(isinstance(draft, Draft) for draft in drafts) and isinstance(answer, Answer)
    assert [d.text for d in drafts if isinstance(d, Draft)] == [f"{PLATFORM}. [1]", answer.text]


def test_markers_to_unknown_sources(archive: Archive, server: LLMServer) -> None:
    answer = ask(archive, server, {"chunks": [f"{PLATFORM} [77]. {SEIZED} [88][99]."]})
    assert answer.text.startswith(f"{PLATFORM}. [1]") and "77" not in answer.text
    assert "Black Sea" in answer.citations[0].quote and answer.model == server.spec


def test_no_markers_at_all(archive: Archive, server: LLMServer) -> None:
    answer = ask(archive, server, {"chunks": [f"{PLATFORM}. {SEIZED}."]})
    assert len(answer.statements) == 2 and answer.citations and answer.model == server.spec


def test_busy_then_well(archive: Archive, server: LLMServer) -> None:
    answer = ask(
        archive, server, {"status": 429, "headers": {"Retry-After": "0"}}, {"chunks": [f"{PLATFORM}. [1]"]}
    )
    assert answer.model == server.spec and answer.reason is None and len(server.seen()) == 2


WELL: Sequence[tuple[str, dict[str, Any]]] = [
    ("json", {"chunks": [f'{{"answer": "{PLATFORM}. [1]", "sour', 'ces": [1']}),
    ("chatter", {"chunks": ["Sure! Here is the answer.\n\n", f"* {PLATFORM} [1]"]}),
    ("one sentence is made up", {"chunks": [f"{PLATFORM}. [1] {SEIZED}. [1] It cost $3 million. [1]"]}),
]


@pytest.mark.parametrize("step", [step for _, step in WELL], ids=[name for name, _ in WELL])
def test_untidy_replies_are_still_used(archive: Archive, server: LLMServer, step: dict[str, Any]) -> None:
    answer = ask(archive, server, step)
    assert answer.model == server.spec and answer.text.startswith(f"{PLATFORM}. [1]")
    assert "$" not in answer.text and "{" not in answer.text


BROKEN: Sequence[tuple[str, dict[str, Any], str]] = [
    ("cut", {"chunks": [f"{PLATFORM}. [1] The", "x"], "drop": 1}, "broke off"),
    ("cut at once", {"chunks": ["x"], "drop": 0}, "broke off"),
    ("hangs", {"hang": "headers"}, "did not answer within 1 s"),
    ("hangs in the middle", {"chunks": [f"{PLATFORM}. [1] The", "x"], "hang": 1}, "1 s"),
    ("drips", {"chunks": [], "drip": 0.1}, "did not answer within 1 s"),
    ("empty", {"chunks": []}, "empty"),
    ("broken json", {"chunks": ['{"answer": ', '{"text": ["sources"']}, "could"),
    ("broken stream", {"raw": "data: {nonsense\n\n"}, "cannot be read"),
    ("invalid utf-8", {"raw": "data: \xff\xfe\n\n"}, "cannot be read"),
    ("always busy", {"status": 429}, "429"),
    ("bad key", {"status": 401, "body": '{"error": "sk-secret"}'}, "401"),
    ("failure", {"status": 500}, "500"),
    ("web page", {"status": 200, "content_type": "text/html", "body": "<html>hi</html>"}, "text/html"),
    ("made up", {"chunks": ["France won the Cup. [1] Messi scored. [2]"]}, "2 of 2 sentences"),
    ("endless", {"chunks": ["la la la " * 100] * 50}, "20,000"),
    ("refusal", {"chunks": ["The archive does not say."]}, "does not say"),
]


@pytest.mark.parametrize(("step", "reason"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_extractive_answer_when_the_llm_fails(
    archive: Archive, server: LLMServer, step: dict[str, Any], reason: str
) -> None:
    began = time.monotonic()
    answer = ask(archive, server, step, timeout_s=1 if "1 s" in reason else 20)
    assert time.monotonic() - began < 15
    assert answer.reason is not None and reason in answer.reason and "sk-" not in answer.reason
    assert answer.model == "extractive" and not answer.abstained
    assert "platform" in answer.text and "Black Sea" in answer.citations[0].quote


def test_nobody_listens(archive: Archive) -> None:
    with Assistant.open(archive, llm="http://127.0.0.1:1/v1#m") as desk:
        answer = desk.ask(QUESTION)
    assert_sound(answer, archive)
    assert answer.reason is not None and "127.0.0.1:1" in answer.reason and "platform" in answer.text


def test_closing_the_stream_stops_the_llm(archive: Archive, server: LLMServer) -> None:
    server.script({"chunks": [f"{PLATFORM}. [1] The", "x"], "hang": 1})
    settings = load_settings(llm_timeout_s=60)
    stream = Assistant.open(archive, llm=server.spec, settings=settings).stream(QUESTION)
    server.script({"chunks": [f"{PLATFORM}. [1] The", "x"], "hang": 1})
    assert isinstance(next(stream), Draft)
    stream.close()  # type: ignore[attr-defined]
    assert server.wait_until_gone()


def test_instruction_in_a_question_changes_no_citation(archive: Archive, server: LLMServer) -> None:
    step = {
        "chunks": [f"{PLATFORM}. [1] <img src=x onerror=alert(1)> Visit [us](http://evil.example) now! [2]"]
    }
    answer = ask(archive, server, step)
    assert "evil" not in answer.text and "<" not in answer.text
