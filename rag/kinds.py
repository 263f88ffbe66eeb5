"""Kinds: what a question asks for by name ("which country", "how many"), and whether an answer is one."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable

from rag.words import normalise, word_set

_COUNTRIES = word_set(
    """
    afghanistan albania algeria america angola argentina armenia australia austria azerbaijan bahrain bangladesh
    belarus belgium bolivia bosnia botswana brazil britain bulgaria cambodia cameroon canada chad chile china
    colombia congo croatia cuba cyprus czechia denmark ecuador egypt england eritrea estonia ethiopia finland france
    gabon gambia georgia germany ghana greece greenland guatemala guinea guyana haiti honduras hungary iceland india
    indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya kosovo kuwait kyrgyzstan laos
    latvia lebanon lesotho liberia libya liechtenstein lithuania luxembourg madagascar malawi malaysia mali malta
    mauritania mauritius mexico moldova monaco mongolia montenegro morocco mozambique myanmar namibia nepal
    netherlands nicaragua niger nigeria norway oman pakistan palestine panama paraguay peru philippines poland
    portugal qatar romania russia rwanda scotland senegal serbia singapore slovakia slovenia somalia spain sudan
    suriname sweden switzerland syria taiwan tajikistan tanzania thailand togo tonga tunisia turkey turkmenistan
    uganda uk ukraine uruguay us usa uzbekistan venezuela vietnam wales yemen zambia zimbabwe
    """
) | {
    "burkina faso",
    "costa rica",
    "czech republic",
    "dominican republic",
    "el salvador",
    "ivory coast",
    "new zealand",
    "north korea",
    "northern ireland",
    "north macedonia",
    "papua new guinea",
    "saudi arabia",
    "sierra leone",
    "solomon islands",
    "south africa",
    "south korea",
    "south sudan",
    "sri lanka",
    "united arab emirates",
    "united kingdom",
    "united states",
}
_STATES = word_set(
    """
    alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois
    indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri
    montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington
    wisconsin wyoming
    """
) | {
    "new hampshire",
    "new jersey",
    "new mexico",
    "new york",
    "north carolina",
    "north dakota",
    "rhode island",
    "south carolina",
    "south dakota",
    "west virginia",
}
_ALSO_CITIES = frozenset(
    ["new york", "washington", "mexico", "panama", "guatemala", "kuwait", "singapore", "monaco"]
)
_DIGIT = re.compile(r"\d")
_COUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds|thousands|millions)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONEY = re.compile(r"[$£€¥]\s?\d|\d.*\b(?:dollars|euros|pounds|yen|cents)\b", re.IGNORECASE)
_SHARE = re.compile(r"%|\bper ?cent\b|\bpercentage points?\b", re.IGNORECASE)
_MONTH = re.compile(rf"\b(?:{'|'.join(filter(None, calendar.month_name))})\b")


def _place(answer: str) -> str:
    return normalise(answer).lower().strip(" .,").removeprefix("the ").replace(".", "")


def _is_city(answer: str) -> bool:
    where = _place(answer)
    known = (where in _COUNTRIES or where in _STATES) and where not in _ALSO_CITIES
    return answer[:1].isupper() and not known and not _DIGIT.search(answer)


def _is_person(answer: str) -> bool:
    names = sum(word[:1].isupper() for word in answer.split())
    where = _place(answer)
    return names > 1 and where not in _COUNTRIES and where not in _STATES and not _DIGIT.search(answer)


def _is_count(answer: str) -> bool:
    return bool(_COUNT.search(answer)) and not _MONEY.search(answer) and not _YEAR.fullmatch(answer.strip())


_PEOPLE = (
    "actor|actress|singer|artist|politician|president|star|player|author|leader|figure|lawmaker|candidate|celebrity|"
    "musician|rapper|director|billionaire|minister|senator|legend|royal|king|queen|prince|princess|comedian|host|driver|"
    "golfer|cricketer|athlete|coach|ceo"
)


def _which(noun: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:which|what|whose) (?:[\w’'-]+ ){{0,4}}?(?:{noun})\b", re.IGNORECASE)


_KINDS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_which("country|nation"), lambda answer: _place(answer) in _COUNTRIES),
    (_which("state"), lambda answer: _place(answer) in _STATES),
    (_which("month"), lambda answer: bool(_MONTH.search(answer))),
    (
        re.compile(r"\b(?:percent(?:age)?|proportion|share) of\b", re.I),
        lambda answer: bool(_SHARE.search(answer)),
    ),
    (re.compile(r"\bhow much\b(?!.*\b(?:weigh|time)\b)", re.I), lambda answer: bool(_MONEY.search(answer))),
    (_which("year"), lambda answer: bool(_YEAR.search(answer))),
    (_which("city"), _is_city),
    (re.compile(rf"\b(?:who|whom)\b|{_which(_PEOPLE).pattern}", re.I), _is_person),
    (re.compile(r"\bhow (?:many|old|long)\b", re.I), _is_count),
)


def of_kind(question: str) -> Callable[[str], bool] | None:
    """What tells whether an answer is of the kind that a question asks for by name; None if it names none.

    >>> is_country = of_kind("Which African country joined?")
    >>> is_country("Kenya"), is_country("Nairobi"), of_kind("What did Kyiv recapture?")
    (True, False, None)
    """
    return next((test for pattern, test in _KINDS if pattern.search(question)), None)
