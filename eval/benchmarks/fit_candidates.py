"""Fit the weights that rank the candidates of a question (``rag.traits``).

    python -m eval.benchmarks.fit_candidates [--keep DIR]

Over the questions of RealTimeQA 2023h2 that ask for short facts: a softmax over the candidates of each, whose
chances, weighed by F1, are to add up to most; five-fold figures beside those of the reader's best span. ``--keep``
names a folder for the archive and for another run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks import newsroom, realtimeqa
from eval.benchmarks.cold_start import machine
from eval.benchmarks.realtimeqa import Question
from eval.run import commit
from rag.reader import Reader
from rag.retrieve import Reading
from rag.traits import Traits, traits

Floats = NDArray[np.float64]
PERIOD = "2023h2"
RIDGE = 10.0
WORTH = 0.5  # F1 from which a candidate counts


@dataclass(frozen=True, slots=True)
class Case:
    """A question's candidates: traits, shape [n, traits], exact match and F1; and the reader's favourite."""

    traits: Floats
    exact: Floats
    f1: Floats
    favourite: int


def measure(folder: Path) -> list[Case]:
    """All questions; one that finds nothing is a case without candidates."""
    reader = Reader.load()
    with newsroom.archive(PERIOD, folder) as archive:
        return [
            case(question, newsroom.readings(archive, question, reader))
            for question in realtimeqa.questions(PERIOD)
            if question.source in realtimeqa.SHORT
        ]


def case(question: Question, readings: Sequence[Reading]) -> Case:
    """The candidates of a question, measured and marked."""
    groups, measured = traits(question.text, readings)
    marks = [newsroom.scores(group[0].span.text, question) for group in groups]
    exact, f1 = (np.array([mark[side] for mark in marks]) for side in (0, 1))
    best = max(range(len(groups)), key=lambda i: groups[i][0].span.score, default=-1)
    return Case(np.array([astuple(each) for each in measured]).reshape(len(groups), -1), exact, f1, best)


def fit(cases: Sequence[Case]) -> Floats:
    """Weights, shape [traits], that maximise the log of the chance of candidates that are right."""
    from scipy.optimize import minimize

    every = np.concatenate([case.traits for case in cases if len(case.traits)])
    middle, spread = every.mean(0), every.std(0) + 1e-6
    used = [
        ((case.traits - middle) / spread, np.where(case.f1 >= WORTH, case.f1, 0))
        for case in cases
        if (case.f1 >= WORTH).any()
    ]

    def cost(weights: Floats) -> tuple[float, Floats]:
        value, slope = RIDGE * float(weights @ weights) / 2, RIDGE * weights
        for x, worth in used:
            scores = x @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            gained = chances * worth
            value -= float(np.log(gained.sum() + 1e-12))
            slope -= x.T @ (gained / (gained.sum() + 1e-12) - chances)
        return value, slope

    found = minimize(cost, np.zeros(every.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x / spread, np.float64)


def of_other_folds(cases: Sequence[Case], folds: int = 5) -> list[Floats]:
    """For each case weights fitted without it: those of the other folds."""
    order = np.random.default_rng(0).permutation(len(cases))
    found: dict[int, Floats] = {}
    for fold in range(folds):
        held = set(order[fold::folds].tolist())
        weights = fit([each for i, each in enumerate(cases) if i not in held])
        found |= dict.fromkeys(held, weights)
    return [found[i] for i in range(len(cases))]


def chosen(cases: Sequence[Case], weights: Floats) -> list[int]:
    """The candidate that these weights choose in each case, -1 where there is none."""
    return [int(np.argmax(case.traits @ weights)) if len(case.traits) else -1 for case in cases]


def _figures(cases: Sequence[Case], picks: Sequence[int]) -> str:
    cells = [
        np.mean(
            [getattr(case, side)[pick] if pick >= 0 else 0.0 for case, pick in zip(cases, picks, strict=True)]
        )
        for side in ("exact", "f1")
    ]
    return " | ".join(f"{100 * cell:.1f}" for cell in cells)


def main() -> None:
    """Measure, fit, and print."""
    with newsroom.kept(newsroom.parser(__doc__).parse_args().keep) as folder:
        cases = measure(folder)
    picks = [chosen([each], weights)[0] for each, weights in zip(cases, of_other_folds(cases), strict=True)]
    weights = fit(cases)
    print(f"{len(cases)} questions\n| | EM | F1 |\n|---|---|---|")
    print(f"| the reader's best span | {_figures(cases, [case.favourite for case in cases])} |")
    print(f"| candidates, weights of the other four folds | {_figures(cases, picks)} |")
    print(f"| candidates, weights of all | {_figures(cases, chosen(cases, weights))} |")
    print(
        f"| the best there is | {_figures(cases, [int(np.argmax(c.f1)) if len(c.f1) else -1 for c in cases])} |"
    )
    print("\nWEIGHTS = Traits(")
    for field, weight in zip(fields(Traits), weights, strict=True):
        print(f"    {field.name}={weight:.3f},")
    print(")")
    print("command: python -m eval.benchmarks.fit_candidates")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
