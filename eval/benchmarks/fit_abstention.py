"""Fit the weights with which citedesk decides whether the archive answers a question.

    python -m eval.benchmarks.fit_abstention [--keep DIR]

Two kinds of questions, so that the weights hold in a folder of clippings and in an archive of thousands.
XQuAD English (Artetxe et al., ACL 2020), whose paragraphs the reader was not trained on: each question is asked
of its article's five paragraphs (answerable), of the other four (not), and, where it holds a name, with that
name exchanged for another of the article's that its paragraph lacks (not). RealTimeQA 2023h2 over all articles of
that period: each question that asks for a short fact, as it is, and with every article taken away that holds its
answer (not).
Articles and questions with even numbers fit, those with odd numbers test. ``--keep`` names a folder for the archive
and for another run.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks import newsroom, realtimeqa
from eval.benchmarks.cold_start import machine
from eval.benchmarks.xquad import xquad
from eval.metrics import contains
from eval.run import commit
from index.articles import Article, Passage
from index.encoder import Encoder
from index.minilm import MiniLM
from rag.answerable import Signs, signs
from rag.candidates import candidates
from rag.evidence import Evidence
from rag.mismatch import mismatch
from rag.names import missing_names, names
from rag.reader import Reader
from rag.retrieve import Reading

PERIOD = "2023h2"
_ERRORS = (0.1, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Case:
    """One question asked of some paragraphs; ``answers`` is empty if they do not answer it."""

    article: int
    kind: str
    question: str
    paragraphs: tuple[str, ...]
    gold: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a case gave: signs of the best answer, whether it is right, whether a rule forbids it."""

    kind: str
    odd: bool
    signs: Signs
    right: bool
    forbidden: bool


