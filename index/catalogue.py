"""The one truth: a SQLite file with the articles, their passages, and where they came from.

FAISS and tantivy hold nothing that cannot be made again from here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.articles import Article, Passage
from index.errors import ArchiveDamaged, ArchiveError, ArchiveLocked, ArticleNotFound
from index.schema import FLAGS, SCHEMA, SHELVES, VERSION
from index.sources import CATALOGUE

_SOME = 500  # SQLite's oldest limit on parameters of one statement is 999
COLUMNS = "id, title, date, updated, author, url, body_start, text"
"""Of an article, as ``article_of`` reads them."""
_LATER = (("flags", FLAGS), ("places", SHELVES))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage, the day its article was published, and the story the article belongs to, if to any."""

    passage: Passage
    date: dt.date | None
    story: int | None


def key(encoder: str, text: str) -> bytes:
    """Under which a passage's vector is stored: a hash of the encoder's fingerprint and the text."""
    return hashlib.blake2b(f"{encoder}\0{text}".encode(), digest_size=16).digest()


class Catalogue:
    """One connection, safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CATALOGUE
        self._lock = threading.RLock()
        with self._told():
            self._db = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False, cached_statements=64
            )
        self._db.create_function("folded", 1, str.casefold, deterministic=True)
        self._db.create_function("words", 1, lambda text: len(text.split()), deterministic=True)
        try:
            self._prepare()
        except ArchiveError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self.rows("PRAGMA journal_mode = WAL")
        self.rows("PRAGMA synchronous = FULL")  # what was reported as stored survives a power cut
        self.rows("PRAGMA foreign_keys = ON")
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            with self.writing():
                if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):  # another process was not faster
                    self._make(SCHEMA)
                    for _, statements in _LATER:
                        self._make(statements)
                    self.set("schema", VERSION)
        elif not all(self._has(table) for table, _ in _LATER):
            self._give_later()

    def _give_later(self) -> None:
        """Make the tables that came after the others, if this is an archive of the version that has them."""
        if self.get("schema") == VERSION:
            with self.writing():
                for table, statements in _LATER:
                    if not self._has(table):
                        self._make(statements)

    def _make(self, statements: str) -> None:
        for statement in statements.split(";\n"):
            self.rows(statement)

    def _has(self, table: str) -> bool:
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE name = ?", table))

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
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            with self._transaction("BEGIN"):
                yield

    @property
    def in_transaction(self) -> bool:
        """Whether this thread, or another, is inside ``writing`` or ``snapshot``."""
        return bool(self._db.in_transaction)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._lock:
            try:
                self.rows(begin)
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

    def article(self, article_id: str) -> Article:
        """The article of this id, or the last version that had it. Raises ArticleNotFound."""
        wanted = self.resolved(article_id)
        for source in ("articles WHERE id = ?", "versions WHERE id = ? ORDER BY n DESC LIMIT 1"):
            for row in self.rows(f"SELECT {COLUMNS}, digest FROM {source}", wanted):
                return self._sound(row)
        raise ArticleNotFound(
            f"no article has the id {article_id[:60]!r}; `citedesk search` shows the ids that exist"
        )

    def resolved(self, article_id: str) -> str:
        """The id under which an article is stored: another than its own if the same text came twice."""
        wanted = _clean(article_id)
        sql = "SELECT a.id FROM aliases s JOIN articles a ON a.n = s.article WHERE s.id = ?"
        return next((stored for (stored,) in self.rows(sql, wanted)), wanted)

    def _sound(self, row: Sequence[Any]) -> Article:
        """The article of a row; raises ArchiveDamaged if it is not as it was stored."""
        article = article_of(row)
        if article.digest() != row[-1]:
            raise damaged(self.path, f"article {article.id[:40]!r} is not as it was stored")
        return article

    def articles(self, limit: int | None = None) -> list[Article]:
        """All articles, or so many, newest first, undated ones last. Raises ArchiveDamaged."""
        order = "ORDER BY date IS NULL, date DESC, id LIMIT ?"
        sql = f"SELECT {COLUMNS}, digest FROM articles {order}"
        return [self._sound(row) for row in self.rows(sql, -1 if limit is None else limit)]

    def passages(self, article_id: str) -> list[Passage]:
        """The passages of an article, in order. Raises ArticleNotFound, ArchiveDamaged."""
        found = self.rows(
            "SELECT p.key, a.id, p.start, p.end, p.text FROM passages p JOIN articles a ON a.n = p.article"
            " WHERE a.id = ? ORDER BY p.start",
            self.resolved(article_id),
        )
        if not found:
            self.article(article_id)
        encoder = self.get("encoder") or ""
        return [self._unchanged(encoder, kept, *parts) for kept, *parts in found]

    def _unchanged(self, encoder: str, kept: bytes, *parts: Any) -> Passage:
        """A passage; raises ArchiveDamaged if it is not as it was stored."""
        passage = Passage(*parts)
        if key(encoder, passage.text) != kept:
            raise damaged(self.path, f"passage {passage.id!r} is not as it was stored")
        return passage

    def hits(self, numbers: Sequence[int]) -> dict[int, Hit]:
        """Passages by number; numbers that are gone are left out.

        Raises ArchiveDamaged if a passage is not as it was stored.
        """
        found: dict[int, Hit] = {}
        encoder = self.get("encoder") or ""
        for at in range(0, len(numbers), _SOME):
            some = [int(n) for n in numbers[at : at + _SOME]]
            for n, kept, date, story, *parts in self.rows(
                "SELECT p.n, p.key, a.date, a.story, a.id, p.start, p.end, p.text FROM passages p"
                f" JOIN articles a ON a.n = p.article WHERE p.n IN ({_marks(some)})",
                *some,
            ):
                found[n] = Hit(self._unchanged(encoder, kept, *parts), _day(date), story)
        return found

    def totals(self) -> tuple[int, int, int, dt.date | None, dt.date | None]:
        """Articles, passages, undated articles, oldest and newest date."""
        articles, dated, oldest, newest = self.rows(
            "SELECT COUNT(*), COUNT(date), MIN(date), MAX(date) FROM articles"
        )[0]
        ((passages,),) = self.rows("SELECT COUNT(*) FROM passages")
        return articles, passages, articles - dated, _day(oldest), _day(newest)

    def newest(self) -> dt.date | None:
        """The newest date of an article; None if none has a date."""
        return _day(self.rows("SELECT MAX(date) FROM articles")[0][0])

    def content(self) -> str:
        """A hash of all that the archive says, the same wherever and in whatever order it was built."""
        digest = hashlib.sha256()
        for row in self.each("SELECT id, digest FROM articles ORDER BY id"):
            digest.update(json.dumps(row).encode())
        return digest.hexdigest()


def article_of(row: Sequence[Any]) -> Article:
    """The article of a row that starts with COLUMNS."""
    article_id, title, date, updated, author, url, body_start, text, *_ = row
    return Article(
        text=text,
        title=title,
        date=_day(date),
        url=url,
        id=article_id,
        body_start=body_start,
        updated=_day(updated),
        author=author,
    )


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
    return damaged(path, str(error))


def damaged(path: Path, trouble: str) -> ArchiveDamaged:
    """What to say, and to do, of a catalogue that cannot be trusted."""
    return ArchiveDamaged(
        f"archive {path.parent} is damaged ({path.name}: {trouble}); put {path.name} back from a backup, "
        "or delete the folder and index your articles again"
    )
