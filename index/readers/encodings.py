"""Bytes from the web as text: the encoding is the one that was declared, as browsers read it."""

from __future__ import annotations

import codecs
import re

from index.errors import BadArticle

_DECLARED = re.compile(
    rb"""(?:<\?xml[^>]{0,200}?\sencoding|<meta[^>]{0,500}?charset)\s*=\s*["']?\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Encodings of documents; Python's others (punycode, utf-7, unicode_escape ...) are slow or deceptive.
_FAMILIES = re.compile(
    r"utf-(8|16|32)|iso8859|cp\d|windows|koi8|shift_jis|euc_|gb|big5|mac-|ascii|tis-620|iso2022"
)


def decode_web(data: bytes, charset: str = "") -> tuple[str, str]:
    """The text of a page, and a note if some of it could not be decoded.

    Asked in this order: the byte order mark, ``charset`` (of the HTTP header), the document's own
    declaration, UTF-8, and last Windows-1252, which browsers take where nothing is said.
    Raises BadArticle if the bytes are no text.

    >>> decode_web(b'<meta charset="iso-8859-2"><p>\\xb3\\xf3d\\xbc</p>')[0]
    '<meta charset="iso-8859-2"><p>łódź</p>'
    """
    if not data.strip(b"\0 \t\r\n"):
        raise BadArticle(f"is empty ({len(data):,} bytes, no words); add text or remove it")
    bom = next((mark for mark in _BOMS if data.startswith(mark)), b"")
    declared = _DECLARED.search(data[:4096])
    named = declared[1].decode("ascii", "ignore") if declared else ""
    name = _BOMS.get(bom) or _known(charset) or _known(named).replace("utf-16", "utf-8")
    if not name:
        try:
            return _text(data.decode("utf-8")), ""
        except UnicodeDecodeError:
            name = "cp1252"
    text = _text(data[3:].decode(name, "replace") if bom == codecs.BOM_UTF8 else data.decode(name, "replace"))
    lost = text.count("\ufffd")
    return text, f"{lost:,} characters are not {name}, shown as \ufffd; save it as UTF-8" if lost else ""


def _known(name: str) -> str:
    """Python's name of a declared encoding, or nothing; Latin-1 and ASCII mean Windows-1252 on the web."""
    try:
        found = codecs.lookup(name.strip("\"' ")).name if name.isascii() and name else ""
    except (LookupError, ValueError):
        return ""
    if found in ("iso8859-1", "ascii"):
        return "cp1252"
    return found if _FAMILIES.match(found) else ""


def _text(text: str) -> str:
    if (at := text.find("\0")) >= 0:
        raise BadArticle(f"is binary, not text (a NUL at character {at:,}); save it as UTF-8 text")
    return text.replace("\r\n", "\n")
