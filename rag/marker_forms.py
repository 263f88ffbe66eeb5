"""The forms in which models write a marker, and what only looks like one."""

from __future__ import annotations

import re
from collections.abc import Collection

from rag.words import word_list

LARGEST = 999
"""A larger number in brackets, such as ``[2023]``, is no marker unless it is known to be one."""

# Atomic and possessive groups: text made to look almost like a marker is read in one way only.
_KIND = r"(?:sources?|passages?|ref(?:s|erences?)?\.?|articles?|doc(?:ument)?s?|citations?|nos?\.)"
_WORD = rf"(?>{_KIND}\s?[:#]?\s?|#|\^)?"
_NUMBER = r"[-^]?\d{1,4}+(?!\d)(?::\d{1,3}(?=†))?"
_GAP = r"(?>\s?(?:[,;/|&，、；]\s?(?:(?:and|&)\s)?|(?:and|to|&)\s|[-–—‐‑−]\s?)?)"
_LIST = rf"{_NUMBER}(?:{_GAP}{_WORD}{_NUMBER})*"
_SQUARE = re.compile(
    rf"[\[【［]\s?{_WORD}{_WORD}({_LIST})(\s?†[^\]】］]*|[:,]\s[^\]】］]*)?\s?[\]】］]", re.IGNORECASE
)
_ROUND = re.compile(rf"[(（]\s?(?:see\s)?({_KIND}\s?[:#]?\s?)?{_WORD}({_LIST})\s?[)）]", re.IGNORECASE)
_UNFILLED = re.compile(
    r"[\[【［]\s?(?:citation needed|sources?\??|refs?|passage|number|[nx#?])\s?[\]】］]", re.IGNORECASE
)
_RANGE = re.compile(r"(-?\d+)(?:\s?(?:[-–—‐‑−]|to)\s?(\d+))?")

HALF = re.compile(r"[\[【［(（]{0,2}\s?\^?(?:[A-Za-z]{1,9}\.?:?\s?)?[\d\s,;&:^–—-]*(?:†\w*)?")
"""What may have become a marker when the text broke off."""

JOINER = re.compile(r"\s*(?:[,;/&–—-]|,?\s?and)?\s*")
"""What stands between two markers that belong together."""

_CITE = r"(?:according to|as (?:reported|stated|noted|seen|mentioned) (?:in|by)|per)"
_HERE = r"(?:(?:the\s)?(?:passages?|documents?)|sources?|articles?|refs?|references?)"
LEAD_IN = re.compile(
    rf"(,?);?\s*\b{_CITE}(?:\s{_HERE})?\s?:?\s*$"
    rf"|(?:^|(?<=[(])|(,)|;)\s?(?:see|(?:(?:see|in|from|by)\s)?{_HERE}\s?:?)\s*$"
    r"|\bsources?:\s*$",
    re.IGNORECASE,
)
"""Words that lead to a marker and mean nothing without it; a comma before them is a group."""

_SAY = r"(?:says?|states?|reports?|mentions?|notes?)"
_NAMED = re.compile(
    rf"[\s*#>•-]*(?:(?:{_CITE}|in|from)\s)?(?:the\s)?(?:passages?|sources?|documents?)\s({_LIST})"
    rf"[*_]*(?:,|:|\s{_SAY}(?:\sthat)?\b)[*_]*\s+",
    re.IGNORECASE,
)
_SAYS_THAT = re.compile(rf"{_SAY}\sthat\s+|[Aa]s\s{_SAY},\s+")

_ROUND_END = re.compile(
    rf"\s?[(（]\s?(?:articles?\s)?({_LIST})\s?[)）](\s?[.!?…。]*[\"'”’»*_`]*)$", re.IGNORECASE
)
_DASH = re.compile(r"[-–—‐‑−]")  # "(4-1)" is a score
_ROUND_NUMBER = re.compile(r"[(（]\s?\d{1,3}\s?[)）]")
_MOST_ROUND = 12
_COUNT = re.compile(r"\b(one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})\s?$", re.IGNORECASE)
_COUNTS = {word: n for n, word in enumerate(word_list("one two three four five six seven eight nine ten"), 1)}
_STATUTE = re.compile(
    r"\b(?:sections?|articles?|clauses?|paragraphs?|rules?|chapters?|titles?|nos?\.|parts?)\s\d[\w.-]*$",
    re.IGNORECASE,
)

RAISED, RAISED_JOINERS = "⁰¹²³⁴⁵⁶⁷⁸⁹", "⁻,"
_LOWERED = str.maketrans(RAISED + "⁻", "0123456789-")
_CAN_BE_NOTED = re.compile(r"(?:^|[^\W\d_]{3}|\b[A-Z][A-Za-z]|[.!?…。])[\"'”’»)*_`]*$")


