"""Names in questions, and whether a passage speaks of them.

News calls one actor by many names: "Kyiv" decides, "Ukrainian" forces move, "Washington" warns. A
capital stands for its country when it acts, never when it is the place: drones over Kyiv are not
drones over Ukraine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.words import alike, bare, name_stem, word_set

WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")

# Country: adjective or people where they share too few letters; then who speaks for it.
_ACTORS = """
United States: US, USA, U S, America, Americans; Washington, White House, Pentagon
United Kingdom: UK, U K, Britain, British, Britons, England; London, Downing Street, Whitehall
Russia: Russians; Moscow, Kremlin
Ukraine: Ukrainians; Kyiv, Kiev
North Korea: North Korean, North Koreans, DPRK; Pyongyang
South Korea: South Korean, South Koreans; Seoul
China: Chinese, PRC; Beijing
Taiwan: Taiwanese; Taipei
Japan: Japanese; Tokyo
France: French; Paris, Elysee
Germany: German, Germans; Berlin
Spain: Spanish, Spaniards; Madrid
Italy: Italian, Italians; Rome
Netherlands: Dutch, Holland; The Hague
Belgium: Belgian; Brussels
European Union: EU; Brussels
United Nations: UN, U N; Security Council
Poland: Polish, Poles; Warsaw
Hungary: Hungarian; Budapest
Czech Republic: Czech, Czechs, Czechia; Prague
Greece: Greek, Greeks; Athens
Turkey: Turkish, Turks, Turkiye, Türkiye; Ankara
Sweden: Swedish, Swedes; Stockholm
Norway: Norwegian; Oslo
Denmark: Danish, Danes; Copenhagen
Finland: Finnish, Finns; Helsinki
Switzerland: Swiss; Bern
Ireland: Irish; Dublin
Portugal: Portuguese; Lisbon
Belarus: Belarusian; Minsk
Israel: Israeli, Israelis; Jerusalem, Tel Aviv
Palestine: Palestinian, Palestinians; Ramallah
Iran: Iranian; Tehran
Iraq: Iraqi; Baghdad
Syria: Syrian; Damascus
Lebanon: Lebanese; Beirut
Egypt: Egyptian; Cairo
Saudi Arabia: Saudi, Saudis; Riyadh
Qatar: Qatari; Doha
Yemen: Yemeni; Sanaa
Afghanistan: Afghan, Afghans; Kabul
Pakistan: Pakistani; Islamabad
India: Indian; New Delhi, Delhi
Canada: Canadian; Ottawa
Mexico: Mexican; Mexico City
Brazil: Brazilian; Brasilia
Argentina: Argentine, Argentinian; Buenos Aires
Venezuela: Venezuelan; Caracas
Cuba: Cuban; Havana
Australia: Australian; Canberra
New Zealand: New Zealander, New Zealanders; Wellington
Philippines: Philippine, Filipino, Filipinos; Manila
Vietnam: Vietnamese; Hanoi
Thailand: Thai, Thais; Bangkok
South Africa: South African; Pretoria
Nigeria: Nigerian; Abuja
Ethiopia: Ethiopian; Addis Ababa
Kenya: Kenyan; Nairobi
Sudan: Sudanese; Khartoum
"""

_NOT_NAMES = word_set(
    """
    a about according after an and any april are at august before by can could december did do does dr
    during february for friday from general had has have he her his how i if in is it its january july
    june king lady lord march may might minister monday mr mrs ms must no not november october of on or
    over pope president prime prince princess queen saturday senator september she should since sir some
    sunday that the their these they this those thursday to tuesday under was we wednesday were what
    when where which who whom whose why will with would you
    """
)
_PLACE = re.compile(
    r"\b(?:in|at|over|near|outside|inside|around|through|across|above|into|towards?|to|from)\s+(?:the\s+)?(?:\w+\s+of\s+)?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words, or a figure; ``place`` if it is where something happened."""

    words: tuple[str, ...]
    place: bool

    @property
    def text(self) -> str:
        """The words as the question has them."""
        return " ".join(self.words)


def names(question: str) -> list[Name]:
    """The names and figures of a question, in order.

    >>> [(n.text, n.place) for n in names("How many drones did Ukraine shoot down over Kyiv in 2023?")]
    [('Ukraine', False), ('Kyiv', True), ('2023', True)]
    """
    found: list[Name] = []
    run: list[re.Match[str]] = []
    for match in [*WORD.finditer(question), None]:
        apart = match is None or (run and question[run[-1].end() : match.start()].strip("-' ’") != "")
        if run and (apart or match is None or not _is_name(match.group())):
            place = bool(_PLACE.search(question[: run[0].start()]))
            found.append(Name(tuple(m.group() for m in run), place))
            run = []
        if match is not None and _is_name(match.group()):
            run.append(match)
    return found


def _is_name(word: str) -> bool:
    return word[0].isdigit() or (word[0].isupper() and len(word) > 1 and word.lower() not in _NOT_NAMES)


def missing_names(question: str, text: str) -> list[str]:
    """The names and figures of a question that a text does not speak of.

    >>> missing_names("Whom did Kyiv's army fight over Kyiv?", "Ukrainian forces engaged a jet.")
    ['Kyiv']
    """
    return [name.text for name in unspoken(names(question), text)]


def unspoken(asked: Sequence[Name], text: str) -> list[Name]:
    """Those of some names that a text does not speak of."""
    words = [bare(match.group()) for match in WORD.finditer(text)]
    spoken = _Spoken(frozenset(map(name_stem, words)), frozenset(words), f" {' '.join(words)} ")
    return [name for name in asked if not spoken.of(name)]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The words of a text, as name stems, as they are, and in order."""

    stems: frozenset[str]
    words: frozenset[str]
    flat: str

    def of(self, name: Name) -> bool:
        held = sum(self._word(bare(part)) for part in name.words)
        if held and held * 2 >= len(name.words):
            return True
        others = _others(bare(name.text), name.place)
        return any(f" {other} " in self.flat if " " in other else self._word(other) for other in others)

    def _word(self, word: str) -> bool:
        return name_stem(word) in self.stems or any(alike(word, other) for other in self.words)


@lru_cache(maxsize=1000)
def _others(name: str, place: bool) -> frozenset[str]:
    """The other ways to say a country; a capital says it only where it acts."""
    same: set[str] = set()
    for people, capitals in _actors():
        if any(name_stem(name) == name_stem(known) for known in people):
            same |= people if place else people | capitals
        elif name in capitals and not place:
            same |= people | capitals
    return frozenset(same)


@lru_cache(maxsize=1)
def _actors() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    rows = []
    for line in _ACTORS.strip().lower().splitlines():
        country, rest = line.split(": ")
        people, capitals = rest.split("; ")
        rows.append((frozenset([country, *people.split(", ")]), frozenset(capitals.split(", "))))
    return tuple(rows)
