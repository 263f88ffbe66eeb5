"""Plain text from what models write: no markup, no links, no JSON, no thinking aloud."""

from __future__ import annotations

import html
import re
import unicodedata

from index.instructions import is_instruction
from rag.answer import NO_ANSWER

_LINK = re.compile(r"\[([^\[\]]{0,300})\](?:\s?\([^()\s]{0,500}(?:\s\"[^\"]{0,200}\")?\)|\([^()\n]{0,500}\))")
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\s?\([^()]{0,500}\)")
_ORPHAN = re.compile(
    r"\((?:https?://|www\.)[^()\s]{0,500}\)|\(#[a-z:-]{2,20}\d{1,3}\)|<(?:https?|mailto):[^<>\s]{0,500}>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,300}>")
_KEY = re.compile(
    r"[{,\[]?\s*\"[A-Za-z][A-Za-z_ -]{0,30}\"\s*:\s*(?:\[\s*[\d\s,]{0,60}\]|[\d.]{1,10}|true|false|null)?"
)
_JSON = re.compile(r"^(?:[{},]|\[\s*[{\"])|^\"\s*[,:}\]]|^\"[a-z_]{1,20}\"\s*:|\{\s?\"")
_LINE_START = re.compile(
    r"(?:(?:[-–—*+•‣◦▪>|]|#{1,6}|\(?\d{1,2}[.)]|\(?[a-z]\))\s+(?:\[[xX✓✔]\]\s+)?){1,3}(?=\S)"
)
_EMPHASIS = re.compile(
    r"\*{1,3}|_{2,3}|~~|```(?:\w{1,12}(?=\s|$))?|`{1,2}|(?<![^\W_])_(?=[^\W_])|(?<=[^\W_]|[.!?])_(?![^\W_])"
)
_WRAPPED = re.compile(r"\[([^\[\]]+)\]([.!?]?)")
_TITLE = re.compile(r"#{1,6}\s|\*\*[^*]+\*\*$|__[^_]+__$|\|.*\|$")
_LONGEST_TITLE = 8
_EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3|[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\ufe0f\u20e3\U000e0000-\U000e007f]+"
)
_GAP = re.compile(r" ([,;:.!?](?:\s|$))")
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
_HIDDEN = re.compile("[\u00ad\u200b-\u200d\u2060-\u2064\ufeff]")  # no width at all
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PREAMBLE = re.compile(
    r"(?:(?:(?:final|short)\s)?answer|assistant|response):\s*"
    r"|(?:(?:sure|certainly|of course|okay)[,!.]?\s)?here(?:'s|’s|\sis|\sare)\s"
    r"(?:what\s(?:i|the\s(?:archive|passages|articles|sources))\s|(?:the|an?)\s(?:\w+\s)?(?:answer|summary|overview|list)\b)"
    r"[^:]{0,80}:\s*"
    r"|(?:based\son|according\sto|from)\s(?:only\s)?(?:the\s|your\s)?"
    r"(?:(?:(?:provided|given|retrieved|above)\s)(?:news\s)?(?:sources?|articles?|texts?|information|passages?|context)"
    r"|(?:passages?|context|archive)|(?:sources?|articles?|information)(?=\s(?:provided|given|above)))"
    r"(?:\s(?:provided|given|above)){0,2},\s*",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"(?:(?:sure|certainly|of course|absolutely|okay|ok)[,!.]?\s)?(?:here(?:'s|’s|\sis|\sare)\s|let me know\b"
    r"|feel free\b|would you like\b|i hope (?:this|that|it)\b.{0,30}\bhelp"
    r"|i(?: am|'m|’m) happy to\b|i can (?:also|help|provide|give)\b"
    r"|happy to help\b|great question\b"
    r"|(?:please\s)?note(?::|\sthat)\s(?:this|the above|my)\s(?:answer|summary|response)\b"
    r"|if you (?:have (?:any |more |further |other )*questions"
    r"|(?:need|want|would like)(?: to know)? (?:any|more|further))\b)",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"\b(?:passages?|archive|articles?|sources?|context|texts?)\b(?:\s\w+){0,3}\s(?:do(?:es)?\snot|don't|doesn't)\s"
    r"(?:\w+\s)?(?:say|mention|contain|provide|include|specify|state|answer|give)\b"
    r"|\b(?:can(?:not|\snot|'t|’t)|could(?:\snot|n't|n’t)|did(?:\snot|n't|n’t)|unable to)\s(?:find|answer|determine)\b"
    r".{0,80}\b(?:passages?|archive|context)\b"
    r"|\bno\s(?:information|mention|answer|details?)\b.{0,80}\b(?:passages?|archive|context)\b"
    r"|\bnone of the (?:provided )?(?:passages|articles)\b|\bpassages? (?:gives?|provides?|contains?) no\b",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """One sentence as plain text on one line.

    >>> plain("- **Ukraine** retook the [platform](http://x.example/a).")
    'Ukraine retook the platform.'
    >>> plain('{"answer": "It rained."}'), plain('", "sources": }')
    ('It rained.', '')
    """
    text = _HIDDEN.sub("", unicodedata.normalize("NFC", html.unescape(text)))
    text = _EMOJI.sub(" ", _CONTROL.sub(" ", text))
    text = _ORPHAN.sub("", _LINK.sub(r"\1", _IMAGE.sub("", text)))
    text = _TAG.sub("", text)
    if _JSON.search(text):
        text = _KEY.sub(" ", text).replace("\\n", " ").replace('\\"', "'").strip(' {}[],"`\n\t')
    text = _EMPHASIS.sub("", text).strip()
    text = _LINE_START.sub("", text, count=1) if _LINE_START.match(text) else text
    text = _PREAMBLE.sub("", text, count=1) if _PREAMBLE.match(text) else text
    text = _GAP.sub(r"\1", " ".join(text.replace("|", " ").split()))
    if wrapped := _WRAPPED.fullmatch(text):
        text = wrapped[1] + wrapped[2]
    return text if any(char.isalnum() for char in text) and not _CHATTER.match(text) else ""


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


def is_label(text: str) -> bool:
    """Whether a line only says what the next ones are about: a heading, a bold title, a table's head.

    >>> is_label("## The Black Sea"), is_label("Key events:"), is_label("It rained."), is_label("- It rained")
    (True, True, False, False)
    """
    text = text.strip()
    if text.rstrip("*_").endswith((":", "：")):
        return True
    return (
        bool(_TITLE.match(text))
        and len(text.split()) <= _LONGEST_TITLE
        and text.rstrip("*_")[-1:] not in ".!?"
    )
