"""The guard around the whole server: says who asks, before anything else sees the request."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.people import LOCAL, Person

if TYPE_CHECKING:
    from ui.service import Service

VISITOR_COOKIE = "citedesk_visitor"
YEAR_S = 365 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Guard:
    """ASGI middleware that puts the `ui.people.Person` of each request into ``scope["state"]["person"]``."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        person, token = _visitor(headers)
        known = {**scope, "state": {**scope.get("state", {}), "person": person}}

        async def with_cookie(message: Message) -> None:
            if token and message["type"] == "http.response.start":
                secure = "; Secure" if scope.get("scheme") == "https" else ""
                kept = f"{VISITOR_COOKIE}={token}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax{secure}"
                MutableHeaders(scope=message).append("set-cookie", kept)
            await send(message)

        await self.app(known, receive, with_cookie)


def _visitor(headers: Headers) -> tuple[Person, str | None]:
    """Whose browser this is, and the token of a new cookie for one that has none."""
    token = cookie_parser(headers.get("cookie", "")).get(VISITOR_COOKIE, "")
    if _TOKEN.fullmatch(token):
        return _named_by(token), None
    if "sec-fetch-mode" in headers or "text/html" in headers.get("accept", ""):
        token = secrets.token_urlsafe(32)
        return _named_by(token), token
    return LOCAL, None


def _named_by(token: str) -> Person:
    """The owner that a visitor's cookie stands for; the name, which others may see, does not give it away."""
    return Person("visitor:" + hashlib.sha256(token.encode()).hexdigest()[:32], "editor")
