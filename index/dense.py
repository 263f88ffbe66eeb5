"""Dense ranking in FAISS: exact while the archive is small, then the nearest lists only.

Either kind keeps the catalogue's float16 values as they are, so a cosine is the same under both, and a
search looks at some fifty thousand vectors at most, whatever the size and the date range. Rows are kept
in the order of their days: a range of dates is a stretch of rows, which FAISS finds in each list by
bisection, so that a filter costs nothing and the rows it shuts out are never looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import nearest
from index.articles import ALWAYS, DateRange
from index.encoder import Vectors
from index.nearest import Halves, Ids, Mask
from index.shelves import EVERYWHERE, Shelves

Days = NDArray[np.int32]

RULES = "2"  # raise when the same rows would make another index
FRESH_MOST = 10_000  # vectors kept beside the base: about 1 ms

_VECTORS, _ROWS = "vectors.faiss", "rows.npy"


@dataclass(frozen=True, slots=True)
class Rows:
    """Passages in ascending order of their numbers.

    ``days`` holds the ordinal of each publication day, 0 where there is none, ``shelves`` where each stands;
    ``vectors`` has the shape [n, dimension] and rows of unit length.
    """

    numbers: Ids
    days: Days
    shelves: Days
    vectors: Halves


@dataclass(frozen=True, slots=True)
class _Base:
    """What is on disk: row i of the FAISS index is passage numbers[i], published on days[i], of shelves[i].

    ``days`` ascends; numbers[ranks] ascends.
    """

    index: Any
    numbers: Ids
    days: Ids
    shelves: Ids
    ranks: Ids


class Dense:
    """The vectors of some passages. Nothing in it changes, so any number of threads may search it."""

    def __init__(self, base: _Base, dead: Mask, fresh: Rows, beside: Vectors) -> None:
        self._base = base
        self._dead = dead  # which rows of the base have been removed
        self._fresh = fresh  # what came after the base was built, scored row by row ...
        self._beside = beside  # ... as float32, because turning it takes longer than scoring it

    @classmethod
    def build(cls, chunks: Iterable[Rows], total: int, dimension: int) -> Dense:
        """An index of the ``total`` rows of ``chunks``, in ascending order; the total decides its kind.

        The same rows make an index with the same answers. Beside the index, all vectors are in memory
        once as float16.
        """
        numbers, days, shelves = (np.zeros(total, np.int64) for _ in range(3))
        vectors = np.zeros((total, dimension), np.float16)
        end = 0
        for rows in chunks:
            at, end = end, end + len(rows.numbers)
            numbers[at:end], days[at:end], vectors[at:end] = rows.numbers, rows.days, rows.vectors
            shelves[at:end] = rows.shelves
        order = np.argsort(days[:end], kind="stable")
        index = nearest.make(vectors, order)
        return cls._of(_Base(index, numbers[order], days[order], shelves[order], np.argsort(order)))

    @classmethod
    def _of(cls, base: _Base) -> Dense:
        none, nowhen = np.zeros(0, np.int64), np.zeros(0, np.int32)
        fresh = Rows(none, nowhen, nowhen, np.zeros((0, base.index.d), np.float16))
        return cls(base, np.zeros(len(base.numbers), bool), fresh, fresh.vectors.astype(np.float32))

    @classmethod
    def empty(cls) -> Dense:
        """An index of nothing."""
        return cls.build([], 0, 1)

    def save(self, folder: Path) -> None:
        """Write the index as it was built into an existing folder, through to the disk."""
        import faiss

        faiss.write_index(self._base.index, str(folder / _VECTORS))
        base = self._base
        np.save(folder / _ROWS, np.stack([base.numbers, base.days, base.shelves, base.ranks]))
        for name in (_VECTORS, _ROWS):
            with (folder / name).open("rb+") as file:
                os.fsync(file.fileno())

    @classmethod
    def load(cls, folder: Path) -> Dense | None:
        """The index saved in this folder, or None if it cannot be read; lists are mapped, not read."""
        try:
            index = nearest.read(folder / _VECTORS)
            rows = np.load(folder / _ROWS)
        except (RuntimeError, MemoryError, OSError, ValueError, EOFError):  # one for each kind of damage
            return None
        if rows.shape != (4, index.ntotal):
            return None
        return cls._of(_Base(index, *rows))

    def changed(self, added: Rows, removed: Ids) -> Dense:
        """These without ``removed``, then with ``added``; a number that is there already stays as it is."""
        base, old, dead = self._base, self._fresh, self._dead.copy()
        rows, known = _find(base.numbers, removed, base.ranks)
        dead[rows[known]] = True
        stay = ~np.isin(old.numbers, removed)
        numbers, first = np.unique(added.numbers, return_index=True)
        rows, known = _find(base.numbers, numbers, base.ranks)
        known[known] = ~dead[rows[known]]
        new = first[~known & ~np.isin(numbers, old.numbers[stay])]
        order = np.argsort(np.concatenate([old.numbers[stay], added.numbers[new]]))

        def merged(before: NDArray[Any], after: NDArray[Any]) -> NDArray[Any]:
            if not len(new):
                return before[stay]
            if not stay.any():  # an empty index does not know its dimension yet
                return after[new][order]
            return np.concatenate([before[stay], after[new]])[order]

        fresh = Rows(
            merged(old.numbers, added.numbers),
            merged(old.days, added.days),
            merged(old.shelves, added.shelves),
            merged(old.vectors, added.vectors),
        )
        return Dense(base, dead, fresh, np.ascontiguousarray(fresh.vectors, np.float32))

    def __len__(self) -> int:
        return len(self._dead) - int(np.count_nonzero(self._dead)) + len(self._fresh.numbers)

    @property
    def ids(self) -> Ids:
        """The numbers of all vectors, in ascending order."""
        return np.sort(np.concatenate([self._base.numbers[~self._dead], self._fresh.numbers]))

    @property
    def shelves(self) -> dict[int, int]:
        """On which shelf each number stands."""
        base, fresh, live = self._base, self._fresh, ~self._dead
        numbers = np.concatenate([base.numbers[live], fresh.numbers]).tolist()
        return dict(zip(numbers, np.concatenate([base.shelves[live], fresh.shelves]).tolist(), strict=True))

    @property
    def worn(self) -> bool:
        """Whether so much has changed that building it again pays."""
        return worn(len(self._dead), len(self._fresh.numbers), int(np.count_nonzero(self._dead)))

    @property
    def kind(self) -> str:
        """How it searches, in one line."""
        index = self._base.index
        if nearest.is_flat(index):
            return "FAISS SQfp16 (exact)"
        probes = nearest.probes(index, index.ntotal)
        return f"FAISS IVF{index.nlist},SQfp16 (approximate, nprobe {probes})"

    def search(
        self, query: Vectors, k: int, published: DateRange = ALWAYS, shelves: Shelves = EVERYWHERE
    ) -> dict[int, float]:
        """The ``k`` nearest numbers with their cosine, best first, among passages published then, on these shelves.

        A passage without a date is found under ALWAYS only.
        """
        query = _one(query)
        base, fresh = self._base, self._fresh
        first, last = _days(published)
        low, high = np.searchsorted(base.days, [first, last + 1]).tolist()
        some = None if shelves == EVERYWHERE else shelves.mask(base.shelves)
        rows, scores = nearest.search(base.index, query, k, low, high, self._dead, some)
        new = (fresh.days >= first) & (fresh.days <= last) & shelves.mask(fresh.shelves)
        beside = nearest.cosines(query, self._beside)
        best = _best(beside, new, k)
        numbers = np.concatenate([base.numbers[rows], fresh.numbers[best]])
        scores = np.concatenate([scores, beside[best]])
        best = np.lexsort((numbers, -scores))[: max(k, 0)]
        return dict(zip(numbers[best].tolist(), scores[best].tolist(), strict=True))

    def cosines(self, query: Vectors, numbers: Sequence[int]) -> dict[int, float]:
        """The cosine of the query to each of these numbers; unknown ones are left out."""
        found, vectors = self._vectors(np.array(numbers, np.int64))
        return dict(zip(found.tolist(), nearest.cosines(_one(query), vectors).tolist(), strict=True))

    def vectors(self, numbers: Sequence[int]) -> Vectors:
        """The vectors of these numbers, shape [len(numbers), dimension]. Raises KeyError for an unknown one."""
        wanted = np.array(numbers, np.int64)
        found, vectors = self._vectors(wanted)
        if len(found) < len(wanted):
            raise KeyError(int(np.setdiff1d(wanted, found)[0]))
        return vectors

    def vector(self, number: int) -> Vectors:
        """The vector of one number, shape [dimension]. Raises KeyError if there is none."""
        return np.asarray(self.vectors([number])[0], np.float32)

    def _vectors(self, numbers: Ids) -> tuple[Ids, Vectors]:
        base = self._base
        rows, old = _find(base.numbers, numbers, base.ranks)
        old[old] = ~self._dead[rows[old]]
        beside, new = _find(self._fresh.numbers, numbers)
        vectors = np.zeros((len(numbers), self._beside.shape[1]), np.float32)
        if old.any():
            vectors[old] = nearest.vectors_of(base.index, rows[old])
        vectors[new] = self._beside[beside[new]]
        return numbers[old | new], vectors[old | new]


def worn(base: int, fresh: int, dead: int, *, settled: bool = True) -> bool:
    """Whether a base of so many rows, with so many fresh beside it and dead in it, should be built again.

    In the middle of a long run, not ``settled``, only when it has doubled: the end of the run decides.

    >>> worn(100_000, 50, 0), worn(100_000, 9_000, 0), worn(100_000, 9_000, 0, settled=False)
    (False, True, False)
    """
    if not settled:
        return fresh > max(2 * FRESH_MOST, base) or dead > max(1_000, base // 2)
    live, limit = base + fresh - dead, nearest.EXACT_BELOW
    # Half way down only: an archive at the limit would otherwise be built again and again.
    other = 2 * live <= limit if base > limit else live > limit
    return other or fresh > min(FRESH_MOST, max(1_000, base // 20)) or dead > max(1_000, base // 10)


def _find(numbers: Ids, wanted: Ids, ranks: Ids | None = None) -> tuple[Ids, Mask]:
    """Where each wanted number stands, and whether it is there; ``numbers[ranks]`` ascends."""
    at = np.searchsorted(numbers, wanted, sorter=ranks)
    known = at < len(numbers)
    at[~known] = 0
    rows = at if ranks is None or not len(ranks) else ranks[at]
    known[known] = numbers[rows[known]] == wanted[known]
    return rows, known


def _days(published: DateRange) -> tuple[int, int]:
    """The first and last day as ordinals; 0, which stands for no date, under ALWAYS only."""
    if published == ALWAYS:
        return 0, np.iinfo(np.int32).max - 1
    first = published.since.toordinal() if published.since else 1
    return first, published.until.toordinal() if published.until else np.iinfo(np.int32).max - 1


def _best(scores: Vectors, among: Mask, k: int) -> Ids:
    """The rows with the ``k`` highest scores, and those that tie with the last of them."""
    rows = np.flatnonzero(among)
    if len(rows) > k > 0:
        rows = rows[scores[rows] >= np.partition(scores[rows], -k)[-k]]
    return rows


def _one(query: Vectors) -> Vectors:
    return np.ascontiguousarray(query, np.float32).reshape(1, -1)
