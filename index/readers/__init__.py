"""One file per format -> Articles. A bad file or line is reported, never fatal, never dropped silently.

A reader is a function from a path to an iterator of articles, problems and positions; ``READERS``
says which suffix belongs to which. To add a format: write one module with ``parse`` (the bytes of
one document) or ``rows`` (lines of any number), and add one line here.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from index.articles import Article
from index.errors import BadArticle
from index.readers import docx, feed, html, jsonl, markdown, pdf, sniff, tables, text
from index.readers.checking import check
from index.readers.dating import date_from_url
from index.readers.encodings import decode_web
from index.readers.items import Item, Parser, Position, Reader, label
from index.readers.lines import Lines
from index.reports import FileProblem

__all__ = ["READERS", "Item", "Position", "Reader", "check", "label", "read", "read_bytes", "suffix"]

_DOCUMENTS: dict[str, Parser] = {
    ".txt": text.parse,
    ".md": markdown.parse,
    ".markdown": markdown.parse,
    ".html": html.parse,
    ".htm": html.parse,
    ".pdf": pdf.parse,
    ".docx": docx.parse,
    ".rss": feed.parse,
    ".atom": feed.parse,
    ".xml": feed.parse,
}
_ROWS = {".jsonl": jsonl.rows, ".csv": tables.rows, ".tsv": tables.rows}

PROBLEM_LIMIT = 1_000
"""Problems of one file that are named; of the others the number is told."""


def _document(path: Path) -> Iterator[Item]:
    if path.stat().st_size > text.LIMIT:
        raise BadArticle(
            f"holds over {text.LIMIT // 2**20} MB, the limit for one article; split it into several files"
        )
    with path.open("rb") as file:
        data = file.read(text.LIMIT)
    yield from _DOCUMENTS[suffix(path)](data, label(path))


def _table(path: Path) -> Iterator[Item]:
    with path.open("rb") as file:
        yield from _rows(file, suffix(path), label(path))


def _rows(file: BinaryIO, ending: str, source: str) -> Iterator[Item]:
    lines = Lines(file, gzipped=ending.endswith(".gz"))
    yield from _ROWS[ending.removesuffix(".gz")](lines, source)


READERS: dict[str, Reader] = {
    **dict.fromkeys(_DOCUMENTS, _document),
    **{ending + packed: _table for ending in _ROWS for packed in ("", ".gz")},
}


def suffix(path: Path) -> str:
    """The part of a file's name that decides its format, in lower case.

    >>> suffix(Path("a.b.TXT")), suffix(Path("wire.jsonl.gz")), suffix(Path("README"))
    ('.txt', '.jsonl.gz', '')
    """
    ends = [part.lower() for part in path.suffixes[-2:]]
    both = "".join(ends)
    return both if both in READERS else "".join(ends[-1:])


def read(path: Path) -> Iterator[Item]:
    """The articles of one file, what is wrong with the rest, and now and then the position.

    Raises OSError if the file cannot be opened.
    """
    name = label(path)
    reader = READERS.get(suffix(path))
    if reader is None:
        named = f"the ending {label(suffix(path))!r}" if suffix(path) else "no ending in its name"
        yield FileProblem(name, f"has {named}; citedesk reads {', '.join(READERS)}")
    elif not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
        yield FileProblem(name, "is a folder, pipe or device, not a file; citedesk reads files")
    else:
        yield from _sound(reader(path), name)


def read_bytes(data: bytes, content_type: str, url: str) -> Iterator[Article | FileProblem]:
    """The articles of a download: like ``read``, with what the server said of it.

    The format is told by ``content_type`` (the header, may be empty), else by the ending of ``url``,
    else by the first bytes. An article that names no address of its own gets ``url``, and one without a
    date that of its address, if there is one in it.
    """
    name = label(url)
    kind, charset = sniff.header(content_type)
    if len(data) > text.LIMIT:
        yield FileProblem(name, f"holds over {text.LIMIT // 2**20} MB, the limit for a download; name a part")
        return
    ending = sniff.suffix_of(data, kind, url, frozenset(READERS))
    if not ending:
        yield FileProblem(
            name, f"is {label(kind) or 'of a kind not known'}; citedesk reads {', '.join(READERS)}"
        )
        return
    for item in _sound(_downloaded(data, ending, url, charset, name), name):
        if isinstance(item, Article):
            yield _placed(item, url)
        elif isinstance(item, FileProblem):
            yield item


def _downloaded(data: bytes, ending: str, url: str, charset: str, name: str) -> Iterator[Item]:
    if ending in (".html", ".htm"):
        yield from html.parse(data, name, url, charset)
        return
    if ending in (".xml", ".rss", ".atom"):
        yield from feed.parse(data, name, charset)
        return
    if charset and ending in (".txt", ".md", ".markdown", ".csv", ".tsv", ".jsonl") and data.strip():
        found, note = decode_web(data, charset)
        data = found.encode("utf-8", "replace")
        if note:
            yield FileProblem(name, note)
    if ending in _DOCUMENTS:
        yield from _DOCUMENTS[ending](data, name)
    else:
        yield from _rows(cast(BinaryIO, io.BufferedReader(io.BytesIO(data))), ending, name)


def _placed(article: Article, url: str) -> Article:
    address = article.url or url or None
    date = article.date or date_from_url(address)
    derived = article.id == article.digest()[:16]
    return replace(article, url=address, date=date, id="" if derived else article.id)


def _sound(items: Iterator[Item], name: str) -> Iterator[Item]:
    """Articles that can be stored, and as many problems as anyone will read."""
    problems = 0
    try:
        for item in items:
            found = _checked(item, name) if isinstance(item, Article) else item
            if isinstance(found, FileProblem):  # a parser's words may quote the file
                found = FileProblem(found.source, label(found.reason))
            problems += isinstance(found, FileProblem)
            if problems <= PROBLEM_LIMIT or not isinstance(found, FileProblem):
                yield found
    except BadArticle as error:
        problems += 1
        yield FileProblem(name, label(str(error)))
    if problems > PROBLEM_LIMIT:
        more = problems - PROBLEM_LIMIT
        yield FileProblem(
            name, f"has {more:,} problems more; the limit is {PROBLEM_LIMIT:,} named: mend these first"
        )


def _checked(article: Article, name: str) -> Article | FileProblem:
    try:
        check(article)
    except BadArticle as error:
        return FileProblem(name, str(error))
    return article
