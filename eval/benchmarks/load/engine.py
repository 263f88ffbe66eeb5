"""The engine alone, in a process of its own: how many answers a second it gives to so many threads.

    python -m eval.benchmarks.load.engine ARCHIVE --threads 8 --seconds 45

As many conversations as a server would have take turns, each with its own history. One JSON object is printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from eval.benchmarks.load.deck import deck
from index.errors import CitedeskError
from rag.answer import Turn
from rag.assistant import Assistant

HISTORY = 20
"""Earlier exchanges that a server hands over with a question."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Answers a second over the counted time, and how many cores were busy on average."""

    threads: int
    answers: int
    per_second: float
    cores: float


def alone(
    archive: Path, period: str, *, threads: int, people: int, seconds: float, warm: float, seed: int
) -> Speed:
    """Run this module in a new process. Exits with its last words if it fails."""
    options = {"--period": period, "--threads": threads, "--people": people, "--seconds": seconds}
    given = [str(part) for pair in {**options, "--warm": warm, "--seed": seed}.items() for part in pair]
    command = [sys.executable, "-m", "eval.benchmarks.load.engine", str(archive), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the engine failed: {done.stderr.strip()[-500:]}")
    return Speed(*json.loads(done.stdout))


def main() -> None:
    """Ask for so many seconds and print how it went."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path)
    parser.add_argument("--period", default="2023h2")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--warm", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    questions, lock = deck(options.period, options.seed), threading.Lock()
    histories = deque[list[Turn]]([] for _ in range(options.people))
    ends = time.monotonic() + options.warm + options.seconds
    ended: list[float] = []

    def ask(desk: Assistant) -> None:
        while time.monotonic() < ends:
            with lock:
                question, history = next(questions), histories.popleft()
            answer = desk.ask(question.text, history=history[-HISTORY:], as_of=question.day)
            ended.append(time.monotonic())
            with lock:
                histories.append([*history, Turn(question.text, answer.text)])

    with Assistant.open(options.archive, llm="extractive") as desk:
        at_work = [threading.Thread(target=ask, args=(desk,), daemon=True) for _ in range(options.threads)]
        for thread in at_work:
            thread.start()
        time.sleep(options.warm)
        cpu, begun = time.process_time(), time.monotonic()
        time.sleep(max(0.0, ends - begun))
        cpu, taken = time.process_time() - cpu, time.monotonic() - begun
        answers = sum(begun <= moment <= begun + taken for moment in ended)
        for thread in at_work:
            thread.join()
    print(json.dumps([options.threads, answers, answers / taken, cpu / taken]))


if __name__ == "__main__":
    try:
        main()
    except CitedeskError as error:
        sys.exit(str(error))
