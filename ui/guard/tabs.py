"""Gradio's side of the page: which of its paths are open, and whose each open tab is.

A tab calls itself by a name that it made up, and whoever says that name is sent what the tab is sent. So the first
to say it owns it, for as long as it is in use.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Message, Receive

from ui.guard.refusal import Refusal

GRADIO = "/gradio_api/"
_HEARTBEAT = GRADIO + "heartbeat/"
OPEN_PATHS = frozenset(
    GRADIO + name
    for name in ("queue/join", "queue/data", "run/predict", "cancel", "reset", "upload", "upload_progress")
)
"""What the page uses, besides each tab's heartbeat. Gradio has more: links to a tab's state, runs, files, a proxy."""
_SESSIONS = frozenset(GRADIO + name for name in ("queue/join", "run/predict", "cancel", "reset"))
MANY = 20_000
"""Tabs that are remembered; beyond that, those that have been silent the longest are forgotten."""
LONGEST = 100


def is_closed(path: str) -> bool:
    """Whether this is a path of Gradio's that the page does not use.

    >>> is_closed("/gradio_api/queue/join"), is_closed("/gradio_api/deep_link"), is_closed("/v1/ask")
    (False, True, False)
    """
    return path.startswith((GRADIO, "/runs")) and path not in OPEN_PATHS and not path.startswith(_HEARTBEAT)


class Tabs:
    """Who opened which tab; kept by this process alone, as Gradio keeps its sessions."""

    def __init__(self, most: int = MANY) -> None:
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def enter(self, tab: str, owner: str) -> None:
        """Somebody speaks for a tab. Raises Refusal if it is somebody else's."""
        if len(tab) > LONGEST:
            raise Refusal(400, f"a session of {len(tab):,} characters is none of the page's; reload the page")
        if self._owners.setdefault(tab, owner) != owner:
            raise Refusal(403, "this tab was opened by somebody else; reload the page")
        self._owners.move_to_end(tab)
        if len(self._owners) > self._most:
            self._owners.popitem(last=False)

    async def check(self, scope: Mapping[str, Any], receive: Receive, owner: str) -> Receive:
        """Check the tabs that a request speaks for; its body, as it is to be received now. Raises Refusal."""
        path = scope["path"]
        if not path.startswith(GRADIO):
            return receive
        if path.startswith(_HEARTBEAT):
            self.enter(path.removeprefix(_HEARTBEAT), owner)
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        for tab in query.get("session_hash", ()):
            self.enter(tab, owner)
        if path not in _SESSIONS or scope["method"] != "POST":
            return receive
        body = await _whole(receive)
        if (tab := _session_in(body)) is not None:
            self.enter(tab, owner)
        return _again(body, receive)


def _session_in(body: bytes) -> str | None:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is not the JSON that the page sends; reload the page") from None
    tab = given.get("session_hash") if isinstance(given, dict) else None
    return tab if isinstance(tab, str) else None


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    first: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def received() -> Message:
        nonlocal first
        message, first = first, None
        return message if message is not None else await receive()

    return received
