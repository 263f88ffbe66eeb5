"""Compose: from what was read to an answer in the archive's own sentences.

Nothing is paraphrased. A claim is a sentence of an article, at most relieved of an opening that only
linked it to its neighbours ("In a separate development, ..."), and it cites the whole sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.passages import sentences
from rag.evidence import Claim, Evidence, Quote
from rag.reader import Span

MAX_CLAIMS = 4
QUOTATION_CHARS = 400  # of several sentences in quotation marks that are quoted together

_LINKS = re.compile(
    r"(?:In a (?:separate|related|further) (?:development|incident|matter)|In (?:addition|response|other news)|"
    r"(?:Tragic|Unfortunate|Fortunate|Final|Last|Additional|Notab|Sad|Second|Third|First)(?:al)?ly|Meanwhile|"
    r"However|Moreover|Furthermore|Also|Elsewhere|Earlier|Later|Separately|Nevertheless|Besides|Then|Still)\s*,\s+"
)
_LEANING = re.compile(
    r"(?:He|She|They|It|Its|His|Her|Their|This|These|Those|That|The (?:operation|incident|attack|move|decision|"
    r"group|two|former|latter|same|pair|company|agency|country))\b"
)

_STATES = re.compile(r"[^\s:]*[A-Z0-9“\"'‘(].*[.!][”’\"')]*$", re.DOTALL)
_ASKED = re.compile(r"[?!][”\"]$")
_SAID = re.compile(r"(?:[\w.’'-]+,? ){1,8}(?:said|says|told|asked|added|wrote|argued)\b[^.]{0,60}\.$")
_GLUED = re.compile(r"[a-z0-9]:[A-Z“]")  # "More:What to know"


def sentence_at(evidence: Evidence, start: int, end: int) -> Quote:
    """The whole sentence or sentences of the passage around offsets in the passage's text."""
    spans = whole_sentences(evidence.passage.text)
    touched = [(a, b) for a, b in spans if a < end and b > start] or [(start, end)]
    shift = evidence.passage.start
    return Quote(evidence.article, shift + touched[0][0], shift + touched[-1][1])


def whole_sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text, ``[start, end)``; those of one quotation together, with whoever says it.

    A quotation that goes on over a line, or for too long, is left in its sentences.

    >>> text = "“It hurts. What is the point?” Norvell said. He left."
    >>> [text[a:b] for a, b in whole_sentences(text)]
    ['“It hurts. What is the point?” Norvell said.', 'He left.']
    """
    spans = sentences(text)
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(spans):
        last = _last_of_quotation(text, spans, at)
        if last + 1 < len(spans) and _attributes(text, spans[at][0], spans[last][1], spans[last + 1]):
            last += 1
        found.append((spans[at][0], spans[last][1]))
        at = last + 1
    return found


def _last_of_quotation(text: str, spans: Sequence[tuple[int, int]], at: int) -> int:
    """The sentence in which a quotation ends that a sentence leaves open; that one itself if there is none."""
    start = spans[at][0]
    for last in range(at, len(spans)):
        told = text[start : spans[last][1]]
        if last > at and (len(told) > QUOTATION_CHARS or "\n" in told):
            break
        if not _is_open(told):
            return last
    return at


def _attributes(text: str, start: int, end: int, follows: tuple[int, int]) -> bool:
    """Whether the sentence after a quoted question says whose it is."""
    return (
        bool(_ASKED.search(text[start:end]))
        and "\n" not in text[start : follows[0]]
        and bool(_SAID.match(text[slice(*follows)]))
    )


def _is_open(text: str) -> bool:
    """Whether a quotation begins in a text and does not end in it."""
    return text.count("“") > text.count("”") or text.count('"') % 2 == 1


def sentence_before(evidence: Evidence, quote: Quote) -> Quote | None:
    """The sentence before a quote in the same passage, if there is one."""
    shift = evidence.passage.start
    earlier = [(a, b) for a, b in whole_sentences(evidence.passage.text) if b <= quote.start - shift]
    return Quote(evidence.article, shift + earlier[-1][0], shift + earlier[-1][1]) if earlier else None


def claim(quote: Quote) -> Claim:
    """A sentence as the answer says it, citing the sentence as it stands in the article.

    >>> from index.articles import Article
    >>> claim(Quote(Article(text="Finally, Moscow claimed victory."), 0, 32)).text
    'Moscow claimed victory.'
    """
    text = " ".join(quote.text.split())
    if link := _LINKS.match(text):
        rest = text[link.end() :]
        text = rest[:1].upper() + rest[1:]
    return Claim(text, (quote,), "verified")


def claims_for(found: Sequence[tuple[Evidence, Span]], most: int = MAX_CLAIMS) -> list[Claim]:
    """The sentences that hold the given answers, each once, best first, at most so many.

    A sentence that leans on the one before it ("They have pierced ...") brings that one along.

    >>> from index.articles import Article, Passage
    >>> a = Article(text="The army moved at dawn. They took the hill.", id="a")
    >>> e = Evidence(a, Passage("a", 0, 43, a.text), 1.0)
    >>> [c.text for c in claims_for([(e, Span("the hill", 34, 42, 5.0))])]
    ['The army moved at dawn.', 'They took the hill.']
    """
    quotes: list[Quote] = []
    for evidence, span in found:
        quote = sentence_at(evidence, span.start, span.end)
        if any(_covers(known, quote) for known in quotes):
            continue
        before = sentence_before(evidence, quote) if leans(quote) else None
        explains = before is not None and not before.text.endswith("?")
        if before is not None and explains and not any(_covers(known, before) for known in quotes):
            quotes.append(before)
        quotes.append(quote)
    return [claim(quote) for quote in quotes[:most]]


def leans(quote: Quote) -> bool:
    """Whether a sentence begins with a word that points to the one before it: "They have pierced ..."."""
    return bool(_LEANING.match(quote.text))


def is_prose(sentence: str) -> bool:
    """Whether a sentence states something: no heading, question, or line that leads to another page.

    >>> is_prose("California banned four additives."), is_prose("More:What to know."), is_prose("Is it over?")
    (True, False, False)
    """
    return bool(_STATES.match(sentence)) and not _GLUED.search(sentence)


def _covers(known: Quote, quote: Quote) -> bool:
    """Whether a quote says nothing that is not already quoted, here or word for word elsewhere."""
    if known.text == quote.text:
        return True
    return known.article.id == quote.article.id and known.start <= quote.start and quote.end <= known.end
