"""Shaped answers: lists, yes or no, comparisons, overviews and timelines; every line is a sentence of the archive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from index.articles import DateRange
from rag.evidence import Claim, Evidence
from rag.fact import Extract, Search, fact
from rag.listing import listings, of_another_year
from rag.names import Name, names, unspoken
from rag.onset import Onset, first_told, onset
from rag.outline import Order, outline, parts
from rag.retrieve import window
from rag.shapes import Side, subject
from rag.timings import Timings

NEAR = 0.3  # cosine from which a passage is about the subject of an overview
BESIDE = 0.5  # cosine of question and sentence from which that is told beside, or for want of, an answer
OUTLINE_PASSAGES = 48  # of a timeline, over all its stretches
OUTLINE_MOST = 8  # sentences of an overview or timeline
ONSET_PASSAGES = 12  # looked at for the day on which a timeline begins
EVIDENCE_OF_YES = 3  # sentences that a yes or no rests on
SPOKEN = 0.4  # the same of a sentence in which a party speaks
SIDE_MOST = 3  # sentences in which a party of a comparison speaks


def listed(question: str, search: Search, timings: Timings) -> Extract:
    """The places that list what is asked for, then the single answers; none of another year than is asked about.

    Where no single answer is sure enough, a list in which the reader sees the answer will do, if the passage
    speaks of everything that the question names.
    """
    found = fact(question, search, timings, several=True)
    with timings.stage("read"):
        lists = listings(question, found.evidence, search.reader, search.archive.encoder)
    if found.claims:
        single = [claim for claim in found.claims if not of_another_year(question, claim.text)]
        claims = _once([*(each.claim for each in lists), *single])
        return _with(found, claims) if claims else found
    about = {each.article.id for each in speaking(names(question), found.evidence, strictly=True)}
    sure = [each.claim for each in lists if each.score > 0 and each.claim.quotes[0].article.id in about]
    if not sure:
        return found
    return replace(found, claims=_once(sure), confidence=search.answer_from, reason=None)


def yes_or_no(question: str, search: Search, timings: Timings) -> Extract:
    """The sentences that a yes or no rests on."""
    found = fact(question, search, timings)
    if not found.claims:
        return found
    with timings.stage("read"):
        about = speaking(names(question), found.evidence)
        more = outline(
            question, about, search.archive.encoder, order="nearest", most=EVIDENCE_OF_YES, least=BESIDE
        )
    return _with(found, _once([*more, *found.claims]))


def _with(found: Extract, claims: tuple[Claim, ...]) -> Extract:
    """An answer in other claims; its short answer stays if it has no more of them."""
    return replace(found, claims=claims, short=found.short if len(claims) == len(found.claims) else None)


def side_said(side: Side, search: Search, timings: Timings) -> Extract:
    """What one party said: the sentences nearest to the question in which they speak."""
    found = fact(side.question, search, timings)
    with timings.stage("read"):
        told = outline(
            side.question,
            found.evidence,
            search.archive.encoder,
            order="nearest",
            most=SIDE_MOST,
            least=SPOKEN,
            only=side.speaks_in,
        )
    spoken = [claim for claim in found.claims if side.speaks_in(claim.text)]
    claims = _once([*spoken, *told]) if spoken or told else found.claims
    sure = found.confidence if found.claims else search.answer_from
    return replace(found, claims=claims, confidence=sure, reason=None) if claims else found


def outlined(question: str, search: Search, timings: Timings, *, by_date: bool) -> Extract:
    """The news of a subject, newest first; or ``by_date``, from the first day of the period to the last."""
    about, days = subject(question), search.published
    if search.period and not search.period.recent:
        inside = days.overlap(_period(search, question, by_date=by_date))
        if inside is None:
            return Extract((), None, 0.0, None, ())
        days = inside
    begins = onset(about) if by_date else None
    with timings.stage("retrieve"):
        if begins and (search.period is None or search.period.recent):
            days = _from(begins, days, search)
        stretches = parts(days, search.as_of) if by_date else []
        found = _found(about, days, stretches, search, by_date=by_date)
    evidence = tuple(each for each, _ in found)
    top = max((cosine for _, cosine in found), default=0.0)
    sure = max(0.0, min(top, 1.0))
    with timings.stage("read"):
        named = names(begins.subject if begins else about)
        near = speaking(named, [each for each, cosine in found if cosine >= NEAR])
        order: Order = "oldest" if by_date else "newest"
        claims = outline(
            about, near, search.archive.encoder, order=order, most=OUTLINE_MOST, stretches=stretches
        )
    if not claims:
        reason = f"no passage is close to this subject (closest {top:.2f}, needed {NEAR:.2f})"
        return Extract((), None, sure, reason if found else None, evidence)
    return Extract(tuple(claims), None, sure, None, evidence)


def _period(search: Search, question: str, *, by_date: bool) -> DateRange:
    """The days asked about; a timeline "since it began in July" goes on after July."""
    assert search.period
    days = window(search.period)
    return DateRange(days.since) if by_date and " since " in question.lower() else days


def _from(begins: Onset, days: DateRange, search: Search) -> DateRange:
    """The days of a timeline, from the event that it is to begin with."""
    query = f"{begins.subject} {begins.event}"
    found = search.retrieve(query, published=days, as_of=search.as_of, most=ONSET_PASSAGES)
    day = first_told(found)
    return days.overlap(DateRange(day - dt.timedelta(1))) or days if day else days


def _found(
    about: str, days: DateRange, stretches: Sequence[DateRange], search: Search, *, by_date: bool
) -> list[tuple[Evidence, float]]:
    if not stretches:  # a timeline without a beginning is not pulled to the present
        return search.retrieve(about, published=days, as_of=None if by_date else search.as_of)
    each = OUTLINE_PASSAGES // len(stretches)
    return [pair for some in stretches for pair in search.retrieve(about, published=some, most=each)]


def speaking(
    named: Sequence[Name], evidence: Sequence[Evidence], *, strictly: bool = False
) -> list[Evidence]:
    """The evidence that speaks of all of some names, in title or passage.

    If fewer than two passages do, all of it, unless ``strictly``.
    """
    words = [name for name in named if not name.text[0].isdigit()]
    some = [each for each in evidence if not unspoken(words, f"{each.article.title}\n{each.passage.text}")]
    return some if strictly or len(some) > 1 else list(evidence)


def joined(parts: Sequence[str], answers: Sequence[Extract]) -> Extract:
    """The answers to the parts of a question as one, saying what part stayed open."""
    said = [answer for answer in answers if answer.claims]
    evidence = {each.passage.id: each for answer in said or answers for each in answer.evidence}
    open_parts = [f"“{part}”: {a.reason}" for part, a in zip(parts, answers, strict=True) if not a.claims]
    claims = _once([claim for answer in said for claim in answer.claims])
    sure = sum(answer.confidence for answer in answers) / len(answers)
    reason = "; ".join(open_parts) or None
    return Extract(claims, None, sure, reason, tuple(evidence.values()))


def _once(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Claims in their order, each sentence once."""
    return tuple({claim.text: claim for claim in claims}.values())
