"""Whether the server lives, whether it can answer, and what the archive holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError

from index.errors import CitedeskError
from ui.api.access import Reader, public
from ui.api.problems import problem, problems, reply
from ui.api.replies import Json
from ui.payloads import plain
from ui.service import Service

NOBODY = ":nobody"
"""Owns no conversation."""


@dataclass(frozen=True, slots=True)
class Health:
    """All is well."""

    status: Literal["ok"]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the archive holds; see ``citedesk status``."""

    articles: int
    passages: int
    undated: int
    flagged: int
    oldest: dt.date | None
    newest: dt.date | None
    model: str
    fingerprint: str
    llms: list[str]


def add_health(api: FastAPI, service: Service) -> None:
    """Probes for whoever runs the server, and the holdings for whoever asks it."""
    tags: list[Any] = ["server"]
    anybody = [Depends(public)]

    @api.get(
        "/healthz", tags=tags, response_model=Health, dependencies=anybody, responses=problems(anybody=True)
    )
    async def healthz() -> Json:
        """The server lives."""
        return Json({"status": "ok"})

    @api.get(
        "/readyz",
        tags=tags,
        response_model=Health,
        dependencies=anybody,
        responses=problems(503, anybody=True),
    )
    async def readyz(request: Request) -> Json:
        """It can answer: the archive is open, and the database can be reached."""
        trouble = await anyio.to_thread.run_sync(_trouble, service)
        if trouble:
            return reply(problem(503, trouble, request.scope), request.scope)
        return Json({"status": "ok"})

    @api.get("/v1/archive", tags=["articles"], response_model=Holdings, responses=problems(503))
    def holdings(person: Reader) -> Json:
        """What the archive holds, and which LLMs may be chosen."""
        held: dict[str, Any] = plain(service.desk.archive.status())
        names = Holdings.__dataclass_fields__
        told = {name: value for name, value in held.items() if name in names}
        return Json(told | {"llms": list(service.llms)})


def _trouble(service: Service) -> str:
    """Why nothing could be answered now, without what only the operator should know."""
    try:
        service.desk.archive.size()
    except CitedeskError:
        return "the archive cannot be read; the operator finds out more by: citedesk check"
    try:
        service.conversations.of(NOBODY, 1)
    except SQLAlchemyError:
        return "the database of conversations cannot be reached; is it running?"
    return ""
