"""Listing: the places of an article that list several things, in one sentence or line by line."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.articles import Article
from index.encoder import Encoder
from rag.compose import claim, whole_sentences
from rag.disagreement import figures
from rag.evidence import Claim, Evidence, Quote
from rag.reader import Reader

MOST = 3  # listings of an answer
BESIDE_BEST = 4.0  # of worth, in logits, by which a listing may fall short of the best
_DOUBT = -1.0  # the reader's score from which a listing may be one that is asked for
_LIKE = 10.0  # logits for a cosine of 1 between question and listing
_IN_LINES = 3.0  # logits for a list of lines, which somebody made to be found
_FRESH, _FRESH_DAYS = 3.0, 14.0  # logits for what was published on the day of asking
_ITEM_CHARS = 120
_ITEMS = range(3, 16)  # lines of a list

_ENUMERATES = re.compile(r"(?:[^,;]{2,60}[,;][”\"’]? )+[^,;]{2,60}[,;]?[”\"’']? (?:and|or) \S")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LINE = re.compile(r"[^\n]*\S")


def enumerates(sentence: str) -> bool:
    """Whether a sentence lists several things.

    >>> enumerates("It banned Red Dye 3, propylparaben, and two others."), enumerates("It banned one.")
    (True, False)
    """
    return bool(_ENUMERATES.search(sentence))


@dataclass(frozen=True, slots=True)
class Listing:
    """A place that lists several things; ``score`` is the reader's logit for an answer in it, over none."""

    claim: Claim
    score: float


def listings(question: str, evidence: Sequence[Evidence], reader: Reader, encoder: Encoder) -> list[Listing]:
    """The listings among the evidence that the question may ask for, best first, at most three.

    The reader must see an answer in them, or nearly; the likeness to the question, and being new, count too. A
    listing of another year than the question's is none.
    """
    lists = {
        article.id: line_lists(article) for article in {e.article.id: e.article for e in evidence}.values()
    }
    found = {
        told.text: (told, each.age)
        for each in evidence
        for told in [*_in_lines(each, lists[each.article.id]), *_in_sentences(each)]
        if not of_another_year(question, told.text)
    }
    if not found:
        return []
    titles = [told.quotes[0].article.title for told, _ in found.values()]
    spans = reader.read(question, list(found), titles=titles)
    asked, *vectors = encoder.encode([question, *found])
    ranked = sorted(
        (
            (span.score + _LIKE * float(vector @ asked) + _bonus(told, age), Listing(told, span.score))
            for (told, age), span, vector in zip(found.values(), spans, vectors, strict=True)
            if span.score >= _DOUBT
        ),
        key=lambda pair: -pair[0],
    )
    return [listing for worth, listing in ranked[:MOST] if worth >= ranked[0][0] - BESIDE_BEST]


def _bonus(told: Claim, age: float) -> float:
    in_lines = _IN_LINES if "\n" in told.quotes[0].text else 0.0
    return in_lines + _FRESH * math.exp(-age / _FRESH_DAYS)


def of_another_year(question: str, text: str) -> bool:
    """Whether a text names years, and none of those that the question names."""
    asked, told = set(_YEAR.findall(question)), set(_YEAR.findall(text))
    return bool(asked and told) and not asked & told


def _in_sentences(evidence: Evidence) -> list[Claim]:
    text, shift = evidence.passage.text, evidence.passage.start
    spans = [(a, b) for a, b in whole_sentences(text) if enumerates(text[a:b])]
    return [claim(Quote(evidence.article, shift + a, shift + b)) for a, b in spans]


def _in_lines(evidence: Evidence, lists: Sequence[Quote]) -> list[Claim]:
    """The lists of an article that begin in or reach into a passage, each as one claim."""
    passage = evidence.passage
    reaching = [
        quote
        for quote in lists
        if quote.start < passage.end
        and quote.end > passage.start
        and not any(quote.start < b and quote.end > a for a, b in evidence.flagged)
    ]
    return [Claim(_as_sentence(quote.text), (quote,), "verified") for quote in reaching]


def line_lists(article: Article) -> list[Quote]:
    """The lists that an article has as lines of their own, each from the line that announces it.

    A list is as long as it says ("these eight"), or runs to the first long line.

    >>> text = "These two won:\\n\\nAnn\\n\\nBo\\n\\nCy came third, which he said was a disappointment."
    >>> [quote.text for quote in line_lists(Article(text=text))]
    []
    >>> [quote.text for quote in line_lists(Article(text="These three won:\\nAnn\\nBo\\nCy\\nTheir club was glad."))]
    ['These three won:\\nAnn\\nBo\\nCy']
    """
    lines = [match.span() for match in _LINE.finditer(article.text)]
    found: list[Quote] = []
    for i, (start, end) in enumerate(lines):
        if article.text[start:end].endswith(":"):
            items = _items(article.text, lines[i + 1 : i + 1 + max(_ITEMS)])
            count = {
                int(n) for n in figures(article.text[start:end]) if n.isdigit() and 1 < int(n) < max(_ITEMS)
            }
            if count and max(count) <= len(items):
                items = items[: max(count)]
            if len(items) in _ITEMS:
                found.append(Quote(article, start, items[-1][1]))
    return found


def _items(text: str, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first lines that may be items: short, and none that announces a list or asks a question."""
    items: list[tuple[int, int]] = []
    for start, end in lines:
        sentence = end - start > _ITEM_CHARS // 2 and text[end - 1] == "."
        if (
            end - start > _ITEM_CHARS
            or text[end - 1] in ":?"
            or (items and sentence and text[items[0][1] - 1] != ".")
        ):
            break
        items.append((start, end))
    return items


def _as_sentence(text: str) -> str:
    """A list of lines as one line.

    >>> _as_sentence("These won:\\n\\n• Ann\\n• Bo")
    'These won: • Ann; • Bo'
    """
    lead, *items = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return f"{lead} {'; '.join(items)}"
