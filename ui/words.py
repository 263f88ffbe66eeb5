"""Words for people: dates, what an archive covers, and text with nothing hidden in it."""

from __future__ import annotations

import datetime as dt
import re

# Control characters, and the marks that reverse or hide the text after them, are shown as U+FFFD.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with line ends as ``\\n`` and every control character as U+FFFD.

    >>> visible("a\\x1b[2Jb")
    'a�[2Jb'
    """
    return _HIDDEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def kept(text: str) -> str:
    """The text as every database can keep it: a NUL and half a character become U+FFFD.

    >>> kept("a\\0\\ud83d")
    'a��'
    """
    return _UNKEPT.sub("\ufffd", text)


def long_date(iso: str | dt.date | None) -> str:
    """A date as people write it.

    >>> long_date("2023-11-08"), long_date(None)
    ('8 Nov 2023', 'undated')
    """
    if not iso:
        return "undated"
    day = dt.date.fromisoformat(iso) if isinstance(iso, str) else iso
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def counted(number: int, what: str) -> str:
    """So many of something.

    >>> counted(1, "article"), counted(1200, "near-copy")
    ('1 article', '1,200 near-copies')
    """
    many = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else many}"


def coverage(articles: int, oldest: str | dt.date | None, newest: str | dt.date | None) -> str:
    """What an archive holds, in a few words.

    >>> coverage(1, "2023-11-08", "2023-11-08"), coverage(1200, "2023-01-01", "2023-11-08")
    ('1 article, 8 Nov 2023', '1,200 articles, 1 Jan 2023 to 8 Nov 2023')
    """
    held = counted(articles, "article")
    if not newest:
        return f"{held}, undated" if articles else held
    if oldest == newest:
        return f"{held}, {long_date(newest)}"
    return f"{held}, {long_date(oldest)} to {long_date(newest)}"


def sentence(text: str) -> str:
    """A clause as a sentence of its own.

    >>> sentence("the closest passage does not name Peru")
    'The closest passage does not name Peru.'
    """
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "”")) else ".")
