"""Article -> passages: whole sentences of one paragraph, small enough to encode, nothing lost."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from index.articles import Article, Passage
from index.sentences import Span, blocks, sentences, sentences_of_block

__all__ = ["CHUNKING", "LIMIT", "Count", "cut", "sentences"]

CHUNKING = "2"
"""Version of the rules here; archives cut by other rules do not mix."""

LIMIT = 254
"""Word pieces in a passage: the default model reads 256, two of them are its own markers."""

TINY = 25
"""Paragraphs of fewer word pieces (a heading, a list item) may share a passage."""

LONE = 80
"""So may paragraphs of one sentence under this many word pieces, as most news sites write them."""

TOGETHER = 160
"""Word pieces that such paragraphs come to together, at most."""

_CHARS_PER_PIECE = 8  # a bound on characters too: a model may count any long word as one piece
_WORD_CHARS = 100
_BATCH = 4096

Count = Callable[[Sequence[str]], list[int]]
Unit = tuple[int, int, int]
"""start, end, word pieces."""


def cut(article: Article, count: Count, limit: int = LIMIT) -> list[Passage]:
    """Cut an article's body into passages of at most ``limit`` word pieces, in order.

    ``count`` gives the word pieces of each text (``Encoder.count``). A passage is a run of whole
    sentences of one paragraph; long paragraphs are split evenly, sentences over the limit between
    words, words over the limit anywhere. Only adjacent paragraphs that are tiny, under 25 word pieces
    or of a single sentence under 80, share a passage. Every character of the body that is not white
    space is in exactly one passage.

    >>> a = Article(text="One two. Three four.", id="a")
    >>> [(p.start, p.end) for p in cut(a, lambda ts: [len(t.split()) for t in ts], limit=3)]
    [(0, 8), (9, 20)]
    """
    body = article.text[article.body_start :]
    paragraphs = [sentences_of_block(body, *block) for block in blocks(body)]
    counts = iter(_counted(body, (s for paragraph in paragraphs for s in paragraph), count))
    spans: list[Unit] = []
    tiny: list[Unit] = []
    for paragraph in paragraphs:
        units = [u for s in paragraph for u in _fitting(body, (*s, next(counts)), count, limit)]
        small = _fits(units, min((LONE if len(paragraph) == 1 else TINY) - 1, limit), limit)
        if tiny and not (small and _fits([*tiny, *units], min(limit, TOGETHER), limit)):
            spans.append(_joined(tiny))
            tiny = []
        if small:
            tiny += units
        else:
            spans += _runs(units, limit)
    if tiny:
        spans.append(_joined(tiny))
    at = article.body_start
    return [Passage(article.id, at + a, at + b, body[a:b]) for a, b in _settled(body, spans, count, limit)]


def _joined(units: Sequence[Unit]) -> Unit:
    return (units[0][0], units[-1][1], sum(u[2] for u in units))


_SURE = 0.5
"""Of the limit: a passage of this many word pieces fits, even if each join of sentences adds one."""


def _settled(text: str, spans: Sequence[Unit], count: Count, limit: int) -> list[Span]:
    """The spans, those near the limit counted as a whole: word pieces may not add up across a join."""
    doubtful = [(a, b) for a, b, pieces in spans if pieces > limit * _SURE]
    settled = iter(_within(text, doubtful, count, limit))
    found: list[Span] = []
    for a, b, pieces in spans:
        if pieces <= limit * _SURE:
            found.append((a, b))
            continue
        found.append(next(settled))
        while found[-1][1] < b:
            found.append(next(settled))
    return found


def _counted(text: str, spans: Iterable[Span], count: Count) -> Iterator[int]:
    batch: list[str] = []
    for start, end in spans:
        batch.append(text[start:end])
        if len(batch) == _BATCH:
            yield from count(batch)
            batch = []
    if batch:
        yield from count(batch)


def _fits(units: Sequence[Unit], pieces: int, limit: int) -> bool:
    chars = units[-1][1] - units[0][0]
    return sum(u[2] for u in units) <= pieces and chars <= limit * _CHARS_PER_PIECE


def _fitting(text: str, unit: Unit, count: Count, limit: int) -> list[Unit]:
    """The sentence itself if it fits, else even runs of its words."""
    if _fits([unit], limit, limit):
        return [unit]
    words = list(_words(text, unit[0], unit[1], count, limit))
    sizes = iter(_counted(text, words, count))
    return [(a, b, n) for a, b, n in _runs([(a, b, next(sizes)) for a, b in words], limit)]


def _words(text: str, start: int, end: int, count: Count, limit: int) -> Iterator[Span]:
    """Words, those of over 100 characters in parts, and those over the limit in smaller parts."""
    at = start
    for word in text[start:end].split():
        at = text.index(word, at)
        stop = at + len(word)
        while at < stop:
            to = _before_mark(text, at, min(at + min(_WORD_CHARS, limit * _CHARS_PER_PIECE), stop), stop)
            yield from _halved(text, at, to, count, limit) if to - at > limit // 4 else [(at, to)]
            at = to


def _before_mark(text: str, start: int, at: int, stop: int) -> int:
    """``at``, or a little earlier so that no combining mark loses its letter."""
    cut_at = at
    while at - cut_at < 8 and start + 1 < cut_at < stop and unicodedata.combining(text[cut_at]):
        cut_at -= 1
    return cut_at


def _halved(text: str, start: int, end: int, count: Count, limit: int) -> list[Span]:
    if end - start == 1 or count([text[start:end]])[0] <= limit:
        return [(start, end)]
    middle = (start + end) // 2
    return _halved(text, start, middle, count, limit) + _halved(text, middle, end, count, limit)


def _runs(units: list[Unit], limit: int) -> Iterator[Unit]:
    """Join neighbours into as few runs as fit, of about the same size."""
    sums = [0, *accumulate(u[2] for u in units)]
    i = 0
    while i < len(units):
        left = sums[-1] - sums[i]
        target = left / max(1, -(-left // limit))
        j = i + 1
        while j < len(units) and _fits_to(units, sums, i, j + 1, limit) and _nearer(sums, i, j, target):
            j += 1
        yield (units[i][0], units[j - 1][1], sums[j] - sums[i])
        i = j


def _fits_to(units: list[Unit], sums: list[int], i: int, j: int, limit: int) -> bool:
    return sums[j] - sums[i] <= limit and units[j - 1][1] - units[i][0] <= limit * _CHARS_PER_PIECE


def _nearer(sums: list[int], i: int, j: int, target: float) -> bool:
    """Whether taking unit j too brings the run from i nearer to the target."""
    return abs(sums[j + 1] - sums[i] - target) <= abs(sums[j] - sums[i] - target)


def _within(text: str, spans: list[Span], count: Count, limit: int) -> list[Span]:
    """Count the spans themselves, split any excess."""
    found: list[Span] = []
    for span, pieces in zip(spans, _counted(text, spans, count), strict=True):
        if pieces <= limit or span[1] - span[0] == 1:
            found.append(span)
            continue
        words = list(_words(text, *span, count, limit))
        if len(words) == 1:
            found += words
            continue
        middle = bisect_left(words, (sum(span) // 2, 0), 1, len(words) - 1)
        halves = [(words[0][0], words[middle - 1][1]), (words[middle][0], words[-1][1])]
        found += _within(text, halves, count, limit)
    return found
