"""Words made comparable: one spelling of quotes and dashes, light stems, and the words that say little."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛′ʼ`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
)
_DOTTED = re.compile(r"\b([A-Za-z])\.(?=[A-Za-z]\.)|(?<=\.[A-Za-z])\.|(?<=^[A-Za-z])\.(?=[A-Za-z]\.)")
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def word_list(text: str) -> list[str]:
    """The words of a list kept as plain text."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """The same as a set."""
    return frozenset(text.split())


def word_map(text: str) -> dict[str, str]:
    """Pairs written ``this:that``."""
    return dict(pair.split(":") for pair in text.split())


STOPWORDS = word_set(
    """
    a an the this that these those some any each every either neither both all such own same other
    another and or but nor so yet if then than as because since while although though whereas unless
    until whether of in on at by for with from to into onto over under about against between among
    through during before after above below up down out off upon within without across toward
    towards along around near via amid is are was were be been being am do does did done doing has
    have had having will would shall should can could may might must i you he she it we they me him
    her us them my your his its our their mine yours hers ours theirs myself himself herself itself
    themselves who whom whose which what where when why how there here not no never none nobody
    nothing n't also just only too very much many more most less least few several now still already
    even ever again once s t d ll m re ve don one ones however meanwhile moreover furthermore
    additionally according
    """
)

_IRREGULAR = word_map(
    """
    said:say told:tell shot:shoot won:win held:hold took:take taken:take retook:retake
    retaken:retake gave:give given:give went:go gone:go came:come met:meet led:lead left:leave
    made:make found:find fought:fight brought:bring bought:buy sold:sell sent:send spent:spend
    began:begin begun:begin knew:know known:know grew:grow grown:grow rose:rise risen:rise fell:fall
    fallen:fall saw:see seen:see stole:steal stolen:steal struck:strike sought:seek lost:lose
    paid:pay built:build died:die dead:die death:die deaths:die dying:die dies:die killing:kill
    people:person children:child men:man women:woman wrote:write written:write ran:run broke:break
    broken:break chose:choose chosen:choose became:become got:get felt:feel kept:keep drove:drive
    driven:drive flew:fly flown:fly threw:throw thrown:throw hit:hit hitting:hit set:set beat:beat
    beaten:beat spoke:speak spoken:speak withdrew:withdraw withdrawn:withdraw arose:arise sank:sink
    sunk:sink seizure:seize seizures:seize elections:elect election:elect elected:elect
    """
)
_SUFFIXES = [
    "izations",
    "ization",
    "ations",
    "ation",
    "ments",
    "ment",
    "ingly",
    "edly",
    "ities",
    "ity",
    "ively",
    "ness",
    "iness",
    "ically",
    "ing",
    "ied",
    "ies",
    "ions",
    "ion",
    "ed",
    "ers",
    "er",
    "es",
    "ly",
    "s",
    "e",
    "y",
]


def normalise(text: str) -> str:
    """One form for each quote, dash, accent-composed letter and dotted acronym.

    >>> normalise("The U.S. said “it’s ﬁne” — 3–4")
    'The US said "it\\'s fine" - 3-4'
    """
    text = _HIDDEN.sub("", unicodedata.normalize("NFKC", text)).translate(_SAME)
    return _DOTTED.sub(lambda match: match[1] or "", text)


@lru_cache(maxsize=20_000)
def bare(word: str) -> str:
    """Lower case, without accents and without a possessive ending.

    >>> bare("Zelenskyy's"), bare("Côte"), bare("workers'")
    ('zelenskyy', 'cote', 'workers')
    """
    word = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
    return word.removesuffix("'s").rstrip("'")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A light stem of a bare word: endings off, doubled last letters single.

    >>> stem("recaptured") == stem("recapturing") == stem("recapture")
    True
    >>> stem("shot"), stem("planned") == stem("plans")
    ('shoot', True)
    """
    word = _IRREGULAR.get(word, word)
    if not word.isalpha() or len(word) < 4 or not word.isascii():
        return word
    for _ in range(2):
        for suffix in _SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
                word = word[: -len(suffix)]
                break
        else:
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word


REPORTING = frozenset(
    stem(word) for word in word_list("say tell report announce state claim add note confirm accord reveal")
)
"""Stems of verbs that only carry what is said; they weigh less."""

_DEMONYM = re.compile(r"(?:ians|ian|eans|ean|ans|an|ese|ish|is|i|ia|a|e|s|y)$")
_ALIASES = word_map(
    """
    kiev:kyiv british:britain briton:britain britons:britain uk:britain french:france spanish:spain
    spaniard:spain dutch:netherlands america:us american:us americans:us usa:us polish:poland
    swiss:switzerland danish:denmark swedish:sweden turkish:turkey turkiye:turkey finnish:finland
    scottish:scotland irish:ireland greek:greece greeks:greece welsh:wales norwegian:norway
    thai:thailand peruvian:peru czech:czechia philippine:philippines filipino:philippines iraqi:iraq
    israeli:israel pakistani:pakistan german:germany germans:germany european:europe
    """
)


@lru_cache(maxsize=20_000)
def name_stem(word: str) -> str:
    """A bare name with a country and its people made one.

    >>> name_stem("ukrainian") == name_stem("ukraine"), name_stem("spanish"), name_stem("iran")
    (True, 'spain', 'iran')
    """
    if word in _ALIASES:
        return _ALIASES[word]
    short = _DEMONYM.sub("", word)
    return short if len(short) >= 4 else word


def alike(a: str, b: str) -> bool:
    """Whether two bare names are spellings of one: equal, or an edit or two apart if they are long.

    >>> alike("zelensky", "zelenskyy"), alike("iran", "iraq"), alike("austria", "australia")
    (True, False, False)
    """
    if a == b:
        return True
    shorter = min(len(a), len(b))
    allowed = 0 if shorter < 6 else 1 if shorter < 9 else 2
    if not allowed or abs(len(a) - len(b)) > allowed or a[0] != b[0] or max(len(a), len(b)) > 40:
        return False
    return _distance(a, b) <= allowed


def _distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]
