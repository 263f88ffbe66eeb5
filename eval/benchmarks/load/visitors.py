"""People who each have a conversation of their own, ask one question after the other, and then look what was kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from eval.benchmarks.realtimeqa import Question

PAGE = 200
"""Exchanges that are read back at a time."""
OF_THE_REPLY = ("conversation", "exchange")
"""What a reply says beside the answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A question, the answer that came back, and the moments at which it was asked and answered."""

    question: str
    answer: dict[str, Any]
    asked: float
    answered: float
    first: float
    """When the first word was shown."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.answered - self.asked


@dataclass
class Visitor:
    """One of them. ``errors`` has a line for each reply that was none."""

    http: httpx.AsyncClient
    streamed: bool
    conversation: str = ""
    replies: list[Reply] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def arrive(self) -> None:
        """Become somebody, as a browser does by its first page, and begin a conversation."""
        await self.http.get("/healthz", headers={"accept": "text/html"})
        made = await self.http.post("/v1/conversations", json={})
        made.raise_for_status()
        self.conversation = made.json()["id"]

    async def ask_on(self, questions: Iterator[Question], more: Callable[[int], bool]) -> None:
        """One question after the other, as long as ``more`` says so of the number asked."""
        asked = 0
        while more(asked):
            asked += 1
            try:
                self.replies.append(await self._ask(next(questions)))
            except (httpx.HTTPError, ValueError, KeyError) as error:
                self.errors.append(f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(0.2)  # a server that refuses is not to be overrun

    async def _ask(self, question: Question) -> Reply:
        body = {
            "question": question.text,
            "as_of": question.day.isoformat(),
            "conversation": self.conversation,
        }
        began = time.monotonic()
        if self.streamed:
            answer, first = await self._stream(body)
        else:
            response = await self.http.post("/v1/ask", json=body)
            if response.status_code != 200:
                raise ValueError(f"status {response.status_code}: {response.text[:200]}")
            answer, first = response.json(), time.monotonic()
        return Reply(question.text, answer, began, time.monotonic(), first)

    async def _stream(self, body: dict[str, Any]) -> tuple[dict[str, Any], float]:
        answer, first, name = None, 0.0, ""
        async with self.http.stream("POST", "/v1/ask", json=body | {"stream": True}) as response:
            if response.status_code != 200:
                raise ValueError(f"status {response.status_code}: {(await response.aread())[:200]!r}")
            async for line in response.aiter_lines():
                kind, _, value = line.partition(": ")
                if kind == "event":
                    name, first = value, first or time.monotonic()
                elif kind == "data" and name == "answer":
                    answer = json.loads(value)
                elif kind == "data" and name == "problem":
                    raise ValueError(f"problem: {value[:200]}")
        if answer is None:
            raise ValueError("the stream ended without an answer")
        return answer, first

    async def complaints(self, neighbour: str) -> list[str]:
        """What is wrong with what was kept: it must be exactly what was asked and told, and the neighbour's hidden."""
        found = [
            f"{reply.question!r} was answered in another's name"
            for reply in self.replies
            if (reply.answer["question"], reply.answer["conversation"]) != (reply.question, self.conversation)
        ]
        kept = await self._kept()
        answered = [each for each in kept if each["state"] == "answered"]
        if len(kept) != len(self.replies) + len(self.errors):
            found.append(
                f"{len(kept)} exchanges are kept of {len(self.replies)} answers and {len(self.errors)} errors"
            )
        if [each["question"] for each in answered] != [reply.question for reply in self.replies]:
            found.append("the questions kept are not those that were answered, in their order")
        for each, reply in zip(answered, self.replies, strict=False):
            told = {name: value for name, value in reply.answer.items() if name not in OF_THE_REPLY}
            if (each["id"], each["answer"]) != (reply.answer["exchange"], told):
                found.append(f"{reply.question!r} was kept with another answer than was told")
        if (await self.http.get(f"/v1/conversations/{neighbour}")).status_code != 404:
            found.append("somebody else's conversation can be read")
        return found

    async def _kept(self) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            where = {"last": PAGE} | ({"before": before} if before else {})
            page = await self.http.get(f"/v1/conversations/{self.conversation}", params=where)
            page.raise_for_status()
            told = page.json()
            kept[:0] = told["exchanges"]
            before = told["before"]
            if before is None:
                return kept
