"""An app as somebody sees it whom the guard has let in."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from ui.people import Person

ANN = Person("ann", "reader")
BOB = Person("bob", "reader")
EVE = Person("eve", "editor")


@dataclass
class As:
    """Every request is this person's."""

    app: ASGIApp
    person: Person = ANN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "state": {**(scope.get("state") or {}), "person": self.person}}
        await self.app(scope, receive, send)
