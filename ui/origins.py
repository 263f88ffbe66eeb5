"""How many independent origins an answer has: near-duplicates, as copies of an agency's text, are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.errors import ArticleNotFound
from rag.answer import Answer

if TYPE_CHECKING:
    from index.archive import Archive


def origins(answer: Answer, archive: Archive) -> int:
    """The number of independent origins of an answer's citations; 0 for a refusal.

    An article that was removed since counts by itself.
    """
    cited = dict.fromkeys(citation.article.id for citation in answer.citations)
    return len({_origin(archive, article_id) for article_id in cited})


def _origin(archive: Archive, article_id: str) -> str:
    try:
        return archive.copies(article_id)[0]
    except ArticleNotFound:
        return article_id
