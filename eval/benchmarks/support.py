"""How well the check of a sentence agrees with people who judged it by its source.

    python -m eval.benchmarks.support

Balanced accuracy on the sets of ``eval.benchmarks.judged``, beside two baselines in the same run: the share of the
sentence's words that the source has, and the cosine (MiniLM) of the sentence with the nearest sentence of the source.
Five folds of sources: the threshold of each is chosen on the other four. The check takes the best of a source's
sentences and of up to three neighbours, as it does before a passage.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # milliseconds of one core

import re
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks.cold_start import machine
from eval.benchmarks.judged import FOLDS, SETS, Judged, fold_of, judged
from eval.run import commit
from index.minilm import MiniLM
from rag.verify import NEIGHBOURS, SUPPORTED, check
from rag.words import STOPWORDS

RESAMPLED = 1000
Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
_WORD = re.compile(r"\w+")


def word_overlap(each: Judged) -> float:
    """Share of a sentence's words, small words left out, that its source has."""
    said = [word for word in _WORD.findall(each.sentence.lower()) if word not in STOPWORDS]
    known = set(_WORD.findall(" ".join(each.lines).lower()))
    return sum(word in known for word in said) / max(1, len(said))


def cosines(rows: Sequence[Judged], encoder: MiniLM) -> Floats:
    """Cosine of each sentence with the nearest sentence of its source."""
    vectors = {each.document: each.lines for each in rows}
    encoded = {document: encoder.encode(list(lines)) for document, lines in vectors.items()}
    asked = encoder.encode([each.sentence for each in rows])
    return np.array([(encoded[row.document] @ vector).max() for row, vector in zip(rows, asked, strict=True)])


def balanced(said: Truths, right: Truths) -> float:
    """Mean of the shares of supported and of unsupported sentences that are told rightly.

    >>> balanced(np.array([True, True, False]), np.array([True, False, False]))
    0.75
    """
    return float((said[right].mean() + (~said[~right]).mean()) / 2)


def threshold(scores: Floats, right: Truths) -> float:
    """The score from which on to call sentences supported for the best balanced accuracy."""
    return float(max(np.unique(scores), key=lambda level: balanced(scores >= level, right)))


def told(scores: Floats, right: Truths, fold: NDArray[np.int64]) -> Truths:
    """Verdicts by thresholds of the other folds."""
    said = np.zeros(len(right), bool)
    for number in range(FOLDS):
        inside = fold == number
        said[inside] = scores[inside] >= threshold(scores[~inside], right[~inside])
    return said


def best_score(each: Judged) -> float:
    """The check's score before the sentence, or the up to three neighbours, that bear the sentence out best."""
    spans = [
        " ".join(each.lines[at : at + number])
        for at in range(len(each.lines))
        for number in range(1, NEIGHBOURS + 1)
    ]
    return max(check(each.sentence, span).score for span in spans)


def main() -> None:
    """Measure and print."""
    from sklearn.metrics import roc_auc_score

    encoder = MiniLM.load()
    print(
        "| set | n | supported | word overlap | MiniLM cosine | check | 95% | AUROC | check as used |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    for name in SETS:
        rows = judged(name)
        right = np.array([each.supported for each in rows])
        fold = np.array([fold_of(each) for each in rows])
        overlaps = np.array([word_overlap(each) for each in rows])
        base = [balanced(told(side, right, fold), right) for side in (overlaps, cosines(rows, encoder))]
        scores = np.array([best_score(each) for each in rows])
        said = told(scores, right, fold)
        low, high = interval(said, right)
        auroc, used = roc_auc_score(right, scores), balanced(scores >= SUPPORTED, right)
        print(
            f"| {name} | {len(rows)} | {right.sum()} | {base[0]:.3f} | {base[1]:.3f} | {balanced(said, right):.3f} "
            f"| {low:.3f} to {high:.3f} | {auroc:.3f} | {used:.3f} |"
        )
    print(f"\nmilliseconds a sentence on one core, p50/p95: {speed()}")
    print("command: python -m eval.benchmarks.support")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


def interval(said: Truths, right: Truths) -> tuple[float, float]:
    """The middle 95% of balanced accuracy over resampled sentences."""
    chance = np.random.default_rng(0)
    found = []
    for _ in range(RESAMPLED):
        picked = chance.integers(0, len(right), len(right))
        found.append(balanced(said[picked], right[picked]))
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def speed() -> str:
    """Time of the whole check of sentences of news summaries, each against two sentences of its source."""
    rows = judged("QAGS CNN/DM")[:200]
    check(rows[0].sentence, " ".join(rows[0].lines[:2]))
    taken = []
    for each in rows:
        began = time.perf_counter()
        check(each.sentence, " ".join(each.lines[:2]))
        taken.append(1000 * (time.perf_counter() - began))
    return f"{np.median(taken):.1f} / {np.quantile(taken, 0.95):.1f}"


if __name__ == "__main__":
    main()
