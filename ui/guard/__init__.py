"""The guard around the whole server: who is let in, how much they may send, and what others learn of it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import BadSetting
from ui import logs
from ui.guard.bodies import Body
from ui.guard.hosts import SAFE_METHODS, Hosts, check_origin
from ui.guard.login import PATHS, Login
from ui.guard.policy import Policy, without_encoding
from ui.guard.quota import Quota, address
from ui.guard.refusal import Refusal
from ui.guard.tabs import Tabs, is_closed
from ui.guard.visitors import visitor
from ui.people import NOBODY, Person

if TYPE_CHECKING:
    from ui.service import Service

OPEN = frozenset({"/healthz", "/readyz"})
"""What anybody may read."""
UPLOADS = ("/gradio_api/upload", "/v1/articles")
"""Where files are sent to."""
COSTLY = ("/v1/", "/ui/follow-ups")
"""What costs work although it only reads."""
LOOKUPS = 8
"""Keys and sessions looked up at a time."""


class Guard:
    """ASGI middleware that puts the `ui.people.Person` of each request into ``scope["state"]["person"]``.

    Raises BadSetting if users are asked for, but there are none.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        settings = service.settings
        self._app = app
        self._people = service.people if settings.auth else None
        if self._people is not None and not self._people.all():
            raise BadSetting("auth is on, but there are no users; run: citedesk user add NAME --role editor")
        # Looking somebody up must not wait for the threads that answer.
        self._lookups = anyio.CapacityLimiter(LOOKUPS)
        self._login = Login(self._people, self._lookups) if self._people is not None else None
        self._hosts = Hosts(settings.host, settings.allowed_hosts)
        self._quota = Quota(settings.rate_per_minute) if settings.rate_per_minute else None
        self._rate = settings.rate_per_minute
        self._tabs = Tabs()
        self._most = settings.max_request_bytes
        self._most_uploaded = settings.max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; its end is logged, whatever becomes of it."""
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = secrets.token_hex(8)
        logs.request_id.set(number)
        known = without_encoding(scope)
        known = {**known, "state": {**(scope.get("state") or {}), "person": NOBODY, "request_id": number}}
        policy, line = Policy(scope, send, number), logs.RequestLine(known, number)

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                line.status = message["status"]
            await policy.send(message)

        try:
            await self._serve(known, receive, say, number)
        finally:
            line.write()

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Send, number: str) -> None:
        headers = Headers(scope=scope)
        path = scope["path"]
        uploads = path.startswith(UPLOADS)
        most = self._most_uploaded if uploads else self._most
        remedy = "split it into smaller files" if uploads else "send a shorter question and history"
        body = Body(receive, send, most, remedy, (path, number))
        try:
            self._hosts.check(headers)
            check_origin(scope["method"], headers)
            if is_closed(path):
                raise Refusal(404, "this part of Gradio is closed here; open the page instead")
            if self._login is not None and path in PATHS:
                self._count(scope, address(scope))
                await self._login(scope, body.receive, body.send)
                return
            person, cookie = await self._who(scope, headers)
            scope["state"]["person"] = person
            self._count(scope, person.name if self._login and person is not NOBODY else address(scope))
            body.check_length(headers)
            owner = address(scope) if cookie else person.name  # a browser may keep no cookies
            received = await self._tabs.check(scope, body.receive, owner)
        except Refusal as why:
            if not body.refused:
                await why.respond(send, path, number)
            return
        except ClientDisconnect:
            return

        async def answer(message: Message) -> None:
            if cookie and message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await body.send(message)

        try:
            await self._app(scope, received, answer)
        except ClientDisconnect:
            if not body.refused:
                raise

    async def _who(self, scope: dict[str, Any], headers: Headers) -> tuple[Person, str | None]:
        """The person, and a cookie to set. Raises Refusal."""
        if self._people is None or self._login is None:
            return visitor(scope, headers)
        shown = headers.get("authorization")
        if shown is not None:
            scheme, _, key = shown.partition(" ")
            person = None
            if scheme.lower() == "bearer":
                person = await anyio.to_thread.run_sync(
                    self._people.admitted, key.strip(), "key", limiter=self._lookups
                )
        else:
            person = await self._login.person(headers)
        if person is None and scope["path"] in OPEN and scope["method"] in SAFE_METHODS:
            person = NOBODY
        if person is None:
            self._count(scope, address(scope))
            raise _stranger(scope, headers)
        return person, None

    def _count(self, scope: dict[str, Any], key: str) -> None:
        """Count what costs work; looking at the page does not. Raises Refusal."""
        costs = scope["method"] not in SAFE_METHODS or scope["path"].startswith(COSTLY)
        if self._quota is not None and costs and not self._quota.spend(key):
            wait = self._quota.wait_s(key)
            detail = f"more than {self._rate} requests within a minute; wait {wait} s"
            raise Refusal(429, detail, {"retry-after": str(wait)})


def _stranger(scope: dict[str, Any], headers: Headers) -> Refusal:
    """What somebody is told who is not known: a person where to log in, a program what to send."""
    if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
        query = scope["query_string"].decode("latin-1")
        onward = quote(scope["path"] + (f"?{query}" if query else ""), safe="")
        return Refusal(303, "log in first", {"location": f"/login?next={onward}"})
    detail = (
        "no user is known by this request; log in at /login, or send the header Authorization: Bearer KEY"
    )
    return Refusal(401, detail, {"www-authenticate": "Bearer"})
