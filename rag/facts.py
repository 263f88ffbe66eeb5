"""Facts that can be compared exactly: figures, dates, names and quoted words in a text."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.words import STOPWORDS, bare, name_stem, normalise, stem, word_list, word_set

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[$€£¥₽%]|[^\w\s]")
_QUOTED = re.compile(r'"([^"]{1,600})"|(?<!\w)\'([^\'"]{3,300})\'(?!\w)')
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s\"'<>()]{1,300}|(?<![\w.@-])[a-z0-9@-]{1,63}(?:\.[a-z0-9@-]{1,63}){0,4}\.[a-z]{2,24}(?![\w-])"
)
_CUT = re.compile(r"\.\.\.|…|\[[^\[\]]{0,60}\]")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")

MONTHS = {
    name: number
    for number, names in enumerate(
        word_list(
            "january,jan february,feb march,mar april,apr may june,jun july,jul august,aug "
            "september,sep,sept october,oct november,nov december,dec"
        ),
        1,
    )
    for name in names.split(",")
}
_SMALL = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_UNITS = {word: number for number, word in enumerate(_SMALL)}
_TENS = {
    word: 10 * number
    for number, word in enumerate(word_list("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
_POWERS = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_LETTERS = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "tn": 1e12}
_ORDINALS = {
    word: number
    for number, word in enumerate(word_list("third fourth fifth sixth seventh eighth ninth tenth"), 3)
}
_RANGE_WORDS = ("-", "to", "and", "or")
_CURRENCY = {"dollar": "$", "euro": "€", "pound": "£", "yen": "¥", "ruble": "₽", "rouble": "₽"}

TITLES = word_set(
    """
    mr mrs ms miss dr sir lord lady dame prof professor president prime minister general colonel
    major captain lieutenant sergeant admiral chancellor senator governor mayor king queen prince
    princess pope secretary minister ambassador representative congressman congresswoman judge
    justice chief director chairman ceo pres sen rep gov gen col lt sgt capt maj sec amb
    """
)
# Words that often open a sentence and are no names, beside those that an ending gives away.
_OPENERS = word_set(
    """
    officials authorities police people troops soldiers forces residents workers leaders lawmakers
    experts scientists researchers doctors critics analysts sources reports protesters government
    state local two three four five six seven eight nine ten today yesterday tomorrow tonight yes so
    thus hence later earlier last next first second third finally thanks please sure certainly based
    separately together overall despite instead also like unlike given due other others another men
    women children families victims investigators prosecutors rescuers firefighters military army
    navy war peace oil gas news media part half rumors rumours talks elections attacks strikes
    fighting clashes allegations speculation former new old high low big small young early late long
    short good bad such there answer passage article archive text summary question note source
    official company parliament court voters students teachers nothing everyone someone fortunately
    tragically both aid emergency heavy tens dozens hundreds thousands millions chosen except born
    known made held led built driven beaten given seen taken told found caught shown left worn sworn
    written drawn torn struck brought bought sold sent kept lost won once besides beyond
    anyone whoever whatever wherever whichever nowhere somebody anybody nobody everybody something anything
    everything fresh fuel diplomacy federal far extreme fear relief staff concern health past trouble strong
    praise unrest time twice footage face almost interest mix commercial outward optimism anger technical
    western eastern northern southern harsh record certain sudden disastrous party generous fuller colossal
    reluctance age appeal sinister dry approval fraud phone anxious social strange hate energy pro turnover
    internet rivalry sorrow rather gentle word advance ordinary pressure violence alcohol dearer cheaper
    meant behind comfort severe autumn spring summer winter worry road talk regular fine close child demand
    poor home ancient technology ice help weak higher lower foreign loss national hard broken festive scant
    soon expectant money criticism cut light politics uncertainty afraid work life death food water land air
    fire rain heat cold trade business industry science sport sports music crime justice growth debt
    inflation wealth poverty hunger housing rent traffic travel tourism education medicine research evidence
    proof data history tradition religion doubt luck choice change progress success failure victory defeat
    support opposition resistance protest revolt reform control access trust blame guilt shame pride grief
    silence noise damage harm injury pain illness disease sleep exercise weight strength speed size space
    room cost profit pay wage tax credit stock shares public private personal local global domestic
    international political economic financial medical legal military religious cultural natural human
    modern recent current previous future final main minor key central full empty open free safe clean clear
    dark bright heavy deep wide narrow large huge tiny great real true false wrong right simple complex
    common rare popular famous proud happy sad angry quiet loud quick slow warm cool hot wet red blue half
    most more less fewer several enough plenty double triple single whole further extra only even just still
    never always often sometimes perhaps maybe indeed nevertheless nonetheless otherwise therefore moreover
    afterwards beforehand meanwhile anyway again already apart away back down out up off under inside
    outside
    """
)
_NOT_NAMES = re.compile(
    r"(?:ly|ing|ed|tion|sion|ment|ness|ity|ers|ors|ists|ians?|ism|hood|ship|ful|less|ous|able|ible)$"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and what it counts if that is sure: ``%``, a currency sign, ``th`` or nothing."""

    value: float
    kind: str
    shown: str

    @property
    def key(self) -> str:
        """The number, written in one way."""
        return f"{self.value:.9g}"

    def agrees(self, kinds: Set[str]) -> bool:
        """Whether this kind goes with one of the kinds in which a text has the number."""
        if self.kind in kinds or not kinds:
            return self.kind in kinds
        return self.kind != "%" and ((not self.kind and kinds != {"%"}) or "" in kinds)


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as the text gives it; month 0 or day 0 if it does not."""

    year: int
    month: int
    day: int
    shown: str

    def agrees(self, other: Day) -> bool:
        """Whether ``other`` gives all that this does; a year that one leaves out is no conflict."""
        same_day = self.month == other.month and (not self.day or self.day == other.day)
        return same_day and (not self.year or not other.year or self.year == other.year)


@dataclass(frozen=True, slots=True)
class Facts:
    """What `read_facts` finds. ``words`` are bare, in order; ``names`` are runs of capitalised words.

    ``initials`` are what such runs would be as acronyms, ``acronyms`` the words in capitals.
    """

    words: tuple[str, ...]
    tokens: tuple[str, ...]
    figures: tuple[Figure, ...]
    days: tuple[Day, ...]
    names: tuple[tuple[str, ...], ...]
    quotes: tuple[str, ...]
    links: tuple[str, ...]
    stems: frozenset[str]
    name_stems: frozenset[str]
    initials: tuple[str, ...]
    acronyms: frozenset[str]


def read_facts(text: str) -> Facts:
    """The facts of a text, in time linear in its length.

    >>> facts = read_facts("On Nov 8, 2023 two envoys met Mr. Kim and paid $1.5m, 12% more.")
    >>> [f.value for f in facts.figures], facts.days[0].month, facts.names
    ([2.0, 1500000.0, 12.0], 11, (('Kim',),))
    """
    return _cached(text) if len(text) <= 5000 else _read(text)


@lru_cache(maxsize=2048)
def _cached(text: str) -> Facts:
    return _read(text)


def _read(text: str) -> Facts:
    plain = normalise(text)
    matches = list(_TOKEN.finditer(plain))
    tokens = [m.group() for m in matches]
    glued = [i > 0 and matches[i - 1].end() == m.start() for i, m in enumerate(matches)]
    days, used = _days(tokens)
    figures = _figures(tokens, glued, used)
    words = tuple(bare(t) for t in tokens if t[0].isalnum())
    runs = _runs(tokens, used)
    return Facts(
        words,
        tuple(tokens),
        tuple(figures),
        tuple(days),
        tuple(run for run in _names(tokens, used) if run),
        tuple(_quotes(plain)),
        tuple(link.rstrip(".,;:!?") for link in _LINK.findall(plain)),
        frozenset(stem(w) for w in words),
        frozenset(name_stem(w) for w in words),
        tuple("".join(w if w.isupper() else w[0] for w in run) for run in runs),
        frozenset(t for t in tokens if t.isupper() and t.isalpha() and len(t) > 1),
    )


def _days(tokens: list[str]) -> tuple[list[Day], set[int]]:
    found: list[Day] = []
    used: set[int] = set()
    for i, token in enumerate(tokens):
        if i in used:
            continue
        span = _iso(tokens, i) or (_around_month(tokens, i) if token[0].isupper() else None)
        if span:
            day, first, last = span
            found.append(day)
            used.update(range(first, last + 1))
    return found, used


def _iso(tokens: list[str], i: int) -> tuple[Day, int, int] | None:
    part = tokens[i : i + 5]
    if len(part) < 5 or part[1] != "-" or part[3] != "-" or not (part[0].isdecimal() and len(part[0]) == 4):
        return None
    month, day = _number(part[2]), _number(part[4])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Day(int(part[0]), month, day, "".join(part)), i, i + 4


def _around_month(tokens: list[str], i: int) -> tuple[Day, int, int] | None:
    month = MONTHS.get(tokens[i].lower())
    if not month:
        return None
    first = last = i
    day = year = 0
    before = i - 1
    if before >= 0 and tokens[before] == "of":
        before -= 1
    if before > 0 and tokens[before].lower() in ("st", "nd", "rd", "th"):
        before -= 1
    if before >= 0 and 1 <= _number(tokens[before]) <= 31 and tokens[before].isdecimal():
        day, first = _number(tokens[before]), before
    after = i + 1 + (tokens[i + 1 : i + 2] == ["."])
    if not day and 1 <= _number(_at(tokens, after)) <= 31:
        day, last = _number(tokens[after]), after
        after += 1 + (_at(tokens, after + 1).lower() in ("st", "nd", "rd", "th"))
    after += _at(tokens, after) in (",", "of")
    if len(_at(tokens, after)) == 4 and 1500 <= _number(_at(tokens, after)) <= 2999:
        year, last = _number(tokens[after]), after
    if not day and not year and (month in (3, 5) or len(tokens[i]) <= 3 or _opens(tokens, i)):
        return None  # "May" and "March" are words too
    return Day(year, month, day, " ".join(tokens[first : last + 1])), first, last


def _at(tokens: list[str], i: int) -> str:
    return tokens[i] if i < len(tokens) else ""


def _number(token: str) -> int:
    return int(token) if token.isdecimal() and len(token) <= 4 else 0


def _figures(tokens: list[str], glued: list[bool], used: set[int]) -> list[Figure]:
    found: list[Figure] = []
    i = last = 0
    while i < len(tokens):
        if i in used:
            i += 1
            continue
        token, start = tokens[i].lower(), i
        if token[0].isdecimal():
            value, i = _digits(token), i + 1
            if i < len(tokens) and glued[i] and tokens[i].lower() in _LETTERS:
                value, i = value * _LETTERS[tokens[i].lower()], i + 1
            elif (power := _POWERS.get(_at(tokens, i).lower())) is not None:
                value, i = value * power, i + 1
        elif _is_number(tokens, i):
            value, i = _half(tokens, i) or _spelled(tokens, i)
        elif token in _ORDINALS:
            found.append(Figure(float(_ORDINALS[token]), "th", tokens[i]))
            i += 1
            continue
        else:
            i += 1
            continue
        kind, end = _kind(tokens, glued, start, i)
        if not (token == "one" and i == start + 1 and not kind):  # "one of them" counts nothing
            if kind and found and start - last == 1 and tokens[last] in _RANGE_WORDS and not found[-1].kind:
                found[-1] = replace(found[-1], kind=kind)  # "10 to 12 percent"
            found.append(Figure(value, kind, " ".join(tokens[start:end])))
        i = last = max(i, end)
    return found


def _half(tokens: list[str], i: int) -> tuple[float, int] | None:
    """The value of "half a million" and "half-million", and the place after it."""
    after = i + 1 + (_at(tokens, i + 1) in ("a", "-"))
    power = _POWERS.get(_at(tokens, after).lower())
    return (power / 2, after + 1) if power and tokens[i].lower() == "half" else None


def _is_number(tokens: list[str], i: int) -> bool:
    """Whether a number in words begins here."""
    token = tokens[i].lower()
    counted = token in ("a", "an") and _at(tokens, i + 1) in _POWERS
    return token in _UNITS or token in _TENS or counted or _half(tokens, i) is not None


def _digits(token: str) -> float:
    if len(token) > 30:
        return float("nan")
    plain = token.replace(",", "") if _GROUPED.fullmatch(token) else token.replace(",", ".")
    whole, _, rest = plain.partition(".")
    return float(f"{whole}.{rest.replace('.', '')}" if rest else whole)


def _spelled(tokens: list[str], i: int) -> tuple[float, int]:
    total, current, last = 0.0, 0.0, i
    while i < len(tokens):
        token = tokens[i].lower()
        if token in _UNITS:
            current += _UNITS[token]
        elif token in _TENS:
            current += _TENS[token]
        elif token == "hundred":
            current = max(current, 1.0) * 100
        elif token in _POWERS:
            total, current = total + max(current, 1.0) * _POWERS[token], 0.0
        elif token in ("a", "an") and i == last:
            current = 1.0
        elif not (token in ("-", "and") and _goes_on(tokens, i)):
            break
        i += 1
    return total + current, i


def _goes_on(tokens: list[str], i: int) -> bool:
    joined = tokens[i - 1].lower() in (_TENS if tokens[i] == "-" else _POWERS)
    return joined and (_at(tokens, i + 1).lower() in _UNITS or _at(tokens, i + 1).lower() in _TENS)


def _kind(tokens: list[str], glued: list[bool], start: int, end: int) -> tuple[str, int]:
    after = _at(tokens, end).lower()
    if after in ("%", "percent", "pct") or (after == "per" and _at(tokens, end + 1) == "cent"):
        return "%", end + 1 + (after == "per")
    if after == "percentage":
        return "%", end + 1
    if start and tokens[start - 1] in "$€£¥₽":
        return tokens[start - 1], end
    if after in ("st", "nd", "rd", "th") and glued[end]:
        return "th", end + 1
    sign = _CURRENCY.get(after.removesuffix("s"), "")
    return sign, end + bool(sign)


def _opens(tokens: list[str], i: int) -> bool:
    """Whether a token stands where any word has a capital."""
    while i and tokens[i - 1] in "\"'([*-":
        i -= 1
    return i == 0 or tokens[i - 1] in ".!?:…"


def _names(tokens: list[str], used: set[int]) -> list[tuple[str, ...]]:
    """Runs of capitalised words that are names; the opening word of a sentence only if it looks like one."""
    runs: list[tuple[str, ...]] = []
    run: list[str] = []
    for i, token in enumerate([*tokens, "."]):
        if token[0].isupper() and i not in used and _may_be_name(tokens, i):
            run.append(token)
        elif run and not token[0].isalpha() and token in "-.&" and _at(tokens, i + 1)[:1].isupper():
            continue
        elif run:
            runs.append(tuple(run))
            run = []
    return runs


def _may_be_name(tokens: list[str], i: int) -> bool:
    word = bare(tokens[i])
    if len(word) < 2 or word in TITLES or word == "i" or (word in STOPWORDS and not tokens[i].isupper()):
        return False
    if not _opens(tokens, i):
        return True
    if word in _OPENERS or word in STOPWORDS or word in _UNITS or word in _TENS:
        return False
    followed = _at(tokens, i + 1)[:1].isupper() and bare(_at(tokens, i + 1)) not in STOPWORDS
    return followed or tokens[i].isupper() or tokens[i].endswith("'s") or not _NOT_NAMES.search(word)


def _runs(tokens: list[str], used: set[int]) -> list[list[str]]:
    """All runs of capitalised words, small words between them passed over: for acronyms."""
    runs: list[list[str]] = []
    run: list[str] = []
    for i, token in enumerate([*tokens, "."]):
        if token[0].isupper() and i not in used:
            run.append(token)
        elif token not in ("of", "and", "the", "for", "-", "&"):
            if len(run) > 1:
                runs.append(run)
            run = []
    return runs


def _quotes(plain: str) -> list[str]:
    quoted = [a or b for a, b in _QUOTED.findall(plain)]
    pieces = [
        " ".join(bare(t) for t in _TOKEN.findall(p) if t[0].isalnum()) for q in quoted for p in _CUT.split(q)
    ]
    return [piece for piece in pieces if piece]
