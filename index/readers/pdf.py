"""PDF: the text of its pages as paragraphs; title, author and dates from its properties."""

from __future__ import annotations

import datetime as dt
import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from index.articles import Article
from index.errors import BadArticle
from index.readers import text as plain
from index.readers.guard import guarded
from index.readers.unwrap import unwrap
from index.reports import FileProblem

if TYPE_CHECKING:
    from pypdf import DocumentInformation, PdfReader

PAGE_LIMIT = 5_000
"""Pages in one file."""

TIME_LIMIT_S = 60.0
"""Seconds for the text of one file, looked at with each instruction of a page."""

STREAM_LIMIT = 8 * 2**20
"""Bytes that the instructions of one page may unpack to; a dense newspaper page has some 100,000."""

_UNNAMED = re.compile(
    r"(untitled|microsoft word|print)\b|.*\.(docx?|indd|qxp|pdf|tex|p65|xps|rtf)$", re.IGNORECASE
)


def parse(data: bytes, source: str) -> Iterator[Article | FileProblem]:
    """The one article of a PDF. What its pages lack is told, and the others are read."""
    if b"%PDF-" not in data[:1024]:
        raise BadArticle(f"is no PDF (it starts with {data[:8]!r}, not '%PDF-'); get it again")
    with guarded("PDF", "pypdf"), _limits():
        from pypdf import PdfReader

        reader = PdfReader(io.BytesIO(data))
        _unlock(reader)
        if (pages := len(reader.pages)) > PAGE_LIMIT:
            raise BadArticle(f"holds {pages:,} pages; the limit is {PAGE_LIMIT:,}: split it")
        texts, troubles = _texts(reader, pages)
        if not "".join(texts).strip():
            if troubles:
                raise BadArticle(troubles[0])
            raise BadArticle(f"holds no text on its {pages:,} pages, only pictures; run OCR on it first")
        title, author, date, updated = _described(reader)
        text = unwrap(texts)
    yield from (FileProblem(source, trouble) for trouble in troubles)
    yield Article(text=text, title=title, date=date, updated=updated, author=author)


@contextmanager
def _limits() -> Iterator[None]:
    """pypdf's own limits let a page of a few kilobytes take gigabytes of memory."""
    from pypdf import apply_configuration

    with apply_configuration(
        zlib_maximum_output_length=STREAM_LIMIT,
        lzw_maximum_output_length=STREAM_LIMIT,
        run_length_maximum_output_length=STREAM_LIMIT,
        array_based_stream_maximum_output_length=STREAM_LIMIT,
    ):
        yield


def _unlock(reader: PdfReader) -> None:
    """Open what is encrypted without a password, as viewers do."""
    if not reader.is_encrypted:
        return
    from pypdf.errors import DependencyError

    try:
        opened = bool(reader.decrypt(""))
    except DependencyError:
        raise BadArticle("is encrypted with AES, which is not read here; save a copy without it") from None
    if not opened:
        raise BadArticle("is encrypted with a password; save a copy without it")


def _texts(reader: PdfReader, pages: int) -> tuple[list[str], list[str]]:
    """Each page's text, and what is wrong with pages."""
    texts: list[str] = []
    failed: list[str] = []
    size = 0
    until = time.monotonic() + TIME_LIMIT_S

    def in_time(*_: object) -> None:
        if time.monotonic() > until:
            raise TimeoutError

    for number in range(pages):
        if time.monotonic() > until or size > plain.LIMIT:
            limit = f"{plain.LIMIT:,} characters" if size > plain.LIMIT else f"{TIME_LIMIT_S:g} seconds"
            return texts, [f"goes over {limit}, the limit, at page {number + 1} of {pages:,}; split it"]
        try:
            with guarded("PDF", "pypdf"):
                text = reader.pages[number].extract_text(visitor_operand_before=in_time)
        except BadArticle:
            failed.append(str(number + 1))
            text = ""
        # Half a surrogate pair comes of a font that maps its signs wrongly.
        texts.append(text.encode("utf-8", "replace").decode().replace("\0", ""))
        size += len(text)
    if failed:
        shown = ", ".join(failed[:5]) + (" ..." if len(failed) > 5 else "")
        return texts, [
            f"has {len(failed):,} damaged or overfull pages of {pages:,} ({shown}), left out; get it again"
        ]
    return texts, []


def _described(reader: PdfReader) -> tuple[str, str, dt.date | None, dt.date | None]:
    """Title, author, day of making, day of the last change if another."""
    try:
        with guarded("PDF", "pypdf"):
            about = reader.metadata
    except BadArticle:
        about = None
    if about is None:
        return "", "", None, None
    title = _line(about, "/Title")
    made, changed = _day(about, "creation_date"), _day(about, "modification_date")
    return (
        "" if _UNNAMED.match(title) else title,
        _line(about, "/Author"),
        made,
        changed if changed != made else None,
    )


def _line(about: DocumentInformation, key: str) -> str:
    try:
        with guarded("PDF", "pypdf"):
            value = about.get(key)
            found = value.get_object() if value is not None else None
    except BadArticle:
        return ""
    text = found if isinstance(found, str) else ""
    return " ".join(text.encode("utf-8", "replace").decode().replace("\0", "").split())[:500]


def _day(about: DocumentInformation, name: str) -> dt.date | None:
    """A date that cannot be understood is none: programs, not people, write these."""
    try:
        with guarded("PDF", "pypdf"):
            found = getattr(about, name)
    except BadArticle:
        return None
    return found.date() if isinstance(found, dt.datetime) else None
