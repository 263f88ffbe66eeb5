"""Names and numbers of which dates are made, and the patterns that find them."""

from __future__ import annotations

import calendar
import datetime as dt

MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
SHORT = {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
DAYS = {name.lower(): i for i, name in enumerate(calendar.day_name)}
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "a": 1, "an": 1, "couple": 2, "few": 3, "several": 3, "dozen": 12,
}  # fmt: skip

MONTH = rf"(?P<month>{'|'.join(MONTHS)})"
ANY_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|(?:{'|'.join(SHORT)})\b\.?)"
YEAR = r"(?P<year>1[89]\d\d|20\d\d)(?![\d%]|[-–/.,:]\d)"
DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
DAY2 = DAY.replace("day", "day2")
WEEKDAY = rf"(?P<weekday>{'|'.join(DAYS)})"
TO = r"\s*(?:-|–|\bto\b|\band\b|\buntil\b|\btill\b|\bthrough\b)\s*"
COUNT = rf"(?P<count>\d{{1,5}}|{'|'.join(NUMBERS)})(?:\s+(?:of|more))?"
UNIT = r"(?P<unit>day|weekend|week|month|year|decade)"


def month_range(year: int, month: int) -> tuple[dt.date, dt.date]:
    """The first and the last day of a month; raises ValueError outside the years 1 to 9999."""
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])


def months_back(date: dt.date, n: int) -> dt.date:
    """The same day ``n`` months earlier, or the last day of that month if it is shorter."""
    index = date.year * 12 + date.month - 1 - n
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def number(words: str) -> int:
    """A number in words or digits; raises ValueError for anything else."""
    return NUMBERS.get(words.lower()) or int(words)


def month_number(name: str) -> int:
    """1 to 12 for the name of a month or its short form."""
    name = name.lower().rstrip(".")
    return MONTHS.get(name) or SHORT[name]
