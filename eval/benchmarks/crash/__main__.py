"""Kill the indexing process at any moment, again and again, and look at what is left each time.

    python -m eval.benchmarks.crash [--kills 200] [--seed 0] [--folder /dev/shm]

A process syncs some 300 articles in many small commits and is killed (SIGKILL) at a random moment or
at a step of publishing. After each kill the archive must open and pass its check, hold exactly what was
stored last or what was just being committed, and a further sync must end as an uninterrupted one does:
same articles, passages, versions, stories, problems, vectors, and the same answers to fifty queries.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from eval.benchmarks.cold_start import machine
from eval.benchmarks.crash.plan import kills
from eval.benchmarks.crash.rounds import scenes
from eval.run import commit

_COLUMNS = ("kills", "before any commit", "later", "commit under way", "too late", "failures")


def main() -> int:
    """Play the rounds and print the table; the exit status tells whether one failed."""
    parser = argparse.ArgumentParser(
        prog="python -m eval.benchmarks.crash",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=200, help="rounds to play (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default 0)")
    parser.add_argument("--folder", type=Path, help="where the archives are made (default: temporary files)")
    options = parser.parse_args()
    if options.kills < 1:
        parser.error(f"--kills {options.kills} is too few; give at least 1")
    begun = time.perf_counter()
    table: dict[tuple[str, str], Counter[str]] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for scene, plan, outcome in kills(scenes(Path(folder)), Path(folder), options.kills, options.seed):
            fell = "too late" if outcome.finished else "later" if outcome.commits else "before any commit"
            row = table.setdefault((scene.name, plan), Counter())
            row.update(["kills", fell] + ["commit under way"] * outcome.within_commit)
            row["failures"] += bool(outcome.failures)
            for failure in outcome.failures:
                print(f"FAILED {scene.name}, {plan}, after {outcome.commits} commits: {failure}", flush=True)
    _print(table)
    failed = sum(row["failures"] for row in table.values())
    print(f"\n{failed} failures in {options.kills} kills, {time.perf_counter() - begun:.0f} s")
    print(f"command: python -m eval.benchmarks.crash --kills {options.kills} --seed {options.seed}")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")
    return int(failed > 0)


def _print(table: dict[tuple[str, str], Counter[str]]) -> None:
    print(f"{'scene':<11} {'killed at':<14}" + "".join(f"{name:>18}" for name in _COLUMNS))
    total = Counter[str]()
    for (scene, plan), row in sorted(table.items()):
        print(f"{scene:<11} {plan:<14}" + "".join(f"{row[name]:>18}" for name in _COLUMNS))
        total.update(row)
    print(f"{'all':<26}" + "".join(f"{total[name]:>18}" for name in _COLUMNS))


if __name__ == "__main__":
    sys.exit(main())
