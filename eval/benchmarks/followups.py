"""What a rewritten follow-up finds, between the question as asked and the human's rewrite.

    python -m eval.benchmarks.followups

CANARD (Elgohary et al., EMNLP 2019), the half of its development set in ``CITEDESK_DATA``. The archive holds the
answers of all its dialogues, one an article. What the human's rewrite finds first is what a follow-up ought to
find among its first ten; the human's own figure is 100% by that definition. Questions that the human left as
they are should be left as they are.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.benchmarks import data
from eval.benchmarks.cold_start import machine
from eval.metrics import normalise
from eval.run import commit
from index.archive import Archive
from index.articles import Article
from index.errors import SourceNotFound
from rag.answer import Turn
from rag.question import standalone
from rag.topic import topic

DEPTH = 10


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question in a conversation, the human's rewrite, ours, and what the engine searches for."""

    question: str
    rewrite: str
    ours: str
    searched: str


def turns(history: Sequence[str]) -> list[Turn]:
    """A history as turns: the page and section that the conversation is about, then questions and answers.

    >>> [turn.question for turn in turns(["Frank Zappa", "Disbandment", "What group disbanded?", "Zappa's"])]
    ['What about Frank Zappa, Disbandment?', 'What group disbanded?']
    """
    page, section, *said = history
    pairs = zip(said[::2], said[1::2], strict=False)
    return [Turn(f"What about {page}, {section}?", ""), *(Turn(asked, told) for asked, told in pairs)]


def _follow_up(row: dict[str, Any]) -> FollowUp:
    question, history = row["question"], turns(row["history"])
    ours = standalone(question, history)
    return FollowUp(question, row["rewrite"], ours, f"{ours} {topic(question, ours, history)}".strip())


def found(archive: Archive, query: str, depth: int = DEPTH) -> list[str]:
    """The ids of the first answers for a query."""
    return [hit.passage.article_id for hit in archive.search(query, depth)]


def main() -> None:
    """Measure and print."""
    try:
        every = data.rows("followups", "canard-dev-half.jsonl.gz")
    except SourceNotFound as error:
        sys.exit(str(error))
    answers = dict.fromkeys(text for row in every for text in row["history"][3::2] if text.strip())
    asked = [_follow_up(row) for row in every]
    whole = [a for a in asked if normalise(a.question) == normalise(a.rewrite)]
    leaning = [a for a in asked if normalise(a.question) != normalise(a.rewrite)]
    with tempfile.TemporaryDirectory() as folder, Archive.open(folder) as archive:
        archive.add([Article(text=text, id=f"a{n}") for n, text in enumerate(answers)])
        wanted = {a.rewrite: found(archive, a.rewrite, 1) for a in asked}
        scores = {
            part: [
                np.mean(
                    [
                        bool(wanted[a.rewrite]) and wanted[a.rewrite][0] in found(archive, getattr(a, query))
                        for a in some
                    ]
                )
                for query in ("question", "ours", "searched")
            ]
            for part, some in (("leaning", leaning), ("whole", whole))
        }
    print(f"{len(answers):,} answers; recall@{DEPTH} of what the human's rewrite finds first")
    print("| questions | n | as asked | rewritten | + the topic | human |\n|---|---|---|---|---|---|")
    for part, some in (("leaning", leaning), ("whole", whole)):
        print(f"| {part} | {len(some)} | {' | '.join(f'{each:.3f}' for each in scores[part])} | 1 |")
    raw, _, ours = scores["leaning"]
    print(f"share of the gap recovered: {(ours - raw) / (1 - raw):.1%} (70% is wanted)")
    changed = [a for a in whole if a.ours != a.question]
    print(f"whole questions changed: {len(changed)} of {len(whole)}")
    print("command: python -m eval.benchmarks.followups")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
