"""One query against both indexes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.articles import ALWAYS, DateRange, ScoredPassage
from index.catalogue import Catalogue
from index.derived import Derived
from index.encoder import Vectors
from index.fusion import fuse

_POOL = 100
"""Passages that each ranking contributes at least, so that a larger k does not reorder the first ones."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query, its vector (shape [1, dimension]) and the days it asks about."""

    text: str
    vector: Vectors
    published: DateRange = ALWAYS


def rank(catalogue: Catalogue, indexes: Derived, query: Query, k: int) -> list[ScoredPassage]:
    """The ``k`` best passages of both rankings, every one with both scores."""
    pool = max(_POOL, k)
    allowed = None
    if query.published != ALWAYS:
        allowed = np.array(catalogue.within(query.published), np.int64)
    dense = indexes.dense.search(query.vector, pool, allowed)
    lexical = indexes.lexical.search(query.text, pool, query.published)
    # Whatever one ranking found, the other scores too: fusion compares like with like.
    dense |= indexes.dense.cosines(query.vector, [n for n in lexical if n not in dense])
    lexical |= indexes.lexical.scores(query.text, [n for n in dense if n not in lexical])
    fused = fuse(dense, lexical)
    passages = catalogue.hits(list(fused))
    best = [
        ScoredPassage(passages[n][0], score, dense.get(n, 0.0), lexical.get(n, 0.0), passages[n][1])
        for n, score in fused.items()
        if n in passages
    ]
    return best[:k]
