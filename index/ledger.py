"""Writing articles into the catalogue, and the record of which file each came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index import flags, outlets, stories, versions
from index.articles import Article, Passage
from index.catalogue import Catalogue, key
from index.reports import FileProblem

DIRECT = ""
"""The origin of articles that came from no file."""

Outcome = Literal["added", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Put:
    """What storing an article did; ``loose`` are keys of vectors that it no longer needs.

    ``flagged`` tells that it now holds sentences that speak to a machine.
    """

    outcome: Outcome
    loose: list[bytes]
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """Articles that were removed, and the keys of their vectors."""

    ids: set[str]
    loose: list[bytes]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file, or an address, as it was when last read; ``validators`` are what its server told.

    Size -1 marks one whose reading was cut short; ``mtime_ns`` is then when it began, in seconds since 1970.
    """

    size: int
    mtime_ns: int
    digest: str
    validators: str = ""


def _below(root: Path) -> tuple[str, str, int]:
    """What ?1, ?2 and ?3 stand for where a path is this one or lies below it."""
    folder = str(root).rstrip("/\\") + "/"
    return str(root), folder, len(folder)


def files_under(catalogue: Catalogue, root: Path) -> dict[str, KnownFile]:
    """The files read before at this path or below it."""
    found = catalogue.rows(
        "SELECT path, size, mtime_ns, digest, validators FROM files WHERE path = ?1 OR substr(path, 1, ?3) = ?2",
        *_below(root),
    )
    return {path: KnownFile(*rest) for path, *rest in found}


def known_file(catalogue: Catalogue, path: str) -> KnownFile | None:
    """A file or an address as it was when last read; None if it never was."""
    found = catalogue.rows("SELECT size, mtime_ns, digest, validators FROM files WHERE path = ?", path)
    return KnownFile(*found[0]) if found else None


def problems_under(catalogue: Catalogue, root: Path) -> dict[str, list[FileProblem]]:
    """What was wrong with the files at this path or below it when they were last read."""
    found: dict[str, list[FileProblem]] = {}
    for path, source, reason in catalogue.each(
        "SELECT path, source, reason FROM problems WHERE path = ?1 OR substr(path, 1, ?3) = ?2 ORDER BY rowid",
        *_below(root),
    ):
        found.setdefault(path, []).append(FileProblem(source, reason))
    return found


def articles_under(catalogue: Catalogue, root: Path) -> dict[str, set[str]]:
    """Ids of the articles of each path at this path or below it."""
    found: dict[str, set[str]] = {}
    for path, article_id in catalogue.each(
        "SELECT o.path, a.id FROM origins o JOIN articles a ON a.n = o.article"
        " WHERE o.path = ?1 OR substr(o.path, 1, ?3) = ?2",
        *_below(root),
    ):
        found.setdefault(path, set()).add(article_id)
    return found


def digest_of(catalogue: Catalogue, article_id: str) -> str | None:
    """The digest of the stored article of this id, or None."""
    found = catalogue.rows("SELECT digest FROM articles WHERE id = ?", article_id)
    return found[0][0] if found else None


def origins_of(catalogue: Catalogue, article_id: str) -> set[str]:
    """The paths an article came from."""
    return {
        path
        for (path,) in catalogue.rows(
            "SELECT o.path FROM origins o JOIN articles a ON a.n = o.article WHERE a.id = ?", article_id
        )
    }


def articles_from(catalogue: Catalogue, path: str) -> set[str]:
    """Ids of the articles that came from a path."""
    return {
        article_id
        for (article_id,) in catalogue.rows(
            "SELECT a.id FROM origins o JOIN articles a ON a.n = o.article WHERE o.path = ?", path
        )
    }


def articles_since(catalogue: Catalogue, path: str, time_s: int) -> set[str]:
    """Ids of the articles from a path that were stored at this time (seconds since 1970) or later."""
    moment = dt.datetime.fromtimestamp(time_s, dt.UTC).isoformat(timespec="seconds")
    sql = "SELECT a.id FROM origins o JOIN articles a ON a.n = o.article WHERE o.path = ? AND a.ingested >= ?"
    return {article_id for (article_id,) in catalogue.rows(sql, path, moment)}


def put(
    catalogue: Catalogue,
    article: Article,
    passages: Sequence[Passage],
    path: str,
    encoder: str,
    signature: bytes | None = None,
) -> Put:
    """Store an article and its passages; another text under the same id becomes an earlier version."""
    digest = article.digest()
    known = digest_of(catalogue, article.id)
    loose: list[bytes] = []
    if known != digest:
        if known:
            versions.keep(catalogue, article.id, article.id)
        catalogue.rows("DELETE FROM aliases WHERE id = ?", article.id)
        _write(catalogue, article, digest)
    ((n,),) = catalogue.rows("SELECT n FROM articles WHERE id = ?", article.id)
    catalogue.rows("INSERT OR IGNORE INTO origins VALUES (?, ?)", path, n)
    if known == digest:
        outlets.place(catalogue, n)
        return Put("unchanged", loose)
    loose = keys_of(catalogue, article.id)
    catalogue.rows("DELETE FROM passages WHERE article = ?", n)
    outlets.place(catalogue, n)
    catalogue.many(
        "INSERT INTO passages (article, start, end, key, text) VALUES (?, ?, ?, ?, ?)",
        ((n, p.start, p.end, key(encoder, p.text), p.text) for p in passages),
    )
    stories.join(catalogue, n, signature)
    return Put("changed" if known else "added", loose, flags.note(catalogue, n, article))


