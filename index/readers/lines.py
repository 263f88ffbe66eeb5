"""The lines of a file of any size, plain or gzip, in bounded memory."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol, cast

from index.errors import BadArticle
from index.readers import text as plain
from index.readers.items import Position

GZIP_LIMIT = 20 * 2**30
"""Bytes that one gzip file may expand to."""

GZIP_RATIO = 200
"""How many times its size a gzip file may expand to; news text expands three to ten times."""

_RATIO_FROM = 16 * 2**20
"""Bytes below which no ratio is suspicious: a short line repeated is no bomb."""


class Lines:
    """Numbered lines of a binary stream, as UTF-8; UTF-16 with a byte order mark is recoded.

    Iterating raises BadArticle where the file cannot be read on.
    """

    def __init__(self, raw: BinaryIO, *, gzipped: bool) -> None:
        self._raw = raw
        self._gzipped = gzipped
        self._read = 0

    def position(self) -> Position:
        """How far the file has been read."""
        return Position(self._raw.tell())

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        """Each line with its number; None for one over the limit, which is skipped without being held."""
        number = 0
        source: _Source | None = None
        try:
            source = _recoded(self._unpacked())
            while line := self._line(source):
                number += 1
                if len(line) <= plain.LIMIT:
                    yield number, line
                    continue
                while line and not line.endswith(b"\n"):
                    if b"\0" in line:
                        raise BadArticle(
                            f"is binary, not text (NUL bytes on line {number}); save it as UTF-8"
                        )
                    line = self._line(source)
                yield number, None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadArticle(
                f"gzip data is damaged ({error}); lines after this point are lost: get it again"
            ) from None
        finally:
            if isinstance(source, _Utf16):
                source.detach()

    def _unpacked(self) -> BinaryIO:
        if not self._gzipped:
            return self._raw
        # Buffered: GzipFile.peek returns what one block of input happened to give, which may be a byte.
        return cast(BinaryIO, io.BufferedReader(gzip.GzipFile(fileobj=self._raw), 2**16))

    def _line(self, source: _Source) -> bytes:
        line = source.readline(plain.LIMIT + 1)
        self._read += len(line)
        if self._gzipped and self._read > min(GZIP_LIMIT, max(_RATIO_FROM, GZIP_RATIO * self._raw.tell())):
            raise BadArticle(
                f"expands beyond {self._read // 2**20:,} MB, over {GZIP_RATIO} times its size or "
                f"{GZIP_LIMIT // 2**30} GB, as a gzip bomb does; the rest is not read: unpack it first"
            )
        return line


class _Source(Protocol):
    def readline(self, limit: int, /) -> bytes: ...


def _recoded(source: BinaryIO) -> _Source:
    """UTF-16 as UTF-8; anything else as it is."""
    head = cast(io.BufferedReader, source).peek(2)[:2] if hasattr(source, "peek") else b""
    if head not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return source
    return _Utf16(source)


class _Utf16:
    def __init__(self, source: BinaryIO) -> None:
        self._text = io.TextIOWrapper(source, encoding="utf-16", errors="replace", newline="\n")

    def detach(self) -> None:
        """Leave the file open: it belongs to whoever opened it."""
        self._text.detach()

    def readline(self, limit: int, /) -> bytes:
        return self._text.readline(limit).encode("utf-8", "surrogatepass")
