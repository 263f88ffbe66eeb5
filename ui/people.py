"""People: who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["reader", "editor"]
"""A reader asks; an editor also adds and removes articles."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is let in. ``name`` owns conversations."""

    name: str
    role: Role


LOCAL = Person("local", "editor")
"""Whoever asks while no users are configured, and tells nothing that sets them apart."""
