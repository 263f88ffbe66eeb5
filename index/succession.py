"""Which new article took the place of which old one, when an edit gives a text another id."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from index.articles import Article


@dataclass(frozen=True, slots=True)
class Traits:
    """What an article is recognised by once its text has changed."""

    url: str
    title: str
    date: dt.date | None
    named: bool
    """Whether its source gave it an id: then another id means another article."""


def traits(article: Article) -> Traits:
    """The traits of an article.

    >>> traits(Article("Rain fell.", id="a")).named, traits(Article("Rain fell.")).named
    (True, False)
    """
    return Traits(article.url or "", article.title, article.date, article.id != article.digest()[:16])


Likeness = Literal["address", "title", "rest", "place"]
"""How little is enough to take one article for a new text of another; each adds to those before it:

the same address; the same title on the same day; the only two left, of the same day; or of any day.
"""


def successors(lost: Mapping[str, Traits], added: Mapping[str, Traits], by: Likeness) -> dict[str, str]:
    """Old ids with the id of the article that replaces each; an article replaces one other at most.

    Two articles that their source tells apart, by id or by address, are never taken for one.

    >>> old, new = Traits("", "Rain", None, False), Traits("", "Snow", None, False)
    >>> successors({"a": old}, {"b": new}, "title"), successors({"a": old}, {"b": new}, "rest")
    ({}, {'a': 'b'})
    """
    found = _paired(lost, added, lambda it: it.url or None)
    if by == "address":
        return found
    lost, added = _without(lost, found.keys()), _without(added, found.values())
    found |= _paired(lost, added, lambda it: None if it.named else (it.title, it.date))
    lost, added = _without(lost, found.keys()), _without(added, found.values())
    if by != "title" and len(lost) == len(added) == 1:
        ((old, before),), ((new, now),) = lost.items(), added.items()
        apart = before.named or now.named or _elsewhere(before, now)
        if not apart and (by == "place" or before.date == now.date):
            found[old] = new
    return found


def _paired(
    lost: Mapping[str, Traits], added: Mapping[str, Traits], mark: Callable[[Traits], Hashable]
) -> dict[str, str]:
    """Pairs that alone carry a mark, on either side."""
    old, new = _by_mark(lost, mark), _by_mark(added, mark)
    return {
        ids[0]: others[0]
        for value, ids in old.items()
        if len(ids) == len(others := new.get(value, [])) == 1
        and not _elsewhere(lost[ids[0]], added[others[0]])
    }


def _by_mark(articles: Mapping[str, Traits], mark: Callable[[Traits], Hashable]) -> dict[Hashable, list[str]]:
    found: dict[Hashable, list[str]] = {}
    for article_id in sorted(articles):
        if (value := mark(articles[article_id])) is not None:
            found.setdefault(value, []).append(article_id)
    return found


def _elsewhere(one: Traits, other: Traits) -> bool:
    return bool(one.url and other.url and one.url != other.url)


def _without(articles: Mapping[str, Traits], taken: Iterable[str]) -> dict[str, Traits]:
    gone = set(taken)
    return {article_id: it for article_id, it in articles.items() if article_id not in gone}
