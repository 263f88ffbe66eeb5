"""``/v1/ask`` and ``/v1/search``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from rag.answer import Answer, ArticleRef
from ui.api.access import Reader
from ui.api.answering import EVENT_STREAM, event_stream, events, reply_with, whole
from ui.api.asking import Ask, question_of
from ui.api.problems import problems
from ui.api.replies import Json, Name, Text
from ui.payloads import search_payload
from ui.service import Service
from ui.sources import finder

_EVENTS = {
    "schema": {
        "type": "object",
        "description": "Each draft takes the place of the one before; the answer, or a problem, ends it.",
        "required": ["event", "data"],
        "properties": {
            "event": {"enum": ["draft", "answer", "problem"]},
            "data": {
                "type": "string",
                "description": 'JSON: {"text"} so far, the whole answer, or the problem',
            },
        },
    }
}


@dataclass(frozen=True)
class KeptAnswer(Answer):
    """An answer; within a conversation it says where it is kept."""

    conversation: str | None = None
    exchange: str | None = None


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage, and how it came to be found; scores compare within one search."""

    article: ArticleRef
    start: int
    end: int
    text: str
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Found:
    """The best passages for a query, best first."""

    query: str
    passages: list[FoundPassage]


def add_ask(api: FastAPI, service: Service) -> None:
    """Questions and searches."""
    find = finder(service.desk.archive)

    @api.post(
        "/v1/ask",
        tags=["ask"],
        response_model=KeptAnswer,
        responses={200: {"content": {EVENT_STREAM: _EVENTS}}, **problems(400, 404, 503)},
    )
    async def ask(body: Ask, person: Reader, request: Request) -> Response:
        """One cited answer, or why the archive does not say. As events with ``stream``, or if Accept names them."""
        question = await question_of(service, person, body)
        if body.stream or EVENT_STREAM in request.headers.get("accept", ""):
            return event_stream(events(service.streams, request, question))
        return await reply_with(await whole(service.streams, request, question), question.payload)

    @api.get("/v1/search", tags=["ask"], response_model=Found, responses=problems(400, 503))
    def search(
        q: Annotated[Text, Query(max_length=10_000, description="Words to look for.")],
        person: Reader,
        k: Annotated[int, Query(ge=1, le=50)] = 10,
        as_of: Annotated[Text | None, Query(max_length=40)] = None,
        since: Annotated[Text | None, Query(max_length=40)] = None,
        until: Annotated[Text | None, Query(max_length=40)] = None,
        include: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
        exclude: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006
    ) -> Json:
        """Ranked passages."""
        chosen: dict[str, Any] = {"include": include} if include else {}
        chosen |= {"exclude": exclude} if exclude else {}
        found = service.desk.search(q, k, as_of=as_of, since=since, until=until, **chosen)
        return Json(search_payload(q, found, find))
