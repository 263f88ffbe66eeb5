"""Plain text from what models write: no markup, no links, no JSON, no thinking aloud."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from index.instructions import is_instruction
from rag.answer import NO_ANSWER

_LINK = re.compile(r"\[([^\[\]]{0,300})\](?:\s?\([^()\s]{0,500}(?:\s\"[^\"]{0,200}\")?\)|\([^()\n]{0,500}\))")
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\s?\([^()]{0,500}\)")
_ORPHAN = re.compile(
    r"\((?:https?://|www\.)[^()\s]{0,500}\)|<(?:https?|mailto):[^<>\s]{0,500}>", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,300}>")
_KEY = re.compile(
    r"[{,\[]?\s*\"[A-Za-z][A-Za-z_ -]{0,30}\"\s*:\s*(?:\[\s*[\d\s,]{0,60}\]|[\d.]{1,10}|true|false|null)?"
)
_LINE_START = re.compile(r"(?:[-*+•‣◦▪>|]|#{1,6}|\(?\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"\*{1,3}|_{2,3}|~~|`{1,3}(?:\w{1,12}(?=\s|$))?")
_GAP = re.compile(r" ([,;:.!?](?:\s|$))")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CALLS = re.compile(
    r"(?:please |just |simply )?(?:(?:click|tap|press) "
    r"|(?:visit|download|install|subscribe|go to|log in|sign up|register|read more|see more|learn more|contact|buy)"
    r" ?(?:here|now|at|on|to|for|the|this|our|your|more|\S+\.\w)"
    r"|here\.?$)",
    re.IGNORECASE,
)
_BIDS = re.compile(
    r"(?:please )?(?:(?:analy[sz]e|calculate|classify|compose|define|describe|determine|explain|generate|imagine"
    r"|provide|recommend|suggest|summari[sz]e|translate) [a-z'\"“‘]"
    r"|(?:add|answer|apply|build|create|design|draft|give|help|include|list|make|outline|prepare|print|produce|rank"
    r"|rate|reply|respond|rewrite|say|show|solve|tell|use|write)"
    r" (?:me|us|an?|the|this|these|your|some|with|in|as|how)\b)",
    re.IGNORECASE,
)
_ADDRESS_ALONE = re.compile(r"(?:^|[.!?…] )(?:https?://)?[\w-]{1,60}(?:\.[\w-]{2,60}){1,4}(?:/\S{0,200})?\.?")
_ASKS = re.compile(r"[\"“'‘(]?[^\"“”]*\?[\"”'’)]*")
_ANSWER_LABEL = re.compile(r"(?:final\s)?answer:\s*", re.IGNORECASE)
_DECLINES = re.compile(
    r"\b(?:passages?|archive|articles?|sources?|context|texts?)\b(?:\s\w+){0,3}\s(?:do(?:es)?\snot|don't|doesn't)\s"
    r"(?:\w+\s)?(?:say|mention|contain|provide|include|specify|state|answer|give)\b",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """One sentence as plain text on one line.

    >>> plain("- **Ukraine** retook the [platform](http://x.example/a).")
    'Ukraine retook the platform.'
    >>> plain('{"answer": "It rained."}'), plain('", "sources": }')
    ('It rained.', '')
    """
    text = _CONTROL.sub(" ", html.unescape(text))
    text = _ORPHAN.sub("", _LINK.sub(r"\1", _IMAGE.sub("", text)))
    text = _TAG.sub("", text)
    if _KEY.search(text) or text[:1] in "{}":
        text = _KEY.sub(" ", text).replace("\\n", " ").replace('\\"', "'").strip(' {}[],"`\n\t')
    text = _EMPHASIS.sub("", text).strip()
    text = _LINE_START.sub("", text, count=1) if _LINE_START.match(text) else text
    text = _ANSWER_LABEL.sub("", text, count=1) if _ANSWER_LABEL.match(text) else text
    text = _GAP.sub(r"\1", " ".join(text.replace("|", " ").split()))
    return text if any(char.isalnum() for char in text) else ""


def states(text: str) -> bool:
    """Whether a sentence tells something: no question, no order, no call to visit a page, no address.

    >>> states("It rained."), states("What is the capital of Brazil?"), states("Visit rain.example now.")
    (True, False, False)
    """
    address = any(match.end() == len(text) for match in _ADDRESS_ALONE.finditer(text))
    return not (
        address or _ASKS.fullmatch(text) or _CALLS.match(text) or _BIDS.match(text) or is_instruction(text)
    )


def declines(text: str) -> bool:
    """Whether a sentence says that the passages do not answer.

    >>> declines("the archive does not say"), declines("The passages do not mention a winner.")
    (True, True)
    """
    said = re.sub(r"[^\w\s]", "", text).strip().casefold()
    return said == NO_ANSWER.rstrip(".").casefold() or bool(_DECLINES.search(text))


def without_thinking(words: Iterable[str]) -> Iterator[str]:
    """The stream without what a model writes between ``<think>`` and ``</think>`` before it answers.

    >>> "".join(without_thinking(["<th", "ink>Hm.</thi", "nk>It ", "rained."]))
    'It rained.'
    """
    opening, closing = "<think>", "</think>"
    held, state = "", "before"
    for piece in words:
        if state == "after":
            yield piece
            continue
        held += piece
        if state == "before":
            start = held.lstrip()
            if start.startswith(opening):
                state, held = "inside", start[len(opening) :]
            elif not opening.startswith(start):
                state = "after"
                yield held
        if state == "inside":
            at = held.find(closing)
            if at < 0:
                held = held[-len(closing) :]
            else:
                state = "after"
                yield held[at + len(closing) :]
    if state == "before":
        yield held
