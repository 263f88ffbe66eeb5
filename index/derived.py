"""FAISS and tantivy as copies of the catalogue: loaded if they are of its generation, else made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index import vectors
from index.catalogue import Catalogue
from index.dense import Dense, saved
from index.errors import ArchiveError, ArchiveLocked
from index.lexical import Lexical, stamp


@dataclass(frozen=True, slots=True)
class Derived:
    """Both indexes, of one generation of the catalogue."""

    dense: Dense
    lexical: Lexical
    generation: str


def current(folder: Path, catalogue: Catalogue, loaded: Derived | None) -> Derived:
    """The indexes of the catalogue's present generation.

    While another process is writing, what is loaded (or on disk) serves on: passages that are gone
    are left out when they are looked up, new ones appear once that process has finished.
    """
    generation = catalogue.generation
    if loaded and loaded.generation == generation:
        return loaded
    if found := _load(folder, generation):
        return found
    try:
        with writer_lock(folder):
            return refresh(folder, catalogue)
    except ArchiveLocked:
        return loaded or _stale(folder) or _in_memory(catalogue)


def is_current(folder: Path, generation: str) -> bool:
    """Whether both indexes on disk were made from this generation; neither is opened."""
    return stamp(folder) == generation and saved(folder, generation)


def refresh(folder: Path, catalogue: Catalogue) -> Derived:
    """Bring both indexes on disk up to the catalogue; nothing is encoded. Needs the writer's lock."""
    with catalogue.snapshot():
        generation = catalogue.generation
        ids, matrix = vectors.load(catalogue)
    dense = Dense.build(ids, matrix, generation)
    try:
        lexical = Lexical.load(folder)
        if lexical is None:
            lexical = Lexical.empty(folder)
        lexical.update(ids, catalogue.texts, generation)
        dense.save(folder)
    except (OSError, RuntimeError, ValueError) as error:  # FAISS and tantivy tell a full disk in these ways
        reason = " ".join(str(error).split())[:200]
        raise ArchiveError(
            f"the indexes of archive {folder} cannot be written ({reason}); your articles are safe: "
            "check its disk and permissions, then run the command again"
        ) from error
    catalogue.set("content", catalogue.content())
    return Derived(dense, lexical, generation)


def _load(folder: Path, generation: str) -> Derived | None:
    lexical = Lexical.load(folder)
    if lexical is None or lexical.generation != generation:
        return None
    dense = Dense.load(folder, generation)
    if dense is None or len(dense) != len(lexical):
        return None
    return Derived(dense, lexical, generation)


def _stale(folder: Path) -> Derived | None:
    lexical = Lexical.load(folder)
    return _load(folder, lexical.generation) if lexical else None


def _in_memory(catalogue: Catalogue) -> Derived:
    with catalogue.snapshot():
        generation = catalogue.generation
        ids, matrix = vectors.load(catalogue)
        lexical = Lexical.empty()
        lexical.update(ids, catalogue.texts, generation)
    return Derived(Dense.build(ids, matrix, generation), lexical, generation)


@contextmanager
def writer_lock(folder: Path, wait_s: float = 0.0) -> Iterator[None]:
    """One writer at a time, on every system: the lock of an empty SQLite file, freed if the process dies.

    Raises ArchiveLocked if another process holds it for longer than ``wait_s`` seconds.
    """
    try:
        lock = sqlite3.connect(folder / "writer.lock", timeout=wait_s, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise ArchiveError(f"archive {folder} cannot be written ({error}); check its permissions") from None
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if "locked" in str(error):
            raise ArchiveLocked(
                f"archive {folder} is being written by another process; wait until it has finished and retry"
            ) from None
        raise ArchiveError(f"archive {folder} cannot be written ({error}); check its permissions") from None
    try:
        yield
    finally:
        lock.close()
