"""A server whose visitors say their own role, in a cookie: run as a process of its own by the tests."""

from __future__ import annotations

import sys
from http.cookies import SimpleCookie

from starlette.types import ASGIApp, Receive, Scope, Send

import ui.app
from ui.people import Person


class Told:
    """Takes the cookie ``role`` for the truth."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cookies = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode())
            role = cookies["role"].value if "role" in cookies else "editor"
            person = Person("ann", "reader" if role == "reader" else "editor")
            scope = {**scope, "state": {**scope.get("state", {}), "person": person}}
        await self.app(scope, receive, send)


def main() -> int:
    from ui.cli import main as citedesk

    mount = ui.app.mount_page

    def mounted(web, *rest):  # type: ignore[no-untyped-def]
        release = mount(web, *rest)
        web.add_middleware(Told)
        return release

    ui.app.mount_page = mounted
    return citedesk(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
