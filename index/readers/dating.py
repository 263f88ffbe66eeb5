"""Dates as people and programs write them, and dates in web addresses."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

from index.articles import parse_date
from index.errors import BadDate

_MONTHS = {
    name: number
    for number, names in enumerate(
        ["january", "february", "march", "april", "may", "june", "july", "august", "september sept",
         "october", "november", "december"],
        start=1,
    )
    for full in names.split()
    for name in (full, full[:3])
}  # fmt: skip
_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_WEEKDAY = r"(?:[A-Za-z]{3,9}\.?,?\s+)?"
_TIME = r"(?:(?:\s*,?\s+at\s+|\s*[T,|]\s*|\s+)\d{1,2}[:.]\d\d.*)?"
_NAMED = [
    re.compile(rf"{_WEEKDAY}{_DAY}[\s-]+{_MONTH},?[\s-]+{_YEAR}{_TIME}"),  # RFC 822; 8 November 2023
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+{_YEAR}{_TIME}"),  # November 8, 2023
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+\d\d:\d\d(?::\d\d)?(?:\s+[A-Z]{{3,4}})?\s+{_YEAR}"),  # ctime
    re.compile(rf"{_YEAR}[-/.\s]+{_MONTH}[-/.\s]+{_DAY}{_TIME}"),  # 2023-Nov-08
]
_YEAR_FIRST = re.compile(rf"{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(rf"(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.]{_YEAR}{_TIME}")


def read_date(value: str | None) -> dt.date | None:
    """The day that a written date names, in the time zone it was written in; None for nothing.

    Raises BadDate for what is no date, and for one that may be either of two days.

    >>> [read_date(d).isoformat() for d in ("8 November 2023", "Wed, 08 Nov 2023 23:30:00 -0500", "2023/11/8")]
    ['2023-11-08', '2023-11-08', '2023-11-08']
    >>> read_date("03/04/2023")
    Traceback (most recent call last):
    index.errors.BadDate: date '03/04/2023' may be 2023-04-03 or 2023-03-04; write it as one of these
    """
    text = " ".join((value or "").split())
    for pattern in (_YEAR_FIRST, *_NAMED):
        if len(text) <= 100 and (found := pattern.fullmatch(text)):
            month = (
                _MONTHS.get(found["month"].lower(), 0) if found["month"].isalpha() else int(found["month"])
            )
            if day := _day(int(found["year"]), month, int(found["day"])):
                return day
    if len(text) <= 100 and (found := _YEAR_LAST.fullmatch(text)):
        year, one, two = int(found["year"]), int(found["one"]), int(found["two"])
        days = sorted({day for day in (_day(year, two, one), _day(year, one, two)) if day}, reverse=True)
        if len(days) == 2:
            raise BadDate(f"date {text[:40]!r} may be {days[0]} or {days[1]}; write it as one of these")
        if days:
            return days[0]
    return parse_date(text)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


_IN_PATH = [
    re.compile(
        r"/(?P<year>(?:19|20)\d\d)/(?P<month>\d{1,2}|[a-z]{3})/(?P<day>\d{1,2})(?=/|$)", re.IGNORECASE
    ),
    re.compile(r"[/_-](?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?=[/._-]|$)"),
    re.compile(r"/(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)/"),
]


def date_from_url(url: str | None) -> dt.date | None:
    """The day that the path of a web address names, if it names one.

    >>> date_from_url("https://x.org/2023/11/08/slug"), date_from_url("https://x.org/2023/11/slug?d=2023-11-08")
    (datetime.date(2023, 11, 8), None)
    """
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return None
    for pattern in _IN_PATH:
        if found := pattern.search(path[:2000]):
            name = found["month"].lower()
            month = int(name) if name.isdigit() else _MONTHS.get(name, 0)
            if day := _day(int(found["year"]), month, int(found["day"])):
                return day
    return None
