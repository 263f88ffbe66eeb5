"""Refuses every network address but loopback, in the process that installs it.

Python tells its audit hooks of each connection, datagram and name lookup, whoever asks for it. Each one
beyond loopback is written down, and fails.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_AT = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def _is_here(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def install(record: str) -> None:
    """Guard this process for good; what is refused becomes a line of the file ``record``."""

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _AT:
            return
        address = arguments[_AT[event]]
        if isinstance(address, str | bytes) and event.startswith(("socket.connect", "socket.send")):
            return  # a Unix socket
        host = address[0] if isinstance(address, tuple) else address
        if not _is_here(host):
            with open(record, "a") as calls:  # noqa: PTH123 - as little as possible is imported here
                calls.write(f"{event} {address!r} by {sys.argv[:2]}\n")
            raise OSError(f"no network in this test: {event} {address!r}")

    sys.addaudithook(guard)
