"""Fit the weights that rank the candidates of a question (``rag.traits``).

    python -m eval.benchmarks.fit_candidates [--keep DIR]

A softmax over the candidates of each question of ``eval.benchmarks.candidate_cases``. Each kind of answer that is
wanted, and each source of questions, has weights of its own that are held near those of all (Daumé, ACL 2007);
those of the questions that count are printed, with five-fold figures beside those of the reader's best span, and
the traits of their usual candidate.
``--keep`` names a folder for the archives and for another run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import get_args

import numpy as np

from eval.benchmarks import newsroom
from eval.benchmarks.candidate_cases import Case, Floats, Source, asked, beside
from eval.benchmarks.cold_start import machine
from eval.run import commit
from rag.expected import Kind
from rag.traits import Traits, Weights

RIDGE = 10.0
WORTH = 0.5  # F1 from which a candidate counts
HOPED = 3.0  # weight of the F1 to expect, beside the logarithm of the chance of what is right
OWN = 0.3  # how freely a kind's weights differ from those of all
KINDS: tuple[Kind, ...] = get_args(Kind)
OTHERS: tuple[Source, ...] = ("local", "earlier")


def fit(cases: Sequence[Case]) -> Weights:
    """Weights that maximise the log of the chance of candidates that are right, and the F1 to expect."""
    from scipy.optimize import minimize

    every = np.concatenate([case.traits for case in cases])
    spread = every.std(0) + 1e-6
    used = [
        (_columns(case, case.traits / spread), np.where(case.f1 >= WORTH, case.f1, 0))
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
            hoped = gained.sum()
            value -= float(np.log(hoped + 1e-12) + HOPED * hoped)
            slope -= x.T @ (gained / (hoped + 1e-12) - chances + HOPED * (gained - hoped * chances))
        return value, slope

    columns = used[0][0].shape[1]
    found = minimize(cost, np.zeros(columns), jac=True, method="L-BFGS-B").x.reshape(-1, len(spread))
    return {
        kind: Traits(*((found[0] + OWN * found[1 + at]) / spread).tolist()) for at, kind in enumerate(KINDS)
    }


def _columns(case: Case, x: Floats) -> Floats:
    """Traits once for all questions, once for those of the same kind, once for those of the same source."""
    kinds = [OWN * x if case.wanted == kind else np.zeros_like(x) for kind in KINDS]
    sources = [x if case.source == source else np.zeros_like(x) for source in OTHERS]
    return np.concatenate([x, *kinds, *sources], 1)


def of_other_folds(cases: Sequence[Case], others: Sequence[Case], folds: int = 5) -> list[Weights]:
    """For each case weights fitted without it: of ``others`` and the other folds."""
    order = np.random.default_rng(0).permutation(len(cases))
    found: dict[int, Weights] = {}
    for fold in range(folds):
        held = set(order[fold::folds].tolist())
        weights = fit([*(each for i, each in enumerate(cases) if i not in held), *others])
        found |= dict.fromkeys(held, weights)
    return [found[i] for i in range(len(cases))]


def chosen(case: Case, weights: Weights) -> int:
    """The candidate that these weights choose, -1 if there is none."""
    scores = case.traits @ np.array(astuple(weights[case.wanted]))
    return int(np.argmax(scores)) if len(scores) else -1


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
        cases, others = asked(folder), beside(folder)
    apart = of_other_folds(cases, others)
    picks = [chosen(each, weights) for each, weights in zip(cases, apart, strict=True)]
    weights = fit([*cases, *others])
    print(f"{len(cases)} questions, {len(others)} beside them\n| | EM | F1 |\n|---|---|---|")
    print(f"| the reader's best span | {_figures(cases, [case.favourite for case in cases])} |")
    print(f"| candidates, weights of the other four folds | {_figures(cases, picks)} |")
    print(f"| candidates, weights of all | {_figures(cases, [chosen(each, weights) for each in cases])} |")
    best = [int(np.argmax(each.f1)) if len(each.f1) else -1 for each in cases]
    print(f"| the best there is | {_figures(cases, best)} |")
    print(f"\nWEIGHTS = by_kind(  # {', '.join(KINDS)}")
    for field in fields(Traits):
        row = ", ".join(f"{getattr(weights[kind], field.name):.3f}" for kind in KINDS)
        print(f"    {field.name}=({row}),")
    print(")\n\nUSUAL = Traits(")
    for field, mean in zip(
        fields(Traits), np.concatenate([each.traits for each in cases]).mean(0), strict=True
    ):
        print(f"    {field.name}={mean:.3f},")
    print(")")
    print("command: python -m eval.benchmarks.fit_candidates")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
