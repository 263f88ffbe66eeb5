"""Questions that an archive answers and the same that it does not, over archives of all sizes.

XQuAD English (Artetxe et al., ACL 2020), whose paragraphs the reader was not trained on: each question is asked of
some paragraphs (answerable), of the same without its own (not), and, where it holds a name, with that name
exchanged for another of the article's that its paragraph lacks (not). RealTimeQA of October to December 2023, of
which no reader has seen an answer: each question for a short fact as it is, and without the articles that
hold its answer (not), over all articles of the half-year, and over those that a web search returned for it.
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.benchmarks import newsroom, realtimeqa
from eval.benchmarks.realtimeqa import Question
from eval.benchmarks.xquad import xquad
from eval.metrics import contains
from index.archive import Archive
from index.articles import Article, Passage
from index.encoder import Encoder, Vectors
from rag.answerable import Signs, signs
from rag.candidates import candidates
from rag.evidence import Evidence
from rag.mismatch import mismatch
from rag.names import missing_names, names
from rag.reader import Reader
from rag.retrieve import READ, Reading

PERIOD, SINCE = "2023h2", dt.date(2023, 10, 1)
OF_AN_ARTICLE = 5  # paragraphs of each article of XQuAD
_EVERY = 4  # of the questions asked of all paragraphs: they take six times as long


@dataclass(frozen=True, slots=True)
class Measured:
    """What a case gave: signs of the best answer, whether it is right, whether a rule forbids it."""

    kind: str
    odd: bool
    signs: Signs
    right: bool
    forbidden: bool


@dataclass(frozen=True, slots=True)
class _Case:
    """A question on paragraphs; ``answers`` is empty if they do not answer it."""

    kind: str
    question: str
    answers: tuple[str, ...]
    lacks_gold: bool = False


class Paragraphs:
    """The paragraphs of XQuAD, their vectors, and the names of each article."""

    def __init__(self, encoder: Encoder) -> None:
        self.rows = xquad()
        self.texts = list(dict.fromkeys(row["context"] for row in self.rows))
        self.vectors: Vectors = encoder.encode(self.texts)
        self.encoder = encoder
        self._at = {text: at for at, text in enumerate(self.texts)}
        self._known: dict[int, set[str]] = defaultdict(set)
        for row in self.rows:
            own = {name.text for name in names(row["question"]) if not name.text[0].isdigit()}
            self._known[self.article(row["context"])] |= own

    def article(self, text: str) -> int:
        """The number of a paragraph's article."""
        return self._at[text] // OF_AN_ARTICLE

    def cases(self, reader: Reader, *, all_of_them: bool) -> Iterator[Measured]:
        """Each question on its article's paragraphs, or every fourth on the nearest of all articles."""
        chance = random.Random(0)
        for row in self.rows[:: _EVERY if all_of_them else 1]:
            gold = row["context"]
            for case in self._of(row["question"], gold, tuple(row["answers"]), chance):
                pool = self._pool(case.question, gold, all_of_them=all_of_them)
                some = [at for at in pool if not (case.lacks_gold and self.texts[at] == gold)]
                size = len(self.texts) if all_of_them else OF_AN_ARTICLE
                if found := self._measure(case, gold, some, size, reader):
                    yield found

    def _of(
        self, question: str, gold: str, answers: tuple[str, ...], chance: random.Random
    ) -> Iterator[_Case]:
        yield _Case("answerable", question, answers)
        yield _Case("removed", question, (), lacks_gold=True)
        known = self._known[self.article(gold)]
        own = [n.text for n in names(question) if n.text in known]
        strange = [n for n in sorted(known) if n not in question and missing_names(f"x {n}", gold)]
        if own and strange:
            yield _Case("exchanged", question.replace(chance.choice(own), chance.choice(strange)), ())

    def _pool(self, question: str, gold: str, *, all_of_them: bool) -> list[int]:
        if all_of_them:
            likeness = self.vectors @ self.encoder.encode([question])[0]
            return [int(at) for at in np.argsort(-likeness)[:READ]]
        first = self.article(gold) * OF_AN_ARTICLE
        return list(range(first, first + OF_AN_ARTICLE))

    def _measure(
        self, case: _Case, gold: str, pool: Sequence[int], size: int, reader: Reader
    ) -> Measured | None:
        asked = self.encoder.encode([case.question])[0]
        texts = [self.texts[at] for at in pool]
        readings = []
        for at, text, spans in zip(pool, texts, reader.read_all(case.question, texts), strict=True):
            likeness = float(self.vectors[at] @ asked)
            passage = Passage("", 0, len(text), text)
            evidence = Evidence(Article(text, title="-"), passage, likeness, str(at))
            readings.append(Reading(evidence, likeness, spans))
        if (judged := _judged(case.question, readings, self.encoder, size)) is None:
            return None
        sign, best, forbidden = judged
        said = best.best.text
        right = best.evidence.passage.text == gold and any(
            answer in said or (len(said) > 2 and said in answer) for answer in case.answers
        )
        kind = f"{case.kind}, {size} paragraphs"
        return Measured(kind, self.article(gold) % 2 == 1, sign, right, forbidden)


def _judged(
    question: str, readings: Sequence[Reading], encoder: Encoder, size: int
) -> tuple[Signs, Reading, bool] | None:
    found = candidates(question, readings)[:1]
    if not found:
        return None
    best = found[0].reading
    return signs(question, found, encoder, size)[0], best, mismatch(question, best) is not None


def news(folder: Path, reader: Reader, encoder: Encoder) -> Iterator[Measured]:
    """The news questions, each over the half-year and over what a web search returned for it."""
    remembering = newsroom.Remembering(encoder)
    with newsroom.archive(PERIOD, folder) as archive:
        articles = {article.id: article for article in archive.articles()}
        for number, question in enumerate(realtimeqa.questions(PERIOD)):
            if question.source not in realtimeqa.SHORT or question.day < SINCE:
                continue
            yield from _with_and_without("news", archive, question, number, reader)
            some = [articles[key] for key in sorted(question.retrieved) if key in articles]
            if some:
                with tempfile.TemporaryDirectory() as part, Archive.open(part, encoder=remembering) as small:
                    small.add(some)
                    yield from _with_and_without("a few articles", small, question, number, reader)


def _with_and_without(
    kind: str, archive: Archive, question: Question, number: int, reader: Reader
) -> Iterator[Measured]:
    readings = newsroom.readings(archive, question, reader)
    lacking = [each for each in readings if not newsroom.holds(each.evidence.article.text, question)]
    for removed, some in ((False, readings), (True, lacking)):
        judged = _judged(question.text, some, archive.encoder, archive.size())
        if judged is None:
            continue
        sign, best, forbidden = judged
        right = not removed and is_right(best.best.text, question)
        yield Measured(f"removed, {kind}" if removed else kind, number % 2 == 1, sign, right, forbidden)


def is_right(said: str, question: Question) -> bool:
    """Whether an answer is right: F1 of a half with the answer, or all of the answer's words."""
    return newsroom.scores(said, question)[1] >= 0.5 or any(contains(said, a) for a in question.answers)
