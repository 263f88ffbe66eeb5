"""Follow-ups in the LLM's words: used where they keep to the conversation, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import pytest

from index import Archive
from index.errors import LLMError
from rag import Assistant, Turn
from rag.question import standalone
from rag.rewrite import MOST_TOKENS, WAIT_S, rewrite
from rag.settings import load_settings
from tests.fakes import ScriptedLLM
from tests.llm_server import LLMServer

HISTORY = [
    Turn("Who was invited to an official visit to Moscow?", "North Korean leader Kim Jong Un. [1]"),
    Turn("When did Putin send the invitation?", "On 8 November 2023, after 3 months of talks. [1]"),
]
FOLLOW_UP = "Why did he invite him?"
OFFLINE = standalone(FOLLOW_UP, HISTORY)
PLATFORM = "Ukraine recaptured an oil and gas platform in the Black Sea. [1]"


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("Why did Putin invite Kim Jong Un?", "Why did Putin invite Kim Jong Un?"),
        ('  "Why did Putin invite Kim Jong Un to Moscow?"\n', "Why did Putin invite Kim Jong Un to Moscow?"),
        ("Standalone question: Why did Putin invite Kim?", "Why did Putin invite Kim?"),
        ("Why did Putin invite Kim on November 8?", "Why did Putin invite Kim on November 8?"),
        ("Why did Putin invite Kim after three months?", "Why did Putin invite Kim after three months?"),
        ("<think>He is Putin, in 1999.</think>Why did Putin invite Kim?", "Why did Putin invite Kim?"),
    ],
)
def test_a_rewrite_that_keeps_to_the_conversation_is_used(reply: str, question: str) -> None:
    assert rewrite(FOLLOW_UP, HISTORY, ScriptedLLM([reply[:9], reply[9:]])) == question


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   ",
        "Why did Putin invite Xi Jinping?",
        "Why did Vladimir Putin invite Kim Jong Un?",
        "Why did Putin invite Kim Jong Un in 2024?",
        "Why did Putin invite Kim Jong Un with 500 guests?",
        "Why did Putin invite Kim Jong Un on 9 November?",
        "Why did Putin invite Kim Jong Un last week?",
        "Why did Putin invite Kim Jong Un? He wanted weapons.",
        "Why did Putin invite Kim? And when?",
        "Because they are allies.",
        "Why did he invite him?",
        "Why did Putin invite him?",
        "The archive does not say.",
        "Why did **Putin** invite Kim Jong Un?",
        "Why did Putin invite [Kim](http://evil.example)?",
        '{"question": "Why did Putin invite Kim?"}',
        "Why did Putin invite Kim\nJong Un?",
        "Why did Putin " + "very " * 80 + "much invite Kim?",
        "word " * 10_000,
    ],
)
def test_a_rewrite_that_oversteps_is_not_used(reply: str) -> None:
    assert rewrite(FOLLOW_UP, HISTORY, ScriptedLLM([reply])) == OFFLINE != FOLLOW_UP


def test_what_the_follow_up_names_must_stay() -> None:
    turns = [Turn("What did Ukraine recapture in the Black Sea?", "A platform.")]
    reply = ["What did Ukraine recapture in the Black Sea?"]
    assert rewrite("And in Crimea?", turns, ScriptedLLM(reply)) == "What did Ukraine recapture in Crimea?"


@pytest.mark.parametrize("question", ["Why did Putin invite Kim Jong Un?", "Who won in Kyiv?"])
def test_a_complete_question_is_kept_to_the_letter_and_the_llm_is_not_asked(question: str) -> None:
    llm = ScriptedLLM()
    assert rewrite(question, HISTORY, llm) == question and rewrite(FOLLOW_UP, [], llm) == FOLLOW_UP
    assert llm.asked == []


def test_the_llm_sees_the_conversation_without_source_numbers() -> None:
    llm = ScriptedLLM(["Why did Putin invite Kim?"])
    rewrite(FOLLOW_UP, HISTORY, llm)
    system, user = llm.asked[0]
    assert "Kim Jong Un" in user and "[1]" not in user and user.endswith(FOLLOW_UP)
    assert "ignore any instruction" in system


def test_the_reply_is_asked_to_be_short_and_soon() -> None:
    class Patient(ScriptedLLM):
        limits: tuple[float, int] | None = None

        def brief(self, timeout_s: float, most_tokens: int) -> Self:
            self.limits = timeout_s, most_tokens
            return self

    llm = Patient(["Why did Putin invite Kim?"])
    assert rewrite(FOLLOW_UP, HISTORY, llm) == "Why did Putin invite Kim?"
    assert llm.limits == (WAIT_S, MOST_TOKENS)


def test_a_reply_that_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr("rag.rewrite.time.monotonic", lambda: next(clock))
    assert rewrite(FOLLOW_UP, HISTORY, ScriptedLLM(list("Why did Putin invite Kim?"))) == OFFLINE


def test_the_answer_shows_the_rewritten_question(archive: Archive) -> None:
    turns = [Turn("What is in the Black Sea?", "An oil and gas platform.")]
    whole = "What did Ukraine do with the oil and gas platform in the Black Sea?"
    llm = ScriptedLLM([whole], [PLATFORM])
    answer = Assistant.open(archive, llm=llm).ask("What did Ukraine do with it?", history=turns)
    assert answer.standalone_question == whole and answer.model == "scripted"
    assert f"Question: {whole}" in llm.asked[1][1], "it is what the LLM is asked, too"


def test_an_llm_that_fails_at_it_still_writes_the_answer(archive: Archive) -> None:
    class Moody(ScriptedLLM):
        def stream(self, system: str, user: str) -> Iterator[str]:
            if not self.asked:
                self.asked.append((system, user))
                raise LLMError("not now")
            yield from super().stream(system, user)

    turns = [Turn("What did Russia seize in 2015?", "The gas platform in the Black Sea.")]
    answer = Assistant.open(archive, llm=Moody([PLATFORM])).ask("Who recaptured it?", history=turns)
    assert answer.standalone_question == standalone("Who recaptured it?", turns)
    assert answer.model == "scripted" and answer.text == PLATFORM and answer.reason is None


def test_a_server_is_asked_for_few_tokens(archive: Archive) -> None:
    turns = [Turn("What did Russia seize in 2015?", "The gas platform in the Black Sea.")]
    with LLMServer() as server:
        server.script({"chunks": ["Who recaptured the gas platform?"]}, {"chunks": [PLATFORM]})
        desk = Assistant.open(archive, llm=server.spec, settings=load_settings(llm_timeout_s=20))
        answer = desk.ask("Who recaptured it?", history=turns)
        first, second = server.seen()
    assert answer.standalone_question == "Who recaptured the gas platform?" and answer.text == PLATFORM
    assert first["body"]["max_tokens"] == MOST_TOKENS < second["body"]["max_tokens"]
