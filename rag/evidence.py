"""Evidence, Quote and Claim: what answers are made of before they are numbered and shown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.articles import Article, Passage
from index.instructions import titled
from index.sentences import Span
from rag.answer import ArticleRef, Citation, Statement, Support

_WEB = re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+", re.I)


UNSUPPORTED = "(Not supported by the archive: {})"
"""How a sentence of an LLM is shown that nothing bears out, if it is shown at all."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A retrieved passage with its article; ``score`` ranks within one question only.

    ``origin`` is the same for near-duplicates, which are one voice; ``age`` is the days from publication
    to the day of asking, infinite where either is unknown. ``flagged`` are spans of the article that speak to
    a machine (`index.instructions`): in the passage's text they are line ends, so that nothing reads them.
    """

    article: Article
    passage: Passage
    score: float
    origin: str = ""
    age: float = math.inf
    flagged: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """An exact span of an article: ``text`` is ``article.text[start:end]``, by construction."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        """The quoted words."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence that the answer wants to say, without markers, and the quotes it rests on.

    One without quotes is shown as what it is: not supported by the archive.
    """

    text: str
    quotes: tuple[Quote, ...]
    support: Support


def article_ref(article: Article) -> ArticleRef:
    """The public reference to an article.

    >>> article_ref(Article(text="Rain.", date="2023-11-08", id="a")).date
    '2023-11-08'
    """
    day = article.date.isoformat() if article.date else None
    return ArticleRef(article.id, titled(article).title, day, web_address(article.url))


def web_address(url: str | None) -> str | None:
    """An article's address if it is one that a browser may be sent to, else None.

    >>> web_address("https://example.org/a?b=1"), web_address("javascript:alert(1)"), web_address("http://a b")
    ('https://example.org/a?b=1', None, None)
    """
    return url if url and _WEB.fullmatch(url) else None


def number_claims(
    claims: Iterable[Claim],
) -> tuple[str, tuple[Statement, ...], tuple[Citation, ...]]:
    """Join claims into an answer's text, its statements and its citations.

    The only place where citations get their numbers: from 1, in order of first use, one number for
    each distinct span. The marker follows the sentence, as in ``It rained. [1]``. A claim without quotes stands
    in brackets that say so, which no copying can lose.

    >>> a = Article(text="It rained. It snowed.", id="a")
    >>> text, statements, citations = number_claims([Claim("It rained.", (Quote(a, 0, 10),), "verified")])
    >>> text, citations[0].quote, statements[0].citations
    ('It rained. [1]', 'It rained.', (1,))
    """
    citations: dict[tuple[str, int, int], Citation] = {}
    statements: list[Statement] = []
    parts: list[str] = []
    at = 0
    for claim in claims:
        numbers = [_number(quote, citations) for quote in claim.quotes]
        numbers = list(dict.fromkeys(numbers))
        shown = claim.text + "".join(f" [{n}]" if i == 0 else f"[{n}]" for i, n in enumerate(numbers))
        if not numbers:
            shown = UNSUPPORTED.format(claim.text)
        at += 1 if parts else 0
        statements.append(Statement(shown, at, at + len(shown), tuple(numbers), claim.support))
        parts.append(shown)
        at += len(shown)
    return " ".join(parts), tuple(statements), tuple(citations.values())


def _number(quote: Quote, citations: dict[tuple[str, int, int], Citation]) -> int:
    key = (quote.article.id, quote.start, quote.end)
    if key not in citations:
        number = len(citations) + 1
        citations[key] = Citation(number, article_ref(quote.article), quote.start, quote.end, quote.text)
    return citations[key].number
