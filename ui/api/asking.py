"""Questions from programs: what they may say, and how they are answered, within a conversation or without one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field

from index.errors import BadQuestion
from rag.answer import Answer, Draft, Turn
from ui.api.replies import Key, Name, Text
from ui.logs import log_question
from ui.payloads import answer_payload
from ui.people import Person
from ui.service import Service
from ui.store.conversations import Exchange

LOGGER = logging.getLogger("citedesk")
EARLIER = 100
"""Earlier exchanges that may be sent along."""
Start = Callable[[], Iterator[Draft | Answer]]


class PastTurn(BaseModel):
    """An earlier exchange of the conversation."""

    model_config = ConfigDict(extra="forbid")
    question: Text = Field(max_length=10_000)
    answer: Text = Field(max_length=100_000)


class Ask(BaseModel):
    """A question; dates are ISO, as in 2023-11-08.

    Within a ``conversation`` it is kept with its answer, and its earlier exchanges are known; ``history`` is for
    questions outside of one. ``include`` and ``exclude`` name sources.
    """

    model_config = ConfigDict(extra="forbid")
    question: Text = Field(examples=["Who invited Kim Jong Un?"])
    history: list[PastTurn] = Field(default_factory=list, max_length=EARLIER)
    conversation: Key | None = None
    as_of: Text | None = Field(None, max_length=40, examples=["2023-11-08"])
    since: Text | None = Field(None, max_length=40, examples=["2023-11-01"])
    until: Text | None = Field(None, max_length=40, examples=["2023-11-30"])
    include: list[Name] = Field(default_factory=list, max_length=100)
    exclude: list[Name] = Field(default_factory=list, max_length=100)
    llm: Name | None = Field(None, description="one of those that /v1/models lists")
    k: int | None = Field(None, ge=1, le=50, description="passages that the answer is made from")
    stream: bool = Field(False, description="server-sent events: drafts, then the answer")

    def scope(self) -> dict[str, Any]:
        """What it is asked with, as far as given."""
        names = ("as_of", "since", "until", "include", "exclude", "llm", "k")
        return {name: value for name in names if (value := getattr(self, name))}


class Question:
    """A question on its way to its answer; ``exchange`` is where it is kept, if it is."""

    def __init__(self, start: Start, exchange: Exchange | None = None) -> None:
        self.start = start
        self.exchange = exchange

    def payload(self, answer: Answer) -> dict[str, Any]:
        """The answer as JSON; within a conversation it says where it is kept."""
        told = answer_payload(answer)
        if self.exchange:
            told |= {"conversation": self.exchange.conversation, "exchange": self.exchange.id}
            self._log(answer)
        return told

    def _log(self, answer: Answer) -> None:
        assert self.exchange is not None
        fields = {
            "conversation": self.exchange.conversation,
            "exchange": self.exchange.id,
            "abstained": answer.abstained,
            "ms": round(answer.timings_ms.get("total", 0)),
        }
        LOGGER.info("answered", extra={"fields": fields})


async def question_of(service: Service, person: Person, ask: Ask) -> Question:
    """The question as it is to be answered, written down if it is part of a conversation.

    Raises ConversationNotFound, BadSetting for an LLM that is not offered, BadQuestion.
    """
    asked = ask.scope()
    if ask.conversation is None:
        turns = tuple(Turn(turn.question, turn.answer) for turn in ask.history)
        return alone(service, person, ask.question, turns, asked)
    if ask.history:
        raise BadQuestion(
            f"history has {len(ask.history)} turns, but a conversation has its own; give one of the two"
        )
    begun = await anyio.to_thread.run_sync(service.begin, person, ask.conversation, ask.question, asked)
    return Question(lambda: service.stream(person, begun), begun)


def alone(
    service: Service, person: Person, question: str, history: tuple[Turn, ...], asked: dict[str, Any]
) -> Question:
    """A question that is not kept. Raises BadSetting for an LLM that is not offered."""
    llm = asked.get("llm")
    service.check_llm(llm)
    scope = {name: value for name, value in asked.items() if name != "llm"}

    def start() -> Iterator[Draft | Answer]:
        service.give_way(llm)
        log_question(service.settings, person, question)
        return service.desk_for(llm).stream(question, history=history, **scope)

    return Question(start)
