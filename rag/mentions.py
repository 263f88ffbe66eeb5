"""Names in running text, by their capitals alone: people, places, and the rest.

No model and no gazetteer beyond a few dozen words: good enough to say what "he", "there" or "they"
may stand for, and cheap enough to run on every question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "place", "group", "thing"]

_WORD = re.compile(r"[^\W_]+(?:[-.'’&][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n]|\[\d+\])[\s\"“”'(]*$")
_LINKS = ("of", "de", "del", "da", "van", "von", "der", "bin", "ibn", "al", "el", "la", "le", "du")
_PLACE_BEFORE = re.compile(
    r"\b(?:in|at|near|from|over|across|around|to|into|outside|toward|towards)\s+(?:the\s+)?$", re.I
)
_TITLES = re.compile(
    r"\b(?:president|prime minister|minister|chancellor|leader|king|queen|prince|princess|pope|emperor|"
    r"general|admiral|colonel|captain|senator|secretary|governor|mayor|judge|justice|spokes(?:man|woman|person)|chief|"
    r"ambassador|director|chairman|chairwoman|professor|coach|singer|actor|actress|author|writer|poet|artist|"
    r"player|striker|footballer|mr|mrs|ms|dr|sir|lady|lord|saint)\b\.?",
    re.I,
)
_TITLE_BEFORE = re.compile(_TITLES.pattern + r"\s+$", re.I)
_GROUP_WORDS = re.compile(
    r"\b(?:ministry|government|army|navy|forces|troops|party|union|united|nations|council|court|bank|company|corp|inc|"
    r"group|committee|agency|office|department|house|senate|congress|parliament|university|school|club|team|band|"
    r"association|organi[sz]ation|police|guard|brigade|brothers|sisters|times|post|news|hamas|hezbollah|nato|kremlin)\b",
    re.I,
)
_PLACE_WORDS = re.compile(
    r"\b(?:sea|ocean|river|lake|bay|gulf|strait|island|islands|mountain|mountains|city|town|region|province|oblast|"
    r"district|county|state|states|republic|kingdom|valley|street|square|airport|north|south|east|west|"
    r"ukraine|russia|china|israel|gaza|iran|iraq|syria|india|japan|france|germany|england|britain|scotland|ireland|"
    r"spain|italy|poland|turkey|canada|mexico|brazil|america|europe|africa|asia|moscow|kyiv|kiev|washington|london|"
    r"paris|beijing|berlin|brussels|jerusalem|tehran|pyongyang|seoul|tokyo|delhi)\b",
    re.I,
)
_DEMONYM = re.compile(
    r"[A-Z]\w+(?:ian|ean|can|ish|ese|ss|ch|li|ni|qi|ek)s?|(?:Afghan|German|Turk|Pole|Dane)s?"
)
_CALENDAR = re.compile(
    r"(?:Jan|Febr)uary|March|April|May|June|July|August|(?:Sept|Nov|Dec)ember|October|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
)
_STOP_WORDS = (
    "a an the this that these those there here he she it they him her them his hers its their theirs "
    "i we you me us my our your who whom whose what which when where why how and or but nor so yet if "
    "then else as at by for from in into of off on onto out over to up with within without about "
    "after again against all also am any are around because been before being below between both can "
    "cannot could did do does doing down during each even ever every few further had has have having "
    "is just like many may might more most much must near neither never no not now one only other own "
    "per same shall should since some still such than through too under until upon very was were "
    "while will would yes two three four five six seven eight nine ten several say said says tell "
    "told ask asked please according however although though despite meanwhile finally later first "
    "second last next once well amid "
)
STOP = frozenset(_STOP_WORDS.split())
"""Words that name nothing: articles, pronouns, question words, auxiliaries, prepositions."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name at ``start``..``end`` of its text; ``sure`` is false for a kind that is only a guess."""

    text: str
    start: int
    end: int
    kind: Kind
    sure: bool


def mentions(text: str) -> list[Mention]:
    """The capitalised names of a text in order; possessive endings are left off.

    >>> [(m.text, m.kind) for m in mentions("Did President Vladimir Putin invite Kim Jong Un to Moscow?")]
    [('President Vladimir Putin', 'person'), ('Kim Jong Un', 'person'), ('Moscow', 'place')]
    """
    words = list(_WORD.finditer(text))
    found: list[Mention] = []
    i = 0
    while i < len(words):
        if _is_name_word(text, words, i):
            first = i
            while step := _continues(text, words, i):
                i += step
            found.append(_mention(text, words[first].start(), words[i].end()))
        i += 1
    return found


def _continues(text: str, words: list[re.Match[str]], i: int) -> int:
    """How many words further the name at word ``i`` goes on: 1, 2 over an "of" or "bin", 0 if it ends."""
    linked = i + 2 < len(words) and words[i + 1][0] in _LINKS
    step = 2 if linked else 1
    if i + step >= len(words) or words[i][0].endswith(("'s", "’s")) or not _is_capital(words[i + step][0]):
        return 0
    between = text[words[i].end() : words[i + step].start()]
    if linked:
        between = between.replace(words[i + 1][0], "", 1)
    initial = "." in between and len(words[i][0]) <= 2
    return step if not between.strip() or (initial and not between.strip(" .")) else 0


def _before(text: str, end: int) -> str:
    """The last few words before an offset; the start of the text stays recognisable."""
    return text[:end] if end <= 40 else "x" + text[end - 39 : end]


def _is_capital(word: str) -> bool:
    return word[0].isupper() and word.lower() not in STOP and not _CALENDAR.fullmatch(word)


def _is_name_word(text: str, words: list[re.Match[str]], i: int) -> bool:
    if not _is_capital(words[i][0]):
        return False
    if not _SENTENCE_START.search(_before(text, words[i].start())):
        return True
    # The first word of a sentence is capitalised anyway: a name if it is all there is, if it looks
    # like one elsewhere, or if the next word is capitalised too.
    word = words[i][0].removesuffix("'s").removesuffix("’s")
    alone = len(words) == 1 or bool(_PLACE_WORDS.fullmatch(word)) or bool(_GROUP_WORDS.fullmatch(word))
    elsewhere = any(w[0].startswith(word) for j, w in enumerate(words) if j != i)
    following = i + 1 < len(words) and _is_capital(words[i + 1][0])
    adjective = _DEMONYM.fullmatch(word) is not None and len(word) > 5
    return alone or elsewhere or following or adjective or word != words[i][0]


def _mention(text: str, start: int, end: int) -> Mention:
    for ending in ("'s", "’s"):
        if text.endswith(ending, start, end):
            end -= 2
    name = text[start:end]
    kind, sure = _kind(text, name, start)
    return Mention(name, start, end, kind, sure)


def _kind(text: str, name: str, start: int) -> tuple[Kind, bool]:
    words = name.split()
    titled = _TITLES.search(name) or _TITLE_BEFORE.search(_before(text, start))
    if _GROUP_WORDS.search(name):
        return "group", True
    if titled and len(words) > bool(_TITLES.search(name)):
        return "person", True
    if _PLACE_WORDS.search(name):
        return "place", True
    if _DEMONYM.fullmatch(words[-1]) and len(words) == 1:
        return "group", True
    if len(words) == 1 and name.isupper():
        return "group", True
    if _PLACE_BEFORE.search(_before(text, start)):
        return "place", len(words) == 1
    return "person", len(words) > 1
