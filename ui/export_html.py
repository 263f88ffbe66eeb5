"""A conversation as one page of HTML that loads nothing. Pure functions; every text goes through `escape`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.answer import Citation
from rag.evidence import web_address
from ui.export_parts import UNVERIFIED, UNVERIFIED_WHY, Sentence, Told, place
from ui.render import escape
from ui.words import long_date

_STYLE = Path(__file__).with_name("export.css")
# Nothing may be loaded, run or sent, even if a browser were to find something to load.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(title: str, about: str, told: Sequence[Told]) -> str:
    """The whole conversation; ``about`` says when and by what it was exported."""
    style = _STYLE.read_text("utf-8")
    contents = _contents(told) if len(told) > 1 else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="about">{escape(about)}</p>\n</header>\n'
        f"{contents}<main>\n{''.join(map(_exchange, told))}</main>\n</body>\n</html>\n"
    )


def _contents(told: Sequence[Told]) -> str:
    rows = "".join(f'<li><a href="#q{each.number}">{escape(each.question)}</a></li>\n' for each in told)
    return f'<nav aria-label="Questions">\n<ol>\n{rows}</ol>\n</nav>\n'


def _exchange(told: Told) -> str:
    key = f"q{told.number}"
    parts = [
        f'<h2 id="{key}">{escape(told.question)}</h2>',
        f'<p class="about">{escape(told.asked)}</p>',
        *_answer(told),
    ]
    body = "\n".join(parts)
    return f'<section aria-labelledby="{key}">\n{body}\n</section>\n'


def _answer(told: Told) -> list[str]:
    if told.answer is None:
        return [f'<p class="outcome">{escape(told.outcome)}</p>']
    parts = []
    if told.answer.short:
        parts.append(f'<p class="short">{escape(told.answer.short)}</p>')
    said = " ".join(_sentence(each, told.number) for each in told.sentences)
    parts.append(f"<p>{said}</p>" if said else f'<p class="short">{escape(told.answer.text)}</p>')
    parts += [f'<p class="about">{escape(note)}</p>' for note in told.notes]
    if told.answer.citations:
        rows = "".join(_footnote(each, told.number) for each in told.answer.citations)
        parts.append(f'<ol class="sources" aria-label="Sources">\n{rows}</ol>')
    return parts


def _sentence(said: Sentence, turn: int) -> str:
    text = escape(said.text)
    if said.struck:
        return f"<s>{text}</s>"
    links = "".join(f'<a href="#q{turn}-{n}" aria-label="Source {n}">&#91;{n}&#93;</a>' for n in said.numbers)
    badge = (
        "" if said.verified else f' <span class="badge" title="{escape(UNVERIFIED_WHY)}">{UNVERIFIED}</span>'
    )
    return f'{text}<sup class="marks">{links}</sup>{badge}'


def _footnote(citation: Citation, turn: int) -> str:
    article = citation.article
    link = ""
    if url := web_address(article.url):
        address = escape(url)
        link = f'<br><a class="address" href="{address}" rel="noopener noreferrer">{address}</a>'
    return (
        f'<li id="q{turn}-{citation.number}" value="{citation.number}">'
        f"<blockquote>{escape(citation.quote)}</blockquote>\n"
        f"<cite>{escape(article.title)}</cite>, {escape(long_date(article.date))}{link}"
        f'<br><span class="about">Article <code>{escape(article.id)}</code>, {escape(place(citation))}</span></li>\n'
    )
