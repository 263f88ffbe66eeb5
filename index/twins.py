"""Exactly the same article under several ids: stored once, found by each of them."""

from __future__ import annotations

from index import outlets, versions
from index.catalogue import Catalogue


def same_as(catalogue: Catalogue, digest: str) -> str | None:
    """The id of a stored article with exactly this content, or None."""
    found = catalogue.rows("SELECT id FROM articles WHERE digest = ? ORDER BY n LIMIT 1", digest)
    return found[0][0] if found else None


def alias(catalogue: Catalogue, other: str, article_id: str) -> None:
    """Exactly the same article came under another id too."""
    catalogue.rows("INSERT OR REPLACE INTO aliases SELECT ?, n FROM articles WHERE id = ?", other, article_id)


def has_twins(catalogue: Catalogue, article_id: str) -> bool:
    """Whether the article came under other ids too."""
    sql = "SELECT 1 FROM aliases s JOIN articles a ON a.n = s.article WHERE a.id = ? LIMIT 1"
    return bool(catalogue.rows(sql, article_id))


def give_to_twin(catalogue: Catalogue, article_id: str, path: str) -> None:
    """Keep an article under another of its ids; in ``path`` its own id now stands for another text."""
    sql = "SELECT s.id, a.n FROM aliases s JOIN articles a ON a.n = s.article WHERE a.id = ? ORDER BY s.id LIMIT 1"
    for other, n in catalogue.rows(sql, article_id):
        versions.keep(catalogue, article_id, article_id)
        catalogue.rows("DELETE FROM aliases WHERE id = ?", other)
        catalogue.rows("UPDATE articles SET id = ? WHERE n = ?", other, n)
        catalogue.rows("DELETE FROM origins WHERE path = ? AND article = ?", path, n)
        outlets.place(catalogue, n)
