"""The reading rows: questions on encyclopedia paragraphs, and other paragraphs that do not answer them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from eval.benchmarks import data
from eval.metrics import normalise
from eval.training.examples import Example, example
from index.encoder import Encoder, Vectors

_NEAREST = 24  # paragraphs looked at for each question
_KEPT = 6


def examples(encoder: Encoder) -> tuple[list[Example], list[Example]]:
    """Every row as an example; and answerable questions with a near paragraph that lacks the answer.

    Raises SourceNotFound if the data folder is not there.
    """
    chance = random.Random(1)
    every = data.rows("reading", "train.jsonl.gz")
    given = [example(row["question"], row["context"], _answer(row), chance) for row in every]
    mined = [
        example(question, chance.choice(others), None, chance)
        for question, others in _near(every, encoder)
        if others
    ]
    return [e for e in given if e], [e for e in mined if e]


def _answer(row: dict[str, Any]) -> tuple[int, int] | None:
    return None if row["answer_start"] is None else (row["answer_start"], row["answer_end"])


def _near(every: Sequence[dict[str, Any]], encoder: Encoder) -> list[tuple[str, list[str]]]:
    """For each answerable row up to six of the nearest other paragraphs without any of its answers."""
    paragraphs = list(dict.fromkeys(row["context"] for row in every))
    questions = list(dict.fromkeys(row["question"] for row in every))
    asked, told = _encoded(questions, encoder), _encoded(paragraphs, encoder)
    row_of = {question: i for i, question in enumerate(questions)}
    normal = [f" {normalise(paragraph)} " for paragraph in paragraphs]
    answerable = [row for row in every if row["answer_start"] is not None]
    answers = defaultdict(set)
    for row in answerable:
        answers[row["question"]].add(normalise(row["context"][row["answer_start"] : row["answer_end"]]))
    found = []
    for at in range(0, len(answerable), 512):
        some = answerable[at : at + 512]
        likeness = asked[[row_of[row["question"]] for row in some]] @ told.T
        nearest = np.argpartition(-likeness, _NEAREST, axis=1)[:, :_NEAREST]
        for row, places, values in zip(some, nearest, likeness, strict=True):
            others = [
                paragraphs[i]
                for i in places[np.argsort(-values[places])].tolist()
                if not _same(paragraphs[i], row["context"])
                and not any(a and f" {a} " in normal[i] for a in answers[row["question"]])
            ]
            found.append((row["question"], others[:_KEPT]))
    return found


def _same(paragraph: str, other: str) -> bool:
    """Whether one is a cut of the other."""
    return paragraph[:80] in other or other[:80] in paragraph


def _encoded(texts: Sequence[str], encoder: Encoder) -> Vectors:
    return np.concatenate([encoder.encode(texts[at : at + 512]) for at in range(0, len(texts), 512)])
