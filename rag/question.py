"""Follow-ups into standalone questions, from the conversation alone and without a model.

What is done, in this order, to a question that leans on the turns before it:

1. "And ...", "But ..." are dropped; "What about Bakhmut?", "And in Crimea?" take the place of the
   phrase of their kind in the question before.
2. A lone question word ("Why?", "Since when?") takes over the question before.
3. Pronouns are replaced: "he", "she" by a person, "there" by a place, "they" and "it" by what the
   last question asked for, or was about. After "Who ...?" or "What ...?" the short answer comes
   first; else what the same pronoun stood for before; else names in the question, then the answer.
4. What points back at an event ("that", "any casualties", "the attack", "react") gets the subject
   of the last turn added in brackets, which a search can use and a reader can see through.

A question that stands on its own is returned to the letter. Whatever cannot be resolved stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.answer import NO_ANSWER, Turn
from rag.mentions import STOP, Kind, mentions

_AUX = r"(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should|may|might|must)"
_WH = r"(?:what|which|who|whom|whose|when|where|why|how)"
_MOST_PRONOUNS = 6  # a question with more is no question, and must not grow without bound
_SHORT_ANSWER = 12  # words; a longer answer is a statement, not the thing asked for
_LEAD = re.compile(r"^\W*(?:(?:and|but|so|or|then|ok(?:ay)?|well|also)\b[,\s]*)+", re.I)
_ABOUT = re.compile(r"^\W*(?:(?:and|but|so)\s+)?(?:what|how)\s+about\s+", re.I)
_BARE = re.compile(
    rf"^\W*(?P<wh>(?:(?:since|by|from|until|to|for|with|at|in)\s+)?{_WH}(?:\s+(?:not|so|exactly|else|come|long|many|much|"
    r"often|old|far))?)\W*$",
    re.I,
)
_WH_AUX = re.compile(rf"^\W*(?:\w+\s+)?{_WH}\b(?:\s+(?!{_AUX}\b)[\w'’-]+){{0,5}}?\s+(?={_AUX}\b)", re.I)
_YES_NO = re.compile(rf"^\W*{_AUX}\b", re.I)
_ASKS_THING = re.compile(r"^\W*(?:\w+\s+)?(?:what|which|who|whom|whose)\b", re.I)
_ASKS_PERSON = re.compile(
    r"^\W*(?:\w+\s+)?(?:who|whom|which (?:\w+ )?(?:leader|president|minister|man|woman|person))\b", re.I
)

_PRONOUNS = re.compile(
    r"\b(?P<possessive>his|her(?=\s+(?!and\b|or\b|in\b|on\b|at\b|to\b|for\b|with\b|by\b|from\b|when\b|after\b|before\b)\w)|"
    r"its|their)\b|\b(?P<subject>he|she|they|it)\b|\b(?P<object>him|her|them)\b",
    re.I,
)
_CLASS = {"he": "he", "him": "he", "his": "he", "she": "she", "her": "she", "it": "it", "its": "it"}
_EXPLETIVE = re.compile(
    r"\bit(?:\s+\w+)?\s+(?:true|likely|possible|said|reported|known|clear|take|took|taken|cost|rain\w*|snow\w*|"
    rf"important|necessary|safe|legal|illegal|time)\b|\b{_AUX}\s+it\s+(?:take|cost|mean)\b|\btime\s+(?:is|was)\s+it\b",
    re.I,
)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b"
    r"(?!\s+(?:is|are|was|were|be|been|any|an?|other|some)\b)",
    re.I,
)
_ANY = re.compile(r"\bthere\s+(?:any|more)\b|\b(?:any|some)\s+\w+\W*$", re.I)
_DEFINITION = re.compile(r"\W*what\s+(?:is|are)\s+(?:an?\s+)?(?!the\b)\w+\W*$", re.I)
_ADDED = re.compile(r"\s\([^()]*(?:\([^()]*\)[^()]*)*\)\?$")
_NO_IDEA = re.compile(
    r"(?:sorry\b.*)?\b(?:i|we)\s+(?:don['’]t|do not|can(?:['’]t|not))\s+(?:know|say|find|answer)", re.I
)
_ANYTHING = re.compile(
    r"\b(?:interesting|important|notable|other|any|some|aspects?|facts?|things?|information|details?|article|"
    r"anything|something|more|else|about|tell|know|learn|say|me|you|can|could|this|that|the|page|story)\b|\W+",
    re.I,
)
_OWN_SUBJECT = re.compile(rf"\b(?i:{_AUX})\s+(?!(?:{'|'.join(sorted(STOP))})\b)[a-z]\w+\s+[a-z]")
_NOT_STOP = rf"(?!(?:{'|'.join(sorted(STOP))})\b)"
_PLACE_PHRASE = re.compile(r"\b(?:in|at|near|over|from|around|across|on|inside|outside)\s+(?:the\s+)?$", re.I)
_EVENT = re.compile(
    r"\b(?:about|of|for|by|with|after|before|to|do|did|done|say|said|like|mean|is|was|behind)\s+(?:all\s+)?"
    r"(?:that|this|those|these)(?=\s*(?:[?.,!;]|$|and\b|happen|occur|in\b|at\b|on\b|when\b|to\b))"
    rf"|\b{_AUX}\s+(?:that|this|those|these)\s+(?:happen|occur|mean|take place|matter|work|affect|change|end)"
    r"|\b(?:that|this|those|these)\s+(?:one|ones|day|time|year|case|way|point|event|attack|incident|claim|decision|"
    r"visit|meeting|statement|operation|deal|agreement|law|plan|song|album|book|film|war|battle|game|match)s?\b"
    r"|\b(?:else|instead|afterwards?|too|either)\W*$|\b(?:other|another)\s+\w+\W*$"
    r"|\b(?:react|respond|reply|comment)\W*$|\b(?:the\s+(?:other|others|rest|same|former|latter))\b"
    r"|\bthen\W*$|\b(?:happened|happens)\s+(?:next|then|after)\b",
    re.I,
)


@dataclass(slots=True)
class _Topic:
    """What the conversation is about so far: the last question made whole (no brackets), who is who."""

    question: str = ""
    answer: str = ""
    earlier: list[str] = field(default_factory=list)
    raw: str = ""
    stood_for: dict[str, str] = field(default_factory=dict)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it takes for granted filled in from the conversation.

    Returns the question to the letter if there is no history or nothing to fill in.

    >>> asked = Turn("Who was invited for an official visit?", "North Korean leader Kim Jong Un. [1]")
    >>> standalone("Who invited him?", [asked])
    'Who invited Kim Jong Un?'
    >>> standalone("And in Crimea?", [Turn("What did Ukraine recapture in the Black Sea?", "A platform.")])
    'What did Ukraine recapture in Crimea?'
    >>> standalone("Why did Putin invite Kim Jong Un?", [asked])
    'Why did Putin invite Kim Jong Un?'
    """
    topic = _Topic()
    for turn in history:
        whole = _ADDED.sub("?", _whole(turn.question, topic))
        topic.earlier += [topic.answer, topic.question]
        topic.question, topic.answer, topic.raw = whole, _plain(turn.answer), turn.question
    return _whole(question, topic)


