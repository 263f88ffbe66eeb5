"""Candidates of real news questions, measured and marked: what their weights are fitted on.

The questions that count are those of RealTimeQA 2023h2 for short facts, of which the reader has learnt nothing since
October and little before. Beside them, each with weights of its own near theirs: those of DelawareOnline, which ask
for descriptions; and those of 2022h2 and 2023h1, on which the reader was trained, so that its score says more there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks import newsroom, realtimeqa
from eval.benchmarks.realtimeqa import Question
from rag.expected import Kind, expected
from rag.reader import Reader
from rag.retrieve import Reading
from rag.traits import Traits, traits

Floats = NDArray[np.float64]
Source = Literal["asked", "local", "earlier"]
PERIOD, EARLIER = "2023h2", ("2022h2", "2023h1")


@dataclass(frozen=True, slots=True)
class Case:
    """A question's candidates: traits, shape [n, traits], exact match and F1; and the reader's favourite."""

    source: Source
    wanted: Kind
    traits: Floats
    exact: Floats
    f1: Floats
    favourite: int


def case(question: Question, readings: Sequence[Reading], source: Source = "asked") -> Case:
    """The candidates of a question, measured and marked; none if nothing was found."""
    groups, measured = traits(question.text, readings)
    marks = [newsroom.scores(group[0].span.text, question) for group in groups]
    exact, f1 = (np.array([mark[side] for mark in marks]) for side in (0, 1))
    best = max(range(len(groups)), key=lambda i: groups[i][0].span.score, default=-1)
    told = np.array([astuple(each) for each in measured]).reshape(len(groups), len(fields(Traits)))
    return Case(source, expected(question.text), told, exact, f1, best)


def asked(folder: Path) -> list[Case]:
    """The questions that count, over the archive of their period below ``folder``."""
    return list(_cases(PERIOD, "asked", folder))


def beside(folder: Path) -> list[Case]:
    """The other questions, over the archives of their periods below ``folder``."""
    earlier = [each for period in EARLIER for each in _cases(period, "earlier", folder)]
    return [*_cases(PERIOD, "local", folder), *earlier]


def _cases(period: str, source: Source, folder: Path) -> Iterator[Case]:
    reader = Reader.load()
    wanted = [
        each
        for each in realtimeqa.questions(period)
        if (each.source in realtimeqa.SHORT) != (source == "local")
    ]
    with newsroom.archive(period, folder) as archive:
        for number, question in enumerate(wanted, 1):
            yield case(question, newsroom.readings(archive, question, reader), source)
            print(f"\r{period}, {source}: {number} of {len(wanted)}", end="", file=sys.stderr)
    print(file=sys.stderr)
