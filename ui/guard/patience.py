"""Slow clients: a connection that does not say within some seconds what it wants is closed (slowloris).

The same goes for one that asks and does not read the answer. uvicorn times idle connections only between two
requests. Slow bodies that an app waits for are timed in `ui.guard.bodies`.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 15.0
"""How long the head of a request may take, from the opening of the connection or its first byte."""
REST_S = 10.0
"""How long the rest of a body may take that is not wanted any more, as the response has been given."""
STALLED_S = 60.0
"""How long a client may leave what it is sent unread."""


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with a limit to its patience."""

    _limit: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._allow(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._forbear()
        self._flows()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read; an answer must not wait for it for ever."""
        super().pause_writing()
        self._flows()
        self._stalled = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._flows()
        super().resume_writing()

    def handle_events(self) -> None:
        """Go on with what has come; a head that is not yet whole must be so in time."""
        waiting = self._awaits_head()
        super().handle_events()
        if not self._awaits_head():
            if self.cycle is None or not self.cycle.response_complete:
                self._forbear()
        elif self._limit is None or not waiting:
            self._allow(HEAD_S)

    def on_response_complete(self) -> None:
        """After a response that did not wait for the whole body, the rest is not waited for long."""
        if self.conn.their_state is h11.SEND_BODY:
            self._allow(REST_S)
        super().on_response_complete()

    def _awaits_head(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _allow(self, seconds: float) -> None:
        self._forbear()
        self._limit = self.loop.call_later(seconds, self._give_up)

    def _forbear(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _flows(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _give_up(self) -> None:
        self._limit = None
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE:
            self.transport.write(
                b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
        self.transport.close()