def _plain(answer: str) -> str:
    """An answer without markers; a refusal names nothing, so it counts as none."""
    plain = " ".join(re.sub(r"\[\d+\]", " ", answer).split())
    return "" if plain.startswith(NO_ANSWER) or _NO_IDEA.match(plain) else plain


def _whole(question: str, topic: _Topic) -> str:
    if not topic.question.strip() or not question.strip():
        return question
    if about := _ABOUT.match(question):
        return _swap(question[about.end() :], topic) or question
    lead = _LEAD.match(question)
    rest = question[lead.end() :] if lead else question
    if bare := _BARE.match(rest):
        return _take_over(bare["wh"], topic)
    if lead and not re.search(rf"\b(?:{_WH}|{_AUX})\b", rest, re.I):
        return _swap(rest, topic) or question
    if lead:
        rest = rest[:1].upper() + rest[1:]
    resolved = _pronouns(rest, topic)
    if resolved == rest and _leans(rest, lead is not None):
        return _with_subject(resolved, topic)
    if _EVENT.search(resolved):
        return _with_subject(resolved, topic)
    return resolved if resolved != rest else question


def _leans(question: str, after_and: bool) -> bool:
    """Whether a question without pronouns still needs the turn before: an event, or hardly a word."""
    if _EVENT.search(question):
        return True
    if mentions(question) or re.search(r"\d", question) or _DEFINITION.match(question):
        return False
    if _ANY.search(question):
        return True
    content = [w for w in re.findall(r"[^\W_]+", question) if w.lower() not in STOP]
    few = 1 + (after_and or re.search(r"\bthe\b", question) is not None)  # "Who was the driver?"
    return len(content) <= few


