"""Answers as HTML. Pure functions: an Answer in, a safe fragment out.

Everything that comes from an article, a question or a model goes through `escape` or `attribute`. A fragment is
one element without line ends, so that a Markdown renderer or a template language passes it through untouched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Answer, Citation
from ui.sources import FindArticle, nearest_sources, split_markers
from ui.words import long_date, sentence, visible

_BREAK = re.compile(r"[ \t]*[\n\u2028\u2029]\s*")
_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")

VERIFIED = "Every figure and name of this sentence stands in its source"
UNVERIFIED = "Not every figure and name of this sentence was found in its source"
UNSUPPORTED = "No article of the archive bears this sentence out"


def escape(text: str) -> str:
    """Text as HTML that means the same to every renderer.

    Each ASCII character that is no letter, digit or space becomes a numeric reference, so that nothing
    of HTML, Markdown, TeX or a template language is left in it. Line ends become ``<br>``.

    >>> escape("<b>5 & [x](javascript:1)")
    '&#60;b&#62;5 &#38; &#91;x&#93;&#40;javascript&#58;1&#41;'
    """
    return "<br>".join(_plain(line) for line in _BREAK.split(visible(text)))


def attribute(text: str) -> str:
    """Text as an attribute's value, line ends included.

    >>> attribute('a "b"\\nc')
    'a &#34;b&#34;&#10;c'
    """
    return "&#10;".join(_plain(line) for line in visible(text).split("\n"))


def _plain(line: str) -> str:
    return _MARKUP.sub(lambda m: f"&#{ord(m[0])};", line)


def waiting_html() -> str:
    """What stands there until the first words come."""
    return '<div class="cd-answer cd-waiting">Reading the archive<span class="cd-dots">…</span></div>'


def draft_html(text: str, *, caret: bool = True) -> str:
    """An unfinished answer: its markers cannot be opened yet."""
    parts = split_markers(text, frozenset(range(1, 1000)))
    body = "".join(
        f'<span class="cd-chip cd-chip-draft">{p}</span>' if isinstance(p, int) else escape(p) for p in parts
    )
    end = '<span class="cd-caret"></span>' if caret else ""
    return f'<div class="cd-answer cd-draft">{body}{end}</div>'


def stopped_html(text: str, note: str = "Stopped.") -> str:
    """What had been said when the user pressed stop, or the server died."""
    body = draft_html(text, caret=False) if text else ""
    return f'<div class="cd-answer">{body}<div class="cd-note">{escape(note)}</div></div>'


def problem_html(message: str) -> str:
    """One line that says what went wrong and what to do."""
    return f'<div class="cd-answer cd-problem" role="alert">{escape(sentence(message))}</div>'


def answer_html(answer: Answer, key: str, find: FindArticle, *, held: str | None = None) -> str:
    """An answer with its exact short form and its sentences with badges and chips.

    ``key`` is the id of the exchange: with it a chip's card and source are found. ``held`` says what the archive
    covers, for a refusal.
    """
    if answer.abstained:
        return _refusal_html(answer, key, find, held)
    short = f'<div class="cd-short">{escape(answer.short)}</div>' if answer.short else ""
    note = f'<div class="cd-note">{escape(sentence(answer.reason))}</div>' if answer.reason else ""
    body, cards = _statements_html(answer, key), "".join(_card_html(c, key) for c in answer.citations)
    return f'<div class="cd-answer">{short}<div class="cd-text">{body}</div>{note}{cards}</div>'


def _refusal_html(answer: Answer, key: str, find: FindArticle, held: str | None) -> str:
    nearest = "".join(
        f'<li><a class="cd-nearest" href="#source-{key}-{s.number}" data-exchange="{key}"'
        f' data-passage="{s.number}">{escape(s.article.title)}</a>'
        f' <span class="cd-date">{escape(long_date(s.article.date))}</span></li>'
        for s in nearest_sources(answer, find)
    )
    listed = f'<div class="cd-label">Nearest articles</div><ul>{nearest}</ul>' if nearest else ""
    reason = f'<div class="cd-reason">{escape(sentence(answer.reason))}</div>' if answer.reason else ""
    covers = f'<div class="cd-covers">The archive covers {escape(held)}.</div>' if held else ""
    said = f'<div class="cd-short">{escape(answer.text)}</div>'
    return f'<div class="cd-answer cd-refusal">{said}{reason}{covers}{listed}</div>'


def _statements_html(answer: Answer, key: str) -> str:
    numbers = frozenset(c.number for c in answer.citations)
    parts: list[str] = []
    at = 0
    for statement in answer.statements:
        parts.append(_marked(answer.text[at : statement.start], numbers, key))
        said = _marked(answer.text[statement.start : statement.end], numbers, key)
        if not statement.citations:
            parts.append(
                f'<s class="cd-struck">{said}</s>{_badge("unsupported", "not supported", UNSUPPORTED)}'
            )
        elif statement.support == "verified":
            parts.append(said + _badge("verified", "verified", VERIFIED))
        else:
            parts.append(said + _badge("unverified", "not verified", UNVERIFIED))
        at = statement.end
    return "".join(parts) + _marked(answer.text[at:], numbers, key)


def _badge(kind: str, words: str, why: str) -> str:
    return f'&nbsp;<span class="cd-badge cd-{kind}" title="{why}"><span>{words}</span></span>'


def _marked(text: str, numbers: frozenset[int], key: str) -> str:
    html = ""
    for part in split_markers(text, numbers):
        if isinstance(part, int):
            # A chip stays on the line of the words it belongs to.
            html = (html[:-1] + "&nbsp;" if html.endswith(" ") else html) + _chip(part, key)
        else:
            html += escape(part)
    return html


def _chip(number: int, key: str) -> str:
    return (
        f'<a class="cd-chip" href="#source-{key}-{number}" data-exchange="{key}" data-n="{number}"'
        f' aria-label="Source {number}" aria-describedby="card-{key}-{number}">{number}</a>'
    )


def _card_html(citation: Citation, key: str) -> str:
    """What a chip shows when it is pointed at; the browser puts a copy of it beside the chip."""
    about = citation.article
    return (
        f'<span class="cd-card-words" id="card-{key}-{citation.number}" hidden>'
        f'<span class="cd-card-title">{escape(about.title)}</span>'
        f' <span class="cd-date">{escape(long_date(about.date))}</span>'
        f' <span class="cd-card-quote">“{escape(citation.quote)}”</span></span>'
    )


def plain_text(answer: Answer) -> str:
    """The answer with its sources, as it is put on the clipboard."""
    lines = [answer.text]
    if answer.citations:
        lines += ["", "Sources"]
    for each in answer.citations:
        about = each.article
        tail = f", {about.url}" if about.url else ""
        lines.append(f"[{each.number}] {about.title}, {long_date(about.date)}{tail}: “{each.quote}”")
    return "\n".join(lines)


def header_html(coverage: str | None) -> str:
    """The page's first line: its name and what the archive covers, once that is known."""
    held = escape(coverage) if coverage else "&nbsp;"
    return f'<header class="cd-header"><h1>citedesk</h1><span class="cd-coverage">{held}</span></header>'


def invitation_html(examples: Sequence[str] = ()) -> str:
    """What an empty chat says, with questions that the archive answers."""
    asked = "".join(
        f'<button type="button" class="example" data-do="ask" data-question="{attribute(q)}">{escape(q)}</button>'
        for q in examples
    )
    return (
        '<div class="cd-invitation"><h2>Ask the archive</h2>'
        "<p>Each sentence of an answer links to the words it rests on. What the archive does not say,"
        f' it will not be made to say.</p><div class="examples">{asked}</div></div>'
    )
