"""Uploads: who may send files, and how much, decided before a byte of them is read."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from ui.people import person_in

EDITORS_ONLY = "only an editor adds or removes articles here; ask whoever runs citedesk for that role"
ENVELOPE = 1_000_000
"""Bytes that a form may add around its files."""


class UploadGate:
    """Refuses uploads by readers (403), of unknown length (411) and of more than ``most`` bytes (413)."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; others than uploads pass."""
        if (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"].rstrip("/").endswith("/upload")
        ):
            refusal = self._refusal(scope)
            if refusal:
                await _answer(send, *refusal)
                return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        if person_in(scope).role != "editor":
            return 403, EDITORS_ONLY
        length = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
        if not length.isdigit():
            return 411, "an upload must say how long it is; send it with a Content-Length"
        if int(length) > self.most + ENVELOPE:
            sent, most = int(length) // 1_000_000, self.most // 1_000_000
            return 413, f"{sent:,} MB are too much at once; the limit is {most:,} MB: hand in less at a time"
        return None


async def _answer(send: Send, status: int, said: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": said.encode()})
