"""``/v1/feedback``: thumbs up or down on an answer; all of them as gold questions for editors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import FastAPI, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from ui.api.access import Editor, Reader
from ui.api.problems import problems
from ui.api.replies import Key, Text, encoded
from ui.service import Service
from ui.store.feedback import REASON_CHARS

JSON_LINES = "application/x-ndjson"


class Thumb(BaseModel):
    """What one thinks of an answer of one's own conversation."""

    model_config = ConfigDict(extra="forbid")
    exchange: Key
    good: bool
    reason: Text = Field("", max_length=REASON_CHARS)


def add_feedback(api: FastAPI, service: Service) -> None:
    """Give feedback, take it back, read it all."""
    tags: list[Any] = ["feedback"]

    @api.post("/v1/feedback", tags=tags, status_code=204, responses=problems(400, 404))
    def give(body: Thumb, person: Reader) -> Response:
        """Thumbs up or down; the last word counts."""
        service.feedback.give(person.name, body.exchange, good=body.good, reason=body.reason)
        return Response(status_code=204)

    @api.delete("/v1/feedback/{exchange}", tags=tags, status_code=204, responses=problems(404))
    def take_back(exchange: Annotated[Key, Path()], person: Reader) -> Response:
        """Neither up nor down."""
        service.feedback.take_back(person.name, exchange)
        return Response(status_code=204)

    @api.get(
        "/v1/feedback",
        tags=tags,
        response_class=StreamingResponse,
        responses={200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}}, **problems()},
    )
    def gold(person: Editor) -> StreamingResponse:
        """All judged answers as gold questions, one a line, for ``citedesk eval``."""
        return StreamingResponse(_lines(service.feedback.gold()), media_type=JSON_LINES)


def _lines(questions: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for question in questions:
        yield encoded(question) + b"\n"
