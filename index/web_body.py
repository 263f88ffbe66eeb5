"""The body of a web response: of a kind that citedesk reads, and never larger than its limit."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from index.errors import FetchFailed

KINDS = {
    "text/html": ("html", "htm"),
    "application/xhtml+xml": ("xhtml",),
    "application/rss+xml": ("rss",),
    "application/atom+xml": ("atom",),
    "application/rdf+xml": ("rdf",),
    "application/xml": ("xml",),
    "text/xml": (),
    "application/pdf": ("pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "text/plain": ("txt",),
    "text/markdown": ("md",),
    "application/x-ndjson": ("jsonl", "ndjson"),
    "application/ndjson": (),
    "application/jsonl": (),
    "application/x-jsonlines": (),
    "application/json-lines": (),
    "text/csv": ("csv",),
    "application/csv": (),
}
"""What is read, by media type, with the endings that stand for it where a server does not know better."""

# Servers that know nothing better of a file say one of these.
_VAGUE = {
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/download",
    "application/x-download",
    "application/force-download",
    "application/json",
}
_ENDINGS = {ending: kind for kind, endings in KINDS.items() for ending in endings}


def content_type(header: str, path: str, shown: str) -> str:
    """The media type of a response, with its charset; by the path's ending where the server is vague.

    Raises FetchFailed for what citedesk cannot read.

    >>> content_type("Text/HTML; charset=ISO-8859-1", "/", "x"), content_type("", "/a.PDF", "x")
    ('text/html; charset=iso-8859-1', 'application/pdf')
    """
    kind, _, details = header.lower().partition(";")
    kind = kind.strip()
    if kind in _VAGUE:
        kind = _ENDINGS.get(PurePosixPath(path.lower()).suffix.lstrip("."), kind)
    if kind not in KINDS:
        said = re.sub(r"[^\w./+-]", "?", kind)[:60]
        raise FetchFailed(
            f"{shown!r} is {said or 'of no stated type'!r}, not text; citedesk reads web pages, feeds, PDF,"
            " DOCX, plain text, JSONL and CSV: name the address of one of these"
        )
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", details)
    return f"{kind}; charset={charset[1]}" if charset else kind


def read(parts: Iterable[bytes], headers: Mapping[str, str], limit: int, shown: str) -> bytes:
    """The whole body, unpacked. Neither what is sent nor what it unpacks to may exceed ``limit`` bytes.

    Raises FetchFailed for a body that is larger, damaged, or packed by a method that was not asked for.
    """
    announced = headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > limit:
        raise _too_large(shown, limit)
    packing = headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        return _collect(parts, limit, shown)
    if packing not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed(
            f"{shown!r} comes packed as {re.sub('[^a-z0-9, -]', '?', packing)[:40]!r}, which was not asked"
            " for; citedesk unpacks gzip and deflate: save the page and index the file"
        )
    try:
        return _unpack(parts, packing == "deflate", limit, shown)
    except zlib.error as error:
        raise FetchFailed(f"{shown!r} is damaged ({packing} data); try again later") from error


def _collect(parts: Iterable[bytes], limit: int, shown: str) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > limit:
            raise _too_large(shown, limit)
    return bytes(body)


def _unpack(parts: Iterable[bytes], deflate: bool, limit: int, shown: str) -> bytes:
    body, received, after, unpacker = bytearray(), 0, b"", None
    for part in parts:
        received += len(part)
        if received > limit:
            raise _too_large(shown, limit)
        if unpacker is None and part:
            # "deflate" means wrapped by zlib (method 8 in the first byte), yet often comes bare.
            bare = deflate and part[0] & 0x0F != 8
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32)
        while unpacker and part:
            if unpacker.eof:
                after = (after + part)[:2]
                break
            body += unpacker.decompress(part, limit + 1 - len(body))
            if len(body) > limit:
                raise _too_large(shown, limit)
            part = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if unpacker and not unpacker.eof:
        raise FetchFailed(f"{shown!r} ends before its compressed data do; try again later")
    if after == b"\x1f\x8b":  # other bytes after the end are padding, which browsers pass over too
        raise FetchFailed(f"{shown!r} comes in several gzip parts; save the page and index the file")
    return bytes(body)


def _too_large(shown: str, limit: int) -> FetchFailed:
    size = f"{limit / 2**20:g} MB" if limit >= 2**20 else f"{limit:,} bytes"
    return FetchFailed(
        f"{shown!r} is larger than {size} (the limit, also once unpacked); save what is needed of it as a file"
    )
