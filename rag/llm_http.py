"""The wire to a server that writes: exact deadlines, no redirects, nothing sent but the question.

Plain time-outs bound each read, so a server that drips bytes can hold a caller for ever. Here every
read may last only until the deadline, which moves when a token arrives.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from rag.leaving import has_left

MAX_BYTES = 16 * 1024 * 1024
"""More than any honest reply; what a broken server sends beyond it is not read."""

LOOK_S = 0.25
"""How often a read looks whether anybody still waits."""

KEPT_HEADERS = frozenset({"host", "content-type", "content-length", "accept", "connection"})


class Wire(httpcore.NetworkBackend):
    """One exchange: opens its connections, and stops them at the deadline or the byte limit.

    ``headers`` are those that the server's protocol needs, beside `KEPT_HEADERS`.
    """

    def __init__(self, timeout_s: float, headers: frozenset[str]) -> None:
        self.timeout_s = timeout_s
        self.headers = KEPT_HEADERS | headers
        self.content_type = ""
        self.status = 0
        self.tail = b""
        self.received = 0
        self._tcp = httpcore.SyncBackend()
        self.restart()

    def restart(self) -> None:
        """A token has come: the full time is allowed again."""
        self._ends = time.monotonic() + self.timeout_s

    def left(self) -> float:
        """Seconds until the deadline, below 0 after it."""
        return self._ends - time.monotonic()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection before the deadline."""
        if (left := self.left()) <= 0:
            raise httpcore.ConnectTimeout()
        stream = self._tcp.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self)

    def sleep(self, seconds: float) -> None:
        """Wait; httpcore asks for it between connection attempts."""
        self._tcp.sleep(seconds)

    def client(self) -> httpx.Client:
        """An HTTP client over this wire; closing it closes every connection."""
        return httpx.Client(
            transport=_Transport(self),
            trust_env=False,
            follow_redirects=False,  # a redirect would carry the question to a host nobody named
            event_hooks={"request": [self._strip], "response": [self._note]},
        )

    def _strip(self, request: httpx.Request) -> None:
        """Remove what describes the user's machine and account; ask for text that is not compressed."""
        for name in set(request.headers) - self.headers:
            del request.headers[name]
        request.headers["user-agent"] = "citedesk"
        request.headers["accept-encoding"] = "identity"

    def _note(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.content_type = response.headers.get("content-type", "").split(";")[0].strip().lower()


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._patiently(max_bytes)
        self._wire.received += len(data)
        if self._wire.received > MAX_BYTES:
            raise httpcore.ReadError(f"more than {MAX_BYTES // 2**20} MB")
        self._wire.tail = (self._wire.tail + data)[-64:]
        return data

    def _patiently(self, max_bytes: int) -> bytes:
        while not has_left.get()():
            if (left := self._wire.left()) <= 0:
                raise httpcore.ReadTimeout()
            try:
                return self._stream.read(max_bytes, min(left, LOOK_S))
            except httpcore.ReadTimeout:
                continue
        raise httpcore.ReadError("nobody waits for it any more")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if (left := self._wire.left()) <= 0:
            raise httpcore.WriteTimeout()
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        if (left := self._wire.left()) <= 0:
            raise httpcore.ConnectTimeout()
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._wire)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Transport(httpx.HTTPTransport):
    """httpx's own transport, its connections made by a `Wire`."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=wire, retries=0
        )
