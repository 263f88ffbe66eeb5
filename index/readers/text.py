"""Plain text, and the seed format: one article a file, `` date 2023-11-08 `` at the start of the text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from index.articles import Article, parse_date
from index.errors import BadArticle, BadDate
from index.reports import FileProblem

LIMIT = 64 * 1024 * 1024
"""Bytes in a file of one article, and characters in an article."""

_HEADER = re.compile(r"\s{0,80}date[ \t]+(?P<date>\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\S{0,40})(?:\s+|$)")


def decode(data: bytes) -> str:
    """Bytes as text to the letter: UTF-8, or UTF-16 that says so by a byte order mark; line ends unchanged.

    Raises BadArticle if they are neither. Other encodings are not guessed: a wrong guess would be quoted.
    """
    if not data.strip():
        raise BadArticle(f"is empty ({len(data)} bytes, no words); add text or remove it")
    name = "UTF-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "UTF-8"
    if name == "UTF-8" and (at := data.find(b"\0")) >= 0:
        raise BadArticle(f"is binary, not text (a NUL byte at offset {at}); save it as UTF-8 text")
    try:
        text = data.decode("utf-16" if name == "UTF-16" else "utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start
        raise BadArticle(
            f"is not {name} (byte 0x{data[at]:02x} at offset {at}); save it as UTF-8 text"
        ) from None
    if (at := text.find("\0")) >= 0:
        raise BadArticle(f"is binary, not text (a NUL at character {at}); save it as UTF-8 text")
    return text


def parse(data: bytes, source: str) -> Iterator[Article | FileProblem]:
    """The one article of a text file, dated by a seed header if there is one."""
    text = decode(data)
    header = _HEADER.match(text)
    date = None
    if header:
        try:
            date = parse_date(header["date"])
        except BadDate as error:
            yield FileProblem(source, f"{error}; kept without a date")
    yield Article(text=text, date=date, body_start=header.end() if header else 0)
