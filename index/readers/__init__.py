"""One file per format -> Articles. A bad file or line is reported, never fatal, never dropped silently.

A reader is a function from a path to an iterator of articles and problems; ``READERS`` says which
suffix belongs to which. To add a format: write one module, add one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.articles import Article
from index.errors import BadArticle
from index.readers import jsonl, markdown, text
from index.reports import FileProblem

__all__ = ["READERS", "Position", "Reader", "check", "read", "suffix"]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a large file has been read: bytes of the file as it lies on disk."""

    done_bytes: int


Reader = Callable[[Path], Iterator[Article | FileProblem]]

READERS: dict[str, Reader] = {
    ".txt": text.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".jsonl": jsonl.read,
    ".jsonl.gz": jsonl.read,
}


def suffix(path: Path) -> str:
    """The part of a file's name that decides its format, in lower case.

    >>> suffix(Path("a.b.TXT")), suffix(Path("wire.jsonl.gz")), suffix(Path("README"))
    ('.txt', '.jsonl.gz', '')
    """
    ends = [part.lower() for part in path.suffixes[-2:]]
    both = "".join(ends)
    return both if both in READERS else "".join(ends[-1:])


def read(path: Path) -> Iterator[Article | FileProblem]:
    """The articles of one file, and what is wrong with the rest. Raises OSError if it cannot be read."""
    reader = READERS.get(suffix(path))
    if reader is None:
        named = f"the ending {suffix(path)!r}" if suffix(path) else "no ending in its name"
        yield FileProblem(str(path), f"has {named}; citedesk reads {', '.join(READERS)}")
        return
    for item in reader(path):
        yield item if isinstance(item, FileProblem) else _checked(item, path)


def _checked(article: Article, path: Path) -> Article | FileProblem:
    try:
        check(article)
    except BadArticle as error:
        return FileProblem(str(path), str(error))
    return article


ID_LIMIT = 500


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
    for part, value in [
        ("text", article.text),
        ("title", article.title),
        ("url", article.url),
        ("id", article.id),
    ]:
        try:
            (value or "").encode()
        except UnicodeEncodeError as error:
            raise BadArticle(
                f"{name} has half a surrogate pair at character {error.start} of its {part}; remove it"
            ) from None
