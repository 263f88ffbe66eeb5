"""Which format a download has: by its content type, else by its address, else by its first bytes."""

from __future__ import annotations

import io
import re
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from index.readers.feed import is_feed

_TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/rss+xml": ".xml",
    "application/atom+xml": ".xml",
    "application/rdf+xml": ".xml",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/json-lines": ".jsonl",
    "application/jsonlines": ".jsonl",
}
_VAGUE = (
    "text/plain application/octet-stream binary/octet-stream application/xml text/xml application/gzip "
    "application/x-gzip application/zip application/json application/unknown unknown/unknown"
)
_MARKUP = re.compile(
    rb"\s*(<!--.{0,5000}?-->\s*)*<(!doctype\s+html|html|head|body)", re.IGNORECASE | re.DOTALL
)


def header(content_type: str) -> tuple[str, str]:
    """A Content-Type header's type and charset, lower case.

    >>> header('text/HTML; charset="ISO-8859-2"')
    ('text/html', 'iso-8859-2')
    """
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+\s*(;.*)?", content_type.strip()):
        return "", ""
    message = Message()
    message["content-type"] = content_type.strip()
    charset = message.get_param("charset")
    return message.get_content_type(), charset.lower() if isinstance(charset, str) else ""


def ending(url: str) -> str:
    """The last two suffixes of an address's path, lower case.

    >>> ending("https://x.org/wire.jsonl.gz?day=1"), ending("https://x.org/")
    ('.jsonl.gz', '')
    """
    try:
        name = PurePosixPath(unquote(urlsplit(url).path))
    except ValueError:
        return ""
    return "".join(name.suffixes[-2:]).lower()


def suffix_of(data: bytes, kind: str, url: str, known: frozenset[str]) -> str:
    """The suffix among ``known`` whose reader fits; "" if there is none, such as for a picture."""
    if kind in _TYPES:
        found = _TYPES[kind]
        # Servers often send feeds and PDFs as HTML.
        return (_signed(data) or found) if found == ".html" else found
    if kind and kind not in _VAGUE.split():
        return ""
    both = ending(url)
    last = "." + both.rpartition(".")[2] if both else ""
    for end in (both, last):
        if end in known:
            return end
    return _signed(data) or (".txt" if _is_text(data) else "")


def _signed(data: bytes) -> str:
    if b"%PDF-" in data[:1024]:
        return ".pdf"
    if data.startswith(b"PK\x03\x04") and b"word/" in data:
        return ".docx"
    if is_feed(data):
        return ".xml"
    if _MARKUP.match(data[:16_384]) or data.lstrip()[:5].lower() == b"<?xml":
        return ".html"
    first = io.BytesIO(data.lstrip()[: 2**20]).readline()
    return ".jsonl" if first.startswith(b"{") and b'"text"' in first else ""


def _is_text(data: bytes) -> bool:
    return b"\0" not in data[:1024] or data[:2] in (b"\xff\xfe", b"\xfe\xff")
