"""Fragments that the browser fetches by itself: sources, whole articles, follow-up questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from index.errors import ArticleNotFound, CitedeskError
from rag.answer import Answer, Citation
from rag.evidence import article_ref
from ui.api.access import reader
from ui.page.suggestions import Suggestions
from ui.payloads import answer_of
from ui.people import Person, person_in
from ui.render import attribute, escape
from ui.render_sources import Reading, reading_html, sources_html
from ui.sources import finder, nearest_sources
from ui.store.conversations import ConversationNotFound

if TYPE_CHECKING:
    from index.archive import Archive
    from ui.service import Service

_NOTHING = '<div class="cd-empty">There is nothing to show here any more.</div>'


def add_fragments(web: FastAPI, service: Service) -> None:
    """Add ``/ui/sources``, ``/ui/article`` and ``/ui/follow-ups``: each for an exchange of one's own."""
    archive = service.desk.archive
    suggestions = Suggestions(service)
    asked: dict[str, Any] = {
        "response_class": HTMLResponse,
        "include_in_schema": False,
        "dependencies": [Depends(reader)],
    }

    def answered(request: Request, exchange: str) -> Answer | None:
        return answer_in(service, person_in(request.scope), exchange)

    @web.get("/ui/sources", **asked)
    def sources(request: Request, exchange: str) -> HTMLResponse:
        """The sources of an answer, or the articles nearest to a refusal."""
        answer = answered(request, exchange)
        return _html(sources_html(answer, attribute(exchange), finder(archive)) if answer else "")

    @web.get("/ui/article", **asked)
    def article(
        request: Request,
        exchange: str,
        n: int | None = Query(None, ge=1),
        passage: int | None = Query(None, ge=1),
    ) -> HTMLResponse:
        """The whole article of citation ``n``, or of the near ``passage``, with the place marked."""
        answer = answered(request, exchange)
        reading = read(answer, archive, n, passage) if answer else None
        return _html(reading_html(reading, attribute(exchange)) if reading else _NOTHING)

    @web.get("/ui/follow-ups", **asked)
    def follow_ups(request: Request, exchange: str) -> HTMLResponse:
        """Questions to go on with, which the archive really answers; empty if there are none."""
        return _html(follow_html(suggestions.after(person_in(request.scope), exchange)))


def answer_in(service: Service, person: Person, exchange: str) -> Answer | None:
    """The answer of an exchange of one's own, if it has one."""
    try:
        found = service.conversations.exchange(person.name, exchange)
    except ConversationNotFound:
        return None
    return answer_of(found.answer) if found.answer else None


def read(answer: Answer, archive: Archive, n: int | None, passage: int | None) -> Reading | None:
    """The article behind citation ``n`` or near ``passage`` of an answer; None if it has none such."""
    if n is not None:
        cited = next((c for c in answer.citations if c.number == n), None)
        return _read_citation(answer, cited, archive) if cited else None
    near = nearest_sources(answer, finder(archive))
    if passage is None or passage > len(near):
        return None
    ref = near[passage - 1].article
    best = next(p for p in answer.passages if p.article_id == ref.id)
    try:
        text = archive.article(ref.id).text
    except ArticleNotFound:
        return Reading(ref, best.text, None, 0, 0, (), passage, len(near), cited=False)
    at = best.start if text[best.start : best.end] == best.text else text.find(best.text)
    span = (at, at + len(best.text)) if at >= 0 else (0, 0)
    return Reading(ref, best.text, text, *span, (), passage, len(near), cited=False)


def _read_citation(answer: Answer, cited: Citation, archive: Archive) -> Reading:
    at, of = cited.number, len(answer.citations)
    try:
        now = archive.article(cited.article.id)
        held = archive.cited(cited.article.id, cited.start, cited.end, cited.quote).article
    except CitedeskError:  # removed, or no version says it any more
        return Reading(cited.article, cited.quote, None, 0, 0, (), at, of)
    also = tuple(
        (c.start, c.end)
        for c in answer.citations
        if c.number != cited.number
        and c.article.id == cited.article.id
        and held.text[c.start : c.end] == c.quote
    )
    changed = now.text != held.text
    return Reading(
        article_ref(held), cited.quote, held.text, cited.start, cited.end, also, at, of, changed=changed
    )


def follow_html(questions: tuple[str, ...]) -> str:
    """Follow-up questions as buttons that ask them."""
    if not questions:
        return ""
    asked = "".join(
        f'<button type="button" data-do="ask" data-question="{attribute(q)}">{escape(q)}</button>'
        for q in questions
    )
    return f'<div class="cd-label">Ask next</div>{asked}'


def _html(content: str) -> HTMLResponse:
    return HTMLResponse(content, headers={"Cache-Control": "no-store"})
