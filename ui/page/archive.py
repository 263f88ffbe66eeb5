"""What the Archive tab does: overview, list, one article, adding; no component is known here."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.errors import ArchiveEmpty, ArticleNotFound, BadInput, CitedeskError
from ui import render_adding as adding
from ui import render_archive as render
from ui.adding import Moment, Work, carried_on
from ui.page.upload_gate import EDITORS_ONLY
from ui.people import Person

if TYPE_CHECKING:
    from index.listing import Listed
    from ui.service import Service

PAGE = 50
"""Articles of one page of the list."""
FOUND = 200
"""Passages that a search looks at; their articles are listed."""
CHOSEN = 1000
"""Articles that may be removed at once."""


@dataclass(frozen=True, slots=True)
class View:
    """What the list shows: words of titles, or (``searched``) what a search finds; from which article on."""

    query: str = ""
    searched: bool = False
    offset: int = 0


class ArchiveTab:
    """What the tab does; `archive_tab` makes the components and says when."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.archive = service.desk.archive

    def overview(self) -> tuple[str, str, str]:
        """The headline, the plot and the flagged articles."""
        status = self.archive.status()
        return (
            render.headline_html(status),
            render.months_html(self.archive.months(), status.undated),
            render.flags_html(status.flags, status.flagged),
        )

    def articles(self, view: View, person: Person) -> tuple[View, str, Any, Any]:
        """The list as HTML, and whether there is a page before and after it."""
        view, listed, total = self._page(view)
        shown = render.list_html(listed, _told(view, listed, total), choosing=person.role == "editor")
        before, after = view.offset > 0, view.offset + len(listed) < total
        return view, shown, gr.update(interactive=before), gr.update(interactive=after)

    def _page(self, view: View) -> tuple[View, Sequence[Listed], int]:
        if view.searched and view.query.strip():
            ids = self._found(view.query)
            return view, self.archive.listed(ids[view.offset : view.offset + PAGE]), len(ids)
        total = self.archive.count(view.query)
        last = max(0, (total - 1) // PAGE * PAGE)
        view = replace(view, offset=max(0, min(view.offset, last)))
        return view, self.archive.listing(view.query, PAGE, view.offset), total

    def _found(self, query: str) -> list[str]:
        try:
            found = self.archive.search(query, FOUND)
        except (ArchiveEmpty, BadInput):
            return []
        return list(dict.fromkeys(hit.passage.article_id for hit in found))

    def article(self, article_id: str) -> str:
        """One article, its versions and copies, or that it is gone."""
        try:
            with self.archive.snapshot():
                article = self.archive.article(article_id)
                versions = self.archive.versions(article_id)
                copies = self.archive.listed(self.archive.copies(article_id))
                flagged = self.archive.flagged([article.id]).get(article.id, [])
        except ArticleNotFound:
            return render.article_gone_html("This article is no longer in the archive.")
        return render.article_html(article, versions, copies, flagged)

    def chosen(self, choice: str) -> list[Listed]:
        """The articles that the boxes of the list name."""
        try:
            ids = json.loads(choice)
        except (ValueError, RecursionError):
            return []
        wanted = [str(one) for one in ids[:CHOSEN]] if isinstance(ids, list) else []
        return self.archive.listed(list(dict.fromkeys(wanted)))

    async def add(self, start: Callable[[], Work], person: Person, what: str) -> AsyncGenerator[str, None]:
        """The bar while articles are added, then the report; one line if it cannot be."""
        if person.role != "editor":
            yield adding.problem_html(EDITORS_ONLY)
            return
        try:
            work = start()
            yield adding.waiting_html(what)
            async with aclosing(carried_on(self.service.streams, work)) as moments:
                async for now in moments:
                    yield adding.moment_html(now) if isinstance(now, Moment) else adding.outcome_html(now)
        except CitedeskError as error:
            yield adding.problem_html(str(error))


def _told(view: View, listed: Sequence[Listed], total: int) -> str:
    if not total:
        return "No article fits." if view.query.strip() else "No articles yet."
    first, last = view.offset + 1, view.offset + len(listed)
    articles = f"{first:,}-{last:,} of {total:,}" if total > len(listed) else f"{total:,}"
    how = ", best first" if view.searched and view.query.strip() else ""
    return f"{articles} article{'' if total == 1 else 's'}{how}"
