"""Plain text, and the seed format: one article a file, `` date 2023-11-08 `` at the start of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index.articles import Article, parse_date
from index.errors import BadArticle, BadDate
from index.reports import FileProblem

LIMIT = 64 * 1024 * 1024
"""Bytes in a file of one article, and characters in an article."""

_HEADER = re.compile(r"\s{0,80}date[ \t]+(?P<date>\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\S{0,40})(?:\s+|$)")


def load(path: Path) -> str:
    """A file's text to the letter: UTF-8, without the byte order mark, line ends unchanged.

    Raises BadArticle if it is too large, or no text; OSError if it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise BadArticle(
            f"holds over {LIMIT // 2**20} MB, the limit for one article; split it into several files"
        )
    return decode(data)


def decode(data: bytes) -> str:
    """Bytes as text. Raises BadArticle if they are not UTF-8 text."""
    if not data.strip():
        raise BadArticle(f"is empty ({len(data)} bytes, no words); add text or remove it")
    if (at := data.find(b"\0")) >= 0:
        raise BadArticle(f"is binary, not text (a NUL byte at offset {at}); save it as UTF-8 text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadArticle(
            f"is not UTF-8 (byte 0x{data[error.start]:02x} at offset {error.start}); save it as UTF-8 text"
        ) from None


def read(path: Path) -> Iterator[Article | FileProblem]:
    """The one article of a text file, dated by a seed header if there is one."""
    try:
        text = load(path)
    except BadArticle as error:
        yield FileProblem(str(path), str(error))
        return
    header = _HEADER.match(text)
    date = None
    if header:
        try:
            date = parse_date(header["date"])
        except BadDate as error:
            yield FileProblem(str(path), f"{error}; kept without a date")
    yield Article(text=text, date=date, body_start=header.end() if header else 0)
