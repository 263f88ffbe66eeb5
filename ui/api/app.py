"""The REST API: the same answers as the command line, for programs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from index.errors import ArchiveError, BadInput, CitedeskError
from rag.answer import Turn
from ui.api.bodies import BodyLimit
from ui.payloads import answer_payload, search_payload
from ui.sources import finder

if TYPE_CHECKING:
    from ui.service import Service


class PastTurn(BaseModel):
    """An earlier exchange of the conversation."""

    model_config = ConfigDict(extra="forbid")
    question: str = Field(max_length=10_000)
    answer: str = Field(max_length=100_000)


class Ask(BaseModel):
    """A question; dates are ISO, as in 2023-11-08."""

    model_config = ConfigDict(extra="forbid")
    question: str
    history: list[PastTurn] = Field(default_factory=list, max_length=100)
    as_of: str | None = None
    since: str | None = None
    until: str | None = None
    k: int | None = Field(None, ge=1, le=50)


def create_app(service: Service) -> FastAPI:
    """The API over a service. Each error is a JSON object with one line, ``detail``."""
    # The interactive pages of FastAPI load scripts from another host; the schema itself is here.
    api = FastAPI(title="citedesk", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    api.add_middleware(BodyLimit)
    _add_error_handlers(api)
    desk = service.desk
    find = finder(desk.archive)

    @api.post("/v1/ask")
    def ask(body: Ask) -> dict[str, Any]:
        """One cited answer, or why the archive does not say."""
        answer = desk.ask(
            body.question,
            history=tuple(Turn(turn.question, turn.answer) for turn in body.history),
            as_of=body.as_of,
            since=body.since,
            until=body.until,
            k=body.k,
        )
        return answer_payload(answer)

    @api.get("/v1/search")
    def search(
        q: str,
        k: Annotated[int, Query(ge=1, le=50)] = 10,
        as_of: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> dict[str, Any]:
        """Ranked passages."""
        found = desk.search(q, k, as_of=as_of, since=since, until=until)
        return search_payload(q, found, find)

    @api.get("/healthz")
    def healthz() -> dict[str, Any]:
        """Whether the archive can be read, and what it holds."""
        held = desk.archive.status()
        return {
            "status": "ok",
            "articles": held.articles,
            "passages": held.passages,
            "flagged": held.flagged,
            "oldest": _iso(held.oldest),
            "newest": _iso(held.newest),
            "fingerprint": held.fingerprint,
        }

    return api


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=status)


def _add_error_handlers(api: FastAPI) -> None:
    async def refused(request: Request, error: Exception) -> JSONResponse:
        status = 400 if isinstance(error, BadInput) else 503 if isinstance(error, ArchiveError) else 500
        return _problem(status, str(error))

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _problem(422, _first_complaint(error))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        known = "there are POST /v1/ask, GET /v1/search and GET /healthz"
        detail = (
            f"no {request.method} {request.url.path[:100]}; {known}"
            if error.status_code in (404, 405)
            else ""
        )
        return _problem(error.status_code, detail or str(error.detail))

    async def broken(request: Request, error: Exception) -> JSONResponse:
        return _problem(500, "the server failed at this request; its log says why")

    api.add_exception_handler(CitedeskError, refused)
    api.add_exception_handler(RequestValidationError, invalid)
    api.add_exception_handler(HTTPException, http)
    api.add_exception_handler(Exception, broken)


def _first_complaint(error: RequestValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return 'the body is not JSON; send an object such as {"question": "..."}'
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
    return f"{where or 'the body'}: {first['msg']}"
