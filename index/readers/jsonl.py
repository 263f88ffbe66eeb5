"""JSON lines, plain or gzip: ``{"id"?, "title"?, "date"?, "updated"?, "author"?, "url"?, "text"}`` on each."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator

from index.errors import BadArticle
from index.readers import text as plain
from index.readers.items import Item
from index.readers.lines import Lines
from index.readers.rows import COLUMNS, Rows
from index.reports import FileProblem


def rows(lines: Lines, source: str) -> Iterator[Item]:
    """The articles of JSON lines. A bad line is a problem ``source:line``; the others are read."""
    found = Rows(source)
    empty = True
    for number, line in lines:
        if number % 100 == 0:
            yield lines.position()
        if line is None or line.strip():
            empty = False
            yield from found.read(number, functools.partial(_fields, line))
    if empty:
        yield FileProblem(source, "is empty (0 lines); add articles or remove it")


def _fields(line: bytes | None) -> dict[str, str]:
    """The known columns that hold something, as strings."""
    row = _row(line)
    text = row.get("text")
    if not isinstance(text, str):
        raise BadArticle(f'\'text\' is {_kind(text)}, not a string; write {{"text": "..."}}')
    fields = {}
    for name in COLUMNS:
        value = row.get(name)
        if name == "author" and isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = ", ".join(value)
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
