"""A conversation as Markdown with footnotes. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Citation
from rag.evidence import web_address
from ui.export_parts import UNVERIFIED, Sentence, Told, place
from ui.words import long_date, visible

_SPACE = re.compile(r"\s+")
# Each has a meaning somewhere in Markdown, its extensions, or the template languages around it.
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$#@{}^]|(?<=[a-z]):(?=//)|(?<=www)\.", re.IGNORECASE)
_BEGINS = re.compile(r"([-+=:]|\d{1,9}[.)])")


def escape(text: str) -> str:
    """Text as one line of Markdown that shows it and does nothing else.

    >>> escape("1. [x](javascript:1) <b>\\n\\n# www.example.org")
    '1\\\\. \\\\[x\\\\](javascript:1) \\\\<b\\\\> \\\\# www\\\\.example.org'
    """
    line = _SPACE.sub(" ", visible(text)).strip()
    safe = _SPECIAL.sub(lambda found: f"\\{found[0]}", line)
    if begins := _BEGINS.match(safe):
        at = begins.end() - 1
        safe = f"{safe[:at]}\\{safe[at:]}"
    return safe


def document(title: str, about: str, told: Sequence[Told]) -> str:
    """The whole conversation; ``about`` says when and by what it was exported."""
    parts = [f"# {escape(title)}", f"_{escape(about)}_"]
    for each in told:
        parts += _exchange(each)
    return "\n\n".join(parts) + "\n"


def _exchange(told: Told) -> list[str]:
    parts = [f"## {told.number}. {escape(told.question)}", f"_{escape(told.asked)}_"]
    if told.answer is None:
        return [*parts, escape(told.outcome)]
    if told.answer.short:
        parts.append(f"**{escape(told.answer.short)}**")
    said = " ".join(_sentence(each, told.number) for each in told.sentences)
    parts.append(said or f"**{escape(told.answer.text)}**")
    parts += [f"_{escape(note)}_" for note in told.notes]
    return parts + [_footnote(each, told.number) for each in told.answer.citations]


def _sentence(said: Sentence, turn: int) -> str:
    if said.struck:
        return f"~~{escape(said.text)}~~"
    badge = "" if said.verified else f" **({UNVERIFIED})**"
    return escape(said.text) + "".join(f"[^{turn}-{n}]" for n in said.numbers) + badge


def _footnote(citation: Citation, turn: int) -> str:
    article = citation.article
    parts = [f"“{escape(citation.quote)}” _{escape(article.title)}_, {long_date(article.date)}."]
    if url := web_address(article.url):
        parts.append(f"<{url.translate(_IN_LINK)}>")
    parts.append(f"Article {escape(article.id)}, {place(citation)}.")
    return f"[^{turn}-{citation.number}]: {' '.join(parts)}"


_IN_LINK = {ord(char): f"%{ord(char):02X}" for char in '<>\\`"|[]{}^'}