def square(bracket: str, known: Collection[int]) -> tuple[int, ...] | None:
    """The numbers of a bracket such as ``[1, 2]``; None if it is ordinary text.

    >>> square("[^1]", {1}), square("【2†source】", {1}), square("[sic]", {1}), square("[citation needed]", {1})
    ((1,), (2,), None, ())
    """
    if _UNFILLED.fullmatch(bracket):
        return ()
    if not (match := _SQUARE.fullmatch(bracket)):
        return None
    found = _numbers(match[1])
    if (match[2] or "†")[:1] in ":," and found[0] not in known:
        return None
    return tuple(n for n in found if n in known or n <= LARGEST) or None


def year(bracket: str) -> str | None:
    """``[2023]`` as ``(2023)``, which does not look like a marker; None if it is no figure."""
    match = _SQUARE.fullmatch(bracket)
    return f"({match[1]})" if match and not match[2] else None


def round_marker(bracket: str, known: Collection[int]) -> tuple[tuple[int, ...], bool] | None:
    """The numbers of ``(1)`` or ``(Source 1)``, and whether it names what is numbered; else None.

    >>> round_marker("(Source 9)", {1}), round_marker("(1, 2)", {1, 2}), round_marker("(2023)", {1})
    (((9,), True), ((1, 2), False), None)
    """
    if not (match := _ROUND.fullmatch(bracket)):
        return None
    numbers, kind = tuple(_numbers(match[2])), (match[1] or "").lower()
    if kind.startswith(("source", "passage")):
        return numbers, True
    is_score = not kind and _DASH.search(match[2])
    named = bool(kind) and not kind.startswith("article")  # "the clause (Article 5) was invoked"
    return None if is_score or not all(n in known for n in numbers) else (numbers, named)


def round_end(text: str, numbers: Collection[int], known: Collection[int]) -> tuple[str, list[int]]:
    """A sentence without the ``(1)`` before its full stop, and its numbers.

    No marker is a score, a number that the sentence spells out just before, one of a section of a law,
    or one in a sentence with other numbers in parentheses or with other markers.

    >>> round_end("It rained (1).", [], {1, 2}), round_end("It hit two (2).", [], {1, 2})
    (('It rained.', [1]), ('It hit two (2).', []))
    """
    rest, end, found = text, "", list[int]()
    while len(found) < _MOST_ROUND and (match := _ROUND_END.search(rest, max(0, len(rest) - 80))):
        here, before = _numbers(match[1]), rest[: match.start()]
        if (
            not all(n in known for n in here)
            or _DASH.search(match[1])
            or _counts(before, here)
            or _STATUTE.search(before[-40:])
        ):
            break
        if before[-1:].isdigit() and not match[0][0].isspace():
            break
        rest, end, found = before, end or match[2].lstrip(), [*here, *found]
    if not found or not set(numbers) <= set(found) or _others(rest):
        return text, []
    return rest + end, list(dict.fromkeys(found))


def _counts(before: str, numbers: list[int]) -> bool:
    """Whether a text ends with the same number, as in "two (2)"."""
    word = _COUNT.search(before[-12:])
    return bool(word) and [_COUNTS.get(word[1].lower()) or int(word[1])] == numbers  # type: ignore[index]


def _others(text: str) -> bool:
    """Whether a text has numbers in parentheses that neither open it nor repeat a count."""
    for match in _ROUND_NUMBER.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        if before.strip(" *_-") and not _counts(before, _numbers(match[0])):
            return True
    return False


def raised(run: str, before: str, known: Collection[int]) -> list[int] | None:
    """The numbers of raised digits such as ``¹`` or ``²⁻⁴`` after a text; None for the like of ``m²``.

    >>> raised("¹", "It rained.", {1}), raised("¹²", "It rained", {1, 2}), raised("²", "9 km", {1, 2})
    ([1], [1, 2], None)
    """
    if not _CAN_BE_NOTED.search(before[-12:]):
        return None
    found: list[int] = []
    for part in run.translate(_LOWERED).split(","):
        numbers = _numbers(part)
        apart = [int(digit) for digit in part if digit.isdecimal()]
        whole = all(n in known for n in numbers) or not all(n in known for n in apart)
        found += numbers if whole else apart
    return found if before[-1:] in ".!?…。" or all(n in known for n in found) else None


def named(text: str, known: Collection[int]) -> tuple[str, list[int]]:
    """A sentence without an opening such as "According to passage 3,", and the numbers it names.

    >>> named("Passage 1 says that it rained.", {1})
    ('it rained.', [1])
    """
    match = _NAMED.match(text)
    numbers = _numbers(match[1]) if match else []
    return (text[match.end() :], numbers) if match and all(n in known for n in numbers) else (text, [])


def without_saying(text: str) -> str:
    """What is left of "[1] says that it rained." without the opening that the marker took with it."""
    return text[match.end() :] if (match := _SAYS_THAT.match(text)) else text


def span(first: int, last: int) -> list[int]:
    """The numbers of a range; only its ends if it is long or runs backwards."""
    return list(range(first, last + 1)) if first <= last <= first + 50 else list(dict.fromkeys((first, last)))


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for first, last in _RANGE.findall(re.sub(r":\d+", "", text)):
        found += span(int(first), int(last or first))
    return found
