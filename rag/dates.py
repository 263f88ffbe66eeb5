"""Periods in questions: "last week", "since March", "between 3 and 10 May 2023" as calendar days.

Conventions, all seen from ``as_of``, the day on which the question is asked:

- Weeks start on Monday (ISO 8601). "Last week" is the week before this one; "the past week" and "the
  last 7 days" run from seven days ago to today. "Three weeks ago" is a week, "two months ago" a
  month, "two years ago" a year, "three days ago" a day.
- "Early", "mid" and "late" are the whole month or year: where a third begins, no two readers agree. The first
  week of a month is its first seven days, "the week of 16 October" the one from Monday that holds it.
- "This weekend" is the latest Saturday and Sunday that have begun, "last weekend" the latest that
  were over.
- A day, weekday or month without a year is the latest one that has begun; "last Tuesday" and "last
  November" are before today and before this month.
- What depends on ``as_of`` never ends after it. What has not begun ("next week") is no period.
- Names are not dates: "Theresa May", "may have", "the march on Rome", "USA Today", "Black Friday".
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, replace

from index.articles import DateRange
from rag.date_tables import month_range, number
from rag.date_words import Atom, atoms


@dataclass(frozen=True, slots=True)
class Period:
    """A period that a question names: ``question[start:end] == text``, preposition included.

    ``relative`` is true if its days depend on the day of asking ("last week", but also "in March",
    whose year had to be guessed): better a preference than a filter. ``recent`` marks words of
    recency ("the latest", "recently") that name no days; their range is all that came before.
    A year or a month may also be what the question is about and not when it was reported ("seized
    in 2015"); that is for the caller to decide.
    """

    range: DateRange
    text: str
    start: int
    end: int
    relative: bool
    recent: bool = False


_SINCE = ("since", "from", "starting", "beginning")
_BEFORE = ("before", "prior to", "earlier than")
_UNTIL = ("until", "till", "up to", "through", "by", "as of")
_AFTER = ("after", "following", "later than")
_WITHIN = ("in", "on", "during", "throughout", "within", "of", "over", "for", "between", "around",
           "early", "late", "mid")  # fmt: skip
_WORDS = "|".join(_SINCE + _BEFORE + _UNTIL + _AFTER + _WITHIN).replace(" ", r"\s+")
_PART = r"(?:the\s+)?(?:very\s+)?(?:start|beginning|middle|end|course|early|late|mid)(?:\s+of)?[\s-]+"
_PREPOSITION = re.compile(rf"\b(?P<word>{_WORDS})[\s-]+(?:{_PART})?(?:the\s+)?$", re.IGNORECASE)
_JOINT = re.compile(r"\s*(?:\b(?:and|to|until|till|through|up to)\b|-|–)\s*(?:the\s+)?", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s*(?:%|percent\b|people\b|gmt\b|utc\b|hours?\b|days?\b|years?\b|metres?\b|meters?\b|km\b|miles?\b|"
    r"men\b|women\b|soldiers?\b|troops\b|dollars?\b|euros?\b|tons?\b|tonnes?\b|homes?\b)",
    re.IGNORECASE,
)


def read_period(question: str, as_of: dt.date) -> Period | None:
    """The period that a question names, or None.

    Of several the most precise one counts, then the first. A pure function; it never raises.

    >>> read_period("What happened in Kyiv last week?", dt.date(2023, 11, 8)).range
    DateRange(since=datetime.date(2023, 10, 30), until=datetime.date(2023, 11, 5))
    >>> period = read_period("What has Ukraine said since 1 November 2023?", dt.date(2023, 11, 8))
    >>> period.text, period.range.since.isoformat(), period.range.until, period.relative
    ('since 1 November 2023', '2023-11-01', None, False)
    >>> read_period("What did Theresa May say?", dt.date(2023, 11, 8)) is None
    True
    """
    text = question.lower() if question.isupper() and len(question.lower()) == len(question) else question
    found = list(atoms(text, as_of))
    periods: list[Period] = []
    while found:
        atom = found.pop(0)
        period, used_next = _period(question, text, atom, found[0] if found else None, as_of)
        if used_next:
            found.pop(0)
        if period:
            periods.append(period)
    return min(periods, key=lambda p: (p.recent, _length(p.range, as_of), p.start), default=None)


def _length(days: DateRange, as_of: dt.date) -> int:
    until = days.until or max(as_of, days.since or as_of)
    return (until - (days.since or dt.date.min)).days


def _period(
    question: str, text: str, atom: Atom, following: Atom | None, as_of: dt.date
) -> tuple[Period | None, bool]:
    """One period that begins with this atom, and whether it took the following one as well."""
    preposition = _PREPOSITION.search(text, 0, atom.start)
    word = " ".join(preposition["word"].lower().split()) if preposition else ""
    start = preposition.start() if preposition else atom.start
    if following and (joined := _join(text, atom, following, word)):
        return _make(question, joined, joined.first, joined.last, start, as_of), True
    if atom.loose:
        return _loose(question, text, atom, following, as_of)
    if atom.bare and not _is_bare_date(text, atom, word):
        return None, False
    try:
        since, until = _bounds(text, atom, word)
    except OverflowError:
        return None, False
    return _make(question, atom, since, until, start, as_of), False


def _make(
    question: str, atom: Atom, since: dt.date | None, until: dt.date | None, start: int, as_of: dt.date
) -> Period | None:
    if atom.relative:
        until = min(until or as_of, as_of)
    if since and until and since > until:
        return None
    return Period(DateRange(since, until), question[start : atom.end], start, atom.end, atom.relative)


def _bounds(text: str, atom: Atom, word: str) -> tuple[dt.date | None, dt.date | None]:
    day = dt.timedelta(days=1)
    rest = text[atom.end :]
    if word in _BEFORE:
        return None, atom.first - day
    if word in _UNTIL:
        return None, atom.last
    if word in _AFTER:
        # "After Tuesday's vote" may still be Tuesday; "after Tuesday" is not.
        return (atom.first if rest[:1] in ("'", "’") else atom.last + day), None
    if word in _SINCE and (word != "from" or re.match(r"\s+on(?:wards?)?\b", rest)):
        return atom.first, None
    return atom.first, atom.last


def _is_bare_date(text: str, atom: Atom, word: str) -> bool:
    """Whether "2015", "March" or "Tuesday" is a date here and not a count, a name or a verb."""
    rest = text[atom.end :]
    following = re.match(r"\s+(\w+)", rest)
    after = following[1] if following else ""
    name = text[atom.start : atom.end].lower()
    if text[: atom.start].lower().endswith(("next ", "coming ")):
        return False
    if name[:1].isdigit() or name.startswith("the "):
        # "in 2000 villages", "over 2015 drones"
        counts = name.endswith("00") or word in ("over", "around", "up to", "by", "within", "for", "of")
        is_noun = after.islower() and after.endswith("s") and after not in _VERBS
        return bool(word) and not _COUNTED.match(rest) and not (counts and is_noun)
    if atom.month == 0:  # a weekday
        ends = not rest.strip() or rest[0] in ",.?!;:)'’" or name.split()[-1] not in _WEEKDAYS
        return bool(word) or ends or after in ("in", "on", "at", "about", "that", "and", "when")
    if not word or word == "on":
        return False
    if name in ("may", "march", "april", "june", "august") and word in _MAY_TAKE_A_NAME:
        return not after or after in ("to", "until", "till", "through", "and", "in", "on", "onwards", "last")
    return True


_VERBS = ("was", "is", "has", "does", "as", "this")
_WEEKDAYS = tuple(name.lower() for name in calendar.day_name)
_MAY_TAKE_A_NAME = (*_BEFORE, *_UNTIL, *_AFTER, "from", "of", "for", "over")


def _join(text: str, left: Atom, right: Atom, word: str) -> Atom | None:
    """Two atoms as one from the first to the last, if "between", "from" or a dash joins them."""
    joint = _JOINT.fullmatch(text, left.end, right.start)
    if joint is None or left.loose or right.loose:
        return None
    by_and = "and" in joint[0].lower()
    if word != "between" if by_and else word not in ("from", "between") and left.bare and right.bare:
        return None
    if left.month and not right.relative:
        turned = (left.month, left.day) > (right.first.month, right.first.day)
        left = replace(_in_year(left, right.first.year - turned), relative=False)
    elif right.month:
        turned = (right.month, right.day or 31) < (left.first.month, left.first.day)
        right = replace(_in_year(right, left.first.year + turned), relative=left.relative)
    elif left.relative and right.relative and right.last < left.first and left.bare and right.bare:
        week = dt.timedelta(days=7)  # "from Monday to Friday", asked in between
        right = replace(right, first=right.first + week, last=right.last + week)
    first, last = min(left.first, right.first), max(left.last, right.last)
    return replace(left, end=right.end, first=first, last=last, relative=left.relative or right.relative)


def _in_year(atom: Atom, year: int) -> Atom:
    """A guessed day or month in another year; unchanged where that year has no such day."""
    try:
        first, last = month_range(year, atom.month)
        if atom.day:
            first = dt.date(year, atom.month, atom.day)
            last = first + (atom.last - atom.first)
    except (ValueError, OverflowError):
        return atom
    return replace(atom, first=first, last=last)


def _loose(
    question: str, text: str, atom: Atom, following: Atom | None, as_of: dt.date
) -> tuple[Period | None, bool]:
    """Words of recency; or "the day after 8 November", "two weeks before the 2nd of May", "the week of 6 March"."""
    words = text[atom.start : atom.end].lower().split()
    counted = words[0] != "the" and words[-1] in ("after", "before")
    of_week = words[:2] == ["the", "week"] and words[-1] in ("of", "beginning", "starting")
    is_next = words[-1] in ("after", "before") or words[-2:] in (["next", "day"], ["following", "day"])
    if (is_next or of_week) and following and not text[atom.end : following.start].strip(" the"):
        try:
            since, until = _week_of(following) if of_week else _away(words, following, counted=counted)
        except OverflowError:
            since, until = following.first, following.last
        joined = replace(following, start=atom.start)
        if period := _make(question, joined, since, until, atom.start, as_of):
            return period, True
    if counted or of_week:
        return None, False  # "two days after the vote": of which day, nobody said
    span = question[atom.start : atom.end]
    return Period(DateRange(until=as_of), span, atom.start, atom.end, True, recent=not is_next), False


def _away(words: list[str], day: Atom, *, counted: bool) -> tuple[dt.date, dt.date]:
    """The day or days so far from a date: "the week after" is seven days, "two weeks after" the fourteenth."""
    sizes = {"day": 1, "week": 7, "month": 31, "year": 366}
    size = dt.timedelta(sizes[words[-2].rstrip("s")])
    if counted:
        size *= number(words[1] if words[0] == "a" and len(words) > 3 else words[0])
        at = day.last + size if words[-1] == "after" else day.first - size
        return at, at
    one = dt.timedelta(1)
    if words[-1] == "after":
        return day.last + one, day.last + size
    return day.first - size, day.first - one


def _week_of(day: Atom) -> tuple[dt.date, dt.date]:
    monday = day.first - dt.timedelta(day.first.weekday())
    return monday, monday + dt.timedelta(6)