def cases() -> Iterator[Case]:
    """All answerable and unanswerable cases of XQuAD, the same ones each time."""
    chance = random.Random(0)
    rows = xquad()
    paragraphs = list(dict.fromkeys(row["context"] for row in rows))
    article = {text: number // 5 for number, text in enumerate(paragraphs)}
    known: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        known[article[row["context"]]] |= {n.text for n in names(row["question"]) if not n.text[0].isdigit()}
    for row in rows:
        question, gold, number = row["question"], row["context"], article[row["context"]]
        pool = tuple(text for text in paragraphs if article[text] == number)
        yield Case(number, "answerable", question, pool, gold, tuple(row["answers"]))
        yield Case(number, "removed", question, tuple(text for text in pool if text != gold), gold, ())
        own = [n.text for n in names(question) if n.text in known[number]]
        strange = [n for n in sorted(known[number]) if n not in question and missing_names(f"x {n}", gold)]
        if own and strange:
            swapped = question.replace(chance.choice(own), chance.choice(strange))
            yield Case(number, "exchanged", swapped, pool, gold, ())


def measure(case: Case, reader: Reader, encoder: MiniLM) -> Measured:
    """A case of XQuAD, its paragraphs as short articles."""
    vectors = encoder.encode([case.question, *case.paragraphs])
    spans = reader.read_all(case.question, case.paragraphs)
    readings = []
    for at, (text, vector, found) in enumerate(zip(case.paragraphs, vectors[1:], spans, strict=True)):
        likeness = float(vector @ vectors[0])
        passage = Passage("", 0, len(text), text)
        readings.append(
            Reading(Evidence(Article(text, title="-"), passage, likeness, str(at)), likeness, found)
        )
    measured = _measured(case.question, readings, encoder)
    assert measured is not None
    sign, best, forbidden = measured
    text = best.best.text
    right = best.evidence.passage.text == case.gold and any(
        answer in text or (len(text) > 2 and text in answer) for answer in case.answers
    )
    return Measured(case.kind, case.article % 2 == 1, sign, right, forbidden)


def _measured(
    question: str, readings: Sequence[Reading], encoder: Encoder
) -> tuple[Signs, Reading, bool] | None:
    found = candidates(question, readings)
    if not found:
        return None
    best = found[0].reading
    return signs(question, found[:1], encoder)[0], best, mismatch(question, best) is not None


def news(folder: Path, reader: Reader, encoder: Encoder) -> Iterator[Measured]:
    """The questions of 2023h2, each with and without the articles that hold its answer."""
    with newsroom.archive(PERIOD, folder) as archive:
        for number, question in enumerate(realtimeqa.questions(PERIOD)):
            if question.source not in realtimeqa.SHORT:
                continue
            readings = newsroom.readings(archive, question, reader)
            lacking = [each for each in readings if not newsroom.holds(each.evidence.article.text, question)]
            for kind, some in (("news", readings), ("news removed", lacking)):
                if (measured := _measured(question.text, some, encoder)) is None:
                    continue
                sign, best, forbidden = measured
                said = best.best.text
                right = kind == "news" and (
                    newsroom.scores(said, question)[1] >= 0.5
                    or any(contains(said, answer) for answer in question.answers)
                )
                yield Measured(kind, number % 2 == 1, sign, right, forbidden)


def calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over bins of equal size (Naeini et al., AAAI 2015)."""
    parts = np.array_split(np.argsort(sure), bins)
    return float(sum(len(p) / len(sure) * abs(sure[p].mean() - right[p].mean()) for p in parts if len(p)))


def main() -> None:
    """Measure, fit on one half, and print the weights and what they do on the other."""
    from sklearn.linear_model import LogisticRegression

    reader, encoder = Reader.load(), MiniLM.load()
    with newsroom.kept(newsroom.parser(__doc__).parse_args().keep) as folder:
        every = [measure(case, reader, encoder) for case in cases()]
        every += news(folder, reader, encoder)
    x = np.array([astuple(each.signs) for each in every])
    y = np.array([each.right for each in every])
    odd = np.array([each.odd for each in every])
    real = np.array([each.kind.startswith("news") for each in every])
    # As much weight to the news as to the paragraphs, of which there are more.
    weight = np.where(real, (~real).sum() / real.sum(), 1.0)
    model = LogisticRegression(max_iter=5000).fit(x[~odd], y[~odd], weight[~odd])
    for field, factor in zip(fields(Signs), model.coef_[0], strict=True):
        print(f"{field.name:12} {factor:+.3f}")
    print(f"{'bias':12} {model.intercept_[0]:+.3f}")
    sure = np.where([each.forbidden for each in every], 0.0, model.predict_proba(x)[:, 1])
    _print([each for each in every if each.odd], sure[odd])
    print("command: python -m eval.benchmarks.fit_abstention")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


def _print(tested: Sequence[Measured], sure: NDArray[np.float64]) -> None:
    """What a confidence tells, and what each threshold does."""
    from sklearn.metrics import roc_auc_score

    kind, right = np.array([each.kind for each in tested]), np.array([each.right for each in tested])
    score = np.array([each.signs.score for each in tested])
    real = np.char.startswith(kind, "news")
    for name, part in (("paragraphs", ~real), ("news", real)):
        print(
            f"{name}: AUROC {roc_auc_score(right[part], sure[part]):.3f}, reader alone "
            f"{roc_auc_score(right[part], score[part]):.3f}; calibration error "
            f"{calibration_error(sure[part], right[part]):.3f} (n {part.sum()}, right {right[part].sum()})"
        )
    for level in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        said = sure >= level
        answers = [
            f"{name}: {said[kind == name].mean():.2f} answered, {right[said & (kind == name)].mean():.2f} of them right"
            for name in ("answerable", "news")
        ]
        refusals = [
            f"{name}: {1 - said[kind == name].mean():.2f} refused"
            for name in ("removed", "exchanged", "news removed")
        ]
        print(f"from {level:.2f}: {'; '.join([*answers, *refusals])}")
    print(
        "TOLERATED = ("
        + ", ".join(f"({e}, {tolerated(sure[real], right[real], e):.2f})" for e in _ERRORS)
        + ")"
    )


def tolerated(sure: NDArray[np.float64], right: NDArray[np.bool_], error: float) -> float:
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
