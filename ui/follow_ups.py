"""What to ask next: questions drawn from what an answer rests on, kept only if the archive answers them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from index.articles import Article, Passage
from index.errors import ArticleNotFound
from rag.answer import Answer
from rag.reader import Reader
from ui.examples import Candidate, answered, candidates, varied
from ui.who import who_did

if TYPE_CHECKING:
    from rag.assistant import Assistant

ARTICLES = 6  # cited and nearest ones that questions are drawn from
DRAWN = 24  # questions that are read for in their own sentence at most: some milliseconds each
SURE, LIKELY = 7.0, 4.0  # logits of the reader there: asked at once; asked if there is nothing better
SECONDS = 0.6  # after which no further one is asked, if there is one to show


def follow_ups(
    answer: Answer,
    desk: Assistant,
    count: int = 3,
    *,
    asked: Sequence[str] = (),
    within_s: float = SECONDS,
    **scope: Any,
) -> tuple[str, ...]:
    """Up to ``count`` next questions, from near the citations first; without an LLM, in about ``within_s`` seconds.

    Each is answered in the archive's own words from the very sentence it was drawn from, as of the same day;
    none repeats the question, one ``asked`` before, or what the answer says already. ``scope`` is what else the
    question was asked with: ``since``, ``until``, ``include``, ``exclude``.
    """
    ask = partial(desk.without_llm().ask, as_of=answer.as_of, **scope)
    known = {_bare(each) for each in (answer.question, answer.standalone_question, *asked)}
    begun, found = time.monotonic(), list[str]()
    for candidate in _likely(answer, desk, known):
        if answered(candidate, ask):
            found.append(candidate.question)
        spent = time.monotonic() - begun
        if len(found) >= count or (spent > within_s and found) or spent > 2 * within_s:
            break
    return tuple(found[:count])


def _likely(answer: Answer, desk: Assistant, known: set[str]) -> Iterator[Candidate]:
    """Candidates whose own sentence seems to answer them, those where that is sure first."""
    articles = _articles(answer, desk)
    queues = (_unsaid(answer, known, _drawn(*each)) for each in articles.values())
    reader, rest = Reader.load(), list[tuple[float, Candidate]]()
    for candidate in varied(queues, DRAWN):
        text = articles[candidate.article_id][0].text[candidate.start : candidate.end]
        (span,) = reader.read(candidate.question, [text])
        if span.score >= SURE:
            yield candidate
        elif span.score >= LIKELY:
            rest.append((span.score, candidate))
    yield from (candidate for _, candidate in sorted(rest, key=lambda pair: -pair[0]))


def _articles(answer: Answer, desk: Assistant) -> dict[str, tuple[Article, list[Passage]]]:
    """The cited articles, then the nearest others, each with its passages: first what was found, then what is near."""
    places: dict[str, int] = {}
    for found in chain(
        ((c.article.id, c.start) for c in answer.citations),
        ((p.article_id, p.start) for p in answer.passages),
    ):
        places.setdefault(*found)
    articles = {}
    for article_id, at in list(places.items())[:ARTICLES]:
        try:
            passages = sorted(desk.archive.passages(article_id), key=partial(_away, at))
            articles[article_id] = desk.archive.article(article_id), passages
        except ArticleNotFound:  # removed since
            continue
    return articles


def _away(at: int, passage: Passage) -> tuple[int, int]:
    return max(passage.start - at, at - passage.end, 0), passage.start


def _drawn(article: Article, passages: Sequence[Passage]) -> Iterator[Candidate]:
    for draw in (who_did, candidates):
        for passage in passages:
            yield from draw(article, passage.start, passage.end)


def _unsaid(answer: Answer, known: set[str], drawn: Iterator[Candidate]) -> Iterator[Candidate]:
    """Those that were not asked yet, of sentences that the answer does not quote."""
    for each in drawn:
        quoted = any(
            c.article.id == each.article_id and c.start < each.end and each.start < c.end
            for c in answer.citations
        )
        if not quoted and _bare(each.question) not in known:
            yield each


def _bare(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.casefold()))
