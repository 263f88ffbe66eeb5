"""``/v1/conversations``: everybody's own; to others they do not exist."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from rag.answer import Answer
from ui.api.access import Reader
from ui.api.problems import problems
from ui.api.replies import Json, Key, Text
from ui.payloads import plain
from ui.service import Service
from ui.store.conversations import Conversation, Exchange, State

Format = Literal["markdown", "html", "pack"]
EXPORTS: dict[str, Any] = {
    "text/markdown": {"schema": {"type": "string"}},
    "text/html": {"schema": {"type": "string"}},
    "application/zip": {"schema": {"type": "string", "format": "binary"}},
}
Id = Annotated[Key, Path(description="of a conversation")]


@dataclass(frozen=True, slots=True)
class ConversationShown:
    """A conversation as a list shows it; ``exchanges`` is how many it has."""

    id: str
    title: str
    created: dt.datetime
    updated: dt.datetime
    exchanges: int


@dataclass(frozen=True, slots=True)
class ConversationList:
    """Some of one's conversations, the most recently used first."""

    conversations: list[ConversationShown]


@dataclass(frozen=True, slots=True)
class ExchangeShown:
    """A question and what has come of it; ``good`` is what was thought of the answer."""

    id: str
    place: int
    question: str
    created: dt.datetime
    asked: dict[str, Any]
    state: State
    draft: str
    answer: Answer | None
    problem: str | None
    good: bool | None


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """A conversation with some of its exchanges, the oldest first; ``before`` asks for those before them."""

    conversation: ConversationShown
    exchanges: list[ExchangeShown]
    before: int | None


class Titled(BaseModel):
    """A title; it is cut at 120 characters."""

    model_config = ConfigDict(extra="forbid")
    title: Text = Field("", max_length=1000)


class Retitled(BaseModel):
    """Another title; it is cut at 120 characters."""

    model_config = ConfigDict(extra="forbid")
    title: Text = Field(min_length=1, max_length=1000)


def add_conversations(api: FastAPI, service: Service) -> None:
    """List, make, read, rename and delete conversations."""
    kept = service.conversations
    tags: list[Any] = ["conversations"]

    @api.get("/v1/conversations", tags=tags, response_model=ConversationList, responses=problems())
    def conversations(
        person: Reader,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    ) -> Json:
        """One's own, the most recently used first."""
        return Json({"conversations": [shown(one) for one in kept.of(person.name, limit, offset)]})

    @api.post(
        "/v1/conversations",
        tags=tags,
        status_code=201,
        response_model=ConversationShown,
        responses=problems(400),
    )
    def begin(body: Titled, person: Reader) -> Json:
        """A new, empty one; without a title it takes that of its first question."""
        return Json(shown(kept.create(person.name, body.title)), 201)

    @api.get(
        "/v1/conversations/{conversation}",
        tags=tags,
        response_model=ConversationPage,
        responses=problems(404),
    )
    def read(
        conversation: Id,
        person: Reader,
        last: Annotated[int, Query(ge=1, le=200, description="how many exchanges")] = 50,
        before: Annotated[int | None, Query(ge=1, le=10**9, description="place of an exchange")] = None,
    ) -> Json:
        """One, with its last exchanges, or those before a place."""
        found = kept.get(person.name, conversation)
        said = kept.exchanges(person.name, conversation, last=last + 1, before=before)
        page = said[-last:]
        thumbs = service.feedback.of(person.name, conversation, [one.id for one in page])
        return Json(
            {
                "conversation": shown(found),
                "exchanges": [_exchange(one, thumbs.get(one.id)) for one in page],
                "before": page[0].place if len(said) > last else None,
            }
        )

    @api.patch(
        "/v1/conversations/{conversation}",
        tags=tags,
        response_model=ConversationShown,
        responses=problems(400, 404),
    )
    def rename(conversation: Id, body: Retitled, person: Reader) -> Json:
        """Give it another title."""
        return Json(shown(kept.rename(person.name, conversation, body.title)))

    @api.delete("/v1/conversations/{conversation}", tags=tags, status_code=204, responses=problems(404))
    def delete(conversation: Id, person: Reader) -> Response:
        """Delete it, with all that was said."""
        kept.delete(person.name, conversation)
        return Response(status_code=204)

    @api.get(
        "/v1/conversations/{conversation}/export",
        tags=tags,
        response_class=Response,
        responses={200: {"content": EXPORTS}, **problems(400, 404, 503)},
    )
    def export(
        conversation: Id, person: Reader, as_: Annotated[Format, Query(alias="format")] = "markdown"
    ) -> Response:
        """All of it, to be taken away: as Markdown, as a page of HTML, or as a pack that can be checked."""
        found = kept.get(person.name, conversation)
        said = kept.exchanges(person.name, conversation)
        return _exported(service, found, said, as_)


def shown(conversation: Conversation) -> dict[str, Any]:
    """A conversation as its owner sees it."""
    return {name: value for name, value in plain(asdict(conversation)).items() if name != "owner"}


def _exported(
    service: Service, conversation: Conversation, exchanges: Sequence[Exchange], as_: Format
) -> Response:
    from ui.export import as_html, as_markdown
    from ui.pack import make_pack

    content: str | bytes
    if as_ == "markdown":
        kind, ending, content = "text/markdown", "md", as_markdown(conversation, exchanges)
    elif as_ == "html":
        kind, ending, content = "text/html", "html", as_html(conversation, exchanges)
    else:
        kind, ending = "application/zip", "zip"
        content = make_pack(service.desk.archive, conversation, exchanges)
    saved = f'attachment; filename="citedesk-{conversation.id[:8]}.{ending}"'
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return Response(data, media_type=kind, headers={"Content-Disposition": saved})


def _exchange(exchange: Exchange, good: bool | None) -> dict[str, Any]:
    told = {name: value for name, value in plain(asdict(exchange)).items() if name != "conversation"}
    return told | {"good": good}
