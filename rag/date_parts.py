"""Parts of a year or month: quarters, halves, the first week of May, the start of the year."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable

from rag.date_tables import ANY_MONTH, COUNT, DAY, YEAR, month_number, month_range, months_back, number

Read = Callable[[re.Match[str], dt.date], tuple[dt.date, dt.date] | None]

_ORDER = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def _months(year: int, first: int, last: int) -> tuple[dt.date, dt.date]:
    return month_range(year, first)[0], month_range(year, last)[1]


def _quarter(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    which = m["which"].lower()
    part = int(which) if which.isdigit() else _ORDER.get(which, 4)
    return _months(int(m["year"]), 3 * part - 2, 3 * part)


def _half(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return _months(int(m["year"]), *((1, 6) if m["which"].lower() == "first" else (7, 12)))


def _some_months(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date] | None:
    count = number(m["count"])
    if not 1 <= count <= 12:
        return None
    return _months(int(m["year"]), *((1, count) if m["which"].lower() == "first" else (13 - count, 12)))


def _quarter_back(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    back = 0 if m["which"].lower() == "this" else 3
    there = months_back(as_of.replace(day=1), back + (as_of.month - 1) % 3)
    return _months(there.year, there.month, there.month + 2)


def _this_decade(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    first = as_of.year - as_of.year % 10
    return dt.date(first, 1, 1), dt.date(first + 9, 12, 31)


def _beginning(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    """January; the first third of a month; Monday and Tuesday."""
    unit = m["unit"].lower()
    if unit == "year":
        return _months(as_of.year, 1, 1)
    if unit == "month":
        return as_of.replace(day=1), as_of.replace(day=10)
    monday = as_of - dt.timedelta(as_of.weekday())
    return monday, monday + dt.timedelta(1)


def _day_of_month(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    there = months_back(as_of.replace(day=1), m["which"].lower() == "last")
    return (there.replace(day=int(m["day"])),) * 2


def _week_of_month(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    month, which = month_number(m["month"]), m["which"].lower()
    year = int(m["year"]) if m["year"] else as_of.year - (month > as_of.month)
    length = calendar.monthrange(year, month)[1]
    first = length - 6 if which == "last" else 7 * _ORDER[which] - 6
    return dt.date(year, month, first), dt.date(year, month, min(first + 6, length))


def _short_decade(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    first = 1900 + int(m["tens"])
    return dt.date(first, 1, 1), dt.date(first + 9, 12, 31)


PARTS: tuple[tuple[str, Read, bool], ...] = (
    (rf"(?:the\s+)?(?P<which>first|second|third|fourth|last|final)\s+quarter\s+of\s+{YEAR}", _quarter, False),
    (rf"q(?P<which>[1-4])(?:\s+of)?,?\s+{YEAR}", _quarter, False),
    (rf"(?:the\s+)?(?P<which>first|second)\s+half\s+of\s+{YEAR}", _half, False),
    (rf"(?:the\s+)?(?P<which>first|last)\s+{COUNT}\s+months\s+of\s+{YEAR}", _some_months, False),
    (r"(?P<which>this|last|the\s+previous)\s+quarter(?!\s+of\b)", _quarter_back, True),
    (r"this\s+decade", _this_decade, True),
    (r"the\s+(?:start|beginning)\s+of\s+(?:the|this)\s+(?P<unit>week|month|year)", _beginning, True),
    (rf"the\s+{DAY}\s+of\s+(?P<which>this|last)\s+month", _day_of_month, True),
    (
        rf"(?:the\s+)?(?P<which>first|second|third|fourth|last)\s+week\s+of\s+{ANY_MONTH}(?:,?\s+{YEAR})?",
        _week_of_month,
        False,
    ),
    (r"(?:the\s+)?['’](?P<tens>[3-9]0)s", _short_decade, False),
)
"""Pattern, reading, and whether its days depend on the day of asking."""