def _end(question: str) -> tuple[str, str]:
    body = question.rstrip().rstrip("?.! ")
    return body, "?"


def _is_thing(answer: str) -> bool:
    """Whether an answer names a thing rather than makes a statement."""
    return 0 < len(answer.split()) <= _SHORT_ANSWER


def _thing(answer: str) -> str:
    thing = answer.rstrip(" .!?")
    thing = re.sub(r"^(?:an?)\s+", "the ", thing, flags=re.I)
    first = thing.split(" ", 1)[0]
    return thing[:1].lower() + thing[1:] if first.lower() in STOP else thing


def _with_subject(question: str, topic: _Topic) -> str:
    body, mark = _end(question)
    subject = _subject(topic)
    if not _ANYTHING.sub("", subject):  # "Are there any other interesting aspects about this article?"
        return question
    known = {w.lower() for w in re.findall(r"[^\W_]+", body)}
    news = [w for w in re.findall(r"[^\W_]+", subject) if w.lower() not in known | STOP]
    return f"{body} ({subject}){mark}" if news else question


def _subject(topic: _Topic) -> str:
    """The last turn in a few words: the question without its question word, and a short answer."""
    asked = _end(topic.question)[0]
    thing = topic.answer.rstrip(" .!?") if _ASKS_THING.match(asked) and _is_thing(topic.answer) else ""
    if lead := _WH_AUX.match(asked):
        rest = re.sub(rf"^\s*{_AUX}\s+", "", asked[lead.end() :], flags=re.I)
        return f"{rest}: {thing}" if thing else rest
    rest = re.sub(rf"^\W*(?:{_WH}|{_AUX})\s+", "", asked, flags=re.I)
    return f"{thing} {rest}" if thing else rest


def _take_over(bare: str, topic: _Topic) -> str:
    """ "Why?" after "Did it rain?" is "Why did it rain?"."""
    asked = _end(topic.question)[0]
    if _YES_NO.match(asked):
        return f"{bare} {asked[:1].lower()}{asked[1:]}?"
    thing = topic.answer.rstrip(" .!?") if _is_thing(topic.answer) else ""
    if lead := _WH_AUX.match(asked):
        if thing and re.match(r"\W*(?:who|what)\s+(?!did\b|does\b|do\b)", asked, re.I):
            return f"{bare} is it that {thing} {asked[lead.end() :]}?"
        return f"{bare} {asked[lead.end() :]}{f' ({thing})' if thing else ''}?"
    rest = re.sub(rf"^\W*{_WH}\s+", "", asked, flags=re.I)
    return f"{bare} is it that {thing} {rest}?" if thing else f"{bare} ({rest})?"


def _swap(fragment: str, topic: _Topic) -> str | None:
    """The question before, with the phrase of the fragment's kind exchanged for the fragment."""
    body, mark = _end(fragment)
    asked = _end(topic.question)[0]
    if not body:
        return None
    new = mentions(body)
    old = mentions(asked)
    leading = re.match(r"(?:in|at|near|over|from|around|across|on|inside|outside)\b", body, re.I)
    kinds: tuple[Kind, ...] = ("place",) if leading else (new[0].kind,) if new else ()
    for mention in reversed(old):
        if mention.kind not in kinds or mention.text.lower() in body.lower():
            continue
        start = mention.start
        if leading and (place := _PLACE_PHRASE.search(asked[:start])):
            start = place.start()
        return f"{asked[:start]}{body}{asked[mention.end :]}{mark}"
    if new and old and not leading and old[-1].text.lower() not in body.lower():
        return f"{asked[: old[-1].start]}{body}{asked[old[-1].end :]}{mark}"
    return f"{asked} {body}{mark}" if leading or not new else f"{asked}, {body}{mark}"


def _pronouns(question: str, topic: _Topic) -> str:
    """Every pronoun whose antecedent is in the conversation and not in the question itself."""
    out: list[str] = []
    at = 0
    matches = sorted([*_PRONOUNS.finditer(question), *_THERE.finditer(question)], key=lambda m: m.start())
    for match in matches[:_MOST_PRONOUNS]:
        word = match[0].lower()
        if _is_bound(question, match):
            continue
        found = _antecedent(_CLASS.get(word, "there" if word == "there" else "they"), topic)
        if not found:
            continue
        if word == "there":
            found = f"in {found}" if not _PLACE_PHRASE.search(question[: match.start()]) else found
        elif match["possessive"]:
            found += "'" if found.endswith("s") else "'s"
        out += [question[at : match.start()], found if match.start() else found[:1].upper() + found[1:]]
        at = match.end()
    return "".join(out) + question[at:]


