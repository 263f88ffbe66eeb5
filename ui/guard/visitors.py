"""Visitors: while no users are asked for, each browser is an owner of its own, known by a cookie."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from ui.guard.hosts import HERE, host_name
from ui.people import LOCAL, Person, Role

COOKIE = "citedesk_visitor"
YEAR_S = 365 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def cookies_of(headers: Headers) -> dict[str, str]:
    """The cookies of a request by name."""
    return cookie_parser("; ".join(headers.getlist("cookie")))


def set_cookie(scope: dict[str, Any], name: str, value: str, seconds: int) -> str:
    """A Set-Cookie header that no script reads and no other site sends along; 0 seconds delete the cookie."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def visitor(scope: dict[str, Any], headers: Headers) -> tuple[Person, str | None]:
    """Whose browser sent a request, and a cookie to set if it has none; a program without one is LOCAL.

    Who asks from another machine is a reader: the archive is changed from here, or by users.
    """
    role: Role = "editor" if _from_here(scope, headers) else "reader"
    token = cookies_of(headers).get(COOKIE, "")
    if _TOKEN.fullmatch(token):
        return _named_by(token, role), None
    if "sec-fetch-mode" in headers or "text/html" in headers.get("accept", ""):
        token = secrets.token_urlsafe(32)
        return _named_by(token, role), set_cookie(scope, COOKIE, token, YEAR_S)
    return Person(LOCAL.name, role), None


def _named_by(token: str, role: Role) -> Person:
    """The owner that a cookie stands for; the name, which logs show, does not give the cookie away."""
    return Person("visitor:" + hashlib.sha256(token.encode()).hexdigest()[:32], role)


def _from_here(scope: dict[str, Any], headers: Headers) -> bool:
    """Whether the client is on this machine, and calls it so: a proxy for others has another name."""
    client = scope.get("client")
    if host_name(headers.get("host", "")) not in HERE:
        return False
    try:
        return client is None or ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
