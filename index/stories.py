"""Near-duplicates: wire copies of one text, grouped under the earliest.

MinHash over runs of four words (Broder, 1997), with buckets for locality-sensitive hashing in the
catalogue, so that an archive of any size is compared without reading it.
"""

from __future__ import annotations

import re

import numpy as np

from index.articles import Article
from index.catalogue import Catalogue

SAME = 0.6
"""Share of common runs of words from which two articles are one story: a copy with a new lead has it."""

_PERMUTATIONS, _BANDS, _RUN, _FEWEST = 128, 25, 4, 20
_ROWS = _PERMUTATIONS // _BANDS
_WORD = re.compile(r"\w+")
_CHARS = 200_000  # a book is told from another by its first chapters


def sign(article: Article) -> bytes | None:
    """The MinHash signature of an article's body; None if it is too short to tell from others.

    >>> text = " ".join(f"word{i}" for i in range(60))
    >>> likeness(sign(Article(text)), sign(Article(text + " and one more line")))  > SAME
    True
    """
    from rensa import RMinHash

    body = article.text[article.body_start : article.body_start + _CHARS]
    words = _WORD.findall(body.lower())
    runs = {" ".join(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)}
    if len(runs) < _FEWEST:
        return None
    hashed = RMinHash(num_perm=_PERMUTATIONS, seed=1)
    hashed.update(sorted(runs))
    return np.array(hashed.digest(), np.uint32).tobytes()


def likeness(one: bytes | None, other: bytes | None) -> float:
    """The estimated share of runs that two articles have in common (Jaccard), 0..1."""
    if not one or not other:
        return 0.0
    return float((np.frombuffer(one, np.uint32) == np.frombuffer(other, np.uint32)).mean())


def join(catalogue: Catalogue, number: int, signature: bytes | None) -> None:
    """Put a stored article into the story it belongs to; articles that it links become one story."""
    leave(catalogue, number)
    catalogue.rows("UPDATE articles SET signature = ?, story = NULL WHERE n = ?", signature, number)
    if signature is None:
        return
    bands = _bands(signature)
    marks = ",".join("?" * len(bands))
    near = catalogue.rows(
        f"SELECT DISTINCT a.n, a.story, a.signature FROM bands b JOIN articles a ON a.n = b.article"
        f" WHERE b.band IN ({marks})",
        *bands,
    )
    catalogue.many("INSERT OR IGNORE INTO bands VALUES (?, ?)", ((band, number) for band in bands))
    alike = [(n, story) for n, story, other in near if likeness(signature, other) >= SAME]
    if not alike:
        return
    stories = {story for _, story in alike if story is not None}
    ((unused,),) = catalogue.rows("SELECT COALESCE(MAX(story), 0) + 1 FROM articles WHERE story IS NOT NULL")
    story = min(stories, default=unused)
    members = [number, *(n for n, _ in alike)]
    catalogue.many("UPDATE articles SET story = ? WHERE story = ?", ((story, old) for old in stories))
    catalogue.many("UPDATE articles SET story = ? WHERE n = ?", ((story, n) for n in members))


def leave(catalogue: Catalogue, number: int) -> None:
    """Take an article out of its story; a story of one is none."""
    catalogue.rows("DELETE FROM bands WHERE article = ?", number)
    for (story,) in catalogue.rows("SELECT story FROM articles WHERE n = ? AND story IS NOT NULL", number):
        catalogue.rows("UPDATE articles SET story = NULL WHERE n = ?", number)
        left = catalogue.rows("SELECT n FROM articles WHERE story = ?", story)
        if len(left) == 1:
            catalogue.rows("UPDATE articles SET story = NULL WHERE n = ?", left[0][0])


def copies_of(catalogue: Catalogue, article_id: str) -> list[str]:
    """Ids of an article and its near-duplicates, the earliest first. Raises ArticleNotFound."""
    stored = catalogue.resolved(article_id)
    for (story,) in catalogue.rows("SELECT story FROM articles WHERE id = ?", stored):
        return copies(catalogue, story) if story is not None else [stored]
    return [catalogue.article(article_id).id]


def copies(catalogue: Catalogue, story: int) -> list[str]:
    """Ids of the articles of a story, the earliest first."""
    sql = "SELECT id FROM articles WHERE story = ? ORDER BY date IS NULL, date, n"
    return [article_id for (article_id,) in catalogue.rows(sql, story)]


def _bands(signature: bytes) -> list[bytes]:
    size = 4 * _ROWS
    return [bytes([i]) + _folded(signature[i * size : (i + 1) * size]) for i in range(_BANDS)]


def _folded(rows: bytes) -> bytes:
    import xxhash

    return xxhash.xxh3_64_digest(rows)
