"""Examples from real news questions: passages that hold the answer, and near ones that do not.

Distant supervision (Mintz et al., ACL 2009): a passage found for a RealTimeQA question is taken to answer it
where the answer stands beside the question's words. Only the periods 2022h2 and 2023h1 are used.
"""

from __future__ import annotations

import datetime as dt
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eval.benchmarks import realtimeqa
from eval.metrics import PLAIN_QUOTES
from eval.training.examples import Example, Span, example
from index.archive import Archive
from index.articles import DateRange, ScoredPassage
from index.sentences import sentences
from rag.words import word_set

PERIODS = ("2022h2", "2023h1")
_POSITIVES, _NEGATIVES, _UNANSWERED = 4, 6, 3  # of one question; the last where no passage answers
_DEPTH, _NEAR = 40, 25
_STOP = word_set(
    "the a an of in on at to and for by with from is was were are be been has have had that this it its as or not but "
    "they their his her he she who which what will would said says after before about into over more than how did do "
    "does when where why"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage found for a question, with its title where that adds something."""

    text: str
    title: str


def words(text: str) -> set[str]:
    """The words of a text that tell it apart."""
    return {w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in _STOP and len(w) > 1}


def own_title(title: str, text: str) -> str:
    """A title, unless the text begins with it."""
    return "" if text.startswith(title[:30]) else title


@lru_cache(maxsize=4096)
def pattern(answer: str) -> re.Pattern[str] | None:
    """What finds an answer in a text, however it is punctuated; None for one without words.

    >>> [bool(pattern("$5").search(t)) for t in ("a $5 gallon", "a $5.50 gallon", "some $50")]
    [True, False, False]
    """
    bare = answer.translate(PLAIN_QUOTES).strip(" .\"'")
    bare = re.sub(r"^(?:the|a|an)\s+", "", bare, flags=re.IGNORECASE)
    parts = re.findall(r"[\w]+(?:[.,]\d+)*|[$£€%]", bare)
    if not parts:
        return None
    before = r"(?<!\w)" if parts[0][0].isalnum() else ""
    after = r"(?!\w)" if parts[-1][-1].isalnum() else ""
    if parts[-1].isdigit():
        after = r"(?![\w%])(?!,\d)(?!\.\d)"
    body = r"[\s\-'\".,]*".join(map(re.escape, parts))
    return re.compile(before + body + after, re.IGNORECASE)


def examples(archive: Archive, period: str, chance: random.Random) -> tuple[list[Example], list[Example]]:
    """Examples with and without an answer, of every question of a period, over an archive of its articles."""
    holding: list[Example | None] = []
    lacking: list[Example | None] = []
    for row in realtimeqa.rows("questions", period):
        patterns = [p for p in map(pattern, row["answers"]) if p]
        if not patterns:
            continue
        with_it, without = _sorted(row["question"], patterns, _pool(archive, row))
        asked = row["question"]
        holding += [example(asked, each.text, span, chance, title=each.title) for each, span in with_it]
        some = without if with_it else without[:_UNANSWERED]
        lacking += [example(asked, each.text, None, chance, title=each.title) for each in some]
    return [e for e in holding if e], [e for e in lacking if e]


def _pool(archive: Archive, row: dict[str, Any]) -> list[Found]:
    """The first passages for a question as of its day, recent ones preferred."""
    day = dt.date.fromisoformat(row["as_of"])
    hits: dict[str, ScoredPassage] = {}
    for since, k in ((None, 100), (day - dt.timedelta(21), 60)):
        for hit in archive.search(row["question"], k, published=DateRange(since, day)):
            hits.setdefault(hit.passage.id, hit)
    top = max([round(hit.lexical, 3) for hit in hits.values()] + [1e-9])

    def rank(hit: ScoredPassage) -> float:
        age = (day - hit.date).days if hit.date else 999
        return -(round(hit.dense, 4) + 0.5 * round(hit.lexical, 3) / top + 0.3 * math.exp(-age / 14))

    first = [hit.passage for hit in sorted(hits.values(), key=rank)[:_DEPTH]]
    return [Found(p.text, own_title(archive.article(p.article_id).title, p.text)) for p in first]


def _sorted(
    question: str, patterns: Sequence[re.Pattern[str]], pool: Sequence[Found]
) -> tuple[list[tuple[Found, Span]], list[Found]]:
    """The passages that hold the answer beside the question's words, with its place; and the first that lack it."""
    asked = words(question)
    holding: list[tuple[Found, Span]] = []
    lacking: list[Found] = []
    begun = set()
    for rank, found in enumerate(pool):
        plain = found.text.translate(PLAIN_QUOTES)
        if plain[:120] in begun:
            continue
        begun.add(plain[:120])
        spans = [match.span() for p in patterns for match in p.finditer(plain)]
        if not spans:
            if len(lacking) < _NEGATIVES and rank < _NEAR:
                lacking.append(found)
            continue
        nearness, span = _nearest(found, spans, asked)
        share = len(asked & words(f"{found.text} {found.title}")) / max(1, len(asked))
        least = 0.45 if span[1] - span[0] <= 3 else 0.33  # a short answer stands in many passages by chance
        if share >= least and nearness >= 2.5 and len(holding) < _POSITIVES:
            holding.append((found, span))
    return holding, lacking


def _nearest(found: Found, spans: Sequence[Span], asked: set[str]) -> tuple[float, Span]:
    """The span whose sentence shares most words with the question, and how many, neighbours at half."""
    text = found.text
    inside = sentences(text)
    best: tuple[float, Span] = (-1.0, spans[0])
    for span in spans:
        at = next((i for i, (a, b) in enumerate(inside) if a <= span[0] < b), 0)
        own = text[slice(*inside[at])]
        near = " ".join(text[a:b] for a, b in inside[max(0, at - 1) : at + 2])
        shared = (
            len(asked & words(own)) + 0.5 * len(asked & words(near)) + 0.3 * len(asked & words(found.title))
        )
        if shared > best[0]:
            best = (shared, span)
    return best
