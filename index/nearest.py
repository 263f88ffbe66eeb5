"""FAISS: rows of float16 vectors, all looked at while they are few, then the nearest lists only.

Either way a search looks at some forty to fifty thousand vectors, whatever the number of rows, and at half
as many where a stretch of them is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors

Halves = NDArray[np.float16]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

EXACT_BELOW = 50_000  # vectors that one search looks at: about 4 ms on one thread

_PROBED = 0.8
"""Of these, in lists: recall@10 is 0.976 at a million (0.982 with all, 0.969 with 0.6), 0.6 ms sooner."""


_FEW = 1_000  # rows that are sooner scored one by one than found in their lists


def _faiss() -> Any:
    """The module untyped: its stubs know neither its keyword arguments nor its lists."""
    import faiss

    return faiss


def make(vectors: Halves, order: Ids) -> Any:
    """A FAISS index whose row i is vectors[order[i]]; the same one, however many cores there are."""
    faiss = _faiss()
    if len(order) > EXACT_BELOW:
        return _lists(vectors, order)
    half, inner = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexScalarQuantizer(vectors.shape[1], half, inner)
    for some in _slices(order):
        index.add(vectors[some].astype(np.float32))
    return index


def _lists(vectors: Halves, order: Ids) -> Any:
    faiss = _faiss()
    total, dimension = len(order), vectors.shape[1]
    half, inner = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    count = 1 << round(np.log2(4 * np.sqrt(total)))
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(dimension), dimension, count, half, inner)
    index.by_residual = False  # a residual would be rounded a second time
    # Six rounds over forty vectors a list: a minute or two at a million, as long as adding takes.
    index.cp.spherical, index.cp.seed, index.cp.niter = True, 1, 6
    index.cp.min_points_per_centroid = 1  # fewer only than FAISS would grumble about
    with _one_thread():  # shared out over threads, a product of matrices is rounded in another way
        index.train(vectors[:: max(1, total // (40 * count))].astype(np.float32))
    index.set_direct_map_type(faiss.DirectMap.Array)

    def nearest_list(some: Ids) -> Ids:
        with _one_thread():
            return np.asarray(index.quantizer.search(vectors[some].astype(np.float32), 1)[1][:, 0], np.int64)

    slices = _slices(order)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for some, lists in zip(slices, pool.map(nearest_list, slices), strict=True):
            given = vectors[some].astype(np.float32)
            index.add_core(len(some), faiss.swig_ptr(given), None, faiss.swig_ptr(lists))
    return index


def _slices(order: Ids) -> list[Ids]:
    return [order[at : at + 10_000] for at in range(0, len(order), 10_000)]


def read(path: Path) -> Any:
    """The FAISS index in a file; lists are mapped, not read. Raises RuntimeError if it is none."""
    faiss = _faiss()

    # FAISS maps no lists under Windows, where a mapped file could not be replaced either.
    mapped = os.name == "posix"
    index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP if mapped else 0)
    if mapped and not is_flat(index):
        # Each search would start threads that read ahead what is in the file cache anyway.
        faiss.downcast_InvertedLists(index.invlists).prefetch_nthread = 0
    return index


def vectors_of(index: Any, rows: Ids) -> Vectors:
    """The vectors of these rows, shape [len(rows), dimension]."""
    with _one_thread():
        return np.asarray(index.reconstruct_batch(rows), np.float32)


def is_flat(index: Any) -> bool:
    """Whether every search of this index is exact."""
    return not hasattr(index, "nlist")


def probes(index: Any, rows: int) -> int:
    """How many lists to look at where ``rows`` of all rows, spread over the lists, are asked for."""
    # A stretch has few rows in each of many lists, and opening a list costs as much as ten rows.
    some = round(_PROBED * EXACT_BELOW if rows == index.ntotal else _PROBED * EXACT_BELOW / 2)
    lists = int(index.nlist)
    return min(lists, -(-lists * some // max(rows, 1)))


def search(
    index: Any, query: Vectors, k: int, low: int, high: int, dead: Mask, among: Mask | None = None
) -> tuple[Ids, Vectors]:
    """The ``k`` best rows from ``low`` to before ``high`` that are not dead, with their scores; all ``among`` some.

    The dead are found with the others and dropped; where that leaves too few, or the lists looked at
    hold too few, the next turn takes four times as many of both.
    """
    if among is not None:
        return _among(index, query, k, low, high, among & ~dead)
    faiss = _faiss()

    gone = int(np.count_nonzero(dead[low:high]))
    k = min(k, high - low - gone)
    if k < 1:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    stretch = faiss.IDSelectorRange(low, high, True) if high - low < index.ntotal else None
    flat = is_flat(index)
    some, lists = k + min(gone, k), 1 if flat else probes(index, high - low)
    while True:
        if flat:
            params = faiss.SearchParameters(sel=stretch)
        else:
            params = faiss.SearchParametersIVF(sel=stretch, nprobe=min(lists, index.nlist))
        with _one_thread():
            scores, rows = (found[0] for found in index.search(query, min(some, high - low), params=params))
        good = rows >= 0
        good[good] = ~dead[rows[good]]
        if np.count_nonzero(good) >= k or (some >= high - low and (flat or lists >= index.nlist)):
            return rows[good][:k], scores[good][:k]
        some, lists = 4 * some, 4 * lists


def _among(index: Any, query: Vectors, k: int, low: int, high: int, among: Mask) -> tuple[Ids, Vectors]:
    """The ``k`` best of the rows ``among``, from ``low`` to before ``high``; few are looked at one by one."""
    faiss = _faiss()

    among[:low] = among[high:] = False
    held = int(np.count_nonzero(among))
    if held <= _FEW:
        rows = np.flatnonzero(among)
        scores = cosines(query, vectors_of(index, rows)) if held else np.zeros(0, np.float32)
        best = np.lexsort((rows, -scores))[: max(k, 0)]
        return rows[best], scores[best]
    k, lists = min(k, held), 1 if is_flat(index) else probes(index, held)
    some = faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))
    while True:
        if is_flat(index):
            params = faiss.SearchParameters(sel=some)
        else:
            params = faiss.SearchParametersIVF(sel=some, nprobe=min(lists, index.nlist))
        with _one_thread():
            scores, rows = (found[0] for found in index.search(query, k, params=params))
        good = rows >= 0
        if good.all() or is_flat(index) or lists >= index.nlist:
            return rows[good], scores[good]
        lists *= 4


def cosines(query: Vectors, vectors: Vectors) -> Vectors:
    """The inner product of the query with each row; numpy would wake a thread on each core for it."""
    faiss = _faiss()

    scores = np.zeros(len(vectors), np.float32)
    if len(vectors):
        out, one, many = (faiss.swig_ptr(array) for array in (scores, query, vectors))
        faiss.fvec_inner_products_ny(out, one, many, vectors.shape[1], len(vectors))
    return scores


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS on the calling thread alone: helpers without work would spin on the other cores.

    The setting belongs to the calling thread, so others, and a build in one of them, keep theirs.
    """
    faiss = _faiss()

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
