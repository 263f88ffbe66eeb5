"""What the browser tells with an event: which conversation is open, and what was pressed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 50
"""Exchanges that are rendered of a conversation, unless more are asked for."""
MOST_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Told:
    """The conversation that is open in the tab, how much of it is shown, and the details of an action."""

    conversation: str | None = None
    shown: int = SHOWN
    exchange: str = ""
    question: str = ""
    title: str = ""
    target: str = ""
    good: bool | None = None
    reason: str = ""


def read_told(text: object) -> Told:
    """What the browser wrote; anything that is not as it writes it counts as not told.

    >>> read_told('{"conversation": "a1", "shown": 100, "good": true}')
    Told(conversation='a1', shown=100, exchange='', question='', title='', target='', good=True, reason='')
    >>> read_told("x").conversation is None
    True
    """
    try:
        given = json.loads(str(text or "{}"))
    except ValueError:
        given = {}
    if not isinstance(given, dict):
        given = {}
    words = {name: _text(given.get(name)) for name in ("exchange", "question", "title", "target", "reason")}
    shown, good = given.get("shown"), given.get("good")
    return Told(
        conversation=_text(given.get("conversation")) or None,
        shown=min(max(shown, SHOWN), MOST_SHOWN) if isinstance(shown, int) else SHOWN,
        good=good if isinstance(good, bool) else None,
        **words,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def narrowed(
    as_of: str | None,
    since: str | None,
    until: str | None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    llm: str | None = None,
) -> dict[str, Any]:
    """What a question is asked with, as far as given.

    >>> narrowed("2023-11-08", "", None, [], ["BBC"])
    {'as_of': '2023-11-08', 'exclude': ['BBC']}
    """
    given: dict[str, Any] = {
        "as_of": as_of,
        "since": since,
        "until": until,
        "include": list(include or ()),
        "exclude": list(exclude or ()),
        "llm": llm,
    }
    return {name: value for name, value in given.items() if value}
