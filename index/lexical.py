"""BM25 ranking over English stems, in tantivy."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.articles import ALWAYS, DateRange

Rows = Callable[[Sequence[int]], Iterable[tuple[int, int, str]]]
"""From passage numbers to (number, ordinal of the day published or 0, text)."""

RULES = "1"
"""Version of the tokens made here; an index of other rules is made again."""

_FOLDER, _STAMP = "lexical", "lexical.json"
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
    """A BM25 index of passages, on disk or (``folder`` None) in memory. Safe to share between threads."""

    def __init__(self, index: Any, generation: str, folder: Path | None) -> None:
        self._index = index
        self._folder = folder
        self.generation = generation
        index.register_tokenizer("news", _analyzer())
        index.config_reader("manual")
        index.reload()
        self._searcher = index.searcher()

    @classmethod
    def empty(cls, folder: Path | None = None) -> Lexical:
        """A new index; what the folder held before is deleted."""
        import tantivy

        if folder is None:
            return cls(tantivy.Index(_schema()), "", None)
        shutil.rmtree(folder / _FOLDER, ignore_errors=True)
        (folder / _STAMP).unlink(missing_ok=True)
        (folder / _FOLDER).mkdir(parents=True)
        return cls(tantivy.Index(_schema(), path=str(folder / _FOLDER)), "", folder)

    @classmethod
    def load(cls, folder: Path) -> Lexical | None:
        """The index on disk as last completed, or None if there is none that can be read."""
        import tantivy

        found = _stamp(folder)
        if not found or found["files"] != _checksums(folder / _FOLDER, found["files"]):
            return None  # opened nonetheless, a damaged index can end the whole process
        try:
            return cls(tantivy.Index.open(str(folder / _FOLDER)), found["generation"], folder)
        except ValueError:
            return None

    def update(self, ids: NDArray[np.int64], rows: Rows, generation: str) -> None:
        """Make the index hold exactly the passages ``ids``, and say that it is of this generation."""
        import tantivy

        known = self.ids
        new, gone = np.setdiff1d(ids, known), np.setdiff1d(known, ids)
        if len(new) or len(gone):
            writer = self._index.writer(heap_size=_HEAP, num_threads=1)
            for n in gone.tolist():
                writer.delete_documents_by_term("id", n)
            for n, day, text in rows(new.tolist()):
                writer.add_document(tantivy.Document(id=n, day=day, body=_plain(text)))
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._searcher = self._index.searcher()
        self.generation = generation
        if self._folder:
            index = self._folder / _FOLDER
            names = [path.name for path in index.iterdir() if not path.name.startswith(".")]
            said = {"rules": RULES, "generation": generation, "files": _checksums(index, names)}
            part = self._folder / f"{_STAMP}.part"
            part.write_text(json.dumps(said), "utf-8")
            part.replace(self._folder / _STAMP)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @property
    def ids(self) -> NDArray[np.int64]:
        """The numbers of all passages, in ascending order."""
        import tantivy

        found = self._scores(tantivy.Query.all_query(), len(self))
        return np.sort(np.fromiter(found, np.int64, len(found)))

    def search(self, query: str, k: int, published: DateRange = ALWAYS) -> dict[int, float]:
        """Numbers of the ``k`` best passages with their BM25 score, best first; any text is a query."""
        import tantivy

        if (terms := self._query(query)) is None:
            return {}
        if published != ALWAYS:
            first = (published.since or dt.date.min).toordinal()
            last = (published.until or dt.date.max).toordinal()
            days = tantivy.Query.range_query(_schema(), "day", tantivy.FieldType.Integer, first, last)
            terms = _among(terms, days)
        return self._scores(terms, k)

    def scores(self, query: str, ids: Sequence[int]) -> dict[int, float]:
        """The BM25 score of each of these passages; those without a word of the query are left out."""
        import tantivy

        terms = self._query(query)
        if terms is None or not ids:
            return {}
        return self._scores(_among(terms, tantivy.Query.term_set_query(_schema(), "id", list(ids))), len(ids))

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


def stamp(folder: Path) -> str:
    """The generation of the index on disk; empty if there is none, or one of other rules."""
    found = _stamp(folder)
    return str(found["generation"]) if found else ""


def _stamp(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / _STAMP).read_text("utf-8"))
        return found if found["rules"] == RULES and found["generation"] and found["files"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _checksums(folder: Path, names: Iterable[str]) -> dict[str, int]:
    """CRC-32 of each of these files that is there; about a gigabyte a second."""
    sums = {}
    for name in names:
        with suppress(FileNotFoundError), (folder / name).open("rb") as file:
            crc = 0
            while block := file.read(1 << 20):
                crc = zlib.crc32(block, crc)
            sums[name] = crc
    return sums


def _among(query: Any, allowed: Any) -> Any:
    import tantivy

    must = tantivy.Occur.Must
    return tantivy.Query.boolean_query([(must, query), (must, tantivy.Query.const_score_query(allowed, 0.0))])


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
