"""Fact: the one answer that the archive gives to one question, or why it gives none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from index.archive import Archive
from index.articles import ALWAYS, DateRange
from index.shelves import ANYWHERE, Selection
from rag.answerable import ANSWER_FROM, closest, confidences, shortfall
from rag.candidates import Candidate, candidates
from rag.compose import MAX_CLAIMS, claims_for, is_prose, sentence_at
from rag.dates import Period
from rag.disagreement import difference, newest_first, rivals
from rag.evidence import Claim, Evidence
from rag.mismatch import mismatch
from rag.reader import Reader, Span
from rag.rerank import by_answer
from rag.retrieve import READ, Reading, read, retrieve
from rag.timings import Timings

CANDIDATES = 3  # answers weighed with all signs
LIST_SHARE = 0.15  # of the best answer's chance: what is less likely is not listed
LIST_MOST = 5  # answers listed beside the best
CLOSE_SPANS = 2.0  # logits within which a further span of the same passage is an answer too


@dataclass(frozen=True, slots=True)
class Extract:
    """What reading the archive gave.

    ``claims`` is empty if the archive does not say, and then ``reason`` tells why; with claims,
    ``reason`` tells what part of the question stayed open. ``evidence`` is what was looked at, best
    first; ``short`` the exact words that answer.
    """

    claims: tuple[Claim, ...]
    short: str | None
    confidence: float
    reason: str | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look: the archive, its reader, the days and sources that may be seen, the period asked about, today.

    ``topic`` is what the conversation is about: it is searched for beside the question, but not read for.
    ``answer_from`` is the confidence from which an answer is given.
    """

    archive: Archive
    reader: Reader
    published: DateRange = ALWAYS
    period: Period | None = None
    as_of: dt.date | None = None
    topic: str = ""
    answer_from: float = ANSWER_FROM
    where: Selection = ANYWHERE

    def retrieve(
        self, query: str, *, published: DateRange, as_of: dt.date | None = None, most: int = READ
    ) -> list[tuple[Evidence, float]]:
        """The first passages of these days for a query, from where this search may look."""
        return retrieve(self.archive, query, published=published, where=self.where, as_of=as_of, most=most)

    def answers(self, question: str) -> list[tuple[Evidence, float]]:
        """The passages that may answer a question about the topic and the period."""
        query = f"{question} {self.topic}" if self.topic else question
        return retrieve(
            self.archive,
            query,
            published=self.published,
            where=self.where,
            period=self.period,
            as_of=self.as_of,
        )


def fact(question: str, search: Search, timings: Timings, *, several: bool = False) -> Extract:
    """The best answer to one question that asks for one thing; with ``several`` further ones beside it."""
    with timings.stage("retrieve"):
        found = search.answers(question)
    with timings.stage("read"):
        readings = read(search.reader, question, found)
    if not readings:
        return Extract((), None, 0.0, None, ())
    with timings.stage("read"):
        ranked = candidates(question, readings)
        evidence = _evidence(readings, ranked)
        answers = ranked[:CANDIDATES]
        if not answers:
            return Extract((), None, 0.0, shortfall(question, readings[0], 0.0, search.answer_from), evidence)
        sure_of = confidences(question, answers, search.archive.encoder, search.archive.size())
        weighed = sorted(zip(sure_of, answers, strict=True), key=lambda pair: -pair[0])
    likely = [(sure, answer) for sure, answer in weighed if sure >= search.answer_from]
    if not likely:
        sure, closest_one = weighed[0]
        return Extract(
            (), None, sure, shortfall(question, closest_one.reading, sure, search.answer_from), evidence
        )
    slips = [(mismatch(question, answer.reading), sure, answer) for sure, answer in likely]
    sound = [(sure, answer) for slip, sure, answer in slips if slip is None]
    if not sound:
        slip, _, wrong = slips[0]
        return Extract((), None, 0.0, f"{closest(wrong.reading)} {slip}", evidence)
    sure, best = sound[0]
    reading = best.reading
    told = _evidence(readings, [best, *(each for each in ranked if each is not best)])
    if differing := rivals(question, best, ranked):
        both = newest_first([best, *differing])
        claims = claims_for([(each.reading.evidence, each.reading.best) for each in both])
        return Extract(tuple(claims), reading.best.text, sure, difference(both), told)
    others = _others(best, ranked) if several else []
    claims = claims_for([*_spans(best), *others], MAX_CLAIMS + len(others))
    return Extract(tuple(claims), None if others else reading.best.text, sure, None, told)


def _evidence(readings: Sequence[Reading], ranked: Sequence[Candidate]) -> tuple[Evidence, ...]:
    return tuple(reading.evidence for reading in by_answer(readings, ranked))


def _spans(best: Candidate) -> list[tuple[Evidence, Span]]:
    """The best span, and those of the same passage that the reader finds about as good."""
    reading = best.reading
    floor = max(0.0, reading.best.score - CLOSE_SPANS)
    near = [span for span in reading.spans[1:] if span.score >= floor]
    return [(reading.evidence, span) for span in (reading.best, *near)]


def _others(best: Candidate, ranked: Sequence[Candidate]) -> list[tuple[Evidence, Span]]:
    """The further answers of a list: those not far less likely than the best, in sentences that state something."""
    readings = [
        each.reading for each in ranked if each is not best and each.chance >= LIST_SHARE * best.chance
    ]
    found = [(each.evidence, each.best) for each in readings if each.best.score > 0]
    return [
        (evidence, span)
        for evidence, span in found
        if is_prose(sentence_at(evidence, span.start, span.end).text)
    ][:LIST_MOST]
