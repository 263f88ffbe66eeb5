"""Logging in and out: a password for a session cookie."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from ui.guard.quota import Quota, address
from ui.guard.refusal import Refusal
from ui.guard.visitors import cookies_of, set_cookie
from ui.logs import LOGGER
from ui.people import Person
from ui.render_login import login_html, logout_html
from ui.store.people import LONGEST_NAME, SESSION, People, folded

COOKIE = "citedesk_session"
PATHS = frozenset({"/login", "/logout"})
MAX_BYTES = 16_000
WINDOW_MIN = 15
TRIES, TRIES_FROM_ADDRESS, TRIES_AT_NAME = 5, 30, 100
"""Wrong passwords within the window: for a name from one address, from one address, for a name from anywhere."""
AT_ONCE = 2
"""Passwords checked at a time: each takes 64 MB and a tenth of a second of a core."""
_WRONG = "Name or password is wrong."


class Login:
    """The pages ``/login`` and ``/logout``, and the sessions that they begin and end."""

    def __init__(self, people: People, lookups: anyio.CapacityLimiter) -> None:
        self._people = people
        self._lookups = lookups
        self._pair = Quota(TRIES, WINDOW_MIN)
        self._address = Quota(TRIES_FROM_ADDRESS, WINDOW_MIN)
        self._name = Quota(TRIES_AT_NAME, WINDOW_MIN)
        self._checks = anyio.CapacityLimiter(AT_ONCE)

    async def person(self, headers: Headers) -> Person | None:
        """Who is logged in with the browser that sent this, if anybody."""
        token = cookies_of(headers).get(COOKIE, "")
        if not token:
            return None
        return await anyio.to_thread.run_sync(self._people.admitted, token, "session", limiter=self._lookups)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request for either page. Raises Refusal."""
        request = Request(scope, receive)
        if request.method not in ("GET", "HEAD", "POST"):
            raise Refusal(405, f"method {request.method[:20]} does nothing here; open the page in a browser")
        sent = request.method == "POST"
        if scope["path"] == "/login":
            response = await self._enter(request) if sent else self._form(request)
        else:
            response = await (self._leave(request) if sent else self._farewell(request))
        await response(scope, receive, send)

    def _form(self, request: Request) -> Response:
        return HTMLResponse(login_html(next_path=local_path(request.query_params.get("next", ""))))

    async def _enter(self, request: Request) -> Response:
        form = await _form_of(request)
        name, password, onward = (
            form.get("name", ""),
            form.get("password", ""),
            local_path(form.get("next", "")),
        )
        origin = address(request.scope)
        known = folded(name)[: LONGEST_NAME + 1]
        pair = f"{origin} {known}"
        waits = [
            quota.wait_s(key)
            for quota, key in ((self._pair, pair), (self._address, origin), (self._name, known))
            if not quota.left(key)
        ]
        if waits:
            told = f"Too many wrong passwords. Try again in {-(-max(waits) // 60)} min."
            page = login_html(told, name[:60], onward)
            return HTMLResponse(page, 429, {"retry-after": str(max(waits))})
        self._pair.spend(pair)  # before the check, so that tries at the same time count
        found = await anyio.to_thread.run_sync(self._people.log_in, name, password, limiter=self._checks)
        if found is None:
            self._address.spend(origin)
            self._name.spend(known)
            LOGGER.warning("login failed", extra={"fields": {"address": origin}})
            return HTMLResponse(login_html(_WRONG, name[:60], onward), 401)
        self._pair.forget(pair)
        LOGGER.info("login", extra={"fields": {"address": origin, "person": found[0].name}})
        await self._end(request)  # a session that somebody else may have planted, too
        return _moved(request, onward, found[1], int(SESSION.total_seconds()))

    async def _leave(self, request: Request) -> Response:
        await self._end(request)
        return _moved(request, "/login", "", 0)

    async def _farewell(self, request: Request) -> Response:
        person = await self.person(request.headers)
        return HTMLResponse(logout_html(person.name)) if person else RedirectResponse("/login", 303)

    async def _end(self, request: Request) -> None:
        if token := cookies_of(request.headers).get(COOKIE, ""):
            await anyio.to_thread.run_sync(self._people.log_out, token, limiter=self._lookups)


def _moved(request: Request, onward: str, token: str, seconds: int) -> Response:
    cookie = set_cookie(dict[str, Any](request.scope), COOKIE, token, seconds)
    return RedirectResponse(onward, 303, {"set-cookie": cookie})


def local_path(path: str) -> str:
    r"""A path of this server to go on to; ``/`` for what might lead elsewhere.

    >>> local_path("/?a=b"), local_path("//evil.example"), local_path("/\\evil.example"), local_path("https:x")
    ('/?a=b', '/', '/', '/')
    """
    plain = path.isascii() and path.isprintable() and "\\" not in path
    leaves = not path.startswith("/") or path.startswith("//") or path.startswith(tuple(PATHS))
    return "/" if leaves or not plain else path[:2000]


async def _form_of(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Refusal(413, f"the form is larger than {MAX_BYTES:,} bytes; type name and password")
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise Refusal(400, "the form cannot be read; use the page /login") from None
    return {name: values[0] for name, values in fields.items()}
