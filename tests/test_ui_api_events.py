"""What is told while an answer grows: pauses, and drafts that are taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from fastapi.testclient import TestClient

from rag.answer import Answer, Draft
from tests.fake_desk import FakeDesk, answered, service_of
from ui.api import create_app
from ui.api.answering import with_pauses


class Rewriting(FakeDesk):
    """Says something, takes it back, and answers with the archive's own words."""

    def stream(self, question: str, **options: Any) -> Iterator[Draft | Answer]:
        yield Draft("It did not rain. [1]")
        yield replace(answered(question), text="It rained. [1]")


def data_of(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def test_a_long_silence_is_told_as_a_pause_and_loses_nothing() -> None:
    async def slow() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0.05)
        yield 2

    async def read() -> list[int | None]:
        return [item async for item in with_pauses(slow(), 0.01)]

    told = asyncio.run(read())
    assert [item for item in told if item] == [1, 2] and None in told


def test_a_draft_that_was_taken_back_is_replaced_as_far_as_an_openai_client_can_be_told() -> None:
    client = TestClient(create_app(service_of(Rewriting())))
    asked = {"model": "citedesk", "stream": True, "messages": [{"role": "user", "content": "Did it rain?"}]}
    *chunks, done = data_of(client.post("/v1/chat/completions", json=asked).text)
    said = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert said in (
        "It rained. [1]",
        "It did not rain. [1]\n\nThis replaces what stands above:\n\nIt rained. [1]",
    )
    assert chunks[-1]["citedesk"]["text"] == "It rained. [1]" and done == "[DONE]"


def test_an_answer_that_breaks_off_is_told_as_the_servers_fault() -> None:
    client = TestClient(create_app(service_of(FakeDesk(RuntimeError("secret")))))
    told = client.post("/v1/ask", json={"question": "q", "stream": True}).text
    assert told.startswith("event: problem\n") and "secret" not in told
    assert data_of(told)[0]["status"] == 500
