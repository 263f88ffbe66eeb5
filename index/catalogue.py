"""The one truth: a SQLite file with the articles, their passages, and where they came from.

FAISS and tantivy hold nothing that cannot be made again from here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.articles import ALWAYS, Article, DateRange, Passage
from index.errors import ArchiveDamaged, ArchiveError, ArchiveLocked, ArticleNotFound
from index.schema import SCHEMA, VERSION
from index.sources import CATALOGUE

_SOME = 500  # SQLite's oldest limit on parameters of one statement is 999
_ARTICLE = "id, title, date, url, text, body_start"


class Catalogue:
    """One connection, safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CATALOGUE
        self._lock = threading.RLock()
        with self._told():
            self._db = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False, cached_statements=64
            )
        try:
            self._prepare()
        except ArchiveError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        # NORMAL loses at most the last commits in a power cut, never the file; the next sync repeats them.
        self.rows("PRAGMA journal_mode = WAL")
        self.rows("PRAGMA synchronous = NORMAL")
        self.rows("PRAGMA foreign_keys = ON")
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            with self.writing():
                if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):  # another process was not faster
                    for statement in SCHEMA.split(";"):
                        self.rows(statement)
                    self.set("schema", VERSION)
                    self.touch()

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as one line a user can act on."""
        try:
            yield
        except sqlite3.Error as error:
            raise _explained(self.path, error) from error

    def rows(self, sql: str, *params: object) -> list[Any]:
        """Run one statement and return its rows."""
        with self._lock, self._told():
            return self._db.execute(sql, params).fetchall()

    def many(self, sql: str, params: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""
        with self._lock, self._told():
            self._db.executemany(sql, params)

    def each(self, sql: str, *params: object) -> Iterator[Any]:
        """Rows one batch at a time, for results that need not fit in memory."""
        with self._lock, self._told():
            cursor = self._db.execute(sql, params)
        while True:
            with self._lock, self._told():
                batch = cursor.fetchmany(1000)
            if not batch:
                return
            yield from batch

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing: committed at the end, undone by any exception."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Every read inside sees the same state, whatever another process writes meanwhile."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._lock:
            self.rows(begin)
            try:
                yield
                self.rows("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.rollback()
                raise

    def get(self, key: str) -> str | None:
        """One of the archive's settings, or None."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", key)
        return found[0][0] if found else None

    def set(self, key: str, value: str) -> None:
        """Write one of the archive's settings."""
        self.rows(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value
        )

    @property
    def generation(self) -> str:
        """A token that differs after every change of the passages or their vectors."""
        return self.get("generation") or ""

    def touch(self) -> None:
        """Say that the passages or their vectors changed."""
        self.set("generation", secrets.token_hex(8))

    def article(self, article_id: str) -> Article:
        """The article of this id. Raises ArticleNotFound."""
        for row in self.rows(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", _clean(article_id)):
            return _article(row)
        raise ArticleNotFound(
            f"no article has the id {article_id[:60]!r}; `citedesk search` shows the ids that exist"
        )

    def articles(self) -> list[Article]:
        """All articles, newest first, undated ones last."""
        order = "ORDER BY date IS NULL, date DESC, id"
        return [_article(row) for row in self.rows(f"SELECT {_ARTICLE} FROM articles {order}")]

    def passages(self, article_id: str) -> list[Passage]:
        """The passages of an article, in order. Raises ArticleNotFound."""
        found = self.rows(
            "SELECT a.id, p.start, p.end, p.text FROM passages p JOIN articles a ON a.n = p.article"
            " WHERE a.id = ? ORDER BY p.start",
            _clean(article_id),
        )
        if not found:
            self.article(article_id)
        return [Passage(*row) for row in found]

    def hits(self, ids: Sequence[int]) -> dict[int, tuple[Passage, dt.date | None]]:
        """Passages by number, each with its article's date; numbers that are gone are left out."""
        found: dict[int, tuple[Passage, dt.date | None]] = {}
        for at in range(0, len(ids), _SOME):
            some = [int(n) for n in ids[at : at + _SOME]]
            for n, date, *parts in self.rows(
                "SELECT p.n, a.date, a.id, p.start, p.end, p.text FROM passages p"
                f" JOIN articles a ON a.n = p.article WHERE p.n IN ({_marks(some)})",
                *some,
            ):
                found[n] = (Passage(*parts), _day(date))
        return found

    def within(self, published: DateRange) -> list[int]:
        """Numbers of the passages whose article was published in a range of days."""
        sql = "SELECT p.n FROM passages p"
        if published == ALWAYS:
            return [n for (n,) in self.rows(sql)]
        return [
            n
            for (n,) in self.rows(
                f"{sql} JOIN articles a ON a.n = p.article WHERE a.date BETWEEN ? AND ?",
                (published.since or dt.date.min).isoformat(),
                (published.until or dt.date.max).isoformat(),
            )
        ]

    def texts(self, ids: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        """Number, ordinal of the day published (0: undated) and text of these passages."""
        for at in range(0, len(ids), _SOME):
            for n, (passage, day) in self.hits(ids[at : at + _SOME]).items():
                yield n, day.toordinal() if day else 0, passage.text

    def totals(self) -> tuple[int, int, int, dt.date | None, dt.date | None]:
        """Articles, passages, undated articles, oldest and newest date."""
        articles, dated, oldest, newest = self.rows(
            "SELECT COUNT(*), COUNT(date), MIN(date), MAX(date) FROM articles"
        )[0]
        ((passages,),) = self.rows("SELECT COUNT(*) FROM passages")
        return articles, passages, articles - dated, _day(oldest), _day(newest)

    def content(self) -> str:
        """A hash of all that the archive says, the same wherever and in whatever order it was built."""
        digest = hashlib.sha256()
        for row in self.each("SELECT id, digest FROM articles ORDER BY id"):
            digest.update(json.dumps(row).encode())
        return digest.hexdigest()


def _article(row: Sequence[Any]) -> Article:
    article_id, title, date, url, text, body_start = row
    return Article(text=text, title=title, date=_day(date), url=url, id=article_id, body_start=body_start)


def _day(date: str | None) -> dt.date | None:
    return dt.date.fromisoformat(date) if date else None


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _clean(value: str) -> str:
    """Half surrogate pairs cannot be stored, so they cannot be found."""
    return value.encode("utf-8", "replace").decode()


def _explained(path: Path, error: sqlite3.Error) -> ArchiveError:
    name = getattr(error, "sqlite_errorname", None) or ""
    folder = path.parent
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveLocked(f"archive {folder} is in use by another process; wait until it has finished")
    if name.startswith("SQLITE_FULL"):
        return ArchiveError(
            f"the disk of archive {folder} is full; free some space and run the command again"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        return ArchiveError(
            f"archive {folder} cannot be written ({error}); check its permissions and its disk"
        )
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        return ArchiveError(f"archive {folder} is closed; open it again")
    return ArchiveDamaged(
        f"archive {folder} is damaged ({path.name}: {error}); delete the folder and index your articles again"
    )
