"""Article and Passage: what goes into an archive, and what comes out of a search."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace

from index.errors import BadDate


def parse_date(value: str | dt.date | None) -> dt.date | None:
    """Read an ISO date; the time of day of a timestamp is dropped.

    Raises BadDate if ``value`` is no calendar date.

    >>> parse_date("2023-11-08"), parse_date("2023-11-08T21:04:00Z"), parse_date("")
    (datetime.date(2023, 11, 8), datetime.date(2023, 11, 8), None)
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if value is None or isinstance(value, dt.date):
        return value
    if not (text := value.strip()):
        return None
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        raise BadDate(f"date {text[:40]!r} is no calendar date; write it as 2023-11-08") from None


@dataclass(frozen=True, slots=True)
class DateRange:
    """Calendar days from ``since`` to ``until``, both included; None leaves that side open.

    >>> dt.date(2023, 11, 8) in DateRange(since=dt.date(2023, 11, 1))
    True
    >>> None in DateRange(since=dt.date(2023, 11, 1)), None in ALWAYS
    (False, True)
    """

    since: dt.date | None = None
    until: dt.date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise BadDate(f"the range starts on {self.since} but ends on {self.until}; swap the two dates")

    def __contains__(self, day: dt.date | None) -> bool:
        if day is None:
            return self == ALWAYS
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def overlap(self, other: DateRange) -> DateRange | None:
        """The days in both ranges; None if there are none.

        >>> DateRange(until=dt.date(2023, 1, 1)).overlap(DateRange(since=dt.date(2023, 1, 2))) is None
        True
        """
        since = max((d for d in (self.since, other.since) if d), default=None)
        until = min((d for d in (self.until, other.until) if d), default=None)
        return None if since and until and since > until else DateRange(since, until)


ALWAYS = DateRange()


@dataclass(frozen=True, slots=True)
class Article:
    """One dated text. Citations point into ``text``, which is kept to the letter.

    ``body_start`` is the offset at which the article proper begins: a header such as the seed
    format's date line or Markdown front matter stays in the text (so offsets agree with the user's
    file) and is neither searched nor quoted. ``date`` is the day of publication, ``updated`` the day of
    the last revision the article itself tells of. ``id`` is derived from the content unless given.

    >>> a = Article(text="Kyiv retook the platform.", date="2023-11-08")
    >>> a.id == Article(text="Kyiv retook the platform.", date=dt.date(2023, 11, 8)).id
    True
    >>> a.title
    'Kyiv retook the platform.'
    """

    text: str
    title: str = ""
    date: dt.date | None = None
    url: str | None = None
    id: str = ""
    body_start: int = 0
    updated: dt.date | None = None
    author: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "date", parse_date(self.date))
        object.__setattr__(self, "updated", parse_date(self.updated))
        if not self.title:
            object.__setattr__(self, "title", headline(self.text[self.body_start :]))
        if not self.id:
            object.__setattr__(self, "id", self.digest()[:16])

    def digest(self) -> str:
        """SHA-256 of all that a reader could see of the article, as hexadecimal digits."""
        seen = [self.title, str(self.date or ""), self.url or "", self.body_start, self.text]
        if self.updated or self.author:
            seen += [str(self.updated or ""), self.author]
        data = json.dumps(seen, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return hashlib.sha256(data).hexdigest()

    def with_id(self, article_id: str) -> Article:
        """The same article under another id."""
        return replace(self, id=article_id)


def headline(text: str, limit: int = 80) -> str:
    """The first line of a text as a title of at most ``limit`` characters, cut between words.

    >>> headline("Ukraine announced that it has recaptured a platform.  It was seized in 2015.", 30)
    'Ukraine announced that it has…'
    """
    line = " ".join(text.strip().split("\n", 1)[0].split())
    if len(line) <= limit:
        return line or "Untitled"
    return line[: limit + 1].rsplit(" ", 1)[0][:limit].rstrip(" ,;:.") + "…"


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: ``article.text[start:end] == text``.

    >>> Passage("a1", 3, 7, "Kyiv").id
    'a1:3-7'
    """

    article_id: str
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        """Derived from the article's id and the span, so it survives a rebuild."""
        return f"{self.article_id}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage found by a search.

    ``score`` fuses both rankings and is comparable within one search only; ``dense`` is the cosine
    to the query, -1..1; ``lexical`` is the BM25 score, 0 where no query word occurs. ``date`` is the
    publication date of the article, ``origin`` the id of the earliest of its near-duplicates (its own
    if there are none).
    """

    passage: Passage
    score: float
    dense: float
    lexical: float
    date: dt.date | None
    origin: str = ""
