"""The words of a reply as they stream in, without what models wrap them in.

Thinking aloud, HTML, entities, JSON, escapes, characters that nobody sees, and the list of sources
under an answer are gone before a sentence is read, however the text was cut into chunks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from rag.json_reply import without_json

LONGEST_TAG = 300

_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")  # no width: never shown
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
_SPECIAL = re.compile(r"[<&\\\[◁]")
_LITERALS = ("[think]", "[/think]", "◁think▷", "◁/think▷")
_ALOUD = r"think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad"
_SKIPPED = re.compile(rf"<({_ALOUD}|script|style)\b[^>]*>", re.IGNORECASE)
_SKIPPED_TO = {"[think]": "[/think]", "◁think▷": "◁/think▷", "<!--": "-->"}
_BLOCK = re.compile(
    r"</?(?:br|p|li|[uo]l|d[dlt]|div|tr|table|h[1-6]|hr|blockquote|section|article|pre)\b|<\|", re.IGNORECASE
)
_SUPERSCRIPT = re.compile(r"<sup\b[^<>]*>\s?\[?([\d\s,;–-]{1,20})\]?\s?</sup>", re.IGNORECASE)
_ENTITY = re.compile(r"&#?\w{0,10}")
_ESCAPABLE = "[]()*_#~`"

_NAME = r"(?:sources?(?: used)?|references?|citations?|footnotes?|bibliography|works cited)"
_LABEL = re.compile(rf"[\s#*_>-]*{_NAME}[\s*_]*:[\s*_]*", re.IGNORECASE)
_HEADING = re.compile(rf"[\s#*_>-]*{_NAME}[\s*_]*", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*\[\^?(\d{1,3})\]:")
_UNDECIDED = re.compile(r"[\s#*_>-]*(?:\[?\^?\d{0,3}\]?|[A-Za-z ]{0,14}[\s*_]*)")
_LONGEST_HEAD = 60
_NUMBER = re.compile(r"\[\^?(\d{1,3})\]")


def unwrap(words: Iterable[str]) -> Iterator[str]:
    """The stream without its wrapping; what could yet turn out to be wrapping is held back.

    >>> "".join(unwrap(["<th", "ink>Hm.</thi", "nk>It ", "rained.&nbs", "p;[1]"]))
    'It rained.\\xa0[1]'
    >>> "".join(unwrap(['{"answer": "It ra', 'ined. [1]", "sources": [1]}']))
    'It rained. [1]\\n'
    >>> "".join(unwrap("It rained. [1]\\n\\nSources:\\n[1] The Times"))
    'It rained. [1]\\n\\n'
    """
    return _without_footers(without_json(_without_tags(words)))


def _without_tags(words: Iterable[str]) -> Iterator[str]:
    """No thinking aloud, tags, entities, escapes or hidden characters."""
    held, until = "", ""
    for piece in words:
        at, clean = 0, _CONTROL.sub(" ", _HIDDEN.sub("", piece))
        while at < len(clean):
            if until or held:
                held, out, until = _skip(held + clean[at], until) if until else _held(held + clean[at])
                at += 1
            elif special := _SPECIAL.search(clean, at):
                out, held, at = clean[at : special.start()], special.group(), special.end()
            else:
                out, at = clean[at:], len(clean)
            if out:
                yield out
    if held and not until and held[0] != "<":  # half a tag is no text
        yield held


def _skip(held: str, until: str) -> tuple[str, str, str]:
    held = held[-len(until) :]
    return ("", "", "") if held.lower() == until else (held, "", until)


def _held(held: str) -> tuple[str, str, str]:
    """What stays held, what is passed on, and where the part ends that is skipped from here on."""
    first, last, lower = held[0], held[-1], held.lower()
    if first == "\\":
        return ("", last, "") if last in _ESCAPABLE else _released(held)
    if first == "&":
        if last == ";":
            return "", html.unescape(held), ""
        return (held, "", "") if _ENTITY.fullmatch(held) else _released(held)
    if lower in _SKIPPED_TO:
        return "", "", _SKIPPED_TO[lower]
    if first != "<":
        known = any(literal.startswith(lower) for literal in _LITERALS)
        return ("" if lower in _LITERALS else held, "", "") if known else _released(held)
    opens = held[1] in "/!|?" or (held[1].isascii() and held[1].isalpha())
    return _tag(held, lower) if opens and len(held) <= LONGEST_TAG else _released(held)


def _tag(held: str, lower: str) -> tuple[str, str, str]:
    superscript = lower.startswith("<sup") and len(held) < 60
    if held[-1] == "<" and not superscript:
        return _released(held)
    if held[-1] != ">" or (superscript and not lower.endswith("</sup>")):
        return held, "", ""
    if superscript:
        number = _SUPERSCRIPT.fullmatch(held)
        return "", f"[{number[1].strip()}]" if number else re.sub(r"<[^<>]*>", "", held), ""
    if skipped := _SKIPPED.fullmatch(held):
        return "", "", f"</{skipped[1].lower()}>"
    return "", "\n" if _BLOCK.match(held) else "", ""


def _released(held: str) -> tuple[str, str, str]:
    """Held in vain; but its last character may open something of its own."""
    return (held[-1], held[:-1], "") if _SPECIAL.match(held[-1]) else ("", held, "")


def _without_footers(words: Iterable[str]) -> Iterator[str]:
    """No list of sources at the end, no line that only names them, no footnotes."""
    line, state, notes = "", "held", _Notes()
    for char in (char for piece in words for char in piece):
        if state == "held":
            line += char
            state = _line_state(line, notes)
            if state == "list":
                return
            if state == "passed":
                notes.add(line)
                yield line
        elif state == "passed":
            notes.add(char)
            yield char
        if char in "\r\n":
            state = "held"
        if state != "held" or char in "\r\n":
            line = ""
    if not _LABEL.fullmatch(line):
        yield line


def _line_state(line: str, notes: _Notes) -> str:
    """Whether a line so far is passed on, dropped, or the head of a list of sources; or "held"."""
    text = line.rstrip("\r\n")
    is_label = _LABEL.fullmatch(text)
    if len(text) < len(line):
        is_head = text.strip() and (is_label or _HEADING.fullmatch(text))
        return ("list" if notes.any else "dropped") if is_head else "passed"
    if _LABEL.match(text) and not is_label:
        return "dropped"
    if (footnote := _FOOTNOTE.fullmatch(text)) and notes.has(footnote[1]):
        return "dropped"
    return "held" if len(text) <= _LONGEST_HEAD and (is_label or _UNDECIDED.fullmatch(text)) else "passed"


class _Notes:
    """What has been passed on: whether anything, and the numbers in square brackets."""

    def __init__(self) -> None:
        self.any = False
        self._fresh: list[str] = []
        self._numbers: set[str] = set()

    def add(self, text: str) -> None:
        self._fresh.append(text)
        self.any = self.any or any(char.isalnum() for char in text)

    def has(self, number: str) -> bool:
        text = "".join(self._fresh)
        self._numbers.update(_NUMBER.findall(text))
        self._fresh = [text[-8:]]
        return number in self._numbers
