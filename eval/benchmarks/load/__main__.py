"""Many people asking one server at once: speed, memory, and whether everybody gets their own answers.

    python -m eval.benchmarks.load [--seconds 180] [--people 50] [--keep DIR]

A real ``citedesk serve`` answers over HTTP from an archive of a half-year of news, 3,710 articles. Each person is a
browser of its own with a conversation of its own, and asks RealTimeQA's questions one after the other as of
their day. Afterwards each conversation is read back: it must hold exactly its own questions, in order, with the answers
that were told. Before and after, the engine alone answers the same questions with the same histories in as
many threads as the server has, and in as many as there are cores. Then the same crowd streams answers that a
slow LLM writes, all at once.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

from eval.benchmarks import newsroom
from eval.benchmarks.cold_start import machine
from eval.benchmarks.load import slow_llm
from eval.benchmarks.load.crowd import Outcome, Plan
from eval.benchmarks.load.deck import deck
from eval.benchmarks.load.engine import Speed, alone
from eval.benchmarks.load.server import Server
from eval.run import commit
from index.archive import Archive
from index.session import cores
from rag.settings import load_settings

WANTED, MOST_GROWTH, LAST_S = 0.80, 0.05, 120.0
"""The least share of the engine's speed, the largest growth of memory, and over how many last seconds."""


def main() -> int:
    """Measure and print; the exit status tells whether something that must hold does not."""
    options = _options()
    with newsroom.kept(options.keep) as folder:
        with newsroom.archive(options.period, folder) as opened:
            print(_about(opened))
        archive = folder / options.period
        failed = [] if options.skip == "extractive" else _extractive(options, archive)
        failed += [] if options.skip == "llm" else _streamed(options, archive)
    for line in failed:
        print(f"FAILED {line}")
    print(f"command: python -m eval.benchmarks.load {' '.join(sys.argv[1:])}".rstrip())
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")
    return int(bool(failed))


def _options() -> argparse.Namespace:
    parser = newsroom.parser(__doc__)
    parser.prog = "python -m eval.benchmarks.load"
    add = parser.add_argument
    add("--people", type=int, default=50, help="who ask at once (default 50)")
    add("--seconds", type=float, default=180.0, help="counted seconds (default 180)")
    add("--warm", type=float, default=20.0, help="seconds of asking before these (default 20)")
    add("--engine-seconds", type=float, default=45.0, help="of the engine alone, each time (default 45)")
    add("--period", default="2023h2", help="the half-year of news (default 2023h2)")
    add("--seed", type=int, default=0, help="of the order of the questions (default 0)")
    add("--rounds", type=int, default=2, help="streamed questions a person (default 2)")
    add("--pause", type=float, default=0.3, help="seconds that the slow LLM takes for a word (default 0.3)")
    add("--skip", choices=("extractive", "llm"), help="leave out one of the two parts")
    options = parser.parse_args()
    for name in ("people", "seconds", "engine_seconds", "rounds"):
        if getattr(options, name) <= 0:
            parser.error(f"--{name.replace('_', '-')} {getattr(options, name)} is too few; give at least 1")
    return options


def _about(opened: Archive) -> str:
    held = opened.status()
    return f"{held.articles:,} articles, {held.passages:,} passages, {held.oldest} to {held.newest}"


def _extractive(options: argparse.Namespace, archive: Path) -> list[str]:
    threads = load_settings().answers_at_once
    plan = Plan(options.people, options.seconds, options.warm)

    def engine(count: int) -> Speed:
        speed = alone(
            archive,
            options.period,
            threads=count,
            people=options.people,
            seconds=options.engine_seconds,
            warm=options.warm / 2,
            seed=options.seed,
        )
        print(
            f"engine alone, {count} threads: {speed.per_second:.2f} answers/s, {speed.cores:.2f} cores busy",
            flush=True,
        )
        return speed

    counts = sorted({threads, cores()}, reverse=True)
    speeds = [engine(count) for count in counts]
    with tempfile.TemporaryDirectory() as kept, Server(archive, Path(kept), "--llm", "extractive") as server:
        outcome = asyncio.run(plan.carry_out(server, deck(options.period, options.seed)))
    _print_outcome(f"server, {options.people} people, extractive", outcome)
    speeds += [engine(count) for count in reversed(counts)]
    failed = _failures(outcome)
    busy = outcome.watch.cores(outcome.since, outcome.until)
    for count in counts:
        same = [speed for speed in speeds if speed.threads == count]
        ratio = outcome.per_second / statistics.mean(speed.per_second for speed in same)
        # What else ran on the machine meanwhile cancels out of answers for each second of a core.
        each = outcome.per_second / busy / statistics.mean(speed.per_second / speed.cores for speed in same)
        print(
            f"ratio to the engine in {count} threads: {ratio:.3f} (at least {WANTED} is wanted), "
            f"per second of processor time {each:.3f}"
        )
        failed += [f"throughput is {ratio:.0%} of the engine's in {count} threads"] * (ratio < WANTED)
    return failed + _memory(outcome)


