"""Archive.check: does everything still agree with everything else?"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

from index import vectors
from index.articles import Article, Passage
from index.catalogue import COLUMNS, Catalogue, article_of
from index.derived import Derived
from index.encoder import Encoder
from index.errors import ArchiveError
from index.publications import Mark, head
from index.reports import CheckResult

_REPAIR = (
    "put catalogue.sqlite back from a backup, or index again into a new folder: "
    "citedesk index --archive NEW PATH"
)
_AGAIN = "delete the folders dense-* and lexical-* of the archive, and they are made again"
_SAME_COSINE = 0.99
_SAME_ENTRY = 0.01  # of a vector of unit length, kept in eight bits where the index is compact


def run(
    catalogue: Catalogue, indexes: Callable[[], Derived], encoder: Callable[[], Encoder], sample: int
) -> Iterator[CheckResult]:
    """Each check in turn; one that fails does not stop the others."""
    yield _tried("database", lambda: _database(catalogue))
    yield _tried("articles", lambda: _articles(catalogue))
    yield _tried("passages", lambda: _passages(catalogue))
    try:
        found = indexes()
    except ArchiveError as error:
        yield CheckResult("indexes", False, str(error))
        return
    yield _tried("indexes", lambda: _counts(catalogue, found))
    yield _tried("vectors", lambda: _vectors(catalogue, found, encoder, sample))


def _tried(name: str, check: Callable[[], CheckResult]) -> CheckResult:
    try:
        return check()
    except ArchiveError as error:
        return CheckResult(name, False, str(error))


def _database(catalogue: Catalogue) -> CheckResult:
    said = [row[0] for row in catalogue.rows("PRAGMA integrity_check")]
    loose = catalogue.rows("PRAGMA foreign_key_check")
    if said != ["ok"] or loose:
        return CheckResult(
            "database", False, f"{' '.join(said[0].split())}, {len(loose)} loose rows; {_REPAIR}"
        )
    return CheckResult("database", True, "SQLite's own check finds nothing")


def _articles(catalogue: Catalogue) -> CheckResult:
    wrong, total = [], {"articles": 0, "versions": 0}
    for table in total:
        for row in catalogue.each(f"SELECT {COLUMNS}, digest FROM {table} ORDER BY n"):
            total[table] += 1
            if article_of(row).digest() != row[-1]:
                wrong.append(row[0])
    said = f"{total['articles']} articles and {total['versions']} earlier versions"
    if wrong:
        return CheckResult(
            "articles", False, f"{len(wrong)} of {said} are not as stored, first {wrong[0]!r}; {_REPAIR}"
        )
    return CheckResult("articles", True, f"{said} as stored")


def _passages(catalogue: Catalogue) -> CheckResult:
    wrong, total = [], 0
    for row in catalogue.each(f"SELECT {COLUMNS} FROM articles ORDER BY n"):
        article = article_of(row)
        article_id, passages = article.id, catalogue.passages(article.id)
        total += len(passages)
        if not _covered(article, passages):
            wrong.append(article_id)
    if wrong:
        return CheckResult(
            "passages", False, f"wrong spans in {len(wrong)} articles, first {wrong[0]!r}; {_REPAIR}"
        )
    return CheckResult("passages", True, f"{total} with exact offsets, no text left out")


def _covered(article: Article, passages: list[Passage]) -> bool:
    """Every passage is where it says, and only white space lies between."""
    at = article.body_start
    for passage in passages:
        between = article.text[at : passage.start]
        if between.strip() or passage.start < at or article.text[passage.start : passage.end] != passage.text:
            return False
        at = passage.end
    return not article.text[at:].strip()


def _counts(catalogue: Catalogue, indexes: Derived) -> CheckResult:
    expected = {n for (n,) in catalogue.rows("SELECT n FROM passages")}
    dense, lexical = set(indexes.dense.ids.tolist()), set(indexes.lexical.ids.tolist())
    detail = f"{len(expected)} passages, {len(dense)} in FAISS, {len(lexical)} in tantivy"
    if not expected == dense == lexical:
        return CheckResult("indexes", False, f"{detail}; {_AGAIN}")
    if wrong := _misplaced(catalogue, indexes):
        return CheckResult(
            "indexes", False, f"{len(wrong)} passages of {detail} under another source; {_AGAIN}"
        )
    return CheckResult("indexes", True, detail)


def _misplaced(catalogue: Catalogue, indexes: Derived) -> set[int]:
    """Numbers of the passages that an index has on another shelf than the catalogue."""
    dense, wrong, shelves = indexes.dense.shelves, set[int](), dict[int, set[int]]()
    for n, shelf in catalogue.each(
        "SELECT p.n, COALESCE(s.shelf, 0) FROM passages p LEFT JOIN places s ON s.article = p.article"
    ):
        shelves.setdefault(shelf, set()).add(n)
        if dense.get(n) != shelf:
            wrong.add(n)
    for shelf, numbers in shelves.items():
        wrong |= numbers ^ set(indexes.lexical.on(shelf, len(numbers) + 1))
    return wrong


def _vectors(
    catalogue: Catalogue, indexes: Derived, encoder: Callable[[], Encoder], sample: int
) -> CheckResult:
    """A sample encoded again; all beside FAISS, whose files were proved whole when they were opened."""
    numbers = [n for (n,) in catalogue.rows("SELECT n FROM passages ORDER BY n")]
    if not numbers:
        return CheckResult("vectors", True, "none to compare")
    chosen = sorted(random.Random(0).sample(numbers, min(sample, len(numbers))))
    rows = vectors.of(catalogue, chosen)
    hits = catalogue.hits(chosen)
    again = encoder().encode([hits[n].passage.text for n in chosen])
    worst = float((again * rows.vectors.astype(np.float32)).sum(axis=1).min()) if chosen else 1.0
    detail = f"{len(hits)} encoded again, lowest cosine {worst:.4f} (at least {_SAME_COSINE})"
    if not worst >= _SAME_COSINE:
        return CheckResult("vectors", False, f"{detail}; {_REPAIR}")
    try:
        other = _unlike(catalogue, indexes)
    except KeyError as error:
        return CheckResult("vectors", False, f"FAISS lacks passage {error}; {_AGAIN}")
    if other:
        return CheckResult(
            "vectors",
            False,
            f"the vectors of {len(other)} passages, first number {other[0]}, are not those that FAISS was "
            f"made from; {_REPAIR}",
        )
    return CheckResult("vectors", True, detail)


def _unlike(catalogue: Catalogue, indexes: Derived) -> list[int]:
    """Numbers of the passages whose vector in FAISS is not the stored one. Raises KeyError."""
    found: list[int] = []
    for rows in vectors.chunks(catalogue, Mark(), head(catalogue)):
        stored = rows.vectors.astype(np.float32)
        kept = indexes.dense.vectors(rows.numbers.tolist())
        found += rows.numbers[~np.isclose(kept, stored, rtol=0, atol=_SAME_ENTRY).all(axis=1)].tolist()
    return found
