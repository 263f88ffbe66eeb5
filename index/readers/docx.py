"""Word documents: paragraphs and table rows in their order; title, author and dates from the properties."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from index.articles import Article
from index.errors import BadArticle
from index.readers.guard import guarded
from index.reports import FileProblem

UNPACKED_LIMIT = 256 * 2**20
"""Bytes that a document may unpack to, its pictures included."""

XML_LIMIT = 32 * 2**20
"""Bytes that one XML part may unpack to: some five million words."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SIGNS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "\u2011"}
_GONE = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}rPr", f"{_W}pPr", _FALLBACK})
_NOBODY = frozenset({"python-docx", "microsoft office user", "unknown", "user", "admin"})

_TEMPLATE = dt.datetime(2013, 12, 23, 23, 15)  # noqa: DTZ001  when python-docx's own template was made


def parse(data: bytes, source: str) -> Iterator[Article | FileProblem]:
    """The one article of a Word document. Insertions that are tracked count, deletions do not."""
    _weigh(data)
    with guarded("a Word document", "docx"):
        import docx

        document = docx.Document(io.BytesIO(data))
        text = "\n\n".join(block for block in _blocks(document.element.body) if block)
        if not text:
            raise BadArticle("holds no text (0 words), perhaps only pictures; add text or remove it")
        about = document.core_properties
        title, author = about.title.strip(), about.author.strip()
        made, changed = _day(about, "created"), _day(about, "modified")
    yield Article(
        text=text,
        title=" ".join(title.split()),
        date=made,
        updated=changed if changed != made else None,
        author="" if author.lower() in _NOBODY else author,
    )


def _weigh(data: bytes) -> None:
    """Raises BadArticle for what is no zip file, or unpacks to more than the limits.

    Sizes are those that the file declares; zipfile never unpacks more than that of any part.
    """
    with guarded("a Word document"), zipfile.ZipFile(io.BytesIO(data)) as parts:
        sizes = {info.filename: info.file_size for info in parts.infolist()}
    for name, size in sizes.items():
        if name.endswith((".xml", ".rels")) and size > XML_LIMIT:
            raise BadArticle(
                f"unpacks to {size // 2**20:,} MB in one part; the limit is {XML_LIMIT // 2**20} MB: split it"
            )
    if (total := sum(sizes.values())) > UNPACKED_LIMIT:
        raise BadArticle(
            f"unpacks to {total // 2**20:,} MB; the limit is {UNPACKED_LIMIT // 2**20} MB: remove its pictures"
        )
    if "[Content_Types].xml" not in sizes:
        raise BadArticle("is a zip file but no Word document; save it as .docx")


def _blocks(parent: Any) -> Iterator[str]:
    """Paragraphs and table rows under an element, content controls and text boxes looked into."""
    for child in parent:
        if child.tag == f"{_W}p":
            yield _paragraph(child)
            for box in child.iter(f"{_W}txbxContent"):
                if next(box.iterancestors(_FALLBACK), None) is None:
                    yield from _blocks(box)
        elif child.tag == f"{_W}tbl":
            for row in child.iter(f"{_W}tr"):
                cells = (" ".join(filter(None, _blocks(cell))) for cell in row.iterchildren(f"{_W}tc"))
                yield " | ".join(cell for cell in cells if cell)
        elif isinstance(child.tag, str) and child.tag not in _GONE:
            yield from _blocks(child)


def _paragraph(paragraph: Any) -> str:
    words: list[str] = []
    waiting = [paragraph]
    while waiting:
        element = waiting.pop()
        if element.tag == f"{_W}t":
            words.append(element.text or "")
        elif element.tag in _SIGNS:
            words.append(_SIGNS[element.tag])
        elif element.tag not in _GONE and element.tag != f"{_W}txbxContent":
            waiting += reversed(element)
    return "\n".join(" ".join(line.split()) for line in "".join(words).split("\n")).strip()


def _day(about: Any, name: str) -> dt.date | None:
    """A date that cannot be understood is none: programs, not people, write these."""
    try:
        with guarded("a Word document"):
            found = getattr(about, name)
    except BadArticle:
        return None
    if not isinstance(found, dt.datetime) or found.replace(tzinfo=None) == _TEMPLATE:
        return None
    return found.date()
