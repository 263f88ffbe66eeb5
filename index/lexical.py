"""BM25 ranking over English stems, in tantivy."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.articles import ALWAYS, DateRange
from index.folders import link
from index.shelves import EVERYWHERE, Shelves

Row = tuple[int, int, int, str]
"""Number of a passage, ordinal of the day published (0: undated), shelf, text."""

RULES = "3"
"""Version of the tokens made here; an index of other rules is made again."""

_HEAP = 64_000_000
_TERMS = 512
_WORD = re.compile(r"[^\W_]+")
_ACRONYM = re.compile(r"\b(?:[A-Z]\.){2,}")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

# Dropped from queries, never from the index: "Who is the head of the WHO?" finds WHO.
_STOP_WORDS = """
a about after all also am an and any are as at be because been before being but by can could did do does
doing during each for from had has have having he her here hers him his how i if in into is it its just many
may me might more most much must my no nor not of on once one only or other our out over own s said same say
says shall she should so some such t tell than that the their theirs them then there these they this those
to too under until up us very was we were what when where which while who whom whose why will with would you
your
"""
_STOP = frozenset(_STOP_WORDS.split())


class Lexical:
    """A BM25 index of passages, on disk or in memory. Never changes; safe to share between threads."""

    def __init__(self, index: Any) -> None:
        self._index = index
        index.register_tokenizer("news", _analyzer())
        index.config_reader("manual")
        index.reload()
        self._searcher = index.searcher()

    @classmethod
    def load(cls, folder: Path) -> Lexical | None:
        """The index in a folder that was proved whole; None if there is none that can be read.

        A damaged one, opened nonetheless, can end the whole process.
        """
        import tantivy

        try:
            return cls(tantivy.Index.open(str(folder)))
        except ValueError:
            return None

    @classmethod
    def write(
        cls, rows: Iterable[Row], removed: Sequence[int], folder: Path | None = None, base: Path | None = None
    ) -> Lexical:
        """An index of the passages of ``base`` without ``removed``, and of ``rows``.

        It lies in ``folder``, or in memory if that is None; the files of ``base`` are shared, not copied.

        Raises OSError or ValueError if the disk is full.
        """
        import tantivy

        if folder and base:
            link(
                base,
                folder,
                [p.name for p in base.iterdir() if p.name != "stamp.json" and p.suffix != ".lock"],
            )
            index = tantivy.Index.open(str(folder))
        else:
            index = tantivy.Index(_schema(), path=str(folder) if folder else None)
        index.register_tokenizer("news", _analyzer())
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        for n in removed:
            writer.delete_documents_by_term("id", n)
        for n, day, shelf, text in rows:
            writer.add_document(tantivy.Document(id=n, day=day, shelf=shelf, body=_plain(text)))
        writer.commit()
        writer.wait_merging_threads()
        return cls(index)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @property
    def ids(self) -> NDArray[np.int64]:
        """The numbers of all passages, in ascending order."""
        import tantivy

        found = self._scores(tantivy.Query.all_query(), len(self))
        return np.sort(np.fromiter(found, np.int64, len(found)))

    def on(self, shelf: int, most: int) -> list[int]:
        """The numbers of at most so many passages of a shelf."""
        import tantivy

        return list(self._scores(_on(Shelves((shelf,)), tantivy.Query.all_query()), most))

    def search(
        self, query: str, k: int, published: DateRange = ALWAYS, shelves: Shelves = EVERYWHERE
    ) -> dict[int, float]:
        """Numbers of the ``k`` best passages with their BM25 score, best first; any text is a query."""
        import tantivy

        if (terms := self._query(query)) is None:
            return {}
        if published != ALWAYS:
            first = (published.since or dt.date.min).toordinal()
            last = (published.until or dt.date.max).toordinal()
            days = tantivy.Query.range_query(_schema(), "day", tantivy.FieldType.Integer, first, last)
            terms = _among(terms, days)
        if shelves != EVERYWHERE:
            terms = _on(shelves, terms)
        return self._scores(terms, k)

    def scores(self, query: str, ids: Sequence[int]) -> dict[int, float]:
        """The BM25 score of each of these passages; those without a word of the query are left out."""
        import tantivy

        terms = self._query(query)
        if terms is None or not ids:
            return {}
        # A term set query would say the same and take three times as long to find the ids (eval/LOG.md).
        should = tantivy.Occur.Should
        some = [(should, tantivy.Query.term_query(_schema(), "id", n)) for n in ids]
        return self._scores(_among(terms, tantivy.Query.boolean_query(some)), len(ids))

    def _query(self, text: str) -> Any:
        import tantivy

        terms = list(dict.fromkeys(_analyzer().analyze(" ".join(_telling(text)))))[:_TERMS]
        if not terms:
            return None
        should = tantivy.Occur.Should
        return tantivy.Query.boolean_query(
            [(should, tantivy.Query.term_query(_schema(), "body", term, "freq")) for term in terms]
        )

    def _scores(self, query: Any, k: int) -> dict[int, float]:
        if not len(self) or k < 1:
            return {}
        hits = self._searcher.search(query, min(k, len(self)), count=False).hits
        numbers = self._searcher.fast_field_values("id", [address for _, address in hits])
        return {int(n): float(score) for n, (score, _) in zip(numbers, hits, strict=True)}


def _among(query: Any, allowed: Any) -> Any:
    import tantivy

    must = tantivy.Occur.Must
    return tantivy.Query.boolean_query([(must, query), (must, tantivy.Query.const_score_query(allowed, 0.0))])


def _on(shelves: Shelves, query: Any) -> Any:
    import tantivy

    should, must, never = tantivy.Occur.Should, tantivy.Occur.Must, tantivy.Occur.MustNot
    terms = [tantivy.Query.term_query(_schema(), "shelf", n) for n in shelves.numbers]
    if shelves.but:
        return tantivy.Query.boolean_query([(must, query), *((never, term) for term in terms)])
    return _among(query, tantivy.Query.boolean_query([(should, term) for term in terms]))


def _telling(text: str) -> list[str]:
    """The words of a query that tell texts apart; all of them if there are no others."""
    words = _WORD.findall(_plain(text))
    shouted = all(word.isupper() for word in words)
    return [
        w for w in words if w.lower() not in _STOP or (w.isupper() and len(w) > 1 and not shouted)
    ] or words


def _plain(text: str) -> str:
    """U.S. and US are one word, and so are 1,000 and 1000."""
    return _THOUSANDS.sub("", _ACRONYM.sub(lambda match: match.group().replace(".", ""), text))


@cache
def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", tokenizer_name="news", index_option="freq")
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_integer_field("shelf", indexed=True)
    return builder.build()


@cache
def _analyzer() -> Any:
    """Words as stems; scripts written without spaces as single characters."""
    import tantivy

    words = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}]|[\p{L}\p{M}\p{N}]+"
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(words))
    for step in (
        tantivy.Filter.remove_long(100),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()
