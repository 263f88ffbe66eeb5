"""From the fields of one row (JSON line or table row) to an article; ids used twice are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from index.articles import Article
from index.errors import BadArticle, BadDate
from index.readers.dating import date_from_url, read_date
from index.reports import FileProblem

COLUMNS = ("id", "title", "date", "updated", "author", "url", "text")
"""What a row may hold; all but ``text`` may be missing."""


class Rows:
    """The rows of one file, in order."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: dict[str, tuple[int, str]] = {}

    def read(self, number: int, fields: Callable[[], dict[str, str]]) -> Iterator[Article | FileProblem]:
        """The article on line ``number``, or what is wrong there."""
        source = f"{self._name}:{number}"
        try:
            found = fields()
            if not found.get("text", "").strip():
                raise BadArticle("'text' is empty; it needs at least one word")
        except BadArticle as error:
            yield FileProblem(source, str(error))
            return
        date, updated, troubles = dated(found.get("date"), found.get("updated"), found.get("url"))
        yield from (FileProblem(source, trouble) for trouble in troubles)
        article = Article(
            text=found["text"],
            title=found.get("title", ""),
            date=date,
            url=found.get("url"),
            id=found.get("id", ""),
            updated=updated,
            author=found.get("author", ""),
        )
        if "id" in found:
            first, digest = self._seen.setdefault(article.id, (number, article.digest()))
            if digest != article.digest():
                yield FileProblem(
                    source,
                    f"id {article.id[:40]!r} was used on line {first} for another article; "
                    "kept under an id of its own: give each article its own id",
                )
                article = article.with_id(article.digest()[:16])
        yield article


def dated(
    date: str | None, updated: str | None, url: str | None = None
) -> tuple[dt.date | None, dt.date | None, list[str]]:
    """Published, updated, and what is wrong with either; the address dates what has no date at all.

    >>> dated("", "soon", "https://x.org/2023/11/08/a")[2]
    ["date 'soon' is no calendar date; write it as 2023-11-08; kept without a date of revision"]
    """
    days: list[dt.date | None] = []
    troubles = []
    for value, lost in ((date, "a date"), (updated, "a date of revision")):
        try:
            days.append(read_date(value))
        except BadDate as error:
            days.append(None)
            troubles.append(f"{error}; kept without {lost}")
    if not (date or "").strip():
        days[0] = date_from_url(url)
    return days[0], days[1], troubles
