"""Fit the weights with which citedesk decides whether the archive answers a question.

    python -m eval.benchmarks.fit_abstention [--keep DIR]

On the cases of ``eval.benchmarks.abstention_cases``: archives of every size, so that the weights hold in a folder of
clippings and in an archive of half a year. Questions and articles with even numbers fit, those with odd numbers test;
the weights printed are of all of them. ``--keep`` names a folder for the archive and for another run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks import newsroom
from eval.benchmarks.abstention_cases import Measured, Paragraphs, news
from eval.benchmarks.cold_start import machine
from eval.run import commit
from index.minilm import MiniLM
from rag.answerable import BIAS, WEIGHTS, Signs
from rag.reader import Reader

Floats = NDArray[np.float64]
_ERRORS = (0.1, 0.2, 0.3, 0.4, 0.5)
_LEVELS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def calibration_error(sure: Floats, right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over bins of equal size (Naeini et al., AAAI 2015)."""
    parts = np.array_split(np.argsort(sure), bins)
    return float(sum(len(p) / len(sure) * abs(sure[p].mean() - right[p].mean()) for p in parts if len(p)))


def group(measured: Measured) -> str:
    """The archives that a case is of: the end of its kind."""
    return measured.kind.rsplit(", ", 1)[-1]


def fit(cases: Sequence[Measured]) -> tuple[Floats, float]:
    """Weights, shape [signs], and bias of a logistic regression; all kinds of archives count the same."""
    from sklearn.linear_model import LogisticRegression

    x, y = np.array([astuple(each.signs) for each in cases]), np.array([each.right for each in cases])
    groups = np.array([group(each) for each in cases])
    weight = np.array([len(cases) / (groups == each).sum() for each in groups])
    model = LogisticRegression(max_iter=10_000).fit(x, y, weight / weight.mean())
    return model.coef_[0], float(model.intercept_[0])


def confidence(cases: Sequence[Measured], weights: Floats, bias: float) -> Floats:
    """The confidence of each case under these weights, 0 where a rule forbids the answer."""
    x = np.array([astuple(each.signs) for each in cases])
    sure = 1 / (1 + np.exp(-(x @ weights + bias)))
    return np.where([each.forbidden for each in cases], 0.0, sure)


def main() -> None:
    """Measure, fit on one half, and print what that does on the other, and the weights of all."""
    reader, encoder = Reader.load(), MiniLM.load()
    with newsroom.kept(newsroom.parser(__doc__).parse_args().keep) as folder:
        every = [*Paragraphs(encoder, reader).cases(), *news(folder, reader, encoder)]
    tested = [each for each in every if each.odd]
    _print("weights of the other half", tested, confidence(tested, *fit([e for e in every if not e.odd])))
    _print("weights in use", tested, confidence(tested, np.array(astuple(WEIGHTS)), BIAS))
    weights, bias = fit(every)
    print("\nWEIGHTS = Signs(")
    for field, factor in zip(fields(Signs), weights, strict=True):
        print(f"    {field.name}={factor:.3f},")
    print(f")\nBIAS = {bias:.3f}")
    print("command: python -m eval.benchmarks.fit_abstention")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


def _print(title: str, tested: Sequence[Measured], sure: Floats) -> None:
    """What a confidence tells in each kind of archive, and what each threshold does."""
    from sklearn.metrics import roc_auc_score

    kinds, right = np.array([each.kind for each in tested]), np.array([each.right for each in tested])
    groups = np.array([group(each) for each in tested])
    print(f"\n## {title}\n\n| archive | n | right | AUROC | calibration error |\n|---|---|---|---|---|")
    for name in dict.fromkeys(groups):
        part = groups == name
        auroc, error = roc_auc_score(right[part], sure[part]), calibration_error(sure[part], right[part])
        print(f"| {name} | {part.sum()} | {right[part].sum()} | {auroc:.3f} | {error:.3f} |")
    answerable = [kind for kind in dict.fromkeys(kinds) if not kind.startswith(("removed", "exchanged"))]
    print("\n| from | " + " | ".join(dict.fromkeys(kinds)) + " |\n|" + "---|" * (1 + len(set(kinds))))
    for level in _LEVELS:
        cells = []
        for kind in dict.fromkeys(kinds):
            said = sure[kinds == kind] >= level
            share = f"{right[kinds == kind][said].mean():.2f} of {said.mean():.2f} right"
            cells.append(share if kind in answerable else f"{1 - said.mean():.2f} refused")
        print(f"| {level:.2f} | " + " | ".join(cells) + " |")
    real = groups == "news"
    levels = ", ".join(f"({e}, {tolerated(sure[real], right[real], e):.2f})" for e in _ERRORS)
    print(f"\nTOLERATED = ({levels})")


def tolerated(sure: Floats, right: NDArray[np.bool_], error: float) -> float:
    """The lowest confidence from which no more than this share of the answers is wrong.

    >>> tolerated(np.array([0.9, 0.8, 0.3]), np.array([True, False, True]), 0.4)
    0.3
    """
    order = np.argsort(-sure)
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(wrong <= error)
    return float(sure[order][kept[-1]]) if len(kept) else 1.0


if __name__ == "__main__":
    main()
