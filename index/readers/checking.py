"""Whether an article can be stored."""

from __future__ import annotations

from index.articles import Article
from index.errors import BadArticle
from index.readers import text

ID_LIMIT = 500
"""Characters in an id."""


def check(article: Article) -> None:
    """Raise BadArticle if an article cannot be stored: no text, too long, or half a character.

    >>> check(Article(text=" ", id="a1"))
    Traceback (most recent call last):
    index.errors.BadArticle: article 'a1' has no text; it needs at least one word
    """
    name = f"article {article.id[:40]!r}"
    if not isinstance(article.text, str) or not isinstance(article.title, str):
        raise BadArticle(f"{name} has a text or title that is not a string; convert it first")
    if not 0 <= article.body_start <= len(article.text):
        raise BadArticle(
            f"{name} has body_start {article.body_start}; the limit is its length, {len(article.text)}"
        )
    if not article.text[article.body_start :].strip():
        raise BadArticle(f"{name} has no text; it needs at least one word")
    if len(article.text) > text.LIMIT:
        raise BadArticle(
            f"{name} has {len(article.text):,} characters; the limit is {text.LIMIT:,}: split it"
        )
    if len(article.id) > ID_LIMIT:
        raise BadArticle(f"{name} has an id of {len(article.id):,} characters; the limit is {ID_LIMIT}")
    for part in ("text", "title", "url", "id", "author"):
        try:
            (getattr(article, part) or "").encode()
        except UnicodeEncodeError as error:
            raise BadArticle(
                f"{name} has half a surrogate pair at character {error.start} of its {part}; remove it"
            ) from None
