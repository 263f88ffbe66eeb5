"""The whole of 2022h2 to 2024h2 in one archive: first sync, second sync, one more article, searches.

    python -m eval.benchmarks.scale [--archive DIR] [--periods 2023h2 ...]

About 19,000 articles and an hour or two on two cores. ``--archive`` names where the archive stays; one
that is there already is brought up to date, and only the later figures are printed. Searches are questions of
the same years, one after another in one thread, the encoding of the question included; each is asked once to
warm the file cache, then timed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from eval.benchmarks import realtimeqa
from eval.benchmarks.cold_start import machine, peak
from eval.metrics import percentile
from eval.run import commit
from index.archive import Archive
from index.articles import Article, DateRange, parse_date
from index.errors import SourceNotFound
from index.reports import Progress

QUESTIONS = 400


def questions() -> list[tuple[str, DateRange]]:
    """Some questions of every period, and the days up to theirs."""
    found = []
    for period in realtimeqa.PERIODS:
        rows = realtimeqa.rows("questions", period)
        step = max(1, len(rows) * len(realtimeqa.PERIODS) // QUESTIONS)
        found += [(row["question"], DateRange(until=parse_date(row["as_of"]))) for row in rows[::step]]
    return found


def show(progress: Progress) -> None:
    """One line that is written over, for whoever waits."""
    share = progress.done / progress.total if progress.total else 1
    print(f"\r{progress.stage} {share:.1%}, {progress.passages:,} passages", end="", file=sys.stderr)


def sync(archive: Archive, sources: list[Path]) -> None:
    """First and second sync."""
    first = archive.sync(*sources, progress=show)
    print(file=sys.stderr)
    status = archive.status()
    print(f"articles: {status.articles:,}, passages: {status.passages:,}, {status.vector_index}")
    print(f"near-duplicates: {status.copies:,} articles in {status.stories:,} stories")
    if first.passages:
        print(
            f"sync: {first.added:,} added, {first.passages:,} passages encoded in {first.seconds:,.0f} s "
            f"({first.passages / first.seconds:.0f} passages/s), peak memory {peak():,.0f} MB (under 2,000 is wanted)"
        )
    start = time.perf_counter()
    archive.sync(*sources)
    again = time.perf_counter() - start
    share = f", {again / first.seconds:.3%} of the first (under 2% is wanted)" if first.passages else ""
    print(f"sync with nothing changed: {again:.2f} s{share}")


def add_one(archive: Archive) -> None:
    """One article more, findable by a reader that is open already, and gone again."""
    with Archive.open(archive.path, create=False) as reader:
        reader.search("warm the reader")
        article = Article("The ferry Quivertide ran aground off Lillemoor on Sunday.", id="scale-benchmark")
        start = time.perf_counter()
        archive.add([article])
        added = time.perf_counter() - start
        found = reader.search("ferry Quivertide Lillemoor", k=1)[0].passage.article_id == article.id
        findable = time.perf_counter() - start
        archive.remove([article.id])
    print(
        f"one article more: stored in {added:.2f} s, found={found} after {findable:.2f} s (within 1 s is wanted)"
    )


def search(archive: Archive, *, dated: bool) -> None:
    """Latency of searches."""
    taken = []
    for timed in (False, True):
        for question, days in questions():
            start = time.perf_counter()
            if dated:
                archive.search(question, published=days)
            else:
                archive.search(question)
            if timed:
                taken.append(1000 * (time.perf_counter() - start))
    name = "up to the day of the question" if dated else "over all"
    middle, late = percentile(taken, 0.5), percentile(taken, 0.95)
    print(
        f"search {name}, {len(taken)} questions: p50 {middle:.1f} ms, p95 {late:.1f} ms (under 15 and 40 is wanted)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, help="where the archive stays (default: a temporary folder)")
    parser.add_argument("--periods", nargs="+", choices=realtimeqa.PERIODS, default=list(realtimeqa.PERIODS))
    chosen = parser.parse_args()
    try:
        sources = [realtimeqa.source("articles", period) for period in chosen.periods]
    except SourceNotFound as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory() as temporary, Archive.open(chosen.archive or temporary) as archive:
        sync(archive, sources)
        search(archive, dated=False)
        search(archive, dated=True)
        add_one(archive)
    print(f"command: python -m eval.benchmarks.scale --periods {' '.join(chosen.periods)}")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
