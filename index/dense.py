"""Dense ranking: inner product over unit vectors (stand-in until the compact kinds are merged)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.articles import ALWAYS, DateRange
from index.encoder import Vectors

Ids = NDArray[np.int64]
RULES = "1"


def worn(base: int, added: int, removed: int, *, settled: bool = True) -> bool:
    """Stand-in."""
    return added > (max(1000, base // 5) if settled else max(5000, base)) or removed > base // 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Passages."""

    numbers: Ids
    days: NDArray[np.int32]
    vectors: NDArray[np.float16]


class Dense:
    """Stand-in."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @classmethod
    def empty(cls) -> Dense:
        """Stand-in."""
        return cls(Rows(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros((0, 0), np.float16)))

    @classmethod
    def build(cls, chunks: Iterable[Rows], total: int, dimension: int) -> Dense:
        """Stand-in."""
        it = cls.empty()
        for chunk in chunks:
            it = it.changed(chunk, np.zeros(0, np.int64))
        return it

    def save(self, folder: Path) -> None:
        """Stand-in."""
        for name in ("numbers", "days", "vectors"):
            with (folder / f"{name}.npy").open("wb") as file:
                np.save(file, getattr(self._rows, name))
                os.fsync(file.fileno())

    @classmethod
    def load(cls, folder: Path) -> Dense | None:
        """Stand-in."""
        try:
            return cls(Rows(*(np.load(folder / f"{name}.npy") for name in ("numbers", "days", "vectors"))))
        except (OSError, ValueError):
            return None

    def changed(self, added: Rows, removed: Ids) -> Dense:
        """Stand-in."""
        old = self._rows
        keep = ~np.isin(old.numbers, removed)
        new = ~np.isin(added.numbers, old.numbers)
        vectors = old.vectors[keep] if old.vectors.size else np.zeros((0, added.vectors.shape[1]), np.float16)
        return Dense(
            Rows(
                np.concatenate([old.numbers[keep], added.numbers[new]]),
                np.concatenate([old.days[keep], added.days[new]]),
                np.concatenate([vectors, added.vectors[new]]) if added.vectors.size else vectors,
            )
        )

    def __len__(self) -> int:
        return len(self._rows.numbers)

    @property
    def ids(self) -> Ids:
        """Stand-in."""
        return self._rows.numbers

    @property
    def worn(self) -> bool:
        """Stand-in."""
        return False

    @property
    def kind(self) -> str:
        """Stand-in."""
        return f"FAISS flat (exact), {len(self)} vectors"

    def search(self, query: Vectors, k: int, published: DateRange = ALWAYS) -> dict[int, float]:
        """Stand-in."""
        rows = self._rows
        allowed = np.ones(len(rows.days), bool)
        if published != ALWAYS:
            allowed = rows.days > 0
            if published.since:
                allowed &= rows.days >= published.since.toordinal()
            if published.until:
                allowed &= rows.days <= published.until.toordinal()
        numbers = rows.numbers[allowed]
        if not len(numbers):
            return {}
        scores = rows.vectors[allowed].astype(np.float32) @ query.reshape(-1)
        best = np.argsort(-scores, kind="stable")[:k]
        return {int(numbers[i]): float(scores[i]) for i in best}

    def cosines(self, query: Vectors, numbers: Sequence[int]) -> dict[int, float]:
        """Stand-in."""
        at = {int(n): i for i, n in enumerate(self._rows.numbers)}
        return {
            n: float(self._rows.vectors[at[n]].astype(np.float32) @ query.reshape(-1))
            for n in numbers
            if n in at
        }

    def vector(self, number: int) -> Vectors:
        """Stand-in."""
        return self._rows.vectors[int(np.flatnonzero(self._rows.numbers == number)[0])].astype(np.float32)
