"""Extract: the archive's own answer to a question, or why it has none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.archive import Archive
from index.articles import ALWAYS, DateRange
from rag.answer import Turn
from rag.answerable import ANSWER_FROM, closest, confidences, shortfall
from rag.candidates import Candidate, candidates
from rag.compose import MAX_CLAIMS, claims_for, is_prose, sentence_at
from rag.dates import Period
from rag.disagreement import difference, newest_first, rivals
from rag.evidence import Claim, Evidence
from rag.mismatch import mismatch
from rag.names import names, unspoken
from rag.outline import Order, outline, parts
from rag.question import standalone
from rag.reader import Reader, Span
from rag.retrieve import read, retrieve, window
from rag.shapes import Shape, Side, enumerates, shape, sides, subject
from rag.timings import Timings

NEAR = 0.3  # cosine from which a passage is about the subject of an overview
BESIDE = 0.5  # cosine of question and sentence from which that is told beside, or for want of, an answer
CANDIDATES = 3  # answers weighed with all signs
LIST_SHARE = 0.15  # of the best answer's chance: what is less likely is not listed
OUTLINE_PASSAGES = 48  # of a timeline, over all its stretches
OUTLINE_MOST = 8  # sentences of an overview or timeline
LIST_MOST = 5  # answers listed beside the best
CLOSE_SPANS = 2.0  # logits within which a further span of the same passage is an answer too

_JOINT = re.compile(
    r",?\s+and\s+(?=(?:what|who|whom|whose|how|why|when|where|which|was|were|is|are|did|does|do|has|have)\b)",
    re.I,
)
_ASKS = re.compile(r"^\W*(?:what|who|whom|whose|how|why|when|where|which|in which|on which)\b", re.I)


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
    """Where to look: the archive, its reader, the days that may be seen, the period asked about, today.

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


def extract(question: str, search: Search, timings: Timings) -> Extract:
    """Answer a standalone question from the archive alone.

    A question of two parts, or about two parties, is answered part by part; a request for the news of a
    subject gets an overview or a timeline, one for several things a list.
    """
    form = shape(question)
    if form in ("overview", "timeline"):
        return _outline(question, search, timings, by_date=form == "timeline")
    if both := sides(question):
        return _joined([side.question for side in both], [_side(side, search, timings) for side in both])
    if form in ("list", "yes-no"):
        return _several(question, search, timings, form)
    parts = question_parts(question)
    answers: list[Extract] = []
    for part in parts:
        asked = part
        if answers:
            asked = standalone(part, [Turn(parts[0], " ".join(c.text for c in answers[0].claims))])
        answers.append(_single(asked, search, timings))
    return answers[0] if len(answers) == 1 else _joined(parts, answers)


def question_parts(question: str) -> list[str]:
    """A question of two parts as two questions; any other as it is.

    >>> question_parts("What did Moscow report, and were there victims?")
    ['What did Moscow report?', 'were there victims?']
    >>> question_parts("Who met Putin and Kim?")
    ['Who met Putin and Kim?']
    """
    match = _JOINT.search(question)
    if match is None or not _ASKS.match(question):
        return [question]
    first, second = question[: match.start()], question[match.end() :]
    if min(len(first.split()), len(second.split())) < 3:
        return [question]
    return [first.rstrip(" ?,") + "?", second]


def _single(question: str, search: Search, timings: Timings, *, several: bool = False) -> Extract:
    with timings.stage("retrieve"):
        query = f"{question} {search.topic}" if search.topic else question
        found = retrieve(
            search.archive, query, published=search.published, period=search.period, as_of=search.as_of
        )
    with timings.stage("read"):
        readings = read(search.reader, question, found)
    evidence = tuple(reading.evidence for reading in readings)
    if not readings:
        return Extract((), None, 0.0, None, ())
    with timings.stage("read"):
        ranked = candidates(question, readings)
        answers = ranked[:CANDIDATES]
        if not answers:
            return Extract((), None, 0.0, shortfall(question, readings[0], 0.0, search.answer_from), evidence)
        sure_of = confidences(question, answers, search.archive.encoder)
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
    told = _first(reading.evidence, evidence)
    if differing := rivals(question, best, ranked):
        both = newest_first([best, *differing])
        claims = claims_for([(each.reading.evidence, each.reading.best) for each in both])
        return Extract(tuple(claims), reading.best.text, sure, difference(both), told)
    others = _others(best, ranked) if several else []
    claims = claims_for([*_spans(best), *others], MAX_CLAIMS + len(others))
    return Extract(tuple(claims), None if others else reading.best.text, sure, None, told)


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


def _several(question: str, search: Search, timings: Timings, form: Shape) -> Extract:
    """A list with the sentences that list more; a yes or no with more of the sentences it rests on."""
    found = _single(question, search, timings, several=form == "list")
    if not found.claims:
        return found
    named = names(question)

    def counts(sentence: str) -> bool:
        return enumerates(sentence) if form == "list" else not unspoken(named, sentence)

    with timings.stage("read"):
        more = outline(
            question,
            found.evidence,
            search.archive.encoder,
            order="nearest",
            most=3,
            least=BESIDE,
            only=counts,
        )
    claims = _once([*found.claims, *more])
    return replace(found, claims=claims, short=found.short if len(claims) == len(found.claims) else None)


def _side(side: Side, search: Search, timings: Timings) -> Extract:
    """What one party said: the answer, and the sentences nearest to the question in which they speak."""
    found = _single(side.question, search, timings)
    with timings.stage("read"):
        encoder = search.archive.encoder
        told = outline(
            side.question, found.evidence, encoder, order="nearest", most=2, least=BESIDE, only=side.speaks_in
        )
    claims = _once([*found.claims, *told])
    sure = found.confidence if found.claims else search.answer_from
    return replace(found, claims=claims, confidence=sure, reason=None) if claims else found


def _outline(question: str, search: Search, timings: Timings, *, by_date: bool) -> Extract:
    about, days = subject(question), search.published
    if search.period and not search.period.recent:
        inside = days.overlap(window(search.period))
        if inside is None:
            return Extract((), None, 0.0, None, ())
        days = inside
    order: Order = "oldest" if by_date else "newest"
    with timings.stage("retrieve"):
        stretches = parts(days, search.as_of) if by_date else []
        if stretches:
            each = OUTLINE_PASSAGES // len(stretches)
            found = [
                pair
                for some in stretches
                for pair in retrieve(search.archive, about, published=some, most=each)
            ]
        else:
            found = retrieve(search.archive, about, published=days, as_of=None if by_date else search.as_of)
    evidence = tuple(each for each, _ in found)
    near = [each for each, cosine in found if cosine >= NEAR]
    top = max((cosine for _, cosine in found), default=0.0)
    sure = max(0.0, min(top, 1.0))
    with timings.stage("read"):
        claims = outline(
            about, near, search.archive.encoder, order=order, most=OUTLINE_MOST, stretches=stretches
        )
    if not claims:
        reason = f"no passage is close to this subject (closest {top:.2f}, needed {NEAR:.2f})"
        return Extract((), None, sure, reason if found else None, evidence)
    return Extract(tuple(claims), None, sure, None, evidence)


def _joined(parts: Sequence[str], answers: Sequence[Extract]) -> Extract:
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


def _first(best: Evidence, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """All the evidence, the passage that the answer came from first."""
    return (best, *(each for each in evidence if each.passage.id != best.passage.id))
