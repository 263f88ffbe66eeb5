"""Single date expressions in a question, before prepositions join or bound them."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag.date_parts import PARTS
from rag.date_tables import (
    ANY_MONTH,
    COUNT,
    DAY,
    DAY2,
    DAYS,
    MONTH,
    MONTHS,
    TO,
    UNIT,
    WEEKDAY,
    YEAR,
    month_number,
    month_range,
    months_back,
    number,
)


@dataclass(frozen=True, slots=True)
class Atom:
    """One expression at ``start``..``end`` of a question and the days it names, both included.

    ``month`` (and ``day``) are set where the year had to be guessed; ``bare`` marks what is a date
    only after a preposition, such as "2015" or "March"; ``loose`` marks words of recency.
    """

    start: int
    end: int
    first: dt.date
    last: dt.date
    relative: bool
    month: int = 0
    day: int = 0
    bare: bool = False
    loose: bool = False


_Read = Callable[[re.Match[str], dt.date], tuple[dt.date, dt.date] | None]


def latest(month: int, day: int, before: dt.date) -> tuple[dt.date, dt.date] | None:
    """The latest such day (or month, if ``day`` is 0) that begins no later than ``before``.

    >>> latest(2, 29, dt.date(2023, 11, 8))
    (datetime.date(2020, 2, 29), datetime.date(2020, 2, 29))
    """
    for year in range(before.year, max(0, before.year - 9), -1):
        if day > calendar.monthrange(year, month)[1]:
            continue
        first, last = (dt.date(year, month, day),) * 2 if day else month_range(year, month)
        if first <= before:
            return first, last
    return None


def _days(date: dt.date, n: int) -> dt.date:
    return date + dt.timedelta(days=n)


def _unit_ago(unit: str, n: int, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """The whole day, week, weekend, month, year or decade that lies ``n`` units before this one."""
    if unit == "day":
        return (_days(as_of, -n),) * 2
    monday = _days(as_of, -as_of.weekday() - 7 * n)
    if unit == "week":
        return monday, _days(monday, 6)
    if unit == "weekend":
        # Until Friday the latest weekend that has begun is the one before this week's.
        saturday = _days(monday, 5 if as_of.weekday() >= 5 else -2)
        return saturday, _days(saturday, 1)
    if unit == "month":
        there = months_back(as_of.replace(day=1), n)
        return month_range(there.year, there.month)
    year = as_of.year - (n * 10 if unit == "decade" else n)
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def _back_from(unit: str, n: int, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """From ``n`` units ago to today."""
    if unit in ("day", "week", "weekend"):
        return _days(as_of, -n * (1 if unit == "day" else 7)), as_of
    return months_back(as_of, n * {"month": 1, "year": 12, "decade": 120}[unit]), as_of


def _iso(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return (dt.date(int(m["year"]), int(m["month"]), int(m["day"])),) * 2


def _day_month(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date] | None:
    month, day = month_number(m["month"]), int(m["day"])
    last_day = int(m["day2"]) if "day2" in m.re.groupindex else day
    found = (dt.date(int(m["year"]), month, day),) * 2 if m["year"] else latest(month, day, as_of)
    if found is None or last_day < day:
        return None
    return found[0], found[0].replace(day=last_day)


def _month_year(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return month_range(int(m["year"]), month_number(m["month"]))


def _month_of_year(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return month_range(as_of.year - (m["which"].lower() == "last"), month_number(m["month"]))


def _month(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date] | None:
    last = (m["which"] or "").lower() in ("last", "past")
    return latest(month_number(m["month"]), 0, _days(as_of.replace(day=1), -1) if last else as_of)


def _years(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date] | None:
    first, last = int(m["year"]), int(m["year2"])
    return (dt.date(first, 1, 1), dt.date(last, 12, 31)) if first <= last else None


def _year(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return dt.date(int(m["year"]), 1, 1), dt.date(int(m["year"]), 12, 31)


def _decade(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return dt.date(int(m["year"]), 1, 1), dt.date(int(m["year"]) + 9, 12, 31)


def _weekday(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    back = (as_of.weekday() - DAYS[m["weekday"].lower()]) % 7
    if (m["which"] or "").lower() in ("last", "past"):
        back = back or 7
    if m["week"]:
        back = as_of.weekday() + 7 - DAYS[m["weekday"].lower()]
    return (_days(as_of, -back),) * 2


def _today(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return as_of, as_of


def _yesterday(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    back = 2 if "before" in m[0].lower() else 1
    return _days(as_of, -back), as_of if "night" in m[0].lower() else _days(as_of, -back)


def _this(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return _unit_ago(m["unit"].lower(), 0, as_of)


def _last(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    unit, back = m["unit"].lower(), 2 if "before" in m[0].lower() else 1
    if unit == "weekend" and as_of.weekday() < 5:
        back -= 1
    return _unit_ago(unit, back, as_of)


def _past(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return _back_from(m["unit"].lower(), number(m["count"] or "1"), as_of)


def _ago(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return _unit_ago(m["unit"].lower(), number(m["count"]), as_of)


def _hours(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    hours = number(m["count"] or m["count2"])
    return _days(as_of, -((hours + 23) // 24)), as_of


def _open(m: re.Match[str], as_of: dt.date) -> tuple[dt.date, dt.date]:
    return dt.date.min, as_of


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    read: _Read
    relative: bool = False
    bare: bool = False
    loose: bool = False


def _p(regex: str, read: _Read, **flags: bool) -> _Pattern:
    return _Pattern(re.compile(rf"(?<![\w-]){regex}(?!\w)", re.IGNORECASE), read, **flags)


_ENDING = r"(?:\s+(?:morning|afternoon|evening|night))?"
_PATTERNS = (
    *(_p(regex, read, relative=relative) for regex, read, relative in PARTS),
    _p(r"(?P<year>\d{4})(?P<_s>[-/])(?P<month>\d{1,2})(?P=_s)(?P<day>\d{1,2})(?![-/]\d)", _iso),
    _p(rf"(?:the\s+)?{DAY}{TO}(?:the\s+)?{DAY2}\s+(?:of\s+)?{ANY_MONTH}(?:,?\s+{YEAR})?", _day_month),
    _p(rf"{ANY_MONTH}\s+{DAY}{TO}{DAY2}(?!\d)(?:,?\s+{YEAR})?", _day_month),
    _p(rf"(?:{WEEKDAY},?\s+)?(?:the\s+)?{DAY}\s+(?:of\s+)?{ANY_MONTH}(?:,?\s+{YEAR})?", _day_month),
    _p(rf"(?:{WEEKDAY},?\s+)?{ANY_MONTH}\s+(?:the\s+)?{DAY}(?!\d)(?:,?\s+{YEAR})?", _day_month),
    _p(rf"{ANY_MONTH},?\s+(?:of\s+)?{YEAR}", _month_year),
    _p(rf"{MONTH},?\s+(?:of\s+)?(?P<which>this|last)\s+year", _month_of_year, relative=True),
    _p(rf"(?:(?P<which>last|this|past)\s+)?{MONTH}", _month, relative=True, bare=True),
    _p(rf"{YEAR.split('(?!')[0]}\s*(?:-|–|to)\s*{YEAR.replace('year', 'year2')}", _years),
    _p(rf"(?P<_y>the\s+year\s+)?{YEAR}", _year, bare=True),
    _p(r"(?:the\s+)?(?P<year>1[89]\d0|20\d0)s", _decade, bare=True),
    _p(rf"(?:(?P<which>last|this|past)\s+)?{WEEKDAY}(?P<week>\s+last\s+week|\s+of\s+last\s+week)?{_ENDING}",
       _weekday, relative=True, bare=True),
    _p(r"today|tonight|this\s+(?:morning|afternoon|evening)|earlier\s+today", _today, relative=True),
    _p(rf"(?:the\s+day\s+before\s+yesterday|last\s+night|yesterday{_ENDING})", _yesterday, relative=True),
    _p(r"(?:earlier\s+|later\s+)?(?:this|the\s+current)\s+(?P<unit>weekend|week|month|year)(?!\s+of\b)",
       _this, relative=True),
    _p(r"(?:over|at|on)\s+the\s+(?P<unit>weekend)(?!\s+of\b)", _this, relative=True),
    _p(r"(?:late\s+|earlier\s+)?(?:last|the\s+previous)\s+(?P<unit>weekend|week|month|year)(?!\s+of\b)",
       _last, relative=True),
    _p(rf"the\s+{UNIT}\s+before\s+last", _last, relative=True),
    _p(rf"(?:the\s+)?(?:last|past|previous)\s+(?:a\s+)?{COUNT}\s+{UNIT}s?", _past, relative=True),
    _p(r"(?:the\s+)?past(?P<count>)\s+(?P<unit>day|week|month|year|decade)", _past, relative=True),
    _p(r"(?:the\s+)?last(?P<count>)\s+(?P<unit>decade)", _past, relative=True),
    _p(rf"(?:a\s+)?{COUNT}\s+{UNIT}s?\s+(?:ago|earlier|back)", _ago, relative=True),
    _p(rf"(?:the\s+)?(?:last|past)\s+{COUNT}\s+hours|{COUNT.replace('count', 'count2')}\s+hours\s+ago",
       _hours, relative=True),
    _p(r"recently|lately|nowadays|currently|right\s+now|now|at\s+the\s+moment|these\s+days|so\s+far|"
       r"(?:the\s+)?(?<!at the )(?:latest|newest|most\s+recent)|(?:in\s+)?recent\s+(?:day|week|month|year)s|"
       r"the\s+(?:day|week|month|year)\s+(?:after|before)|the\s+(?:next|following)\s+day|"
       rf"{COUNT.replace('?P<count>', '?:')}\s+(?:day|week|month|year)s?\s+(?:after|before)|"
       r"the\s+week\s+(?:of|beginning|starting)",
       _open, relative=True, loose=True),
)  # fmt: skip

_NAMELIKE = ("april", "may", "june", "august", "march")
_NOT_A_NAME = re.compile(
    r"(?:an?|the|in|on|of|by|to|from|since|until|till|before|after|during|through|throughout|between|and|or|for|"
    r"early|late|mid|last|this|past|did|does|do|was|were|is|are|has|have|had|what|which|who|when|where|why|how|"
    rf"happened|{'|'.join(DAYS)}),?",
    re.IGNORECASE,
)
_NAMED_DAYS = ("black", "good", "super", "bloody", "ash", "cyber", "palm", "easter", "holy", "maundy")


def atoms(question: str, as_of: dt.date) -> Iterator[Atom]:
    """Every date expression in a question, longest first where two begin at one place.

    Names and verbs that only look like dates are passed over; an expression that does not exist in
    the calendar ("31 November") or lies outside the years 1 to 9999 is none.
    """
    found: list[Atom] = []
    for pattern in _PATTERNS:
        for match in pattern.regex.finditer(question):
            if not _looks_like_a_date(question, match, pattern):
                continue
            try:
                days = pattern.read(match, as_of)
            except (ValueError, OverflowError):
                continue
            if days:
                found.append(_atom(match, pattern, *days))
    end = -1
    for atom in sorted(found, key=lambda a: (a.start, -a.end, a.bare)):
        if atom.start >= end:
            end = atom.end
            yield atom


def _atom(match: re.Match[str], pattern: _Pattern, first: dt.date, last: dt.date) -> Atom:
    groups = match.groupdict()
    guessed = bool(groups.get("month")) and not groups.get("year") and pattern.read is not _month_of_year
    free = guessed and not groups.get("which")
    return Atom(
        match.start(),
        match.end(),
        first,
        last,
        relative=pattern.relative or guessed,
        month=first.month if free else 0,
        day=int(groups.get("day") or 0) if free else 0,
        bare=pattern.bare and not (groups.get("which") or groups.get("week") or groups.get("_y")),
        loose=pattern.loose,
    )


def _looks_like_a_date(question: str, match: re.Match[str], pattern: _Pattern) -> bool:
    before = question[: match.start()].rstrip()
    word = re.split(r"[\s(\"“]", before)[-1] if before else ""
    groups = match.groupdict()
    if name := groups.get("month"):
        return name.isdigit() or _is_month(name, word, question, match)
    if day := groups.get("weekday"):
        return day[0].isupper() or question.islower() if word.lower() not in _NAMED_DAYS else False
    # "USA Today" and "Last Week Tonight" are names: only the first word of a sentence is capitalised.
    words = match[0].split()
    starts = not before or before[-1] in '.?!:;"“('
    return not any(w[0].isupper() and not w[1:].isdigit() for w in (words[1:] if starts else words))  # Q2


def _is_month(name: str, word: str, question: str, match: re.Match[str]) -> bool:
    groups = match.groupdict()
    numbered = bool(groups.get("day") or groups.get("year"))
    short = name.lower().rstrip(".") not in MONTHS
    if short:
        return bool(groups.get("day") or groups.get("year")) and name[0].isupper()
    if name.lower() not in _NAMELIKE:
        return True
    if name[0].isupper():
        # "Theresa May 2017", "Women's March 2017": the word before says that it is a name.
        is_named = word[:1].isupper() and not _NOT_A_NAME.fullmatch(word)
        return not (match.start("month") == match.start() and (is_named or word.endswith(("'s", "’s"))))
    if numbered:
        return bool(groups.get("year")) or word.lower() in ("on", "since", "by", "until", "before", "after")
    after = question[match.end() :].lstrip()
    return not after or after[0] in ".,?!;:)"
