"""Mismatch: answers that cannot be right, whatever the reader's score.

Four slips that would cost a reporter dearly, each decided by rule and told to the user: a count
without a figure, words put into the wrong mouth, an event moved to another place, and a place where a
person was asked for.
"""

from __future__ import annotations

import re

from rag.compose import sentence_at, sentence_before
from rag.names import Name, names, unspoken
from rag.retrieve import Reading
from rag.words import word_set

_HOW_MANY = re.compile(r"\bhow (?:many|much)\b|\bwhat (?:number|percentage|proportion|share) of\b", re.I)
_FIGURE = re.compile(r"(?<![\w-])[$€£¥]?\d|\d\s?%|\b[$€£¥]\d")
_FIGURE_WORDS = word_set(
    """
    a an all both couple dozen dozens each eight eighteen eighty eleven enough every few fewer fifteen fifth fifty
    first five fold forty four fourteen fourth half hundred hundreds least less little lot lots majority many
    million millions billion billions trillion minority more most much multiple nine nineteen ninety no nobody
    none nothing number numerous once one only part percent pair quarter score scores second seven seventeen
    seventy several single six sixteen sixty some ten tens third thirds thirteen thirty thousand thousands three
    too twelve twenty twice two unknown zero
    """
)
_SAID = re.compile(
    r"^\W*(?:and |but |so )?(?:what|how)\b.{0,40}?\b(?:did|does|do|has|have)\s+(?P<who>.{2,60}?)\s+"
    r"(?:say|said|reply|replied|answer|respond|responded|claim|claimed|tell|told|announce|announced|deny|denied|"
    r"warn|warned|promise|promised|demand|demanded|argue|argued|call|called|describe|described|comment|react)\b",
    re.I,
)
_WHO = re.compile(
    r"^\W*(?:and |but )?(?:who|whom|whose)\b|\bnames? of (?:the )?(?:\w+ ){0,3}(?:man|men|woman|women|"
    r"person|people|workers?|victims?|suspects?|pilots?|soldiers?|officers?|players?|children)\b",
    re.I,
)
_WHERE_PREPOSITION = re.compile(r"\b(over|near|in|at|outside|off|around|across|above)\s+(?:the\s+)?$", re.I)


def mismatch(question: str, reading: Reading) -> str | None:
    """Why a reading's best span cannot be the answer, or None.

    >>> _no_figure("How many helicopters flew?", "Russian Su-30"), _no_figure("How many flew?", "two")
    (True, False)
    """
    sentence = sentence_at(reading.evidence, reading.best.start, reading.best.end)
    before = sentence_before(reading.evidence, sentence)
    around = f"{before.text} {sentence.text}" if before else sentence.text
    if _no_figure(question, reading.best.text):
        return "gives no figure for this"
    if speaker := _other_speaker(question, around):
        return f"does not have {speaker} say this"
    if place := other_place(question, reading):
        return f"speaks of another place than {place}"
    if _WHO.search(question) and _is_place(reading):
        return "names a place, not who"
    return None


def _no_figure(question: str, answer: str) -> bool:
    words = re.findall(r"[^\W\d_]+", answer.lower())
    return bool(_HOW_MANY.search(question)) and not (
        _FIGURE.search(answer) or _FIGURE_WORDS.intersection(words)
    )


def _other_speaker(question: str, text: str) -> str | None:
    """The speaker that a question names, if the sentence and the one before do not speak of them."""
    match = _SAID.search(question)
    if match is None:
        return None
    who = names(f"{match['who'][0].lower()} {match['who']}")
    absent = unspoken(who, text)
    return absent[0].text if who and len(absent) == len(who) else None


def other_place(question: str, reading: Reading) -> str | None:
    """A place of the question that the passage lacks, while the span's sentence has another in its stead."""
    passage, span = reading.evidence.passage.text, reading.best
    sentence = sentence_at(reading.evidence, span.start, span.end).text
    absent = [
        name for name in unspoken(names(question), passage) if name.place and not name.text[0].isdigit()
    ]
    for name in absent:
        before = _WHERE_PREPOSITION.search(question[: question.find(name.words[0])])
        if before and _places(sentence, before[1].lower()):
            return name.text
    return None


def _places(sentence: str, preposition: str) -> list[Name]:
    """The names in a sentence that the same preposition makes places."""
    found = re.finditer(rf"\b{preposition}\s+(?:the\s+)?(?=[A-Z])", sentence)
    return [name for match in found for name in names(f"x {sentence[match.end() :]}")[:1]]


def _is_place(reading: Reading) -> bool:
    """Whether a span, a name, is where something happened: "near Bakhmut"."""
    text, span = reading.evidence.passage.text, reading.best
    return span.text[:1].isupper() and bool(_WHERE_PREPOSITION.search(text[: span.start]))
