"""RSS and Atom: each entry is one article."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from index.articles import Article
from index.errors import BadArticle
from index.readers import html
from index.readers.encodings import decode_web
from index.readers.guard import guarded
from index.readers.rows import dated
from index.reports import FileProblem

SIZE_LIMIT = 8 * 2**20
"""Bytes in one feed; feedparser takes some five seconds for each million."""

_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?.{0,2000}?\?>\s*|<!--.{0,5000}?-->\s*|<!DOCTYPE.{0,2000}?>\s*)*"
    rb"<(?:rss|feed|(?:\w+:)?RDF|\w+:feed)[\s>]",
    re.DOTALL | re.IGNORECASE,
)


def is_feed(data: bytes) -> bool:
    """Whether the root element is that of a feed.

    >>> is_feed(b'<?xml version="1.0"?><rss version="2.0">'), is_feed(b"<html>")
    (True, False)
    """
    return bool(_ROOT.match(_ascii(data[:16_384])))


def parse(data: bytes, source: str, charset: str = "") -> Iterator[Article | FileProblem]:
    """The articles of a feed. An entry without text is a problem ``source:entry N``; the others are read."""
    if len(data) > SIZE_LIMIT:
        raise BadArticle(
            f"holds {len(data) // 2**20:,} MB; the limit for a feed is {SIZE_LIMIT // 2**20} MB: split it"
        )
    markup, note = decode_web(data, charset)
    if "<!entity" in markup.lower():
        raise BadArticle("declares XML entities, which can expand without end; remove <!ENTITY ...> from it")
    # Parsed as what was looked through: in another encoding the same bytes might be other markup.
    markup = re.sub(r"^\s*<\?xml.{0,500}?\?>", "", markup, count=1, flags=re.DOTALL)
    data = markup.encode("utf-8", "replace")
    if not is_feed(data):
        raise BadArticle("is XML but no RSS or Atom feed (no <rss> or <feed> at its start); save its text")
    with guarded("a feed", "feedparser"):
        import feedparser  # type: ignore[import-untyped]

        # As a stream, for a string might be taken for an address or a file's name and opened.
        found = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=True)
        entries: Sequence[Any] = found.entries
        trouble = " ".join(str(found.get("bozo_exception", "")).split())[:100]
    if note:
        yield FileProblem(source, note)
    if trouble:
        yield FileProblem(source, f"is not well-formed XML ({trouble}); read as far as it goes")
    if not entries:
        yield FileProblem(source, "holds no entries (0 of any kind); get the feed again or remove it")
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        yield from _entry(entry, f"{source}:entry {number}", seen)


def _entry(entry: Mapping[str, Any], source: str, seen: set[str]) -> Iterator[Article | FileProblem]:
    try:
        text = _text(entry)
    except BadArticle as error:
        yield FileProblem(source, str(error))
        return
    if not text:
        title = _line(entry, "title")[:40]
        yield FileProblem(source, f"has no text beside its title {title!r}; ask the page at its link instead")
        return
    url = _line(entry, "link") or None
    date, updated, troubles = dated(_line(entry, "published"), _line(entry, "updated"), url)
    yield from (FileProblem(source, trouble) for trouble in troubles)
    stable = _id(_line(entry, "id"))
    if stable in seen:
        yield FileProblem(source, "has the guid of an earlier entry; kept under an id of its own")
        stable = ""
    seen.add(stable or "-")
    yield Article(
        text=text,
        title=html.text_of(_line(entry, "title")).replace("\n", " "),
        date=date,
        url=url,
        id=stable,
        updated=updated if updated != date else None,
        author=_line(entry, "author"),
    )


def _text(entry: Mapping[str, Any]) -> str:
    """The longest of the entry's contents and its summary."""
    told = [*_mappings(dict.get(entry, "content")), {"value": dict.get(entry, "summary")}]  # type: ignore[call-overload]
    values = [value for part in told if isinstance(value := part.get("value"), str)]
    return max((html.text_of(value) for value in values), key=len, default="")


def _mappings(values: object) -> list[Mapping[str, Any]]:
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _line(entry: Mapping[str, Any], name: str) -> str:
    """A field as one line. Asked of the plain dict: feedparser answers "updated" with "published"."""
    value = dict.get(entry, name)  # type: ignore[call-overload]
    return " ".join(value.split()) if isinstance(value, str) else ""


def _id(guid: str) -> str:
    """An id that stays when the entry is revised, if the guid is one that no other feed would use.

    >>> _id("12345"), _id("https://x.org/a")
    ('', '35ca5f4a9cb0c9f6')
    """
    unique = re.match(r"https?://.+/.|tag:.+,.+:|urn:uuid:", guid) or re.search(
        r"[0-9a-f]{8}-[0-9a-f]{4}-", guid
    )
    return hashlib.sha256(guid.encode("utf-8", "replace")).hexdigest()[:16] if unique else ""


def _ascii(data: bytes) -> bytes:
    """Bytes in which markup can be looked for whether the file is UTF-8 or UTF-16."""
    return data.replace(b"\0", b"").lstrip(b"\xff\xfe") if b"\0" in data[:64] else data
