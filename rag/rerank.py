"""Reranker: passages in the order of the answers that were found in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.candidates import Candidate
from rag.retrieve import Reading
from rag.traits import same, whole

DEPTH = 10  # passages that are weighed one after the other
MASS_WEIGHT = 2.0  # of the logarithm of the chances of a passage's answers, against its retrieval score
TOLD = 0.1  # of the chance of an answer is left once a passage before has told it
_LEAST = 1e-4  # chance of a passage without answers


def by_answer(readings: Sequence[Reading], ranked: Sequence[Candidate]) -> list[Reading]:
    """Readings in the order of the likely answers that their passages speak of.

    First comes a passage in which the likeliest answer was found; then, each time, the one that retrieval and the
    answers not yet told speak for most, as in maximal marginal relevance (Carbonell & Goldstein, 1998).
    """
    if not ranked:
        return list(readings)
    mentioned = _mentioned(readings, ranked)
    near = np.array([reading.evidence.score for reading in readings])
    left = np.array([each.chance for each in ranked])
    found_in = {id(place.reading) for place in ranked[0].places}
    allowed = np.array([id(reading) in found_in for reading in readings])
    order: list[int] = []
    while len(order) < min(DEPTH, len(readings)):
        support = near + MASS_WEIGHT * np.log(left @ mentioned + _LEAST)
        best = int(np.argmax(np.where(allowed, support, -np.inf)))
        order.append(best)
        left[mentioned[:, best]] *= TOLD
        if len(order) == 1:
            allowed[:] = True
        allowed[best] = False
    return [readings[at] for at in [*order, *(at for at in range(len(readings)) if at not in order)]]


def _mentioned(readings: Sequence[Reading], ranked: Sequence[Candidate]) -> np.ndarray:
    """Whether each answer is found or said in each passage, shape [answers, readings]."""
    texts = [f" {same(whole(reading))} " for reading in readings]
    found = np.zeros((len(ranked), len(readings)), bool)
    for row, each in zip(found, ranked, strict=True):
        said, places = f" {same(each.places[0].span.text)} ", {id(place.reading) for place in each.places}
        row[:] = [
            said in text or id(reading) in places for text, reading in zip(texts, readings, strict=True)
        ]
    return found
