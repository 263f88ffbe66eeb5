"""Articles as a list to look through: pages of titles, and how many there are of each month.

Texts stay in the catalogue, so that a page of 20,000 articles costs no more than a page of fifty.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from index.articles import ALWAYS, DateRange
from index.catalogue import Catalogue
from index.ledger import DIRECT
from index.outlets import outlet_of

_COLUMNS = (
    "a.id, a.title, a.date, a.url, (SELECT MIN(o.path) FROM origins o WHERE o.article = a.n),"
    " words(a.text), EXISTS (SELECT 1 FROM flags f WHERE f.article = a.n)"
)
_WORDS = 12  # of a query: what comes after narrows nothing more


@dataclass(frozen=True, slots=True)
class Listed:
    """An article without its text. ``source`` is the site it came from, else its file's name."""

    id: str
    title: str
    date: dt.date | None
    source: str
    words: int
    flagged: bool


@dataclass(frozen=True, slots=True)
class Month:
    """How many articles of a month there are; ``first`` is its first day."""

    first: dt.date
    articles: int


def page(
    catalogue: Catalogue, query: str, limit: int, offset: int, published: DateRange = ALWAYS
) -> list[Listed]:
    """Articles with every word of ``query`` in their title, newest first, undated ones last."""
    where, words = _where(query, published)
    # The index of dates gives the order, and texts are touched for one page only.
    sql = (
        f"SELECT {_COLUMNS} FROM (SELECT n FROM articles {where} ORDER BY date DESC, n DESC LIMIT ? OFFSET ?) s"
        " JOIN articles a ON a.n = s.n ORDER BY a.date DESC, a.n DESC"
    )
    return [_listed(row) for row in catalogue.rows(sql, *words, limit, offset)]


def count(catalogue: Catalogue, query: str, published: DateRange = ALWAYS) -> int:
    """How many articles ``page`` would list in all."""
    where, words = _where(query, published)
    return int(catalogue.rows(f"SELECT COUNT(*) FROM articles {where}", *words)[0][0])


def named(catalogue: Catalogue, article_ids: Sequence[str]) -> list[Listed]:
    """These articles in this order; those that are gone are left out."""
    sql = f"SELECT {_COLUMNS} FROM articles a WHERE a.id = ?"
    return [_listed(row) for i in article_ids for row in catalogue.rows(sql, catalogue.resolved(i))]


def months(catalogue: Catalogue) -> list[Month]:
    """The months that have articles, the oldest first; undated articles are in none."""
    sql = "SELECT substr(date, 1, 7), COUNT(*) FROM articles WHERE date IS NOT NULL GROUP BY 1 ORDER BY 1"
    return [Month(dt.date.fromisoformat(f"{month}-01"), number) for month, number in catalogue.rows(sql)]


def source_of(url: str | None, path: str) -> str:
    """Where an article came from, in a word or two: its outlet, or the file where that is a folder or a file.

    >>> source_of("https://www.example.com/a/b", "/news/a.html"), source_of(None, "/news/a.txt"), source_of(None, "")
    ('example.com', 'a.txt', 'direct')
    """
    outlet = outlet_of(url, path)
    return PurePath(path).name if "/" in outlet else outlet


def _where(query: str, published: DateRange) -> tuple[str, list[str]]:
    words = [word.casefold() for word in query.encode("utf-8", "replace").decode().split()[:_WORDS]]
    days = [(">=", published.since), ("<=", published.until)]
    given = [(sign, day.isoformat()) for sign, day in days if day]
    terms = ["instr(folded(title), ?)"] * len(words) + [f"date {sign} ?" for sign, _ in given]
    return (f"WHERE {' AND '.join(terms)}" if terms else "", [*words, *(day for _, day in given)])


def _listed(row: Sequence[Any]) -> Listed:
    article_id, title, date, url, path, words, flagged = row
    day = dt.date.fromisoformat(date) if date else None
    return Listed(article_id, title, day, source_of(url, path or DIRECT), words, bool(flagged))
