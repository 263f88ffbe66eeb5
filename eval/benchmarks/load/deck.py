"""The questions that are asked: real ones, in an order that is the same for the server and for the engine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle

from eval.benchmarks import realtimeqa
from eval.benchmarks.realtimeqa import Question


def deck(period: str, seed: int = 0) -> Iterator[Question]:
    """The questions of a period, shuffled, without end. Raises SourceNotFound if they are not there."""
    questions = realtimeqa.questions(period)
    random.Random(seed).shuffle(questions)
    return cycle(questions)
