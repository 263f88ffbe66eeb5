"""Two rankings into one."""

from __future__ import annotations

from collections.abc import Mapping

WEIGHT = 0.5
"""The share of the dense ranking; the rest is BM25's."""


def fuse(
    dense: Mapping[int, float], lexical: Mapping[int, float], weight: float = WEIGHT
) -> dict[int, float]:
    """Weighted sum of cosine and BM25, each divided by its best, best first.

    A convex combination of normalised scores keeps how far apart two passages are, which
    reciprocal ranks throw away (Bruch et al., TOIS 2023). Both mappings must score every number.

    >>> fuse({1: 0.8, 2: 0.4}, {1: 0.0, 2: 9.0})
    {2: 0.75, 1: 0.5}
    """
    top_dense = max([*dense.values(), 1e-9])
    top_lexical = max([*lexical.values(), 1e-9])
    scores = {
        n: weight * dense.get(n, 0.0) / top_dense + (1 - weight) * lexical.get(n, 0.0) / top_lexical
        for n in dense.keys() | lexical.keys()
    }
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
