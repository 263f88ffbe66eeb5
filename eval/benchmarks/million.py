"""Dense search at a million passages: time to build, size, recall@10 and time to search.

    python -m eval.benchmarks.million --archive DIR
    python -m eval.benchmarks.million --vectors FILE.npy ... --dates FILE.json ... [--kinds all]

Real vectors come from a citedesk archive, or from .npy files (float16, [n, 384]) with a JSON file of
[article, start, end, date] rows for each. Where they are fewer than ``--total``, seeded copies make up
the number: Gaussian noise of 0.25 to 0.48 times the vector's length is added, which leaves a cosine of
0.97 to 0.90 to the original, as near as retellings of one story; a copy keeps its date. Queries are 250
questions of RealTimeQA 2023h2 from the folder named by ``CITEDESK_DATA``.

Recall is that of the ten best by exact search under the same condition, by cosine, because the same
paragraph often stands in several articles. Each index is built in one
process and searched in another, on one thread, each question once to warm up and once for the figures;
the resident memory is that process's peak.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks.cold_start import machine, peak
from eval.benchmarks.million_vectors import (
    CHUNK,
    DAYS,
    DEPTH,
    VECTORS,
    Case,
    Numbers,
    conditions,
    enlarge,
    from_archive,
    from_files,
    questions,
    recall,
    tenth,
    within,
)
from eval.run import commit
from index.articles import DateRange
from index.dense import Dense, Rows
from index.errors import SourceNotFound

CHOSEN = "chosen"
OTHERS = ("Flat", "SQfp16", "IVF4096,SQfp16", "IVF4096,SQ8", "HNSW16,SQ8")
PROBES = 164


@dataclass(frozen=True, slots=True)
class Served:
    """What one process measured: its peak memory, and milliseconds and answers for each case."""

    opened: float
    memory: float
    times: list[list[float]]
    answers: list[list[list[int]]]


class Plain:
    """Any FAISS index under the interface of Dense; what is not allowed is masked by a bitmap."""

    def __init__(self, index: Any, days: Numbers) -> None:
        self._index = index
        self._days = days
        self._live = np.ones(len(days), bool)

    def search(self, query: NDArray[np.float32], k: int, published: DateRange) -> dict[int, float]:
        """As Dense.search."""
        faiss: Any = importlib.import_module("faiss")  # untyped: its stubs lack its keywords
        params: Any = faiss.SearchParameters()
        if isinstance(self._index, faiss.IndexIVF):
            params = faiss.SearchParametersIVF(nprobe=PROBES)
        elif isinstance(self._index, faiss.IndexHNSW):
            params = faiss.SearchParametersHNSW(efSearch=128)
        allowed = self._live & within(self._days, published)
        if not allowed.all():
            params.sel = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        scores, rows = self._index.search(query.reshape(1, -1), k, params=params)
        return dict(zip(rows[0].tolist(), scores[0].tolist(), strict=True))

    def changed(self, _added: Rows, removed: Numbers) -> Plain:
        """As Dense.changed, of removals only."""
        other = Plain(self._index, self._days)
        other._live[removed] = False
        return other


def build(kind: str, source: Path, target: Path) -> float:
    """Build and save an index of this kind; the seconds it took."""
    import faiss

    vectors, days = np.load(source / VECTORS, mmap_mode="r"), np.load(source / DAYS)
    total = len(vectors)
    starts = range(0, total, CHUNK)
    began = time.perf_counter()
    if kind == CHOSEN:

        def chunks() -> Iterator[Rows]:
            for at in starts:
                end = min(at + CHUNK, total)
                when = days[at:end].astype(np.int32)
                yield Rows(np.arange(at, end), when, np.zeros_like(when), np.array(vectors[at:end]))

        Dense.build(chunks(), total, vectors.shape[1]).save(target)
    else:
        index = faiss.index_factory(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors[:: max(1, total // 160_000)].astype(np.float32))
        for at in starts:
            index.add(vectors[at : at + CHUNK].astype(np.float32))
        faiss.write_index(index, str(target / "plain.faiss"))
    return time.perf_counter() - began


def serve(kind: str, source: Path, target: Path, asked: NDArray[np.float32], cases: list[Case]) -> Served:
    """Open a saved index and answer every question under every condition."""
    import faiss

    began = time.perf_counter()
    index: Any = None
    if kind == CHOSEN:
        index = Dense.load(target)
    else:
        faiss.omp_set_num_threads(1)
        index = Plain(faiss.read_index(str(target / "plain.faiss")), np.load(source / DAYS))
    opened = time.perf_counter() - began
    width = asked.shape[1]
    none = np.zeros(0, np.int32)
    nothing = Rows(none.astype(np.int64), none, none, np.zeros((0, width), np.float16))
    times, answers = [], []
    for case in cases:
        cut = index.changed(nothing, case.removed) if len(case.removed) else index
        taken, found = [], []
        for turn in range(2):
            for query in asked:
                start = time.perf_counter()
                best = cut.search(query, DEPTH, case.published)
                if turn:
                    taken.append(1000 * (time.perf_counter() - start))
                    found.append(list(best))
        times.append(taken)
        answers.append(found)
    return Served(opened, peak(), times, answers)


def apart(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


def row(
    kind: str, source: Path, asked: NDArray[np.float32], cases: list[Case], truth: list[NDArray[np.float32]]
) -> str:
    """Build, search, and tell it as a line of the table; an index that is there already is not built."""
    target = source / kind.replace(",", "-")
    note = target / "seconds.txt"
    if not note.is_file():
        target.mkdir(exist_ok=True)
        note.write_text(str(apart(build, kind, source, target)), "ascii")
    size = sum(path.stat().st_size for path in target.iterdir()) / 2**20
    served: Served = apart(serve, kind, source, target, asked, cases)
    cells = [
        kind,
        f"{float(note.read_text('ascii')):.0f}",
        f"{size:.0f}",
        f"{1000 * served.opened:.0f}",
        f"{served.memory:.0f}",
    ]
    for times, answers, right in zip(served.times, served.answers, truth, strict=True):
        p50, p95 = np.percentile(times, [50, 95])
        cells.append(f"{recall(source, asked, answers, right):.3f}, {p50:.1f}, {p95:.1f}")
    return f"| {' | '.join(cells)} |"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--archive", type=Path, help="a citedesk archive")
    source.add_argument("--vectors", type=Path, nargs="+", help="float16 .npy files")
    parser.add_argument("--dates", type=Path, nargs="+", default=[], help="one .json for each .npy")
    parser.add_argument("--total", type=int, default=1_000_000, help="vectors searched (default 1000000)")
    parser.add_argument("--kinds", default=CHOSEN, help=f"{CHOSEN} (default), all, or FAISS factory strings")
    parser.add_argument("--folder", type=Path, help="keep the indexes here, and use those of an earlier run")
    return parser.parse_args()


def main() -> None:
    """Make the vectors, measure each kind, print the table."""
    given = arguments()
    try:
        asked = questions()
    except SourceNotFound as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / DAYS).is_file():
            days = np.load(folder / DAYS)
        else:
            real = from_archive(given.archive) if given.archive else from_files(given.vectors, given.dates)
            print(f"{min(len(real[0]), given.total)} real vectors, copies up to {given.total}")
            days = enlarge(*real, given.total, folder)
            del real
        cases = conditions(days)
        truth = [tenth(folder, asked, case, days) for case in cases]
        print(f"{len(days)} vectors, {len(asked)} questions; for each condition: recall@10, p50 ms, p95 ms\n")
        heads = ["kind", "build s", "disk MB", "open ms", "memory MB", *(case.name for case in cases)]
        print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
        for kind in (CHOSEN, *OTHERS) if given.kinds == "all" else given.kinds.split():
            print(row(kind, folder, asked, cases, truth), flush=True)
    print(f"\ncommand: python -m eval.benchmarks.million {' '.join(sys.argv[1:])}")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
