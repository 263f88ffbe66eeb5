"""Where an answer's quotes stand: the passage around each, and the articles nearest to a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.errors import ArticleNotFound
from rag.answer import Answer, ArticleRef, Citation
from rag.evidence import article_ref

if TYPE_CHECKING:
    from index.archive import Archive

FindArticle = Callable[[str], ArticleRef]
"""The reference to the article of this id; made by `finder`, or a fake."""

_MARKER = re.compile(r"\[(\d{1,4})\]")


@dataclass(frozen=True, slots=True)
class Source:
    """A passage to show: ``before + quote + after``; ``quote`` is empty if nothing is cited in it."""

    number: int
    article: ArticleRef
    before: str
    quote: str
    after: str


def cited_sources(answer: Answer) -> tuple[Source, ...]:
    """Each citation in the passage it was taken from, in order of number.

    A quote that lies in none of the answer's passages stands alone.
    """
    return tuple(_in_passage(answer, citation) for citation in answer.citations)


def _in_passage(answer: Answer, citation: Citation) -> Source:
    for p in answer.passages:
        if p.article_id == citation.article.id and p.start <= citation.start and citation.end <= p.end:
            before = p.text[: citation.start - p.start]
            after = p.text[citation.end - p.start :]
            return Source(citation.number, citation.article, before, citation.quote, after)
    return Source(citation.number, citation.article, "", citation.quote, "")


def nearest_sources(answer: Answer, find: FindArticle, limit: int = 3) -> tuple[Source, ...]:
    """The best passage of each of the nearest articles, best first, at most ``limit``."""
    best = {p.article_id: p for p in reversed(answer.passages)}
    ranked = [best[article_id] for article_id in dict.fromkeys(p.article_id for p in answer.passages)][:limit]
    return tuple(Source(n, find(p.article_id), p.text, "", "") for n, p in enumerate(ranked, start=1))


def split_markers(text: str, numbers: frozenset[int]) -> Iterator[str | int]:
    """The text's words, and in their place the numbers of its markers; unknown markers stay words.

    >>> list(split_markers("It rained. [1] [7]", frozenset({1})))
    ['It rained. ', 1, ' [7]']
    """
    at = 0
    for match in _MARKER.finditer(text):
        if (number := int(match[1])) in numbers:
            if match.start() > at:
                yield text[at : match.start()]
            yield number
            at = match.end()
    if at < len(text):
        yield text[at:]


def finder(archive: Archive) -> FindArticle:
    """Looks articles up in an archive; one that was removed meanwhile is named as such."""

    def find(article_id: str) -> ArticleRef:
        try:
            return article_ref(archive.article(article_id))
        except ArticleNotFound:
            return ArticleRef(article_id, "An article that is no longer in the archive", None, None)

    return find
