"""``/v1/articles``: list, read, add and remove."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import FastAPI, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from index.articles import Article, DateRange, parse_date
from index.errors import ArticleNotFound, BadDate
from index.reports import FileProblem, SyncReport
from ui.api.access import Editor, Reader
from ui.api.problems import problems
from ui.api.replies import Json, Text
from ui.api.uploads import FORM, received
from ui.payloads import plain
from ui.service import Service

MANY = 1000
"""Articles that may be added by one request in JSON."""
Id = Annotated[Text, Path(max_length=500, description="of an article")]
Day = Annotated[Text | None, Query(max_length=40)]


class NewArticle(BaseModel):
    """An article to add; one with the ``id`` of another that was added replaces it."""

    model_config = ConfigDict(extra="forbid")
    text: Text = Field(min_length=1)
    title: Text = Field("", max_length=2000)
    date: Text | None = Field(None, max_length=40, examples=["2023-11-08"])
    url: Text | None = Field(None, max_length=4000)
    id: Text = Field("", max_length=500)
    author: Text = Field("", max_length=1000)


class NewArticles(BaseModel):
    """Articles to add."""

    model_config = ConfigDict(extra="forbid")
    articles: list[NewArticle] = Field(min_length=1, max_length=MANY)


@dataclass(frozen=True, slots=True)
class ArticleListed:
    """An article without its text; ``flagged`` if sentences of it speak to a machine."""

    id: str
    title: str
    date: dt.date | None
    source: str
    words: int
    flagged: bool


@dataclass(frozen=True, slots=True)
class ArticleList:
    """A page of a list of ``total`` articles, newest first."""

    articles: list[ArticleListed]
    total: int
    offset: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where articles come from, by the name that ``include`` and ``exclude`` know, and how many they are."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources."""

    sources: list[Source]


@dataclass(frozen=True, slots=True)
class VersionShown:
    """What an article said until ``superseded``; None: it still does."""

    id: str
    title: str
    date: dt.date | None
    text: str
    ingested: dt.datetime
    superseded: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ArticleShown:
    """An article; citations point into ``text``, by code points. ``flagged`` sentences speak to a machine."""

    id: str
    title: str
    date: dt.date | None
    updated: dt.date | None
    author: str
    url: str | None
    body_start: int
    text: str
    flagged: list[tuple[int, int]]
    versions: list[VersionShown]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was not taken as it stands, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file, in numbers of articles."""

    name: str
    added: int
    changed: int
    unchanged: int
    flagged: int
    problems: list[Trouble]


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken and what not, for each file."""

    files: list[Taken]


def add_articles(api: FastAPI, service: Service) -> None:
    """What is in the archive; editors change it."""
    archive = service.desk.archive
    one_writes = anyio.CapacityLimiter(1)
    tags: list[Any] = ["articles"]

    @api.get("/v1/articles", tags=tags, response_model=ArticleList, responses=problems(400, 503))
    def articles(
        person: Reader,
        title: Annotated[Text, Query(max_length=1000, description="words of the title")] = "",
        since: Day = None,
        until: Day = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    ) -> Json:
        """A page of them, newest first, undated ones last."""
        days = DateRange(parse_date(since), parse_date(until))
        found = archive.listing(title, limit, offset, published=days)
        total = archive.count(title, published=days)
        return Json({"articles": [plain(asdict(one)) for one in found], "total": total, "offset": offset})

    @api.get("/v1/sources", tags=tags, response_model=Sources, responses=problems(503))
    def sources(person: Reader) -> Json:
        """Where the articles come from."""
        return Json({"sources": [asdict(one) for one in archive.sources()]})

    @api.post("/v1/articles", tags=tags, response_model=Report, responses=problems(400, 503))
    async def add(body: NewArticles, person: Editor) -> Json:
        """Add articles."""
        made, wrong = _articles_of(body)
        report = await anyio.to_thread.run_sync(archive.add, made, limiter=one_writes)
        return Json({"files": [_taken("", report, wrong)]})

    @api.post(
        "/v1/articles/files",
        tags=tags,
        response_model=Report,
        responses=problems(400, 415, 503),
        openapi_extra=FORM,
    )
    async def add_files(person: Editor, request: Request) -> Json:
        """Add the articles of files, whatever formats ``citedesk index`` reads; a form with one or more of them."""
        async with received(request) as files:
            reports = await anyio.to_thread.run_sync(archive.take, files, limiter=one_writes)
        told = zip(files, reports, strict=True)
        return Json({"files": [_taken(file.label, report) for file, report in told]})

    @api.get(
        "/v1/articles/{article:path}", tags=tags, response_model=ArticleShown, responses=problems(404, 503)
    )
    def read(article: Id, person: Reader) -> Json:
        """One, with its text and what it said before."""
        return Json(_shown(service, article))

    @api.delete("/v1/articles/{article:path}", tags=tags, status_code=204, responses=problems(404, 503))
    async def remove(article: Id, person: Editor) -> Response:
        """Remove it; the file that it came from is not touched."""
        if not await anyio.to_thread.run_sync(archive.remove, [article], limiter=one_writes):
            raise ArticleNotFound(f"no article has the id {article[:60]!r}; list those that there are")
        return Response(status_code=204)


def _articles_of(body: NewArticles) -> tuple[list[Article], list[FileProblem]]:
    made: list[Article] = []
    wrong: list[FileProblem] = []
    for number, given in enumerate(body.articles):
        try:
            made.append(Article(**given.model_dump()))
        except BadDate as error:
            wrong.append(FileProblem(f"articles.{number}", str(error)))
    return made, wrong


def _taken(name: str, report: SyncReport, wrong: list[FileProblem] | None = None) -> dict[str, Any]:
    told = {"name": name} | {
        count: getattr(report, count) for count in ("added", "changed", "unchanged", "flagged")
    }
    return told | {"problems": [asdict(one) for one in (*(wrong or ()), *report.problems)]}


def _shown(service: Service, article_id: str) -> dict[str, Any]:
    archive = service.desk.archive
    article = archive.article(article_id)
    versions = [
        {"ingested": version.ingested, "superseded": version.superseded}
        | {name: getattr(version.article, name) for name in ("id", "title", "date", "text")}
        for version in archive.versions(article_id)
    ]
    flagged = archive.flagged([article.id]).get(article.id, [])
    shown: dict[str, Any] = plain(asdict(article) | {"flagged": flagged, "versions": versions})
    return shown
