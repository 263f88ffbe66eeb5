"""Answers of several sentences: lists, timelines, overviews, comparisons, quantities and yes or no.

    python -m eval.benchmarks.shapes [--keep DIR] [--show]

Sixty questions over the articles of RealTimeQA's second half of 2023, written by someone who had not seen the
system. Each says what a right answer must hold (groups of words of which any will do, and how many groups
at least) and what it must not. An answer is right if it holds enough, nothing wrong, and every line of it is cited.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from eval.benchmarks import newsroom
from eval.benchmarks.cold_start import machine
from eval.metrics import contains, strip_markers
from eval.run import commit
from eval.score import is_exact
from index.errors import SourceNotFound
from rag import Answer, Assistant

GOLD = Path(__file__).parent.parent / "gold" / "shapes.jsonl"
PERIOD = "2023h2"


def faults(answer: Answer, gold: dict[str, Any]) -> list[str]:
    """What is wrong with an answer; empty if it is right."""
    if answer.abstained:
        return ["abstained"]
    text = strip_markers(answer.text)
    held = [group for group in gold["must"] if any(contains(text, word) for word in group)]
    found = (
        [f"holds {len(held)} of {len(gold['must'])}, {gold['least']} wanted"]
        if len(held) < gold["least"]
        else []
    )
    found += [f"says {word!r}" for word in gold["must_not"] if contains(text, word)]
    if not all(statement.citations for statement in answer.statements):
        found.append("a line without a source")
    return found


def main() -> None:
    """Ask, score, and print."""
    parser = newsroom.parser(__doc__)
    parser.add_argument("--show", action="store_true", help="print what is wrong with each answer")
    given = parser.parse_args()
    questions = [json.loads(line) for line in GOLD.read_text("utf-8").splitlines()]
    right: dict[str, list[bool]] = defaultdict(list)
    spans: list[bool] = []
    with tempfile.TemporaryDirectory() as temporary:
        try:
            with newsroom.archive(PERIOD, given.keep or Path(temporary)) as archive:
                desk = Assistant.open(archive, llm="extractive")
                for gold in questions:
                    answer = desk.ask(gold["question"], as_of=gold["as_of"])
                    wrong = faults(answer, gold)
                    right[gold["shape"]].append(not wrong)
                    spans += [is_exact(citation, archive) for citation in answer.citations]
                    if given.show and wrong:
                        print(
                            f"{gold['id']}: {gold['question']}\n  {'; '.join(wrong)}\n  {answer.text[:300]}"
                        )
        except SourceNotFound as error:
            sys.exit(str(error))
    print("| shape | right | of |\n|---|---|---|")
    for shape, marks in right.items():
        print(f"| {shape} | {sum(marks)} | {len(marks)} |")
    every = [mark for marks in right.values() for mark in marks]
    print(f"| all | {sum(every)} ({sum(every) / len(every):.0%}) | {len(every)} |")
    print(f"citation spans exact: {sum(spans)} of {len(spans)}")
    print("command: python -m eval.benchmarks.shapes")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
