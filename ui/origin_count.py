"""How many of an answer's articles tell the story independently of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.errors import ArticleNotFound
from rag.answer import Answer

if TYPE_CHECKING:
    from index.archive import Archive


def origin_count(answer: Answer, archive: Archive) -> int:
    """Distinct origins of the cited articles: near-duplicates count once, removed articles by themselves."""
    return len({_origin(key, archive) for key in {c.article.id for c in answer.citations}})


def _origin(article_id: str, archive: Archive) -> str:
    try:
        return archive.copies(article_id)[0]
    except ArticleNotFound:
        return article_id
