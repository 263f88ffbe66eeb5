"""Requests that no route of the API takes: they must not fall through to the page."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

PATHS = ("/v1", "/v1/{rest:path}", "/healthz", "/readyz", "/metrics", "/openapi.json")


class Unknown:
    """Says which methods a path takes, or that there is no such path."""

    def __init__(self, api: FastAPI) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises HTTPException: 405 if another method would do, else 404."""
        request = Request(scope)
        allowed: set[str] = set()
        for route in self._api.router.routes:
            if getattr(route, "endpoint", None) is not self and route.matches(scope)[0] is Match.PARTIAL:
                allowed |= getattr(route, "methods", None) or set()
        asked = f"{request.method[:20]} {request.url.path[:100]}"
        if allowed:
            takes = ", ".join(sorted(allowed))
            raise HTTPException(405, f"no {asked}; this path takes {takes}", {"Allow": takes})
        raise HTTPException(404, f"no {asked}; POST /v1/ask asks, /openapi.json says what else there is")


def add_unknown(api: FastAPI) -> None:
    """After all routes of the API, before the page."""
    unknown = Unknown(api)
    for path in PATHS:
        api.router.routes.append(Route(path, unknown, include_in_schema=False))