def _is_bound(question: str, match: re.Match[str]) -> bool:
    """Whether a pronoun has its antecedent earlier in the same question, or has none at all."""
    word = match[0].lower()
    if word == "there":
        return False
    empty = [m for m in _EXPLETIVE.finditer(question) if m.start() <= match.start() < m.end()]
    if word in ("it", "its") and empty:
        return True
    before = question[: match.start()]
    personal = _CLASS.get(word) in ("he", "she")
    names = [m for m in mentions(before) if (m.kind == "person" or not m.sure) == personal or not m.sure]
    nouns = re.search(r"\bthe\s+[a-z]+(?:\s+[a-z]+)*\s+\w+", before) if not personal else None
    if match["object"] or (word == "it" and not re.match(r"\s+\w", question[match.end() :])):
        return False  # "What did Moscow say about it?": an object is not the subject of its clause
    own = not personal and _OWN_SUBJECT.search(before)  # "Did burlesque stay true to its ..."
    return bool(names or ((nouns or own) and match["possessive"]))


def _antecedent(pronoun: str, topic: _Topic) -> str | None:
    before = topic.stood_for.get(pronoun)
    # "What did they demand?" - "Cheaper diesel." - "What did they do then?": still the same "they".
    used = any(_CLASS.get(m[0].lower(), "they") == pronoun for m in _PRONOUNS.finditer(topic.raw))
    new = None if before and used and not _ASKS_PERSON.match(topic.raw) else _new_antecedent(pronoun, topic)
    found = new or before or _old_antecedent(pronoun, topic)
    if found:
        topic.stood_for[pronoun] = found
    return found


def _new_antecedent(pronoun: str, topic: _Topic) -> str | None:
    """What the last question asked for, if its answer is short enough to be just that."""
    if pronoun in ("he", "she"):
        return _person(topic.answer, topic.earlier) if _ASKS_PERSON.match(topic.question) else None
    if pronoun == "there":
        return _named(topic.answer, ("place",)) or _named(topic.question, ("place",))
    if _ASKS_THING.match(topic.question) and _is_thing(topic.answer):
        return _thing(topic.answer)
    return None


def _old_antecedent(pronoun: str, topic: _Topic) -> str | None:
    texts = (topic.question, topic.answer, *reversed(topic.earlier))
    if pronoun in ("he", "she"):
        return next((found for text in texts if (found := _person(text, texts))), None)
    if pronoun == "there":
        return next((found for text in texts if (found := _named(text, ("place",)))), None)
    if pronoun == "it":
        return next((found for text in texts if (found := _group(text) or _noun(text) or _name(text))), None)
    finders = (_group, _name, _noun)
    return next((found for find in finders for text in texts if (found := find(text))), None)


def _person(text: str, texts: Sequence[str] = ()) -> str | None:
    """The first person named, surest first, by the fullest form of the name in the other texts."""
    people = sorted((m for m in mentions(text) if m.kind == "person"), key=lambda m: not m.sure)
    if not people:
        return None
    name = people[0].text
    fuller = (m.text for other in texts for m in mentions(other) if m.kind == "person")
    return next((f for f in fuller if len(f) > len(name) and name in f.split()), name)


def _named(text: str, kinds: tuple[Kind, ...]) -> str | None:
    return next((m.text for m in reversed(mentions(text)) if m.kind in kinds), None)


def _group(text: str) -> str | None:
    """A group by name, with the nouns after an adjective: "Ukrainian special forces"."""
    for mention in mentions(text):
        if mention.kind == "group":
            more = re.match(rf"(?:\s+{_NOT_STOP}[a-z]+){{1,2}}", text[mention.end :])
            return mention.text + (more[0] if more else "")
    return None


def _noun(text: str) -> str | None:
    noun = re.search(rf"\b(?:the|an?)\s+((?:{_NOT_STOP}[\w-]+\s*){{1,3}})", text)
    return f"the {noun[1].strip()}" if noun else None


def _name(text: str) -> str | None:
    return next((m.text for m in mentions(text)), None)
