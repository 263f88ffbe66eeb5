"""Request bodies: not larger than a limit, and not slower than a person's connection could be."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Send

from ui.guard.refusal import Refusal

PATIENCE_S = 15.0
"""How long the server waits for a body, besides what its size allows."""
SLOWEST = 8_192
"""Bytes a second that a body must reach once patience is spent."""


class Body:
    """The body of one request, between the server and the app.

    ``name`` is the path that was asked for, and the number of the request. Once a refusal is sent, the app learns
    that the client has left, and what it still says is dropped.
    """

    def __init__(self, receive: Receive, send: Send, limit: int, remedy: str, name: tuple[str, str]) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit
        self._remedy = remedy
        self._name = name
        self._size = 0
        self._waited = 0.0
        self._more = True
        self._started = False
        self.refused = False

    def check_length(self, headers: Headers) -> None:
        """Raises Refusal for a body that is announced as too large."""
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._limit:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next part, as the app asks for it."""
        if self.refused:
            return {"type": "http.disconnect"}
        if not self._more:
            return await self._receive()
        loop = asyncio.get_running_loop()
        since = loop.time()
        try:
            async with asyncio.timeout(PATIENCE_S + self._size / SLOWEST - self._waited):
                message = await self._receive()
        except TimeoutError:
            return await self._refuse(_too_slow())
        self._waited += loop.time() - since
        self._size += len(message.get("body", b""))
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        return await self._refuse(self._too_large()) if self._size > self._limit else message

    async def send(self, message: Message) -> None:
        """What the app says, unless the request was refused."""
        if not self.refused:
            self._started = True
            await self._send(message)

    async def _refuse(self, why: Refusal) -> Message:
        self.refused = True
        if not self._started:
            await why.respond(self._send, *self._name)
        return {"type": "http.disconnect"}

    def _too_large(self) -> Refusal:
        return Refusal(413, f"the request is larger than {self._limit:,} bytes; {self._remedy}")


def _too_slow() -> Refusal:
    detail = f"the request came too slowly; send at least {SLOWEST:,} bytes a second"
    return Refusal(408, detail, {"connection": "close"})
