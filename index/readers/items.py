"""What readers yield: articles, problems, and now and then how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.articles import Article
from index.reports import FileProblem


@dataclass(frozen=True, slots=True)
class Position:
    """How far a long file has been read: bytes of the file as it lies on disk, compressed or not."""

    done_bytes: int


Item = Article | FileProblem | Position

Reader = Callable[[Path], Iterator[Item]]
"""Reads one file. Raises OSError if it cannot be opened."""

Parser = Callable[[bytes, str], Iterator[Article | FileProblem]]
"""Reads the bytes of one document; the string names it in problems. Raises BadArticle if it is unfit."""


def label(path: Path | str) -> str:
    r"""A path as one line of UTF-8, for messages.

    >>> label("a\nb.txt")
    'a\\nb.txt'
    """
    name = str(path).encode("utf-8", "backslashreplace").decode()
    if name.isprintable():
        return name
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)
