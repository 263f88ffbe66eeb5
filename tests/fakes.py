"""Tiny deterministic stand-ins for the ports."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from index.encoder import Vectors


class FakeEncoder:
    """Hashes words into 64 dimensions: texts that share words are close. No weights, no time."""

    dimension = 64

    def __init__(self, fingerprint: str = "fake-64") -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        vectors = np.full((len(texts), self.dimension), 1e-6, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode("utf-8", "surrogatepass")) % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


class ScriptedLLM:
    """Replays its script, one list of chunks a call, and remembers what it was asked."""

    name = "scripted"

    def __init__(self, *scripts: Sequence[str]) -> None:
        self.scripts = list(scripts)
        self.asked: list[tuple[str, str]] = []

    def stream(self, system: str, user: str) -> Iterator[str]:
        self.asked.append((system, user))
        yield from self.scripts.pop(0)
