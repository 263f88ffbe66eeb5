"""Flags: which sentences of which articles speak to a machine, noted when an article is stored.

Every article up to a number, in the order in which they were stored, has been looked at; so an archive made before
there were flags is looked through once, when something is next indexed, and until then where a question meets it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from index import instructions
from index.articles import Article
from index.catalogue import COLUMNS, Catalogue, article_of
from index.reports import FlaggedArticle
from index.sentences import Span

_SEEN = "flags"
_BATCH = 500  # articles between two commits: a second or so
_SOME = 500  # ids in one statement
_SENTENCE_CHARS = 200


def note(catalogue: Catalogue, number: int, article: Article) -> bool:
    """Note the flags of an article just stored; whether there are any."""
    catalogue.rows("DELETE FROM flags WHERE article = ?", number)
    spans, title = instructions.of_article(article), instructions.is_instruction(article.title)
    if spans or title:
        catalogue.rows("INSERT INTO flags VALUES (?, ?, ?)", number, json.dumps(spans), title)
    return bool(spans or title)


def fill(catalogue: Catalogue) -> None:
    """Look at the articles that were stored before there were these rules; interrupted, it goes on there."""
    while True:
        sql = f"SELECT {COLUMNS}, n FROM articles WHERE n > ? ORDER BY n LIMIT ?"
        with catalogue.writing():
            batch = catalogue.rows(sql, _seen(catalogue), _BATCH)
            if not batch:
                return
            for row in batch:
                note(catalogue, row[-1], article_of(row))
            _mark(catalogue, batch[-1][-1])


def settle(catalogue: Catalogue) -> None:
    """Every article now stored has been looked at."""
    ((last,),) = catalogue.rows("SELECT COALESCE(MAX(n), 0) FROM articles")
    _mark(catalogue, last)


def of(catalogue: Catalogue, article_ids: Sequence[str]) -> dict[str, list[Span]]:
    """The flagged spans of those of some articles that have any; what was not looked at is looked at now."""
    seen, found = _seen(catalogue), dict[str, list[Span]]()
    for at in range(0, len(article_ids), _SOME):
        some = article_ids[at : at + _SOME]
        marks = ",".join("?" * len(some))
        for article_id, spans, unseen in catalogue.rows(
            "SELECT a.id, f.spans, a.n > ? AND f.spans IS NULL FROM articles a"
            f" LEFT JOIN flags f ON f.article = a.n WHERE a.id IN ({marks})",
            *(seen, *some),
        ):
            flagged = [(a, b) for a, b in json.loads(spans or "[]")]
            if unseen:
                flagged = instructions.of_article(catalogue.article(article_id))
            if flagged:
                found[article_id] = flagged
    return found


def count(catalogue: Catalogue) -> tuple[int, int]:
    """How many articles are flagged, and how many are still to be looked at."""
    ((flagged,),) = catalogue.rows("SELECT COUNT(*) FROM flags")
    ((unseen,),) = catalogue.rows("SELECT COUNT(*) FROM articles WHERE n > ?", _seen(catalogue))
    return flagged, unseen


def some(catalogue: Catalogue, most: int) -> tuple[FlaggedArticle, ...]:
    """The flagged articles that were stored last, each with its first flagged sentence."""
    sql = (
        "SELECT a.id, a.title, a.text, f.spans FROM flags f JOIN articles a ON a.n = f.article"
        " ORDER BY a.n DESC LIMIT ?"
    )
    return tuple(
        FlaggedArticle(article_id, title, _first(title, text, json.loads(spans)))
        for article_id, title, text, spans in catalogue.rows(sql, most)
    )


def _first(title: str, text: str, spans: Sequence[Span]) -> str:
    said = " ".join((text[slice(*spans[0])] if spans else title).split())
    return said if len(said) <= _SENTENCE_CHARS else said[: _SENTENCE_CHARS - 1] + "…"


def _seen(catalogue: Catalogue) -> int:
    version, _, number = (catalogue.get(_SEEN) or "").partition(":")
    return int(number) if version == instructions.VERSION else 0


def _mark(catalogue: Catalogue, number: int) -> None:
    catalogue.set(_SEEN, f"{instructions.VERSION}:{number}")
