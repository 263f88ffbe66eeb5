"""CSV and TSV, plain or gzip: the columns of JSON lines, named by the header row."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator

from index.errors import BadArticle
from index.readers.items import Item
from index.readers.lines import Lines
from index.readers.rows import Rows
from index.reports import FileProblem

FIELD_LIMIT = 16 * 2**20
"""Characters in one field."""

_NAMES = {
    "text": "text body content article fulltext articlebody story",
    "title": "title headline",
    "date": "date published publisheddate publishedat pubdate publicationdate datepublished publishdate",
    "updated": "updated modified lastmod updatedat lastmodified datemodified",
    "author": "author authors byline creator",
    "url": "url link canonicalurl",
    "id": "id guid articleid",
}
_DELIMITERS = ",\t;|"


class _Text:
    """Lines as the csv module wants them. It goes on after an error, which a generator could not."""

    def __init__(self, lines: Lines) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        self.number, line = next(self._lines)
        if line is None:
            raise _BadLine("line is over the limit of one article; split it")
        encoding = "utf-8-sig" if self.number == 1 else "utf-8"
        return line.decode(encoding, "surrogateescape")


class _BadLine(BadArticle):
    """This line cannot be read; the next may."""


def rows(lines: Lines, source: str) -> Iterator[Item]:
    """The articles of a table. A bad row is a problem ``source:line``; the others are read."""
    csv.field_size_limit(FIELD_LIMIT)
    text = _Text(lines)
    try:
        header = next((line for line in text if line.strip()), "")
        columns, delimiter = _columns(header)
    except csv.Error as error:
        raise BadArticle(f"has a header row that cannot be read ({error}); write 'title,date,text'") from None
    found = Rows(source)
    table = csv.reader(text, delimiter=delimiter, strict=True)
    for count in range(1, 2**62):
        start = text.number + 1
        try:
            row = next(table)
        except StopIteration:
            if count == 1:
                yield FileProblem(source, "is empty (a header and 0 rows); add articles or remove it")
            return
        except csv.Error as error:
            yield FileProblem(f"{source}:{start}", _said(error, text.number))
            continue
        except _BadLine as error:
            yield FileProblem(f"{source}:{start}", str(error))
            continue
        if count % 100 == 0:
            yield lines.position()
        if any(cell.strip() for cell in row):
            yield from found.read(start, functools.partial(_fields, row, columns))


def _said(error: csv.Error, last: int) -> str:
    reason = str(error)
    if "unexpected end" in reason or "field limit" in reason or "field larger" in reason:
        return f"opens a quote that is not closed by line {last}; what lies between is lost: close the quote"
    return f'is no table row ({reason}); put fields that hold quotes in quotes, each inner " doubled'


def _columns(header: str) -> tuple[list[str], str]:
    """The field that each column gives ("" for none), and the delimiter under which most are known."""
    if not header:
        raise BadArticle("is empty (0 rows); add a header row such as 'title,date,text', or remove it")
    best: tuple[list[str], str] = ([], ",")
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            continue
        columns = _known(cells)
        if sum(map(bool, columns)) > sum(map(bool, best[0])):
            best = columns, delimiter
    if "text" not in best[0]:
        seen = " ".join(header.encode("utf-8", "replace").decode().split())[:60]
        raise BadArticle(f"has no text column (its first row is {seen!r}); name one column 'text'")
    return best


def _known(cells: list[str]) -> list[str]:
    """Each column's field. Where several mean the same, the earliest name in the list of names wins."""
    plain = ["".join(sign for sign in cell.lower() if sign.isalnum()) for cell in cells]
    columns = [""] * len(cells)
    for field, names in _NAMES.items():
        chosen = next((name for name in names.split() if name in plain), None)
        if chosen:
            columns[plain.index(chosen)] = field
    return columns


def _fields(row: list[str], columns: list[str]) -> dict[str, str]:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        raise BadArticle(
            f"has {len(row)} cells, the header {len(columns)}; put fields that hold the delimiter in quotes"
        )
    fields = {name: cell for name, cell in zip(columns, row, strict=False) if name and cell.strip()}
    for name, value in fields.items():
        if odd := next((sign for sign in value if "\udc80" <= sign <= "\udcff" or sign == "\0"), None):
            kind = "a NUL byte" if odd == "\0" else f"byte 0x{ord(odd) - 0xDC00:02x}, which is not UTF-8"
            raise BadArticle(f"holds {kind}, in {name!r}; save the file as UTF-8")
    return fields
