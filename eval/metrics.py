"""Scores, each a pure function of what was said and what was expected.

Every share is between 0 and 1. A mean over nothing is None, never 0 or 1, and each function says
what counts when an answer is missing.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.gold import TWO_SENTENCES, GoldQuestion
from rag.answer import Answer

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_MARKERS = re.compile(r"\s*\[\d+\]")
PLAIN_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})


@dataclass(frozen=True, slots=True)
class Span:
    """Code points ``start`` to ``end`` of one article."""

    article_id: str
    start: int
    end: int

    def overlap(self, other: Span) -> int:
        """How many code points both spans share."""
        if self.article_id != other.article_id:
            return 0
        return max(0, min(self.end, other.end) - max(self.start, other.start))


Places = frozenset[Span]
"""Every place where one gold quote stands: copies of an article are as good as each other."""


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and extra white space.

    To the letter the ``normalize_answer`` of the SQuAD evaluation script (Rajpurkar et al., 2016).

    >>> normalise("The  Kremlin's \\"response\\".")
    'kremlins response'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1 if the normalised prediction equals any normalised gold, else 0 (SQuAD 1.1 and 2.0).

    As in SQuAD 2.0, golds without any token are dropped, and if none is left only a prediction
    without any token is right.

    >>> exact_match("the Kremlin", ["Kremlin"]), exact_match("Moscow", ["Kremlin"]), exact_match("", [])
    (1.0, 0.0, 1.0)
    """
    return float(any(normalise(prediction) == normalise(gold) for gold in _usable(golds)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Harmonic mean of token precision and recall against the best gold (SQuAD 1.1 and 2.0).

    Tokens are those of the normalised texts, counted with repetition. If either side has none, the
    score is 1 when both have none, else 0 (SQuAD 2.0).

    >>> f1("Russian President Vladimir Putin", ["Vladimir Putin", "Putin"])
    0.6666666666666666
    """
    return max(_f1(normalise(prediction).split(), normalise(gold).split()) for gold in _usable(golds))


def _usable(golds: Sequence[str]) -> list[str]:
    return [gold for gold in golds if normalise(gold)] or [""]


def _f1(predicted: list[str], gold: list[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    same = sum((Counter(predicted) & Counter(gold)).values())
    return 2 * same / (len(predicted) + len(gold))


def strip_markers(text: str) -> str:
    """An answer's text without its citation markers.

    >>> strip_markers("It was seized in 2015. [1][2] So Kyiv says. [3]")
    'It was seized in 2015. So Kyiv says.'
    """
    return _MARKERS.sub("", text)


def contains(text: str, gold: str) -> bool:
    """True if the gold answer's tokens occur in the text in one unbroken run.

    Both are normalised as in SQuAD, typographic quotes and dashes first made plain; whole tokens
    only, so that "two" is not found in "twofold". A gold answer without any token is never found.
    Also known as accuracy by inclusion (Mallen et al., ACL 2023).

    >>> contains("It was seized by Russia in 2015.", "2015"), contains("in 20155", "2015")
    (True, False)
    """
    needle = normalise(gold.translate(PLAIN_QUOTES))
    return bool(needle) and f" {needle} " in f" {normalise(text.translate(PLAIN_QUOTES))} "


def prediction(answer: Answer) -> str:
    """What EM and F1 score: the short answer, else the text without markers; empty on abstention."""
    if answer.abstained:
        return ""
    return answer.short if answer.short is not None else _told(answer)


def _told(answer: Answer) -> str:
    """What an answer says as fact, without markers: a sentence shown as unsupported tells nothing."""
    struck = [s for s in answer.statements if not s.citations]
    text = answer.text
    for statement in reversed(struck):
        text = text[: statement.start] + text[statement.end :]
    return strip_markers(text)


def is_right(gold: GoldQuestion, answer: Answer) -> bool:
    """Whether a person who trusts the gold file would call this answer right.

    An unanswerable question: abstained. An answerable one: not abstained, and any gold answer is
    contained (see ``contains``) in the short answer or in the text; in the kind ``two-sentences``,
    every gold string is contained in the text.
    """
    if answer.abstained or not gold.answerable:
        return answer.abstained and not gold.answerable
    text = _told(answer)
    if gold.kind == TWO_SENTENCES:
        return all(contains(text, essential) for essential in gold.answers)
    return any(contains(said, wanted) for said in (answer.short or "", text) for wanted in gold.answers)


def is_grounded(gold: GoldQuestion, answer: Answer, evidence: Sequence[Places]) -> bool:
    """Right, and for the right reason: a citation overlaps a gold quote.

    Stricter than ``is_right``, which a wrong sentence with the right word in it can pass. In the
    kind ``two-sentences`` each gold quote needs a citation that overlaps it.
    """
    cited = [Span(c.article.id, c.start, c.end) for c in answer.citations]
    met = [any(span.overlap(place) for span in cited for place in places) for places in evidence]
    return is_right(gold, answer) and (all(met) if gold.kind == TWO_SENTENCES else any(met))


def _found(passage: Span, places: Places) -> bool:
    """A passage finds a quote if it holds at least half of its code points."""
    return any(2 * passage.overlap(place) >= place.end - place.start for place in places)


def recall_at(k: int, ranked: Sequence[Span], evidence: Sequence[Places]) -> float:
    """Share of the gold quotes found by the first ``k`` passages (Manning et al. 2008, ch. 8).

    The quotes are the relevant items; a passage finds a quote if it holds at least half of it.
    No passages at all score 0, as in trec_eval with ``-c``. ``evidence`` must not be empty.

    >>> quotes = [frozenset({Span("a", 0, 10)}), frozenset({Span("a", 90, 99)})]
    >>> recall_at(1, [Span("a", 0, 50), Span("a", 50, 100)], quotes), recall_at(5, [], quotes)
    (0.5, 0.0)
    """
    return sum(any(_found(p, places) for p in ranked[:k]) for places in evidence) / len(evidence)


def reciprocal_rank(ranked: Sequence[Span], evidence: Sequence[Places], k: int = 10) -> float:
    """1 over the rank of the first passage that finds a gold quote; 0 if none of the first ``k`` does.

    The mean over questions is MRR@k (Voorhees, TREC-8, 1999).

    >>> reciprocal_rank([Span("b", 0, 9), Span("a", 0, 50)], [frozenset({Span("a", 0, 10)})])
    0.5
    """
    for rank, passage in enumerate(ranked[:k], 1):
        if any(_found(passage, places) for places in evidence):
            return 1 / rank
    return 0.0


def abstention(outcomes: Iterable[tuple[bool, bool]]) -> tuple[float | None, float | None]:
    """Precision and recall of abstaining, from pairs (answerable, abstained).

    Precision: share of the abstentions whose question was unanswerable. Recall: share of the
    unanswerable questions that were abstained from. The unanswerable are the positive class, as in
    the NoAns scores of SQuAD 2.0 (Rajpurkar et al., 2018).

    >>> abstention([(True, False), (True, True), (False, True), (False, True)])
    (0.6666666666666666, 1.0)
    """
    pairs = list(outcomes)
    precision = mean(not answerable for answerable, abstained in pairs if abstained)
    return precision, mean(abstained for answerable, abstained in pairs if not answerable)


def mean(values: Iterable[float | bool]) -> float | None:
    """The arithmetic mean; None over nothing.

    >>> mean([True, False, False, False]), mean([])
    (0.25, None)
    """
    numbers = [float(v) for v in values]
    return math.fsum(numbers) / len(numbers) if numbers else None


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value below which ``share`` (0..1) of the values lie; None over nothing.

    Linear between the two nearest ranks, the default of numpy (method 7 of Hyndman and Fan, 1996).

    >>> percentile([10, 20, 30, 40], 0.5), percentile([10, 20, 30, 40], 0.95)
    (25.0, 38.5)
    """
    ordered = sorted(values)
    if not ordered:
        return None
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)
