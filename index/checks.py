"""Archive.check: does everything still agree with everything else?"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

from index import vectors
from index.articles import Article, Passage
from index.catalogue import Catalogue
from index.derived import Derived
from index.encoder import Encoder
from index.errors import ArchiveError
from index.reports import CheckResult

_REPAIR = "index again into a new folder: citedesk index --archive NEW PATH"
_AGAIN = "delete lexical.json from the archive's folder, and both indexes are made again"
_SAME_COSINE = 0.99


def run(
    catalogue: Catalogue, indexes: Derived, encoder: Callable[[], Encoder], sample: int
) -> Iterator[CheckResult]:
    """Each check in turn; one that fails does not stop the others."""
    yield _database(catalogue)
    yield _articles(catalogue)
    yield _passages(catalogue)
    yield _counts(catalogue, indexes)
    yield _sample(catalogue, indexes, encoder, sample)


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
    wrong, total = [], 0
    for row in catalogue.each("SELECT id, digest FROM articles ORDER BY id"):
        total += 1
        if catalogue.article(row[0]).digest() != row[1]:
            wrong.append(row[0])
    if wrong:
        return CheckResult(
            "articles", False, f"{len(wrong)} of {total} are not as stored, first {wrong[0]!r}; {_REPAIR}"
        )
    return CheckResult("articles", True, f"{total} as stored")


def _passages(catalogue: Catalogue) -> CheckResult:
    wrong, total = [], 0
    for (article_id,) in catalogue.each("SELECT id FROM articles ORDER BY id"):
        article, passages = catalogue.article(article_id), catalogue.passages(article_id)
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
    ((bare,),) = catalogue.rows(
        "SELECT COUNT(*) FROM passages p WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.key = p.key)"
    )
    dense, lexical = set(indexes.dense.ids.tolist()), set(indexes.lexical.ids.tolist())
    detail = f"{len(expected)} passages, {len(dense)} in FAISS, {len(lexical)} in tantivy"
    if bare:
        return CheckResult("indexes", False, f"{detail}; {bare} wait to be encoded: run citedesk index again")
    if not expected == dense == lexical:
        return CheckResult("indexes", False, f"{detail}; {_AGAIN}")
    return CheckResult("indexes", True, detail)


def _sample(
    catalogue: Catalogue, indexes: Derived, encoder: Callable[[], Encoder], sample: int
) -> CheckResult:
    ids, stored = vectors.load(catalogue)
    known = set(indexes.dense.ids.tolist())
    both = [row for row, n in enumerate(ids.tolist()) if n in known]
    rows = sorted(random.Random(0).sample(both, min(sample, len(both))))
    if not rows:
        return CheckResult("vectors", True, "none to compare")
    texts = catalogue.hits(ids[rows].tolist())
    again = encoder().encode([texts[n][0].text for n in ids[rows].tolist()])
    kept = np.stack([indexes.dense.vector(n) for n in ids[rows].tolist()])
    worst = float((again * stored[rows]).sum(axis=1).min())
    detail = f"{len(rows)} encoded again, lowest cosine {worst:.4f} (at least {_SAME_COSINE})"
    if worst < _SAME_COSINE:
        return CheckResult("vectors", False, f"{detail}; {_REPAIR}")
    if not np.array_equal(kept, stored[rows]):
        return CheckResult("vectors", False, f"FAISS holds other vectors than the catalogue; {_AGAIN}")
    return CheckResult("vectors", True, detail)
