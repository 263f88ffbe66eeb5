"""A reply in JSON, though none was asked for: what its strings say, as they stream in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from rag.words import word_set

_START = re.compile(r"(?:```\w{0,10}\s*)?(?:\{\s*[\"}]|\[\s*[\"{])")
_MAYBE = re.compile(r"`{1,3}|```\w{0,10}\s*(?:[{\[]\s*)?|[{\[]\s*")
_LONGEST_START = 40
_NO_ANSWER = word_set(
    """
    source sources title titles url urls link links date query question reasoning reason thought
    thoughts thinking citation citations reference references quote quotes model id name type role
    """
)


def without_json(words: Iterable[str]) -> Iterator[str]:
    """The stream, each line that opens a JSON value replaced by the value's strings, one a line.

    Keys, and the values of keys that hold no answer, such as "sources", are left out.

    >>> "".join(without_json(['[{"text": "It ra', 'ined.", "source": "The Times"}, {"text": "Hail."}]']))
    'It rained.\\nHail.\\n'
    """
    held, at_start, values = "", True, _Values()
    for char in (char for piece in words for char in piece):
        if values.depth:
            if out := values.feed(char):
                yield out
        elif not at_start or (not held and char.isspace()):
            yield char
            at_start = at_start or char in "\r\n"
        elif _START.fullmatch(held + char):
            for each in (held + char).partition("```")[-1] or held + char:
                values.feed(each)
            held, at_start = "", False
        elif len(held) < _LONGEST_START and _MAYBE.fullmatch(held + char):
            held += char
        else:
            yield held + char
            held, at_start = "", char in "\r\n"
    if held:
        yield held


class _Values:
    """Walks through JSON, whole or broken off, one character at a time."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._key = self._string = self._escape = ""
        self._inside = self._is_value = False

    @property
    def depth(self) -> int:
        """How many brackets are open."""
        return len(self._open)

    def feed(self, char: str) -> str:
        """What the next character adds to the text."""
        if self._inside:
            return self._in_string(char)
        if char == '"':
            self._inside, self._string = True, ""
        elif char == ":":
            self._key, self._is_value = self._string.strip().lower(), True
        elif char == ",":
            self._is_value = self._open[-1:] == ["["]
        elif char in "{[":
            self._open.append(char)
            self._is_value = char == "["
        elif char in "}]":
            self._open = self._open[:-1]
            self._is_value = False
        return ""

    def _in_string(self, char: str) -> str:
        if self._escape or char == "\\":
            self._escape += char
            if len(self._escape) < (6 if self._escape[1:2] == "u" else 2):
                return ""
            char, self._escape = _unescaped(self._escape), ""
        elif char == '"':
            self._inside = False
            char = "\n"
        if self._is_value:
            return "" if self._key in _NO_ANSWER else char
        self._string = (self._string + char)[:40]
        return ""


def _unescaped(escape: str) -> str:
    try:
        char = str(json.loads(f'"{escape}"'))
    except ValueError:
        return escape[1:]
    return "" if "\ud800" <= char <= "\udfff" else char  # half an emoji
