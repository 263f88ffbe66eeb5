"""Errors as problem details (RFC 9457): one JSON object, whatever goes wrong."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from index.errors import ArchiveError, ArticleNotFound, BadInput, CitedeskError, LLMError, ModelError
from ui.api.replies import Json
from ui.store.conversations import ConversationNotFound
from ui.streaming import Stopping

LOGGER = logging.getLogger("citedesk")
MEDIA_TYPE = "application/problem+json"
SCHEMA = "#/components/schemas/Problem"
FORGETFUL = "the database of conversations cannot be used; ask whoever runs the server, or later"
BROKEN = "the server failed at this request; its log says why"
OPENAI_PATHS = ("/v1/chat/", "/v1/models")


class UnknownModel(BadInput):
    """A client of the OpenAI kind named a model that is not offered."""


class NotAllowed(CitedeskError):
    """This person may not do that."""


_STATUS: tuple[tuple[type[CitedeskError], int], ...] = (
    (NotAllowed, 403),
    (UnknownModel, 404),
    (ConversationNotFound, 404),
    (ArticleNotFound, 404),
    (BadInput, 400),
    (Stopping, 503),
    (ArchiveError, 503),
    (ModelError, 503),
    (LLMError, 503),
)
_MEANING = {
    400: "What was asked for cannot be used.",
    401: "Nobody, or nobody known here.",
    403: "Not allowed to this person.",
    404: "There is no such thing here.",
    413: "The request is too large.",
    415: "A kind of content that is not taken.",
    408: "The request came too slowly.",
    421: "A name that is none of this server's.",
    422: "The request does not have the form that is described here.",
    429: "Too many requests; ask again later.",
    500: "The server failed; its log says why.",
    503: "The archive, or the server, cannot answer now.",
}
ALWAYS = (401, 403, 408, 413, 421, 422, 429, 500, 503)
"""What may come of any request that needs a person."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request failed: ``detail`` is one line with the value, the limit and the remedy.

    ``instance`` is the path that was asked for, ``request_id`` what the server's log calls the request.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    request_id: str | None = None


def status_of(error: CitedeskError) -> int:
    """The HTTP status that stands for an error.

    >>> status_of(ArticleNotFound("no article")), status_of(BadInput("no")), status_of(CitedeskError("?"))
    (404, 400, 500)
    """
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem_of(error: CitedeskError, scope: Scope) -> Problem:
    """An error of ours as a problem; its type is named after the error's.

    >>> problem_of(ArticleNotFound("no article has the id 'x'"), {"path": "/v1/articles/x"}).type
    'urn:citedesk:problem:article-not-found'
    """
    kind = re.sub(r"(?<!^)(?<![A-Z])(?=[A-Z])", "-", type(error).__name__).lower()
    return problem(status_of(error), str(error), scope, f"urn:citedesk:problem:{kind}")


def problem(status: int, detail: str, scope: Mapping[str, Any], kind: str = "about:blank") -> Problem:
    """A problem with a request; a NUL or half a character of what was sent does not come back."""
    path = str(scope.get("path", ""))[:200]
    number = (scope.get("state") or {}).get("request_id")
    return Problem(kind, HTTPStatus(status).phrase, status, _clean(detail), _clean(path), number)


def reply(told: Problem, scope: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Json:
    """The problem as a response; where the OpenAI clients ask, it also has the shape that they read."""
    more: dict[str, Any] = {}
    if str(scope.get("path", "")).startswith(OPENAI_PATHS):
        more["error"] = {"message": told.detail, "type": told.type, "code": told.status, "param": None}
    given = {**(headers or {}), **({"Retry-After": "5"} if told.status == 503 else {})}
    return Json({**plain(told), **more}, told.status, given, media_type=MEDIA_TYPE)


def plain(told: Problem) -> dict[str, Any]:
    """A problem as JSON has it."""
    return {name: value for name, value in asdict(told).items() if value is not None}


def problems(*statuses: int, anybody: bool = False) -> dict[int | str, dict[str, Any]]:
    """For a route's ``responses``: the problems that it may have, and those that any may."""
    told = {*statuses, *((500,) if anybody else ALWAYS)}
    content = {MEDIA_TYPE: {"schema": {"$ref": SCHEMA}}}
    return {status: {"description": _MEANING[status], "content": content} for status in sorted(told)}


def add_problem_handlers(api: FastAPI) -> None:
    """Every error of this app becomes a problem."""

    async def refused(request: Request, error: Exception) -> Json:
        assert isinstance(error, CitedeskError)
        return reply(problem_of(error, request.scope), request.scope)

    async def invalid(request: Request, error: Exception) -> Json:
        assert isinstance(error, RequestValidationError)
        return reply(problem(422, _first_complaint(error), request.scope), request.scope)

    async def http(request: Request, error: Exception) -> Json:
        assert isinstance(error, HTTPException)
        return reply(
            problem(error.status_code, str(error.detail), request.scope), request.scope, error.headers
        )

    async def forgetful(request: Request, error: Exception) -> Json:
        LOGGER.error("the database failed", exc_info=error)
        return reply(problem(503, FORGETFUL, request.scope), request.scope)

    async def broken(request: Request, error: Exception) -> Json:
        return reply(problem(500, BROKEN, request.scope), request.scope)

    api.add_exception_handler(CitedeskError, refused)
    api.add_exception_handler(RequestValidationError, invalid)
    api.add_exception_handler(HTTPException, http)
    api.add_exception_handler(SQLAlchemyError, forgetful)
    api.add_exception_handler(Exception, broken)


def _first_complaint(error: RequestValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return 'the body is not JSON; send an object such as {"question": "..."}'
    where = ".".join(str(part)[:40] for part in first["loc"][:6] if part not in ("body", "query", "path"))
    if not where and first["type"] in ("model_attributes_type", "dict_type"):
        return "the body is no JSON object; send one, with the header Content-Type: application/json"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{where or 'the body'}: {message[:200]}"


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
