"""Answers on their way out: whole, or as events while they grow; who leaves stops them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from index.errors import CitedeskError
from rag.answer import Answer, Draft
from ui.api.asking import Question
from ui.api.problems import BROKEN, Problem, plain, problem, problem_of
from ui.api.replies import Json, encoded
from ui.streaming import Streams

T = TypeVar("T")
LEFT = 499
"""The status, which nobody sees, of a request whose client has left."""
SILENCE_S = 15.0
"""After so long without an event a comment is sent, or a proxy might think that nothing more comes."""
PAUSE = b": still at it\n\n"
EVENT_STREAM = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class BrokenAnswer(Exception):
    """An answer ended without coming to its end; the log has the reason."""


async def whole(streams: Streams, request: Request, question: Question) -> Answer | None:
    """The answer; None if its client left meanwhile. Raises what ``Assistant.stream`` raises, or BrokenAnswer."""
    answering = asyncio.create_task(_last(streams, question))
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        return await answering if answering.done() else None
    finally:
        for task in (answering, leaving):
            task.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


async def reply_with(answer: Answer | None, made: Callable[[Answer], dict[str, Any]]) -> Response:
    """The response to a client that waited for the whole answer."""
    return Response(status_code=LEFT) if answer is None else Json(made(answer))


async def _last(streams: Streams, question: Question) -> Answer:
    async with aclosing(streams.throttled(question.start, interval_s=0.0)) as items:
        async for item in items:
            if isinstance(item, Answer):
                return item
    raise BrokenAnswer


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def event_stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """Events as a response."""
    return StreamingResponse(events, media_type=EVENT_STREAM, headers=_HEADERS)


async def events(streams: Streams, request: Request, question: Question) -> AsyncGenerator[bytes, None]:
    """Drafts, at least one, then the answer; or a problem, as server-sent events."""
    drafted = False
    async with aclosing(told(streams, request, question)) as items:
        async for item in items:
            if item is None:
                yield PAUSE
            elif isinstance(item, Problem):
                yield event("problem", plain(item))
            else:
                if isinstance(item, Draft) or not drafted:
                    yield event("draft", {"text": item.text})
                    drafted = True
                if isinstance(item, Answer):
                    yield event("answer", question.payload(item))


async def told(
    streams: Streams, request: Request, question: Question
) -> AsyncGenerator[Draft | Answer | Problem | None, None]:
    """What there is to tell: drafts, then the answer or a problem; None after a long silence."""
    answered = False
    try:
        async with aclosing(streams.throttled(question.start)) as items:
            async for item in with_pauses(items, SILENCE_S):
                answered = answered or isinstance(item, Answer)
                yield item
    except CitedeskError as error:
        yield problem_of(error, request.scope)
        return
    if not answered:
        yield problem(500, BROKEN, request.scope)


async def with_pauses(items: AsyncIterator[T], every_s: float) -> AsyncIterator[T | None]:
    """The items, and None whenever there has been none for so long."""
    coming = asyncio.ensure_future(anext(items, _END))
    try:
        while True:
            done, _ = await asyncio.wait((coming,), timeout=every_s)
            if not done:
                yield None
                continue
            if (item := coming.result()) is _END:
                return
            yield item
            coming = asyncio.ensure_future(anext(items, _END))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


_END: Any = object()


def event(name: str, content: Any) -> bytes:
    """One server-sent event.

    >>> event("draft", {"text": "It rained."})
    b'event: draft\\ndata: {"text":"It rained."}\\n\\n'
    """
    return b"event: " + name.encode() + b"\ndata: " + encoded(content) + b"\n\n"
