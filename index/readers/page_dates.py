"""When a web page says that it was published, and when it was revised: never one for the other."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from index.errors import BadDate
from index.readers.dating import read_date

_PUBLISHED = (
    "article:published_time og:published_time og:article:published_time datepublished pubdate publishdate "
    "publish-date publish_date publication_date article.published article_date_original "
    "citation_publication_date citation_online_date date dc.date dc.date.issued dcterms.date dcterms.issued "
    "dcterms.created dc.date.created parsely-pub-date sailthru.date originalpublicationdate "
    "cxenseparse:recs:publishtime"
)
_UPDATED = (
    "article:modified_time og:updated_time og:modified_time datemodified last-modified lastmod revised "
    "dcterms.modified dc.date.modified article.updated article:updated modified_date updated_time"
)


@dataclass(frozen=True, slots=True)
class PageDates:
    """Days that a page tells plainly; ``troubles`` says which could not be understood."""

    published: dt.date | None
    updated: dt.date | None
    troubles: tuple[str, ...]


def find(tree: Any) -> PageDates:
    """Look in meta tags and JSON-LD, then in itemprop, then in <time>; the first that is a date is taken."""
    published, updated = list(_told(tree, "published")), list(_told(tree, "updated"))
    troubles: list[str] = []
    day = _first(published, troubles, "a date")
    return PageDates(day, _first(updated, troubles, "a date of revision"), tuple(troubles))


def _first(values: list[str], troubles: list[str], lost: str) -> dt.date | None:
    trouble = ""
    for value in values:
        try:
            if day := read_date(value):
                return day
        except BadDate as error:
            trouble = trouble or f"{error}; kept without {lost}"
    if trouble:
        troubles.append(trouble)
    return None


def _told(tree: Any, kind: str) -> Iterator[str]:
    names = (_PUBLISHED if kind == "published" else _UPDATED).split()
    linked = "datePublished" if kind == "published" else "dateModified"
    for meta in tree.iter("meta"):
        name = (
            meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv") or ""
        )
        if name.strip().lower() in names and meta.get("content"):
            yield meta.get("content")
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or ""):
            yield from _linked(script.text or "", linked)
    for element in tree.iterfind(f'.//*[@itemprop="{linked}"]'):
        yield element.get("datetime") or element.get("content") or ""
    for element in tree.iter("time"):
        marks = f"{element.get('class') or ''} {element.get('itemprop') or ''}".lower()
        revised = any(word in marks for word in ("updated", "modified"))
        if element.get("datetime") and revised == (kind == "updated"):
            yield element.get("datetime")


def _linked(data: str, key: str) -> Iterator[str]:
    """The values of a key anywhere in a JSON-LD script, outermost first."""
    try:
        level: list[object] = [json.loads(data)]
    except (ValueError, RecursionError):
        return
    while level:
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                if isinstance(value := node.get(key), str):
                    yield value
                below += node.values()
            elif isinstance(node, list):
                below += node
        level = below
