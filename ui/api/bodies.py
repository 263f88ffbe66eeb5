"""How large a request may be: what is too large is refused before it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.problems import problem, reply

MAX_BODY = 1_000_000
"""Bytes of a request's body to ``/v1``, unless it brings articles, or the operator has set another limit."""
MAX_ARTICLES = 10_000_000
"""Bytes of articles in JSON: they are held in memory whole."""
ARTICLES, FILES = "/v1/articles", "/v1/articles/files"
_LINGER_BYTES, _LINGER_S = 4_000_000, 2.0  # a client that is still sending would not see the answer otherwise


class BodyLimit:
    """Refuses bodies to ``/v1`` that are too large, however they are sent."""

    def __init__(self, app: ASGIApp, requests: int, uploads: int) -> None:
        self.app = app
        self._limit = requests
        self._limits = {ARTICLES: min(MAX_ARTICLES, uploads), FILES: uploads}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. A body with articles in files is counted on its way, any other is read first."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], self._limit)
        said = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
        if said.isdecimal() and int(said) > limit:
            await _refuse(scope, receive, send, limit, more=True)
        elif scope["path"] == FILES:
            await self._counted(scope, receive, send, limit)
        else:
            await self._whole(scope, receive, send, limit)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        size, refused, began = 0, False, False

        async def counting() -> Message:
            nonlocal size, refused
            message = {"type": "http.disconnect"} if refused else await receive()
            size += len(message.get("body", b""))
            if size > limit and not began:
                refused = True
                more = bool(message.get("more_body", False))
                await _refuse(scope, receive, send, limit, more=more)
                return {"type": "http.disconnect"}
            return message

        async def unless_refused(message: Message) -> None:
            nonlocal began
            if not refused:
                began = True
                await send(message)

        await self.app(scope, counting, unless_refused)

    async def _whole(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message.get("more_body", False)
            if size > limit:
                await _refuse(scope, receive, send, limit, more=more)
                return
        body: Message | None = {"type": "http.request", "body": b"".join(chunks), "more_body": False}

        async def replay() -> Message:
            nonlocal body
            message, body = body, None
            return message if message is not None else await receive()

        await self.app(scope, replay, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int, *, more: bool) -> None:
    remedy = "send fewer articles at a time" if scope["path"].startswith(ARTICLES) else "send a shorter one"
    detail = f"the request is larger than {limit:,} bytes; {remedy}"
    told = reply(problem(413, detail, scope), scope, {"Connection": "close"})
    await send({"type": "http.response.start", "status": 413, "headers": told.raw_headers})
    await send({"type": "http.response.body", "body": told.body, "more_body": True})
    if more:
        await _linger(receive)
    await send({"type": "http.response.body", "body": b""})


async def _linger(receive: Receive) -> None:
    """Let a client finish, within reason, so that it comes to read what it is told."""
    left, until = _LINGER_BYTES, monotonic() + _LINGER_S
    while left > 0 and (rest := until - monotonic()) > 0:
        try:
            message: Mapping[str, object] = await asyncio.wait_for(receive(), rest)
        except TimeoutError:
            return
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        body = message.get("body", b"")
        left -= len(body) if isinstance(body, bytes) else 0
