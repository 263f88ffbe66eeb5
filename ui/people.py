"""People: who asks, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["reader", "editor"]
"""A reader asks; an editor also adds and removes articles."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is let in. ``name`` owns conversations."""

    name: str
    role: Role


LOCAL = Person("local", "editor")
"""Whoever asks while no users are configured, and tells nothing that sets them apart."""


def person_in(scope: Mapping[str, Any]) -> Person:
    """Who sent an ASGI request, as `ui.guard.Guard` found out; LOCAL where there is no guard.

    >>> person_in({"type": "http", "state": {"person": Person("ann", "reader")}}).name
    'ann'
    >>> person_in({"type": "http"}) is LOCAL
    True
    """
    found = (scope.get("state") or {}).get("person", LOCAL)
    assert isinstance(found, Person)
    return found
