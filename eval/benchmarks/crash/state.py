"""All that an archive says, so that two of them can be compared to the letter."""

from __future__ import annotations

import hashlib
import random
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.benchmarks.crash.news import WORDS
from index.archive import Archive
from index.catalogue import Catalogue
from index.encoder import Vectors

_TABLES = {
    "articles": "SELECT id, digest, title, date, updated, author, url, body_start, text FROM articles",
    "passages": "SELECT a.id, p.start, p.end, p.key, p.text FROM passages p JOIN articles a ON a.n = p.article",
    "versions": "SELECT id, successor, digest, text FROM versions",
    "aliases": "SELECT s.id, a.id FROM aliases s JOIN articles a ON a.n = s.article",
    "origins": "SELECT o.path, a.id FROM origins o JOIN articles a ON a.n = o.article",
    "places": "SELECT a.id, s.outlets FROM places p JOIN articles a ON a.n = p.article"
    " JOIN shelves s ON s.n = p.shelf",
    "files": "SELECT path, size, digest FROM files",
    "problems": "SELECT path, source, reason FROM problems",
    "vectors": "SELECT key, vector FROM vectors",
}

CLOSE = 1e-4
"""Scores nearer than this are the same: sums of floats depend on their order."""


class Words:
    """An encoder that hashes words into 64 dimensions: no weights, no time."""

    dimension = 64
    fingerprint = "words-64"

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of word counts."""
        self.encoded += len(texts)
        vectors = np.full((len(texts), self.dimension), 1e-6, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode("utf-8", "surrogatepass")) % self.dimension] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def count(self, texts: Sequence[str]) -> list[int]:
        """Words, as a stand-in for tokens."""
        return [len(re.findall(r"\w+", text)) * 4 for text in texts]


def open_archive(folder: Path) -> Archive:
    """The archive in a folder, with the encoder of these runs."""
    return Archive.open(folder, encoder=Words())


def tables(catalogue: Catalogue) -> dict[str, list[Any]]:
    """What the catalogue holds, without times and numbers; stories as groups of ids."""
    said: dict[str, list[Any]] = {
        name: sorted(map(tuple, catalogue.rows(sql)), key=repr) for name, sql in _TABLES.items()
    }
    groups: dict[int, list[str]] = {}
    for story, article_id in catalogue.rows("SELECT story, id FROM articles WHERE story IS NOT NULL"):
        groups.setdefault(story, []).append(article_id)
    return said | {"stories": sorted(sorted(group) for group in groups.values())}


def digest(catalogue: Catalogue) -> str:
    """A hash of what the catalogue holds."""
    return hashlib.sha256(repr(tables(catalogue)).encode()).hexdigest()


def queries() -> list[str]:
    """Fifty queries, the same every time."""
    chance = random.Random(3)
    return [" ".join(chance.sample(WORDS, chance.randint(1, 5))) for _ in range(50)]


Answer = tuple[str, float, float, float]
"""Id, score, cosine and BM25 score of a passage found."""


def answers(archive: Archive, k: int = 10) -> list[list[Answer]]:
    """The best passages for each query."""
    return [
        [(h.passage.id, h.score, h.dense, h.lexical) for h in archive.search(query, k)] for query in queries()
    ]


def alike(one: Sequence[Answer], other: Sequence[Answer]) -> bool:
    """Whether the passages and scores are the same; where scores are, the order may be another."""
    if len(one) != len(other) or not one:
        return len(one) == len(other)
    scores = {passage_id: said for passage_id, *said in other}
    in_step = all(abs(a[1] - b[1]) < CLOSE for a, b in zip(one, other, strict=True))
    last = min(other[-1][1], one[-1][1])
    return in_step and all(
        np.allclose(said, scores[passage_id], atol=CLOSE) if passage_id in scores else said[0] < last + CLOSE
        for passage_id, *said in one
    )
