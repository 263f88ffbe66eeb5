"""What articles said before they changed, so that old citations still resolve. Never searched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from index.articles import Article
from index.catalogue import COLUMNS, Catalogue, article_of
from index.errors import ArticleNotFound

_KEPT = "digest, date, updated, ingested, title, author, url, body_start, text"


@dataclass(frozen=True, slots=True)
class Version:
    """An article as it stood from ``ingested`` to ``superseded`` (None: it is the newest), UTC."""

    article: Article
    ingested: dt.datetime
    superseded: dt.datetime | None


def now() -> str:
    """The time, UTC, to the second, as the catalogue keeps it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def keep(catalogue: Catalogue, article_id: str, successor: str) -> None:
    """Keep the stored article as a version that ``successor`` has replaced."""
    catalogue.rows(
        f"INSERT INTO versions (id, successor, superseded, {_KEPT})"
        f" SELECT id, ?, ?, {_KEPT} FROM articles WHERE id = ?",
        *(successor, now(), article_id),
    )


def forget(catalogue: Catalogue, article_ids: Iterable[str]) -> None:
    """Delete every version that leads to these articles: they were removed, not replaced."""
    left = list(article_ids)
    while left:
        successor = left.pop()
        earlier = [i for (i,) in catalogue.rows("SELECT id FROM versions WHERE successor = ?", successor)]
        catalogue.rows("DELETE FROM versions WHERE successor = ?", successor)
        left += [i for i in earlier if not catalogue.rows("SELECT 1 FROM articles WHERE id = ?", i)]


def history(catalogue: Catalogue, article_id: str) -> list[Version]:
    """Every version of the article that has or had this id, newest first. Raises ArticleNotFound."""
    newest = _newest(catalogue, article_id)
    found = _read(catalogue, "articles WHERE id = ?", newest, "NULL")
    earlier: list[Version] = []
    left, seen = [newest], {newest}
    while left:
        some = _read(catalogue, "versions WHERE successor = ?", left.pop(), "superseded")
        earlier += some
        left += [v.article.id for v in some if v.article.id not in seen]
        seen |= {v.article.id for v in some}
    if not found and not earlier:
        catalogue.article(article_id)
    return found + sorted(earlier, key=lambda version: version.superseded or version.ingested, reverse=True)


def _newest(catalogue: Catalogue, article_id: str) -> str:
    at, seen = catalogue.resolved(article_id), set[str]()
    while at not in seen and not catalogue.rows("SELECT 1 FROM articles WHERE id = ?", at):
        seen.add(at)
        sql = "SELECT successor FROM versions WHERE id = ? ORDER BY n DESC LIMIT 1"
        at = next((successor for (successor,) in catalogue.rows(sql, at)), at)
    return at


def _read(catalogue: Catalogue, source: str, value: str, superseded: str) -> list[Version]:
    rows = catalogue.rows(f"SELECT {COLUMNS}, ingested, {superseded} FROM {source}", value)
    return [
        Version(
            article_of(row),
            dt.datetime.fromisoformat(row[-2]),
            dt.datetime.fromisoformat(row[-1]) if row[-1] else None,
        )
        for row in rows
    ]


def cited(catalogue: Catalogue, article_id: str, start: int, end: int, quote: str) -> Version:
    """The newest version of an article that says exactly this at ``[start, end)``.

    Raises ArticleNotFound if none does.
    """
    for version in history(catalogue, article_id):
        if version.article.text[start:end] == quote:
            return version
    raise ArticleNotFound(
        f"no version of article {article_id[:60]!r} says {quote[:60]!r} at {start} to {end}; "
        "the archive holds no source for this citation"
    )