def _memory(outcome: Outcome) -> list[str]:
    watch, since = outcome.watch, max(outcome.since, outcome.until - LAST_S)
    first, last = watch.growth(since, outcome.until)
    grown = last / first - 1
    print(
        f"memory: {first:.0f} to {last:.0f} MB over the last {outcome.until - since:.0f} s, {grown:+.1%} "
        f"(under {MOST_GROWTH:.0%} is wanted); at most {max(watch.memory, default=0):.0f} MB"
    )
    own = watch.own_growth(since, outcome.until)
    print(f"  without the files it has mapped: {own[0]:.0f} to {own[1]:.0f} MB, {own[1] / own[0] - 1:+.1%}")
    minutes = watch.memory[:: max(1, len(watch.memory) // 12)]
    print(f"  from its start, at equal distances: {' '.join(f'{held:.0f}' for held in minutes)} MB")
    return [f"memory has grown by {grown:.1%}"] if grown >= MOST_GROWTH else []


def _streamed(options: argparse.Namespace, archive: Path) -> list[str]:
    plan = Plan(options.people, rounds=options.rounds)
    with tempfile.TemporaryDirectory() as kept, slow_llm.running(options.pause) as url:
        with Server(archive, Path(kept), "--llm", f"{url}#slow") as server:
            outcome = asyncio.run(plan.carry_out(server, deck(options.period, options.seed)))
        told = asyncio.run(slow_llm.said(url))
    _print_outcome(f"server, {options.people} people, streams of a slow LLM", outcome)
    firsts = sorted(reply.first - reply.asked for reply in outcome.replies)
    print(f"first words: p50 {_share(firsts, 0.5):.1f} s, p95 {_share(firsts, 0.95):.1f} s")
    print(f"the LLM was writing {told['most']} replies at once at most, {told['ended']} came to their end")
    written = [reply for reply in outcome.replies if reply.answer["model"] != "extractive"]
    strange = [reply for reply in written if not _was_said(reply.answer, told["said"])]
    print(
        f"answers written by the LLM: {len(written)} of {len(outcome.replies)}, {len(strange)} of them mixed up"
    )
    failed = _failures(outcome)
    asked = options.people * options.rounds
    if len(outcome.replies) != asked:
        failed.append(f"{len(outcome.replies)} of {asked} streams are complete")
    return failed + [f"another answer than the LLM gave to {reply.question!r}" for reply in strange[:5]]


def _was_said(answer: dict[str, str], said: dict[str, list[str]]) -> bool:
    """Whether the LLM said that to this question; a sentence that did not pass the check leaves nothing."""
    replies = said.get(" ".join(answer["standalone_question"].split()), [])
    return answer["text"] in replies or (bool(replies) and bool(answer["abstained"]))


def _print_outcome(title: str, outcome: Outcome) -> None:
    times = sorted(reply.seconds for reply in outcome.counted)
    declined = sum(bool(reply.answer["abstained"]) for reply in outcome.replies)
    print(
        f"{title}: {outcome.per_second:.2f} answers/s, p50 {_share(times, 0.5):.1f} s, "
        f"p95 {_share(times, 0.95):.1f} s, {len(times)} answers in {outcome.until - outcome.since:.0f} s"
    )
    print(
        f"  {len(outcome.replies)} answers in all ({declined} of them: the archive does not say), "
        f"{len(outcome.errors)} errors, {len(outcome.complaints)} mixed up or lost"
    )
    print(
        f"  cores busy: server {outcome.watch.cores(outcome.since, outcome.until):.2f}, people {outcome.own_cores:.2f}",
        flush=True,
    )


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")


def _failures(outcome: Outcome) -> list[str]:
    return [*outcome.errors[:5], *outcome.complaints[:5]]


if __name__ == "__main__":
    sys.exit(main())
