"""Security headers: what a browser may do with what the server sends."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

from ui.guard.hosts import HERE, host_name

PAGE = "/"
"""Where the chat page is: the one place whose own inline scripts run, as the server wrote them."""
ASSETS = ("/assets/", "/static/")

# Gradio styles by attributes and style elements, and draws charts by functions that it makes from text. Inline
# scripts run only with the hash of their text, so that a handler smuggled into an element would not.
_FOR_PAGE = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_FOR_OTHERS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # without any, a form would come from the origin "null"
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
    "cross-origin-resource-policy": "same-origin",
}
_CONFIG = re.compile(rb"window\.gradio_config = (\{.*?\});?</script>", re.DOTALL)
_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def inline_hashes(html: bytes) -> str:
    """The inline scripts of a page, as sources of a content policy; each with a space before it.

    >>> inline_hashes(b"<script>1</script><script src='a.js'></script>")
    " 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"
    """
    found = dict.fromkeys(_SCRIPT.findall(html) + _SCRIPT.findall(_head(html)))
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in found)
    return "".join(f" 'sha256-{digest}'" for digest in digests)


def _head(html: bytes) -> bytes:
    """What Gradio is to put into the head of its page, which it does in the browser."""
    found = _CONFIG.search(html)
    return (json.loads(found[1]).get("head") or "").encode() if found else b""


class Policy:
    """Puts the headers on one response, and closes it to pages of other origins."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._send = send
        self._path = scope["path"]
        host = host_name(Headers(scope=scope).get("host", ""))
        self._is_secure = scope.get("scheme") == "https" or host in HERE
        self._request_id = request_id
        self._held: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Pass a message on; the page is held until its scripts are known."""
        if message["type"] == "http.response.start":
            self._cover(message)
            if self._is_page(message):
                self._held = message
                return
        elif self._held is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            start, self._held = self._held, None
            policy = _FOR_PAGE.format(hashes=inline_hashes(bytes(self._body)))
            MutableHeaders(scope=start)["content-security-policy"] = policy
            await self._send(start)
            message = {"type": "http.response.body", "body": bytes(self._body)}
        await self._send(message)

    def _is_page(self, start: Message) -> bool:
        kind = MutableHeaders(scope=start).get("content-type", "")
        return self._path == PAGE and kind.startswith("text/html")

    def _cover(self, start: Message) -> None:
        start["headers"] = [
            (name, value)
            for name, value in start.get("headers", ())
            if not name.lower().startswith(b"access-control-")
        ]
        headers = MutableHeaders(scope=start)
        is_asset = self._path.startswith(ASSETS)
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if self._is_secure:  # elsewhere browsers complain that they cannot keep to it
            headers.setdefault("cross-origin-opener-policy", "same-origin")
        policy = _FOR_PAGE.format(hashes="") if is_asset else _FOR_OTHERS
        headers.setdefault("content-security-policy", policy)
        if not is_asset:
            headers.setdefault("cache-control", "no-store")
        headers["x-request-id"] = self._request_id


def without_encoding(scope: Scope) -> Scope:
    """The request for the page, such that its answer comes as plain text."""
    if scope["path"] != PAGE:
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() != b"accept-encoding"]}
