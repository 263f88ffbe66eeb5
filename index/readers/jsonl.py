"""JSON lines, plain or gzip: ``{"id"?, "title"?, "date"?, "url"?, "text"}`` on each."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from index.articles import Article, parse_date
from index.errors import BadArticle, BadDate
from index.readers import text as plain
from index.reports import FileProblem


def read(path: Path) -> Iterator[Article | FileProblem]:
    """The articles of a JSONL file. A bad line is a problem ``path:line``; the others are read."""
    seen: dict[str, tuple[int, str]] = {}
    empty = True
    try:
        with _open(path) as file:
            for number, line in _lines(file):
                if line is None or line.strip():
                    empty = False
                    yield from _article(f"{path}:{number}", number, line, seen)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield FileProblem(
            str(path), f"gzip data is damaged ({error}); lines after this point are lost: get it again"
        )
        return
    if empty:
        yield FileProblem(str(path), "is empty (0 lines); add articles or remove it")


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None stands for one over the limit, which is skipped without being held."""
    number = 0
    while line := file.readline(plain.LIMIT + 1):
        number += 1
        if len(line) <= plain.LIMIT:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(plain.LIMIT)
        yield number, None


def _article(
    source: str, number: int, line: bytes | None, seen: dict[str, tuple[int, str]]
) -> Iterator[Article | FileProblem]:
    try:
        fields = _fields(line)
        article, trouble = _made(fields)
    except BadArticle as error:
        yield FileProblem(source, str(error))
        return
    if trouble:
        yield FileProblem(source, trouble)
    if "id" in fields:
        first, digest = seen.setdefault(article.id, (number, article.digest()))
        if digest != article.digest():
            yield FileProblem(
                source,
                f"id {article.id[:40]!r} was used on line {first} for another article; "
                "kept under an id of its own: give each article its own id",
            )
            article = article.with_id(article.digest()[:16])
    yield article


def _fields(line: bytes | None) -> dict[str, str]:
    """The known columns that hold something, as strings."""
    row = _row(line)
    text = row.get("text")
    if not isinstance(text, str):
        raise BadArticle(f'\'text\' is {_kind(text)}, not a string; write {{"text": "..."}}')
    if not text.strip():
        raise BadArticle("'text' is empty; it needs at least one word")
    fields = {}
    for name in ("id", "title", "date", "url", "text"):
        value = row.get(name)
        if isinstance(value, bool | list | dict):
            raise BadArticle(f"{name!r} is {_kind(value)}, not a string; write it as a string")
        if value is not None and str(value).strip():
            fields[name] = str(value)
    return fields


def _row(line: bytes | None) -> dict[str, object]:
    if line is None:
        raise BadArticle(f"line is over {plain.LIMIT // 2**20} MB, the limit; split the article")
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        at = error.start
        raise BadArticle(
            f"is not UTF-8 (byte 0x{line[at]:02x} at offset {at} of the line); save it as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise BadArticle(
            f"is not JSON ({error.msg} at column {error.colno}); one object a line, complete"
        ) from None
    except (ValueError, RecursionError):
        raise BadArticle(
            "is not JSON that can be read (nested too deep or a number too long); simplify it"
        ) from None
    if not isinstance(row, dict):
        raise BadArticle(f'is {_kind(row)}, not an object; write {{"text": "..."}}')
    return row


def _kind(value: object) -> str:
    names = {type(None): "missing", bool: "true or false", list: "a list", dict: "an object", str: "a string"}
    return names.get(type(value), "a number")


def _made(fields: dict[str, str]) -> tuple[Article, str]:
    """The article, and what is wrong with its date."""
    date, trouble = None, ""
    try:
        date = parse_date(fields.get("date"))
    except BadDate as error:
        trouble = f"{error}; kept without a date"
    return (
        Article(
            text=fields["text"],
            title=fields.get("title", ""),
            date=date,
            url=fields.get("url"),
            id=fields.get("id", ""),
        ),
        trouble,
    )
