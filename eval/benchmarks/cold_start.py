"""Time from a new process to an answer on screen, beside ``import sentence_transformers`` alone.

    python -m eval.benchmarks.cold_start [--runs 5]

An archive of ``seeds/`` is made beforehand in a temporary folder. Both commands then take turns, so
that a machine whose speed drifts is equally unfair to both; the medians of their wall times and the
ratio are printed. One run of each comes first and is not counted: it fills the file cache.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from eval.run import commit

ROOT = Path(__file__).resolve().parent.parent.parent
QUESTION = "What did Ukraine recapture in the Black Sea?"
SCRIPT = Path(sys.executable).with_name("citedesk")
CITEDESK = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-c", "from ui.cli import main; main()"]
IMPORT = [sys.executable, "-c", "import sentence_transformers"]


def seconds(command: list[str]) -> float:
    """Wall time of one run; exits with the command's own words if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed ({done.returncode}): {done.stderr.strip()[-500:]}")
    return taken


def peak() -> float:
    """Peak memory of this process so far, MiB; getrusage alone may tell that of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text("ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> str:
    """The processor, its cores and the Python version, in one line.

    Whether it multiplies in int8 by itself (VNNI) is told too: speeds differ threefold by it.
    """
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        told = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        about = {name.strip(): value.strip() for name, value in told.items()}
        model = about.get("model name", model)
        if "flags" in about:
            model += " with VNNI" if "vnni" in about["flags"] else " without VNNI"
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command (default 5)")
    runs = parser.parse_args().runs
    if runs < 1:
        parser.error(f"--runs {runs} is too few; give at least 1")
    with tempfile.TemporaryDirectory() as folder:
        archive = str(Path(folder) / "archive")
        seconds([*CITEDESK, "index", "seeds/", "--archive", archive])
        ask = [*CITEDESK, "ask", QUESTION, "--archive", archive]
        pairs = [(seconds(ask), seconds(IMPORT)) for _ in range(runs + 1)][1:]
    asked, imported = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f'citedesk ask "{QUESTION}"')
    print(f"  median of {runs}: {asked:.2f} s   all: {' '.join(f'{a:.2f}' for a, _ in pairs)}")
    print('python -c "import sentence_transformers"')
    print(f"  median of {runs}: {imported:.2f} s   all: {' '.join(f'{b:.2f}' for _, b in pairs)}")
    print(f"ratio {asked / imported:.3f} (at most 0.25 is wanted)")
    print(f"command: python -m eval.benchmarks.cold_start --runs {runs}")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