def _write(catalogue: Catalogue, article: Article, digest: str) -> None:
    date, updated = (day.isoformat() if day else None for day in (article.date, article.updated))
    catalogue.rows(
        "INSERT INTO articles (id, digest, title, date, updated, author, url, body_start, text, ingested)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET digest = ?2, title = ?3,"
        " date = ?4, updated = ?5, author = ?6, url = ?7, body_start = ?8, text = ?9, ingested = ?10",
        *(article.id, digest, article.title, date, updated, article.author, article.url),
        *(article.body_start, article.text, versions.now()),
    )


def keys_of(catalogue: Catalogue, article_id: str) -> list[bytes]:
    """Keys of the vectors of an article's passages."""
    sql = "SELECT p.key FROM passages p JOIN articles a ON a.n = p.article WHERE a.id = ?"
    return [k for (k,) in catalogue.rows(sql, article_id)]


def drop(catalogue: Catalogue, path: str, article_ids: Iterable[str], replaced: Mapping[str, str]) -> Gone:
    """A path no longer holds these articles; those that have no other origin are gone.

    ``replaced`` tells which of them another article has replaced: these are kept as its versions.
    """
    gone, loose = set[str](), list[bytes]()
    for article_id in article_ids:
        catalogue.rows(
            "DELETE FROM origins WHERE path = ? AND article = (SELECT n FROM articles WHERE id = ?)",
            path,
            article_id,
        )
        if origins_of(catalogue, article_id):
            _placed(catalogue, article_id)
            continue
        if article_id in replaced:
            versions.keep(catalogue, article_id, replaced[article_id])
        else:
            versions.forget(catalogue, [article_id])
        gone.add(article_id)
        loose += _delete(catalogue, article_id)
    return Gone(gone, loose)


def _placed(catalogue: Catalogue, article_id: str) -> None:
    for (n,) in catalogue.rows("SELECT n FROM articles WHERE id = ?", article_id):
        outlets.place(catalogue, n)


def remove(catalogue: Catalogue, article_ids: Iterable[str]) -> Gone:
    """Delete articles whatever their origins, and their versions. Returns those that existed."""
    gone = {i for i in map(catalogue.resolved, article_ids) if digest_of(catalogue, i)}
    versions.forget(catalogue, gone)
    return Gone(gone, [k for article_id in sorted(gone) for k in _delete(catalogue, article_id)])


def _delete(catalogue: Catalogue, article_id: str) -> list[bytes]:
    loose = keys_of(catalogue, article_id)
    for (n,) in catalogue.rows("SELECT n FROM articles WHERE id = ?", article_id):
        stories.leave(catalogue, n)
        catalogue.rows("DELETE FROM articles WHERE n = ?", n)
    return loose


def move(catalogue: Catalogue, old: str, new: str) -> None:
    """A file has another path and the same content."""
    touched = articles_from(catalogue, old) | articles_from(catalogue, new)
    for table in ("files", "origins", "problems"):
        catalogue.rows(f"DELETE FROM {table} WHERE path = ?", new)
        catalogue.rows(f"UPDATE {table} SET path = ? WHERE path = ?", new, old)
    catalogue.rows("UPDATE problems SET source = replace(source, ?, ?) WHERE path = ?", old, new, new)
    for article_id in sorted(touched):
        _placed(catalogue, article_id)


def write_file(catalogue: Catalogue, path: str, known: KnownFile, problems: Sequence[FileProblem]) -> None:
    """Remember a file as just read, with what was wrong in it."""
    catalogue.rows(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
        *(path, known.size, known.mtime_ns, known.digest, known.validators),
    )
    catalogue.rows("DELETE FROM problems WHERE path = ?", path)
    catalogue.many("INSERT INTO problems VALUES (?, ?, ?)", ((path, p.source, p.reason) for p in problems))


def forget_file(catalogue: Catalogue, path: str) -> None:
    """A file is gone."""
    catalogue.rows("DELETE FROM files WHERE path = ?", path)
    catalogue.rows("DELETE FROM problems WHERE path = ?", path)


def problems_of(catalogue: Catalogue, path: str) -> list[FileProblem]:
    """What was wrong with a file when it was last read."""
    return [
        FileProblem(*row)
        for row in catalogue.rows("SELECT source, reason FROM problems WHERE path = ?", path)
    ]
