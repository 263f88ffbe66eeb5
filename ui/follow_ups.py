"""What to ask next: questions drawn from what an answer rests on, kept only if the archive answers them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from index.articles import Article, Passage
from index.errors import ArticleNotFound
from rag.answer import Answer
from ui.examples import Candidate, answered, candidates, varied

if TYPE_CHECKING:
    from rag.assistant import Assistant

ARTICLES = 6  # cited and nearest ones that questions are drawn from
TRIES = 12  # questions asked at most
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
    """Up to ``count`` next questions, those nearest to the citations first; without an LLM, in well under a second.

    Each is answered by the archive's own words from the very sentence it was drawn from, as of the same day;
    none repeats the question, one ``asked`` before, or what the answer says already. ``scope`` is what else the
    question was asked with: ``since``, ``until``, ``include``, ``exclude``.
    """
    ask = partial(desk.without_llm().ask, as_of=answer.as_of, **scope)
    known = {_bare(each) for each in (answer.question, answer.standalone_question, *asked)}
    begun, found = time.monotonic(), list[str]()
    queues = (_unsaid(answer, known, drawn) for drawn in _drawn(answer, desk))
    for candidate in varied(queues, TRIES):
        if answered(candidate, ask):
            found.append(candidate.question)
        spent = time.monotonic() - begun
        if len(found) >= count or (spent > within_s and found) or spent > 2 * within_s:
            break
    return tuple(found[:count])


def _drawn(answer: Answer, desk: Assistant) -> Iterator[Iterator[Candidate]]:
    """The candidates of each cited article, then of the nearest others, those nearest to what was found first."""
    places: dict[str, int] = {}
    for citation in answer.citations:
        places.setdefault(citation.article.id, citation.start)
    for passage in answer.passages:
        places.setdefault(passage.article_id, passage.start)
    for article_id, at in list(places.items())[:ARTICLES]:
        try:
            article, passages = desk.archive.article(article_id), desk.archive.passages(article_id)
        except ArticleNotFound:
            continue
        yield _from(article, sorted(passages, key=partial(_away, at)))


def _away(at: int, passage: Passage) -> tuple[int, int]:
    return max(passage.start - at, at - passage.end, 0), passage.start


def _from(article: Article, passages: Sequence[Passage]) -> Iterator[Candidate]:
    for passage in passages:
        yield from candidates(article, passage.start, passage.end)


def _unsaid(answer: Answer, known: set[str], drawn: Iterator[Candidate]) -> Iterator[Candidate]:
    """Those that are not asked yet, of sentences that the answer does not quote."""
    for each in drawn:
        quoted = any(
            c.article.id == each.article_id and c.start < each.end and each.start < c.end
            for c in answer.citations
        )
        if not quoted and _bare(each.question) not in known:
            yield each


def _bare(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.casefold()))
