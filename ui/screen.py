"""Streams of the terminal: results on stdout, all else on stderr, nothing of an article obeyed."""

from __future__ import annotations

import json
import re
import sys
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from ui.words import visible

_OBEYED = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "·": "-"})


def prepare_streams() -> None:
    """Let no character that the terminal's encoding lacks end the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _is_unicode(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")


def clean(text: str, stream: TextIO) -> str:
    """Text that is safe to show: no control characters, and quotes and dashes the stream can write."""
    shown = visible(text)
    return shown if _is_unicode(stream) else shown.translate(_PLAIN)


class Screen:
    """Writes to one stream. Text is never read as markup, and only a real terminal gets colours."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.console = Console(file=self.stream, highlight=False, markup=False, emoji=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Whether a person is looking."""
        return self.console.is_terminal

    def line(self, *parts: str | tuple[str, str]) -> None:
        """One line of plain strings and (string, style) pairs."""
        text = Text()
        for part in parts:
            words, style = (part, "") if isinstance(part, str) else part
            text.append(clean(words, self.stream), style=style)
        self.console.print(text)


def say(message: str) -> None:
    """One line to the user, beside the result."""
    Screen(sys.stderr).line(message)


def write_json(value: Any) -> None:
    """One line of JSON on stdout; what a terminal might obey is written as an escape, which means the same."""
    text = json.dumps(value, ensure_ascii=not _is_unicode(sys.stdout))
    sys.stdout.write(_OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")
