"""Encoder: the port through which texts become vectors, and how one is chosen by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Texts in, unit vectors out.

    ``fingerprint`` names the weights and everything else that changes the vectors; archives made
    under different fingerprints do not mix.
    """

    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """L2-normalised vectors, shape [len(texts), dimension], in the order of ``texts``."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special tokens not counted."""
        ...


DEFAULT_MODEL = "all-MiniLM-L6-v2"


def load_encoder(model: str = DEFAULT_MODEL) -> Encoder:
    """The encoder of this name: the int8 default, or any sentence-transformers model by name or path.

    Raises ModelError if the weights are missing or their hash is wrong.
    """
    if model == DEFAULT_MODEL:
        from index.minilm import MiniLM

        return MiniLM.load()
    from index.sentence_model import SentenceModel

    return SentenceModel(model)
