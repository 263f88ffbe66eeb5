"""Which state of the catalogue the indexes on disk were made from.

A publication is written in the transaction of the change it belongs to: whoever sees the change sees
the indexes that hold it, and a crash leaves the earlier pair. Passage numbers only grow, so two
numbers tell what lies between two states: passages above ``upto`` are new, those listed in the table
``gone`` after ``gone`` were removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from index.catalogue import Catalogue

KEPT = 2
"""Publications whose indexes stay on disk: a reader may still be opening the last but one."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A state of the passages: the highest number ever given, and the last removal."""

    upto: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Publication:
    """A state and the folders of its two indexes; the dense one may lag behind and is caught up in memory."""

    number: int
    mark: Mark
    dense: str
    lexical: str


def head(catalogue: Catalogue) -> Mark:
    """The state as it is now."""
    sequences = "SELECT name, seq FROM sqlite_sequence WHERE name IN ('passages', 'gone')"
    found = dict(catalogue.rows(sequences))
    return Mark(found.get("passages", 0), found.get("gone", 0))


def latest(catalogue: Catalogue) -> Publication | None:
    """The last publication, or None if nothing was published yet."""
    sql = "SELECT number, upto, gone, dense, lexical FROM publications ORDER BY number DESC LIMIT 1"
    for number, upto, gone, dense, lexical in catalogue.rows(sql):
        return Publication(number, Mark(upto, gone), dense, lexical)
    return None


def write(catalogue: Catalogue, mark: Mark, dense: str, lexical: str) -> None:
    """Publish, inside the transaction of the change."""
    catalogue.rows(
        "INSERT INTO publications (upto, gone, dense, lexical) VALUES (?, ?, ?, ?)",
        *(mark.upto, mark.gone, dense, lexical),
    )
    catalogue.rows(
        f"DELETE FROM publications WHERE number <= (SELECT MAX(number) FROM publications) - {KEPT}"
    )


def folders(catalogue: Catalogue) -> set[str]:
    """Names of the folders that a kept publication points to."""
    return {name for row in catalogue.rows("SELECT dense, lexical FROM publications") for name in row}


def removed_between(catalogue: Catalogue, older: Mark, newer: Mark) -> list[int]:
    """Numbers of the passages that were removed after one state and by the other."""
    sql = "SELECT n FROM gone WHERE seq > ? AND seq <= ?"
    return [n for (n,) in catalogue.rows(sql, older.gone, newer.gone)]


def added_between(catalogue: Catalogue, older: Mark, newer: Mark) -> Iterator[tuple[int, int, int, str]]:
    """Number, day published (ordinal, 0: undated), shelf and text of the passages added between two states."""
    from datetime import date

    for n, day, shelf, text in catalogue.each(
        "SELECT p.n, a.date, COALESCE(s.shelf, 0), p.text FROM passages p JOIN articles a ON a.n = p.article"
        " LEFT JOIN places s ON s.article = p.article WHERE p.n > ? AND p.n <= ? ORDER BY p.n",
        older.upto,
        newer.upto,
    ):
        yield n, date.fromisoformat(day).toordinal() if day else 0, shelf, text
