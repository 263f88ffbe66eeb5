"""An archive made by another model, or by earlier rules, made anew from its own articles.

Nothing is read from the files again: the articles lie in the catalogue. Vectors of passages that stay as
they were are kept. The old archive serves until the new one is complete, then takes its place.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from index import ledger, twins
from index.archive import Archive
from index.articles import Article
from index.catalogue import Catalogue
from index.derived import writer_lock
from index.encoder import DEFAULT_MODEL, Encoder
from index.errors import ArchiveDamaged, ArchiveMismatch, ArchiveNotFound
from index.intake import Intake
from index.ledger import KnownFile
from index.reports import FileProblem, OnProgress, Progress
from index.schema import VERSION
from index.sources import CATALOGUE

OLDEST = 1
"""The first version of the tables; all since can be read here."""

_BREATH = 64


class Former:
    """The catalogue of the archive as it is, of whatever version, opened for reading."""

    def __init__(self, folder: Path) -> None:
        path = folder / CATALOGUE
        if not path.is_file():
            raise ArchiveNotFound(f"no archive at {str(folder)!r} yet; make one: citedesk index PATH")
        self._path = path
        # Read in the thread that asks and in the one that commits, never in both at once.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def rows(self, sql: str) -> Iterator[Mapping[str, Any]]:
        """Rows by name of column. Raises ArchiveDamaged."""
        try:
            for row in self._db.execute(sql):
                yield dict(row)
        except sqlite3.Error as error:
            raise ArchiveDamaged(
                f"archive {self._path.parent} is damaged ({CATALOGUE}: {error}); put {CATALOGUE} back from a "
                "backup, or delete the folder and index your articles again"
            ) from error

    def meta(self) -> dict[str, str]:
        """The archive's settings."""
        return {row["key"]: row["value"] for row in self.rows("SELECT key, value FROM meta")}

    def has(self, table: str) -> bool:
        """Whether this version has a table."""
        return any(self.rows(f"SELECT 1 FROM sqlite_master WHERE name = '{table}'"))


def copy(former: Former, catalogue: Catalogue, intake: Intake, progress: OnProgress, encoder: str) -> int:
    """Put every article of the former archive into a new one; returns how many there were."""
    if former.meta().get("encoder") == encoder:
        with catalogue.writing():
            catalogue.many(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                ((row["key"], row["vector"]) for row in former.rows("SELECT key, vector FROM vectors")),
            )
            catalogue.set("loose", "yes")
    total = next(iter(former.rows("SELECT COUNT(*) AS n FROM articles")))["n"]
    paths: dict[int, list[str]] = {}
    for row in former.rows("SELECT article, path FROM origins"):
        paths.setdefault(row["article"], []).append(row["path"])
    for done, row in enumerate(former.rows("SELECT * FROM articles ORDER BY n"), 1):
        article = _article(row)
        for path in paths.get(row["n"], [ledger.DIRECT]):
            intake.put(article, path, lambda put: None)
        if row.get("ingested"):
            intake.then(lambda row=row: _dated(catalogue, row))  # type: ignore[misc]
        if done % _BREATH == 0:
            intake.breathe()
        progress(Progress("reading", done, total, row["title"], intake.encoded))
    intake.then(lambda: _rest(former, catalogue))
    return int(total)


def _article(row: Mapping[str, Any]) -> Article:
    return Article(
        text=row["text"],
        title=row["title"],
        date=row["date"],
        url=row["url"],
        id=row["id"],
        body_start=row["body_start"],
        updated=row.get("updated"),
        author=row.get("author") or "",
    )


def _dated(catalogue: Catalogue, row: Mapping[str, Any]) -> None:
    catalogue.rows("UPDATE articles SET ingested = ? WHERE id = ?", row["ingested"], row["id"])


def _rest(former: Former, catalogue: Catalogue) -> None:
    """Files, problems and, where the former version had them, aliases and earlier versions."""
    problems: dict[str, list[FileProblem]] = {}
    for row in former.rows("SELECT path, source, reason FROM problems ORDER BY rowid"):
        problems.setdefault(row["path"], []).append(FileProblem(row["source"], row["reason"]))
    for row in former.rows("SELECT * FROM files"):
        known = KnownFile(row["size"], row["mtime_ns"], row["digest"], row.get("validators") or "")
        ledger.write_file(catalogue, row["path"], known, problems.get(row["path"], []))
    if former.has("aliases"):
        sql = "SELECT s.id AS other, a.id AS id FROM aliases s JOIN articles a ON a.n = s.article"
        for row in former.rows(sql):
            twins.alias(catalogue, row["other"], row["id"])
    if former.has("versions"):
        catalogue.rows("DELETE FROM versions")
        for row in former.rows("SELECT * FROM versions ORDER BY n"):
            names = [name for name in row if name != "n"]
            marks = ", ".join("?" * len(names))
            catalogue.rows(
                f"INSERT INTO versions ({', '.join(names)}) VALUES ({marks})", *(row[name] for name in names)
            )


def migrate(
    folder: str | Path,
    *,
    model: str = DEFAULT_MODEL,
    encoder: Encoder | None = None,
    progress: OnProgress | None = None,
) -> int:
    """Make an archive anew by the present rules, and with this model; returns its number of articles.

    Interrupted, it goes on where it stopped when run again; until the end the old archive stays as it is.
    Searches that have the old one open are to be opened again.

    Raises ArchiveNotFound, ArchiveDamaged, ArchiveMismatch if a later citedesk made it, ArchiveLocked if
    another process is writing.
    """
    old = Path(folder).expanduser()
    made = old.with_name(f"{old.name}.migrating")  # beside it, to take its place in one step
    told = progress or (lambda _: None)
    with closing(Former(old)) as former, writer_lock(old):
        version = former.meta().get("schema", "")
        if not (version.isdigit() and OLDEST <= int(version) <= int(VERSION)):
            raise ArchiveMismatch(
                f"archive {old} has schema version {version or 'unknown'}, this citedesk reads {OLDEST} to {VERSION}; "
                "install a later citedesk, or index your articles into a new folder"
            )
        with _begun(made, model, encoder) as archive:
            fingerprint = archive.encoder.fingerprint
            with archive.filling(told) as (catalogue, intake):
                total = copy(former, catalogue, intake, told, fingerprint)
    before = old.with_name(f"{old.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    old.rename(before)
    made.rename(old)
    shutil.rmtree(before, ignore_errors=True)
    return total


def _begun(made: Path, model: str, encoder: Encoder | None) -> Archive:
    """The new archive, perhaps partly made before; one begun for another model is begun again."""
    try:
        return Archive.open(made, model=model, encoder=encoder)
    except ArchiveMismatch:
        shutil.rmtree(made)
        return Archive.open(made, model=model, encoder=encoder)
