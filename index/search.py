"""One query against both indexes."""

from __future__ import annotations

from dataclasses import dataclass

from index.articles import ALWAYS, DateRange, ScoredPassage
from index.catalogue import Catalogue
from index.derived import Derived
from index.encoder import Vectors
from index.fusion import fuse
from index.shelves import EVERYWHERE, Shelves
from index.stories import copies

_POOL = 100
"""Passages that each ranking contributes at least, so that a larger k does not reorder the first ones."""

_SPARE = 5


@dataclass(frozen=True, slots=True)
class Query:
    """A query, its vector (shape [1, dimension]), the days it asks about and the shelves it is kept to."""

    text: str
    vector: Vectors
    published: DateRange = ALWAYS
    shelves: Shelves = EVERYWHERE


def rank(catalogue: Catalogue, indexes: Derived, query: Query, k: int) -> list[ScoredPassage]:
    """The ``k`` best passages of both rankings, every one with both scores."""
    pool = max(_POOL, k)
    dense = indexes.dense.search(query.vector, pool, query.published, query.shelves)
    lexical = indexes.lexical.search(query.text, pool, query.published, query.shelves)
    # Whatever one ranking found, the other scores too: fusion compares like with like.
    dense |= indexes.dense.cosines(query.vector, [n for n in lexical if n not in dense])
    lexical |= indexes.lexical.scores(query.text, [n for n in dense if n not in lexical])
    fused = fuse(dense, lexical)
    ranked = list(fused.items())
    hits = catalogue.hits([n for n, _ in ranked[: k + _SPARE]])
    if len(hits) < min(k, len(ranked)):  # the indexes are of an older state than the catalogue
        hits = catalogue.hits(list(fused))
    best = [(n, score) for n, score in ranked if n in hits][:k]
    told = {hits[n].story for n, _ in best}
    origins = {story: copies(catalogue, story)[0] for story in told if story is not None}
    return [
        ScoredPassage(
            hits[n].passage,
            score,
            dense.get(n, 0.0),
            lexical.get(n, 0.0),
            hits[n].date,
            origins.get(hits[n].story or 0, hits[n].passage.article_id),
        )
        for n, score in best
    ]
