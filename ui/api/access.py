"""Who may do what: every route depends on exactly one of ``public``, ``reader`` and ``editor``.

Who somebody is has been found out by `ui.guard.Guard`, around the whole server.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from ui.api.problems import NotAllowed
from ui.people import Person, person_in


async def public() -> None:
    """Anybody, known or not: says nothing of articles or people."""


async def reader(request: Request) -> Person:
    """Anybody whom the guard lets in: may ask, search, read, and keep conversations of their own."""
    return person_in(request.scope)


async def editor(request: Request) -> Person:
    """May also add and remove articles, and read what was thought of answers. Raises NotAllowed."""
    person = person_in(request.scope)
    if person.role != "editor":
        raise NotAllowed(f"{person.name[:60]} is a {person.role}; this is for editors: ask one")
    return person


Reader = Annotated[Person, Depends(reader)]
Editor = Annotated[Person, Depends(editor)]
DECISIONS = (public, reader, editor)
