"""Shape: what form of answer a question wants: a fact, a list, a timeline, an overview or a comparison."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.words import STOPWORDS, bare

Shape = Literal["fact", "list", "timeline", "overview", "comparison", "yes-no"]

_TIMELINE = re.compile(
    r"""
    \b(?:timeline|chronology|sequence\ of\ events|step\ by\ step)\b
    | ^\W*what\ (?:(?:has|have|had)\ )?happened\b
      (?=.*\b(?:since|between|after|before|over\ the|from|during|through|until|so\ far)\b)
    | ^\W*what\ (?:were|was|are)\ the\ (?:main\ |key\ )?(?:events|developments|steps|stages)\b
    | ^\W*how\ (?:did|has|have)\ .{3,80}?\ (?:unfold|develop|evolve|progress|play\ out)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OVERVIEW = re.compile(
    r"""
    ^\W*(?:
      what(?:['’]s|\ is|\ was|\ are|\ were)?\ (?:the\ )?(?:latest|news|new|happening|going\ on|situation|state\ of)\b
    | what\ (?:(?:has|have)\ )?(?:happened|been\ happening|been\ going\ on)\b
    | (?:give\ me|write)?\ ?(?:an?\ |the\ )?(?:summary|overview|summari[sz]e|round-?up)\b
    | tell\ me\ about\b
    | any\ news\b
    | how\ (?:is|are)\ .{3,80}?\ (?:going|doing|faring)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_NOT_PLURAL = (
    r"(?!(?:is|was|has|does|this|news|series|species|politics|sports|economics|crisis|virus|campus|bus|gas|process|"
    r"business|boss|class|address|progress|access|princess|actress|witness|congress|illness)\b)"
)
_LIST = re.compile(
    rf"""
    ^\W*(?:
      (?:(?:in|to|from|at|by|for)\ )?(?:which|what)\ (?:other\ |kinds?\ of\ |types?\ of\ )?(?:[\w’'-]+\ ){{0,3}}?
      {_NOT_PLURAL}(?:[\w’'-]+s|people|men|women|children|media|criteria)\b
      .*?\b(?:are|were|have|did|do|had|will|would|could|can|should|might|[a-z]+ed)\b
    | who\ (?:has|have|had)\ (?:been\ )?[a-z]+\ (?:\w+\ )?{_NOT_PLURAL}[\w’'-]+s\b
    | name\ (?:the|some|three|four|five)\b
    | list\b
    | who\ (?:are|were)\ the\ (?:\w+\ ){{0,3}}
      (?:members|candidates|nominees|finalists|contenders|winners|hosts|signatories)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SAYING = (
    r"(?:say|said|think|thought|argued?|claim(?:ed)?|respond(?:ed)?|react(?:ed)?|reply|replied|announced?|promised?|proposed?|"
    r"demand(?:ed)?|want(?:ed)?|warn(?:ed)?|described?|comment(?:ed)?)"
)
_BOTH_SAY = re.compile(
    rf"""
    ^\W*(?P<asks>(?:what|how)\ (?:did|do|does|have|has))\s+(?:both\s+)?
    (?P<one>.{{2,60}}?)\s+and\s+(?P<other>.{{2,60}}?)\s+(?P<rest>{_SAYING}\b.*)$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DIFFER = re.compile(
    r"""
    ^\W*(?:compare|contrast|what\ (?:is|are)\ the\ differences?\ between|how\ (?:do|did|does))\s+
    (?:the\ (?:positions?|views?|statements?|plans?|reactions?|responses?)\ of\s+)?
    (?P<one>.{2,60}?)\s+(?:and|with|to|versus|vs\.?)\s+(?P<other>.{2,60}?)\s+
    (?:differ\s+)?(?:on|over|about)\s+(?P<about>.{2,120}?)(?:\s+differ)?\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_YES_NO = re.compile(
    r"^\W*(?:is|are|was|were|has|have|had|did|does|do|will|would|can|could|should|may|might)\b", re.IGNORECASE
)
_SAYS = re.compile(
    rf"\b{_SAYING}\b|\b(?:told|added|insisted|called|accused|denied|urged|rejected|welcomed)\b|[“\"]"
)
_FRAME = re.compile(
    r"""
    ^\W*(?:(?:and|so|please|can\ you|could\ you)\s+)*
    (?:what\ (?:has|have|had|is|are|was|were)|what(?:['’]s)?|give\ me|write|tell\ me|any|
      how\ (?:is|are|did|has|have))?\s*
    (?:(?:an?|the|latest|news|new|happening|happened|going\ on|situation|state|summary|overview|summari[sz]e|round-?up|
      timeline|chronology|main|key|events|developments|been|recent|about)\b\s*)*
    (?:(?:of|on|about|in|with|to|from|for|at|around|regarding)\b\s*)?
    """,
    re.IGNORECASE | re.VERBOSE,
)


def shape(question: str) -> Shape:
    """What form of answer a question wants.

    >>> [shape(q) for q in ("Which countries have banned it?", "What has happened in Gaza since October?")]
    ['list', 'timeline']
    >>> [shape(q) for q in ("What is the news on Kyiv?", "What did Kyiv and Moscow say about it?", "Who won?")]
    ['overview', 'comparison', 'fact']
    """
    if sides(question):
        return "comparison"
    if _TIMELINE.search(question):
        return "timeline"
    if _OVERVIEW.search(question):
        return "overview"
    if _LIST.search(question):
        return "list"
    return "yes-no" if _YES_NO.search(question) else "fact"


@dataclass(frozen=True, slots=True)
class Side:
    """One party of a comparison, and the question for it alone."""

    who: str
    question: str

    def speaks_in(self, sentence: str) -> bool:
        """Whether a sentence may be what this party says: it names them, and someone speaks."""
        words = [bare(word) for word in self.who.split() if word.lower() not in STOPWORDS]
        initials = "".join(word[0] for word in words).upper()
        told = {word.strip(".,;:“”\"’'()") for word in sentence.split()}
        named = any(word in {bare(each) for each in told} for word in words)
        return bool(_SAYS.search(sentence)) and (named or (len(initials) > 1 and initials in told))


def sides(question: str) -> tuple[Side, Side] | None:
    """A question about two parties as one question for each; None for any other.

    >>> [side.question for side in sides("What did Kyiv and Moscow say about the drones?")]
    ['What did Kyiv say about the drones?', 'What did Moscow say about the drones?']
    """
    if match := _BOTH_SAY.match(question):
        asks, rest = match["asks"][0].upper() + match["asks"][1:], match["rest"]
        first, second = (Side(match[who], f"{asks} {match[who]} {rest}") for who in ("one", "other"))
        return first, second
    if match := _DIFFER.match(question):
        about = match["about"]
        first, second = (
            Side(match[who], f"What did {match[who]} say about {about}?") for who in ("one", "other")
        )
        return first, second
    return None


def subject(question: str) -> str:
    """What an overview or timeline is to be about: the question without the words that ask for one.

    >>> subject("What is the latest news on Ukraine?"), subject("What has happened in Gaza since October?")
    ('Ukraine', 'Gaza since October')
    """
    return _FRAME.sub("", question, count=1).strip(" ?.!") or question
