"""FAISS and tantivy as copies of the catalogue: published with every change, made again if damaged."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import dense, lexical, vectors
from index.catalogue import Catalogue
from index.dense import Dense
from index.errors import ArchiveDamaged, ArchiveError, ArchiveLocked
from index.folders import Stamp, fresh, opened, seal, sweep
from index.lexical import Lexical
from index.publications import (
    Mark,
    Publication,
    added_between,
    folders,
    head,
    latest,
    removed_between,
    write,
)

KINDS = ("dense", "lexical")
_TRIES = 4
_START = Mark()


@dataclass(frozen=True, slots=True)
class Derived:
    """Both indexes, of one state of the catalogue."""

    dense: Dense
    lexical: Lexical
    publication: Publication


def publish(folder: Path, catalogue: Catalogue, *, settled: bool = True) -> None:
    """Write the indexes of the state that the open transaction is about to commit; nothing is encoded.

    While a long run is not ``settled``, FAISS may lag: what it lacks is scored beside it. Needs the
    writer's lock. Raises ArchiveError if the disk does not take them; the transaction is then undone,
    and the state before it stays whole.
    """
    now, last = head(catalogue), latest(catalogue)
    made: list[Path] = []
    try:
        words = _lexical(folder, catalogue, last, now, made)
        meanings = _dense(folder, catalogue, last, now, made, settled)
        if last is None or (last.mark, last.dense, last.lexical) != (now, meanings, words):
            write(catalogue, now, meanings, words)
    except BaseException as error:
        for path in made:
            shutil.rmtree(path, ignore_errors=True)
        if not isinstance(error, OSError | RuntimeError | ValueError):
            raise  # FAISS and tantivy tell a full disk in those three ways
        reason = " ".join(str(error).split())[:200]
        raise ArchiveError(
            f"the indexes of archive {folder} cannot be written ({reason}); what was stored before is safe: "
            "check its disk and permissions, then run the command again"
        ) from error


def tidy(folder: Path, catalogue: Catalogue) -> None:
    """Delete index folders of states long past, or of writers that died."""
    sweep(folder, KINDS, folders(catalogue))


def _known(folder: Path, name: str, rules: str, catalogue: Catalogue) -> Stamp | None:
    stamp = opened(folder / name, rules)
    forgotten = int(catalogue.get("gone_forgotten") or 0)
    return stamp if stamp and stamp.mark.gone >= forgotten else None


def _lexical(
    folder: Path, catalogue: Catalogue, last: Publication | None, now: Mark, made: list[Path]
) -> str:
    known = _known(folder, last.lexical, lexical.RULES, catalogue) if last else None
    if last and known and known.mark == now:
        return last.lexical
    made.append(fresh(folder, "lexical"))
    older = known.mark if known else _START
    base = folder / last.lexical if last and known else None
    removed = removed_between(catalogue, older, now) if base else []
    Lexical.write(added_between(catalogue, older, now), removed, made[-1], base)
    seal(made[-1], now, lexical.RULES, known)
    return made[-1].name


def _dense(
    folder: Path,
    catalogue: Catalogue,
    last: Publication | None,
    now: Mark,
    made: list[Path],
    settled: bool,
) -> str:
    known = _known(folder, last.dense, dense.RULES, catalogue) if last else None
    ((total,),) = catalogue.rows("SELECT COUNT(*) FROM passages")
    if last and known:
        ((added,),) = catalogue.rows("SELECT COUNT(*) FROM passages WHERE n > ?", known.mark.upto)
        base = known.size
        if not dense.worn(base, added, base + added - total, settled=settled):
            return last.dense
    made.append(fresh(folder, "dense"))
    dimension = int(catalogue.get("dimension") or 0)
    built = Dense.build(vectors.chunks(catalogue, _START, now), total, dimension)
    built.save(made[-1])
    catalogue.set("vector_index", built.kind)
    seal(made[-1], now, dense.RULES, size=total)
    if last:
        catalogue.rows("DELETE FROM gone WHERE seq <= ?", last.mark.gone)
        catalogue.set("gone_forgotten", str(last.mark.gone))
    return made[-1].name


def current(folder: Path, catalogue: Catalogue, loaded: Derived | None) -> Derived:
    """The indexes of the catalogue's present state.

    Missing or damaged ones are made again; while another process is writing, in memory.
    """
    for attempt in range(_TRIES):
        with catalogue.snapshot():
            wanted = latest(catalogue)
            if wanted and wanted.mark == head(catalogue):
                if loaded and loaded.publication.number == wanted.number:
                    return loaded
                if found := _opened(folder, catalogue, wanted, loaded):
                    return found
        if catalogue.in_transaction:  # a reader's snapshot: nothing can be written into it
            break
        try:
            with writer_lock(folder), catalogue.writing():
                _discard_unreadable(folder, wanted)
                publish(folder, catalogue)
        except ArchiveLocked:
            time.sleep(0.05 * attempt)  # the writer may be about to publish
        except ArchiveDamaged:
            raise
        except ArchiveError:
            break  # the disk is full or may not be written: search on without it
    return _in_memory(catalogue)


def _discard_unreadable(folder: Path, wanted: Publication | None) -> None:
    """Whole by its hashes, and still not read: of another release of FAISS or tantivy."""
    if wanted and Dense.load(folder / wanted.dense) is None:
        shutil.rmtree(folder / wanted.dense, ignore_errors=True)
    if (
        wanted
        and opened(folder / wanted.lexical, lexical.RULES)
        and Lexical.load(folder / wanted.lexical) is None
    ):
        shutil.rmtree(folder / wanted.lexical, ignore_errors=True)


def within(folder: Path, catalogue: Catalogue, loaded: Derived) -> Derived:
    """The indexes of the snapshot that is open, for a reader whom writers leave behind again and again."""
    wanted = latest(catalogue)
    found = _opened(folder, catalogue, wanted, loaded) if wanted and wanted.mark == head(catalogue) else None
    return found or _built(catalogue)


def _opened(
    folder: Path, catalogue: Catalogue, wanted: Publication, loaded: Derived | None
) -> Derived | None:
    if loaded and loaded.publication.lexical == wanted.lexical:
        words: Lexical | None = loaded.lexical
    else:
        words = (
            Lexical.load(folder / wanted.lexical) if opened(folder / wanted.lexical, lexical.RULES) else None
        )
    meanings = _caught_up(folder, catalogue, wanted, loaded) if words else None
    if words is None or meanings is None or len(words) != len(meanings):
        return None
    return Derived(meanings, words, wanted)


def _caught_up(
    folder: Path, catalogue: Catalogue, wanted: Publication, loaded: Derived | None
) -> Dense | None:
    forgotten = int(catalogue.get("gone_forgotten") or 0)
    if loaded and loaded.publication.dense == wanted.dense and loaded.publication.mark.gone >= forgotten:
        index, older = loaded.dense, loaded.publication.mark
    else:
        stamp = _known(folder, wanted.dense, dense.RULES, catalogue)
        read = Dense.load(folder / wanted.dense) if stamp else None
        if stamp is None or read is None:
            return None
        index, older = read, stamp.mark
    if older == wanted.mark:
        return index
    removed = np.array(removed_between(catalogue, older, wanted.mark), np.int64)
    return index.changed(vectors.between(catalogue, older, wanted.mark), removed)


def _in_memory(catalogue: Catalogue) -> Derived:
    with catalogue.snapshot():
        return _built(catalogue)


def _built(catalogue: Catalogue) -> Derived:
    now, last = head(catalogue), latest(catalogue)
    ((total,),) = catalogue.rows("SELECT COUNT(*) FROM passages")
    words = Lexical.write(added_between(catalogue, _START, now), [])
    rows = vectors.chunks(catalogue, _START, now)
    meanings = Dense.build(rows, total, int(catalogue.get("dimension") or 0))
    return Derived(meanings, words, Publication(last.number if last else 0, now, "", ""))


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
