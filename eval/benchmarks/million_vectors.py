"""A million vectors for the benchmark, real ones first, and what exact search finds among them."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks import realtimeqa
from index.articles import ALWAYS, DateRange
from index.minilm import MiniLM

QUESTIONS, DEPTH, CHUNK = 250, 10, 20_000
VECTORS, DAYS = "vectors.npy", "days.npy"

Halves = NDArray[np.float16]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Case:
    """A condition of search: what is deleted beforehand, and the days asked for."""

    name: str
    removed: Numbers
    published: DateRange


def within(days: Numbers, published: DateRange) -> NDArray[np.bool_]:
    """Which days lie in the range."""
    if published.since is None or published.until is None:
        return np.ones(len(days), bool)
    return (days >= published.since.toordinal()) & (days <= published.until.toordinal())


def from_archive(folder: Path) -> tuple[Halves, Numbers]:
    """The vectors and days of a citedesk archive, by passage number."""
    base = sqlite3.connect(f"file:{folder / 'catalogue.sqlite'}?mode=ro", uri=True)
    total, most = base.execute(
        "SELECT count(*), max(length(vector)) FROM passages JOIN vectors USING (key)"
    ).fetchone()
    vectors, days = np.zeros((total, most // 2), np.float16), np.zeros(total, np.int64)
    rows = base.execute(
        "SELECT v.vector, a.date FROM passages p JOIN vectors v ON v.key = p.key"
        " JOIN articles a ON a.n = p.article ORDER BY p.n"
    )
    for at, (vector, date) in enumerate(rows):
        vectors[at], days[at] = np.frombuffer(vector, np.float16), ordinal(date)
    return vectors, days


def from_files(vectors: list[Path], dates: list[Path]) -> tuple[Halves, Numbers]:
    """The vectors and days of .npy and .json files."""
    found = np.concatenate([np.load(path) for path in vectors])
    days = [ordinal(date) for path in dates for *_, date in json.loads(path.read_text("utf-8"))]
    return found, np.array(days or [0] * len(found), np.int64)


def ordinal(date: str | None) -> int:
    """The ordinal of an ISO date, 0 for none."""
    return dt.date.fromisoformat(date[:10]).toordinal() if date else 0


def enlarge(vectors: Halves, days: Numbers, total: int, folder: Path) -> Numbers:
    """Write ``total`` vectors to ``folder``, the missing ones as noisy copies; their days are returned."""
    real, width = min(len(vectors), total), vectors.shape[1]
    file = np.lib.format.open_memmap(folder / VECTORS, "w+", np.float16, (total, width))
    chance = np.random.default_rng(0)
    source = np.concatenate([np.arange(real), chance.integers(0, real, total - real)])
    for at in range(0, total, CHUNK):
        some = vectors[source[at : at + CHUNK]].astype(np.float32)
        noise = chance.uniform(0.25, 0.48, (len(some), 1)) / np.sqrt(width)
        noise[: max(0, real - at)] = 0
        some += (noise * chance.standard_normal(some.shape)).astype(np.float32)
        file[at : at + CHUNK] = some / np.linalg.norm(some, axis=1, keepdims=True)
    copied: Numbers = days[source]
    np.save(folder / DAYS, copied)
    return copied


def questions() -> NDArray[np.float32]:
    """The vectors of the questions. Raises SourceNotFound where the data is not there."""
    rows = realtimeqa.rows("questions", "2023h2")[:QUESTIONS]
    return MiniLM.load().encode([row["question"] for row in rows])


def conditions(days: Numbers) -> list[Case]:
    """No condition, the busiest month, the median month by passages, and one passage in 100 deleted."""
    none = np.zeros(0, np.int64)
    removed = np.flatnonzero(np.random.default_rng(1).random(len(days)) < 0.01)
    cases = [Case("all", none, ALWAYS), Case("1% deleted", removed, ALWAYS)]
    dated = days[days > 0]
    if not len(dated):
        return cases
    several = [dt.date.fromordinal(day) for day in np.unique(dated).tolist()]
    months = sorted({day.replace(day=1) for day in several})
    ranges = [DateRange(m, (m + dt.timedelta(31)).replace(day=1) - dt.timedelta(1)) for m in months]
    by_size = sorted(ranges, key=lambda each: int(within(days, each).sum()))
    for month in (by_size[-1], by_size[len(by_size) // 2]):
        assert month.since is not None
        share = within(days, month).mean()
        cases.append(Case(f"{month.since:%Y-%m} ({share:.1%})", none, month))
    return cases


def tenth(folder: Path, asked: NDArray[np.float32], case: Case, days: Numbers) -> NDArray[np.float32]:
    """The tenth best cosine of each question under a condition, by exact search."""
    vectors = np.load(folder / VECTORS, mmap_mode="r")
    allowed = within(days, case.published)
    allowed[case.removed] = False
    rows = np.flatnonzero(allowed)
    best: NDArray[np.float32] = np.full((len(asked), DEPTH), -2, np.float32)
    for at in range(0, len(rows), CHUNK):
        cosines = asked @ vectors[rows[at : at + CHUNK]].astype(np.float32).T
        best = np.partition(np.concatenate([best, cosines], 1), -DEPTH, 1)[:, -DEPTH:]
    return np.asarray(best.min(1), np.float32)


def recall(
    folder: Path, asked: NDArray[np.float32], answers: list[list[int]], limit: NDArray[np.float32]
) -> float:
    """The share of the ten best that was found; of passages with the same words either will do."""
    vectors = np.load(folder / VECTORS, mmap_mode="r")
    hits = 0
    for query, found, least in zip(asked, answers, limit, strict=True):
        hits += int(np.count_nonzero(vectors[found].astype(np.float32) @ query >= least - 1e-5))
    return hits / (DEPTH * len(asked))
