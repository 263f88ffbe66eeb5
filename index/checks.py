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
from index.reports import CheckResult

_REPAIR = "index again into a new folder: citedesk index --archive NEW PATH"
_AGAIN = "delete the folders dense-* and lexical-* of the archive, and they are made again"
_SAME_COSINE = 0.99
_SAME_ENTRY = 0.01  # of a vector of unit length, kept in eight bits where the index is compact


def run(
    catalogue: Catalogue, indexes: Callable[[], Derived], encoder: Callable[[], Encoder], sample: int
) -> Iterator[CheckResult]:
    """Each check in turn; one that fails does not stop the others."""
    yield _database(catalogue)
    yield _articles(catalogue)
    yield _passages(catalogue)
    try:
        found = indexes()
        yield _counts(catalogue, found)
        yield _sample(catalogue, found, encoder, sample)
    except ArchiveError as error:
        yield CheckResult("indexes", False, str(error))


def _database(catalogue: Catalogue) -> CheckResult:
    try:
        said = [row[0] for row in catalogue.rows("PRAGMA integrity_check")]
        loose = catalogue.rows("PRAGMA foreign_key_check")
    except ArchiveError as error:
        return CheckResult("database", False, str(error))
    if said != ["ok"] or loose:
        return CheckResult("database", False, f"{said[0]}, {len(loose)} loose rows; {_REPAIR}")
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
    return CheckResult("indexes", True, detail)


def _sample(
    catalogue: Catalogue, indexes: Derived, encoder: Callable[[], Encoder], sample: int
) -> CheckResult:
    numbers = [n for (n,) in catalogue.rows("SELECT n FROM passages ORDER BY n")]
    chosen = sorted(random.Random(0).sample(numbers, min(sample, len(numbers))))
    rows = vectors.of(catalogue, chosen)
    if not len(rows.numbers):
        return CheckResult("vectors", True, "none to compare")
    hits = catalogue.hits(rows.numbers.tolist())
    stored = rows.vectors.astype(np.float32)
    again = encoder().encode([hits[n].passage.text for n in rows.numbers.tolist()])
    try:
        kept = np.stack([indexes.dense.vector(n) for n in rows.numbers.tolist()])
    except KeyError as error:
        return CheckResult("vectors", False, f"FAISS lacks passage {error}; {_AGAIN}")
    worst = float((again * stored).sum(axis=1).min())
    detail = f"{len(hits)} encoded again, lowest cosine {worst:.4f} (at least {_SAME_COSINE})"
    if worst < _SAME_COSINE:
        return CheckResult("vectors", False, f"{detail}; {_REPAIR}")
    if not np.allclose(kept, stored, atol=_SAME_ENTRY):
        return CheckResult("vectors", False, f"FAISS holds other vectors than the catalogue; {_AGAIN}")
    return CheckResult("vectors", True, detail)
