"""A crowd at one server: everybody asks at once, then reads back what was kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from eval.benchmarks.load.server import Server, Watch
from eval.benchmarks.load.visitors import Reply, Visitor
from eval.benchmarks.realtimeqa import Question

PATIENCE_S = 300.0
"""How long a person waits for an answer before it counts as an error."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. Moments are of this machine's monotonic clock; ``since`` to ``until`` is what counts."""

    since: float
    until: float
    replies: tuple[Reply, ...]
    errors: tuple[str, ...]
    complaints: tuple[str, ...]
    watch: Watch
    own_cores: float

    @property
    def counted(self) -> list[Reply]:
        """The replies that came within the counted time."""
        return [reply for reply in self.replies if self.since <= reply.answered <= self.until]

    @property
    def per_second(self) -> float:
        """Answers a second within the counted time."""
        return len(self.counted) / (self.until - self.since)


@dataclass(frozen=True, slots=True)
class Plan:
    """So many people ask for ``seconds`` after a warm-up; with ``rounds`` each asks so many streamed questions."""

    people: int
    seconds: float = 0.0
    warm: float = 0.0
    rounds: int = 0

    async def carry_out(self, server: Server, questions: Iterator[Question]) -> Outcome:
        """Who waits for an answer when the time is over, still gets it; then everybody reads back."""
        watch = Watch(server.process.pid)
        watching = asyncio.create_task(watch.run())
        async with AsyncExitStack() as doors:
            crowd = [await doors.enter_async_context(_visitor(server)) for _ in range(self.people)]
            visitors = [Visitor(http, streamed=self.rounds > 0) for http in crowd]
            for visitor in visitors:
                await visitor.arrive()
            cpu, since = time.process_time(), time.monotonic() + self.warm
            until = since + self.seconds

            def more(asked: int) -> bool:
                return asked < self.rounds if self.rounds else time.monotonic() < until

            await asyncio.gather(*(visitor.ask_on(questions, more) for visitor in visitors))
            taken = time.monotonic() - since + self.warm
            cpu = time.process_time() - cpu
            until = time.monotonic() if self.rounds else until
            neighbours = [visitor.conversation for visitor in (*visitors[1:], visitors[0])]
            wrong = [
                line
                for visitor, neighbour in zip(visitors, neighbours, strict=True)
                for line in await visitor.complaints(neighbour)
            ]
        watching.cancel()
        return Outcome(
            since,
            until,
            tuple(reply for visitor in visitors for reply in visitor.replies),
            tuple(line for visitor in visitors for line in visitor.errors),
            tuple(wrong),
            watch,
            cpu / taken,
        )


def _visitor(server: Server) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S)
