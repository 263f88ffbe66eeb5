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
from typing import Any

from eval.benchmarks import newsroom, realtimeqa
from eval.benchmarks.candidate_cases import PERIOD, beside, case
from eval.benchmarks.fit_candidates import of_other_folds
from eval.benchmarks.realtimeqa import Question
from eval.benchmarks.xquad import xquad
from index.archive import Archive
from index.articles import Article, DateRange
from index.encoder import Encoder
from rag.answerable import Signs, signs
from rag.candidates import candidates
from rag.mismatch import mismatch
from rag.names import missing_names, names
from rag.reader import Reader
from rag.retrieve import Reading, read, retrieve
from rag.traits import WEIGHTS, Weights

SINCE = dt.date(2023, 10, 1)
OF_AN_ARTICLE = 5  # paragraphs of each article of XQuAD
TODAY = dt.date(2023, 11, 8)
_AGES = (0, 2, 7, 30, 200, 1000)  # days: what is asked for may be new or old
_EVERY = 4  # of the questions asked of all paragraphs: they take six times as long


@dataclass(frozen=True, slots=True)
class Measured:
    """What a case gave: signs of the best answer, whether it is right, whether a rule forbids it."""

    kind: str
    odd: bool
    signs: Signs
    right: bool
    forbidden: bool


class Paragraphs:
    """The paragraphs of XQuAD as dated articles, and the names of each of its articles."""

    def __init__(self, encoder: Encoder, reader: Reader) -> None:
        self.rows = xquad()
        self.encoder, self.reader = newsroom.Remembering(encoder), reader
        chance = random.Random(0)
        texts = list(dict.fromkeys(row["context"] for row in self.rows))
        self._at = {text: at for at, text in enumerate(texts)}
        days = [TODAY - dt.timedelta(chance.choice(_AGES)) for _ in texts[::OF_AN_ARTICLE]]
        self.articles = [
            Article(text, id=f"p{at}", date=days[at // OF_AN_ARTICLE]) for at, text in enumerate(texts)
        ]
        self._known: dict[int, set[str]] = defaultdict(set)
        for row in self.rows:
            own = {name.text for name in names(row["question"]) if not name.text[0].isdigit()}
            self._known[self.article(row["context"])] |= own

    def article(self, text: str) -> int:
        """The number of a paragraph's article."""
        return self._at[text] // OF_AN_ARTICLE

    def cases(self) -> Iterator[Measured]:
        """Each question on its article's five paragraphs; every fourth on those of all articles too."""
        for number in range(len(self.articles) // OF_AN_ARTICLE):
            some = self.articles[number * OF_AN_ARTICLE : (number + 1) * OF_AN_ARTICLE]
            rows = [row for row in self.rows if self.article(row["context"]) == number]
            yield from self._over(some, rows)
        yield from self._over(self.articles, self.rows[::_EVERY])

    def _over(self, articles: Sequence[Article], rows: Sequence[dict[str, Any]]) -> Iterator[Measured]:
        chance = random.Random(1)
        with tempfile.TemporaryDirectory() as folder, Archive.open(folder, encoder=self.encoder) as archive:
            archive.add(articles)
            for row in rows:
                for kind, question in self._kinds(row["question"], row["context"], chance):
                    readings = self._read(archive, question)
                    if kind == "removed":
                        readings = [r for r in readings if r.evidence.article.text != row["context"]]
                    if (judged := _judged(question, readings, self.encoder, archive.size(), WEIGHTS)) is None:
                        continue
                    sign, best, forbidden = judged
                    right = kind == "answerable" and _holds(best, row)
                    group = f"{kind}, {len(articles)} paragraphs"
                    odd = self.article(row["context"]) % 2 == 1
                    yield Measured(group, odd, sign, right, forbidden)

    def _kinds(self, question: str, gold: str, chance: random.Random) -> Iterator[tuple[str, str]]:
        """The question as it is, twice, and with a name exchanged."""
        yield "answerable", question
        yield "removed", question
        known = self._known[self.article(gold)]
        own = [n.text for n in names(question) if n.text in known]
        strange = [n for n in sorted(known) if n not in question and missing_names(f"x {n}", gold)]
        if own and strange:
            yield "exchanged", question.replace(chance.choice(own), chance.choice(strange))

    def _read(self, archive: Archive, question: str) -> list[Reading]:
        found = retrieve(archive, question, published=DateRange(until=TODAY), as_of=TODAY)
        return read(self.reader, question, found)


def _holds(best: Reading, row: dict[str, Any]) -> bool:
    said = best.best.text
    return best.evidence.article.text == row["context"] and any(
        answer in said or (len(said) > 2 and said in answer) for answer in row["answers"]
    )


def _judged(
    question: str, readings: Sequence[Reading], encoder: Encoder, size: int, weights: Weights
) -> tuple[Signs, Reading, bool] | None:
    found = candidates(question, readings, weights)[:1]
    if not found:
        return None
    best = found[0].reading
    return signs(question, found, encoder, size)[0], best, mismatch(question, best) is not None


def news(folder: Path, reader: Reader, encoder: Encoder) -> Iterator[Measured]:
    """The news questions, each over the half-year and over what a web search returned for it.

    The weights of candidates were fitted on these questions too; each is judged by weights of the others.
    """
    remembering = newsroom.Remembering(encoder)
    with newsroom.archive(PERIOD, folder) as archive:
        articles = {article.id: article for article in archive.articles()}
        asked = [q for q in realtimeqa.questions(PERIOD) if q.source in realtimeqa.SHORT]
        read = [newsroom.readings(archive, question, reader) for question in asked]
        cases = [case(question, readings) for question, readings in zip(asked, read, strict=True)]
        weights = of_other_folds(cases, beside(folder))
        for number, (question, readings, own) in enumerate(zip(asked, read, weights, strict=True)):
            if question.day < SINCE:
                continue
            yield from _with_and_without("news", archive, question, readings, number, own)
            some = [articles[key] for key in sorted(question.retrieved) if key in articles]
            if some:
                with tempfile.TemporaryDirectory() as part, Archive.open(part, encoder=remembering) as small:
                    small.add(some)
                    few = newsroom.readings(small, question, reader)
                    yield from _with_and_without("a few articles", small, question, few, number, own)


def _with_and_without(
    kind: str,
    archive: Archive,
    question: Question,
    readings: Sequence[Reading],
    number: int,
    weights: Weights,
) -> Iterator[Measured]:
    lacking = [each for each in readings if not newsroom.holds(each.evidence.article.text, question)]
    for removed, some in ((False, readings), (True, lacking)):
        judged = _judged(question.text, some, archive.encoder, archive.size(), weights)
        if judged is None:
            continue
        sign, best, forbidden = judged
        right = not removed and newsroom.is_right(best.best.text, question)
        yield Measured(f"removed, {kind}" if removed else kind, number % 2 == 1, sign, right, forbidden)
