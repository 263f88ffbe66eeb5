"""Writing articles into the catalogue, and the record of which file each came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index.articles import Article, Passage
from index.catalogue import Catalogue
from index.reports import FileProblem

DIRECT = ""
"""The origin of articles that came from no file."""

Outcome = Literal["added", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was when last read."""

    size: int
    mtime_ns: int
    digest: str


def files_under(catalogue: Catalogue, root: Path) -> dict[str, KnownFile]:
    """The files read before at this path or below it."""
    folder = str(root).rstrip("/\\")
    found = catalogue.rows(
        "SELECT path, size, mtime_ns, digest FROM files WHERE path = ?1 OR substr(path, 1, ?3) = ?2",
        str(root),
        folder + "/",
        len(folder) + 1,
    )
    return {path: KnownFile(size, mtime_ns, digest) for path, size, mtime_ns, digest in found}


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


def put(
    catalogue: Catalogue, article: Article, passages: Sequence[Passage], path: str, encoder: str
) -> Outcome:
    """Store an article and its passages; another text under the same id is replaced."""
    digest = article.digest()
    known = digest_of(catalogue, article.id)
    if known != digest:
        date = article.date.isoformat() if article.date else None
        catalogue.rows(
            "INSERT INTO articles (id, digest, title, date, url, body_start, text)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE"
            " SET digest = ?2, title = ?3, date = ?4, url = ?5, body_start = ?6, text = ?7",
            *(article.id, digest, article.title, date, article.url, article.body_start, article.text),
        )
    ((n,),) = catalogue.rows("SELECT n FROM articles WHERE id = ?", article.id)
    catalogue.rows("INSERT OR IGNORE INTO origins VALUES (?, ?)", path, n)
    if known == digest:
        return "unchanged"
    catalogue.rows("DELETE FROM passages WHERE article = ?", n)
    catalogue.many(
        "INSERT INTO passages (article, start, end, key, text) VALUES (?, ?, ?, ?, ?)",
        ((n, p.start, p.end, key(encoder, p.text), p.text) for p in passages),
    )
    catalogue.set("pending", "yes")
    catalogue.touch()
    return "changed" if known else "added"


def key(encoder: str, text: str) -> bytes:
    """Under which a passage's vector is stored: a hash of the encoder's fingerprint and the text."""
    return hashlib.blake2b(f"{encoder}\0{text}".encode(), digest_size=16).digest()


def drop(catalogue: Catalogue, path: str, article_ids: Iterable[str]) -> set[str]:
    """A path no longer holds these articles. Returns the ids that are gone: they had no other origin."""
    gone = set()
    for article_id in article_ids:
        catalogue.rows(
            "DELETE FROM origins WHERE path = ? AND article = (SELECT n FROM articles WHERE id = ?)",
            path,
            article_id,
        )
        if not origins_of(catalogue, article_id):
            gone |= remove(catalogue, [article_id])
    return gone


def remove(catalogue: Catalogue, article_ids: Iterable[str]) -> set[str]:
    """Delete articles whatever their origins. Returns the ids that existed."""
    gone = {article_id for article_id in article_ids if digest_of(catalogue, article_id)}
    catalogue.many("DELETE FROM articles WHERE id = ?", ((article_id,) for article_id in gone))
    if gone:
        catalogue.touch()
    return gone


def write_file(catalogue: Catalogue, path: str, known: KnownFile, problems: Sequence[FileProblem]) -> None:
    """Remember a file as just read, with what was wrong in it."""
    catalogue.rows(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", path, known.size, known.mtime_ns, known.digest
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
