"""Fit the weights with which citedesk decides whether the archive answers a question.

    python -m eval.benchmarks.fit_abstention

Questions and paragraphs are XQuAD English (Artetxe et al., ACL 2020), whose paragraphs the reader was
not trained on. Each question is asked of its article's five paragraphs (answerable), of the other
four (not), and, where it holds a name, with that name exchanged for another of the article's that its
paragraph lacks (not). Articles with even numbers fit, those with odd numbers test.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields

import numpy as np

from eval.benchmarks.xquad import xquad
from index.articles import Article, Passage
from index.errors import SourceNotFound
from index.minilm import MiniLM
from rag.answerable import Signs, signs
from rag.evidence import Evidence
from rag.mismatch import mismatch
from rag.names import missing_names, names
from rag.reader import Reader
from rag.retrieve import Reading


@dataclass(frozen=True, slots=True)
class Case:
    """One question asked of some paragraphs; ``answers`` is empty if they do not answer it."""

    article: int
    kind: str
    question: str
    paragraphs: tuple[str, ...]
    gold: str
    answers: tuple[str, ...]


def cases() -> Iterator[Case]:
    """All answerable and unanswerable cases, the same ones each time."""
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


def measure(case: Case, reader: Reader, encoder: MiniLM) -> tuple[Signs, bool, bool]:
    """The signs of the best reading of a case, whether its span is right, and whether a rule forbids it."""
    vectors = encoder.encode([case.question, *case.paragraphs])
    spans = reader.read_all(case.question, case.paragraphs, n=1)
    readings = [
        Reading(
            Evidence(Article(text, title="-"), Passage("", 0, len(text), text), 0.0),
            float(vector @ vectors[0]),
            found,
        )
        for text, vector, found in zip(case.paragraphs, vectors[1:], spans, strict=True)
    ]
    best = max(readings, key=lambda reading: reading.best.score)
    text = best.best.text
    right = best.evidence.passage.text == case.gold and any(
        answer in text or (len(text) > 2 and text in answer) for answer in case.answers
    )
    return signs(case.question, [best], encoder)[0], right, mismatch(case.question, best) is not None


def main() -> None:
    """Measure, fit on one half, and print the weights and what they do on the other."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    reader, encoder = Reader.load(), MiniLM.load()
    every = list(cases())
    measured = [measure(case, reader, encoder) for case in every]
    x = np.array([astuple(sign) for sign, _, _ in measured])
    y = np.array([right for _, right, _ in measured])
    forbidden = np.array([slip for _, _, slip in measured])
    odd = np.array([case.article % 2 == 1 for case in every])
    kind = np.array([case.kind for case in every])
    model = LogisticRegression(max_iter=5000).fit(x[~odd], y[~odd])
    sure = np.where(forbidden[odd], 0.0, model.predict_proba(x[odd])[:, 1])
    right, kind = y[odd], kind[odd]
    for field, weight in zip(fields(Signs), model.coef_[0], strict=True):
        print(f"{field.name:12} {weight:+.3f}")
    print(f"{'bias':12} {model.intercept_[0]:+.3f}")
    print(
        f"AUROC {roc_auc_score(right, sure):.3f}; reader alone {roc_auc_score(right, x[odd][:, 0]):.3f} (n {odd.sum()})"
    )
    for level in (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        answered = sure >= level
        print(
            f"from {level:.2f}: answers {answered[kind == 'answerable'].mean():.3f} of the answerable, "
            f"{answered[right].mean():.3f} of those it has right; refuses "
            f"{1 - answered[kind == 'removed'].mean():.3f} removed, {1 - answered[kind == 'exchanged'].mean():.3f} "
            f"exchanged; J {answered[right].mean() - answered[kind != 'answerable'].mean():.3f}"
        )


if __name__ == "__main__":
    try:
        main()
    except SourceNotFound as error:
        sys.exit(str(error))
