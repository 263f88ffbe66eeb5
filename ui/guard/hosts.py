"""Which names the server answers to, and whose pages may send it something.

A page of another site can make a browser send requests here: with the user's cookies (CSRF), or under a name of
its own that it has pointed at this machine (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from ui.guard.refusal import Refusal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY = frozenset({"0.0.0.0", "::"})
_PORTS = {"http": 80, "https": 443}


class Hosts:
    """The names that a server goes by: localhost, the one it listens on, and those that are allowed.

    >>> Hosts("127.0.0.1", ["News.example"]).known("news.example:443")
    True
    >>> Hosts("127.0.0.1", []).known("rebound.example:7860")
    False
    """

    def __init__(self, listened: str, allowed: Iterable[str]) -> None:
        own = {socket.gethostname()} if listened in _ANY else {listened}
        self._names = HERE | {name.lower().strip("[]").rstrip(".") for name in (*own, *allowed)}
        self._any_address = listened in _ANY

    def known(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name = host_name(host)
        if name in self._names:
            return True
        return self._any_address and _is_address(name)  # rebinding needs a name

    def check(self, headers: Headers) -> None:
        """Raises Refusal for a request that was meant for a server of another name."""
        host = headers.get("host", "")
        if not self.known(host):
            raise Refusal(
                421, f"host {host[:100]!r} is no name of this server; add it to the setting allowed_hosts"
            )


def host_name(host: str) -> str:
    """The name in a Host header, without the port; empty if there is none that can be understood.

    >>> host_name("LocalHost:7860"), host_name("[::1]:7860"), host_name("a@b"), host_name("a/b")
    ('localhost', '::1', '', '')
    """
    if set(host) & set("@/\\?# "):
        return ""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def check_origin(method: str, headers: Headers) -> None:
    """Raises Refusal for a request that a page of another origin has made a browser send.

    Every browser of today says where a request comes from, by Sec-Fetch-Site or at least Origin; a program says
    neither, and has no cookies that a page could borrow. Links to here from elsewhere remain possible.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if method in SAFE_METHODS:
        link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        foreign = site in ("cross-site", "same-site") and not link
    elif site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and not _same(origin, headers.get("host", ""))
    if foreign:
        raise Refusal(403, "a page of another site may not use this server; open its own page instead")


def _same(origin: str, host: str) -> bool:
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"//{host}")
        usual = _PORTS.get(theirs.scheme)
        ports = theirs.port or usual, ours.port or usual
    except ValueError:
        return False
    return bool(theirs.hostname) and theirs.hostname == ours.hostname and ports[0] == ports[1]
