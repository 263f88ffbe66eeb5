"""The Archive tab's wiring: which event does what. What the archive holds, and for editors how it grows and shrinks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import Context

from index.errors import CitedeskError
from ui import render_adding as adding
from ui import render_archive as render
from ui.adding import addresses_work, files_work
from ui.page.archive import PAGE, ArchiveTab, View
from ui.page.archive_parts import CHOICE, SHOW_ARTICLE, Parts, archive_parts
from ui.page.upload_gate import EDITORS_ONLY
from ui.people import Person, person_in

if TYPE_CHECKING:
    from ui.service import Service

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
DIRECT: dict[str, Any] = {**QUIET, "queue": False}


def archive_tab(service: Service) -> None:
    """Fill the tab that is being built with the archive; called inside its ``gr.Tab``."""
    tab, page = Context.block, Context.root_block
    assert isinstance(tab, gr.Tab) and page is not None
    parts, does = archive_parts(service.settings.max_upload_bytes), ArchiveTab(service)
    _wire_list(tab, page, parts, does)
    _wire_adding(parts, does)
    _wire_removing(parts, does)


def person_of(request: gr.Request) -> Person:
    """Who asks."""
    return person_in(request.request.scope)


def _wire_list(tab: gr.Tab, page: gr.Blocks, parts: Parts, does: ArchiveTab) -> None:
    overview = [parts.held, parts.months, parts.flags]
    shown = [parts.view, parts.listed, parts.before, parts.after]

    def enter(view: View, request: gr.Request) -> tuple[Any, ...]:
        person = person_of(request)
        editor = person.role == "editor"
        return (
            *does.overview(),
            *does.articles(view, person),
            gr.update(visible=editor),
            gr.update(visible=editor),
        )

    def narrow(words: str, request: gr.Request) -> tuple[Any, ...]:
        return does.articles(View(words), person_of(request))

    def search(words: str, request: gr.Request) -> tuple[Any, ...]:
        return does.articles(View(words, searched=True), person_of(request))

    def turn(view: View, by: int, request: gr.Request) -> tuple[Any, ...]:
        return does.articles(replace(view, offset=max(0, view.offset + by * PAGE)), person_of(request))

    def back(view: View, request: gr.Request) -> tuple[Any, ...]:
        return turn(view, -1, request)

    def on(view: View, request: gr.Request) -> tuple[Any, ...]:
        return turn(view, 1, request)

    def show(event: gr.EventData) -> str:
        article_id = event._data.get("article") if isinstance(event._data, dict) else None
        return does.article(str(article_id)) if article_id else gr.skip()

    entered = [*overview, *shown, parts.editing, parts.remove]
    tab.select(enter, parts.view, entered, **DIRECT)
    # Each letter asks anew; only the newest answer is wanted.
    parts.words.change(narrow, parts.words, shown, trigger_mode="always_last", **DIRECT)
    parts.words.submit(search, parts.words, shown, **DIRECT)
    parts.before.click(back, parts.view, shown, **DIRECT)
    parts.after.click(on, parts.view, shown, **DIRECT)
    for titles in (parts.listed, parts.article, parts.flags):
        opened = titles.click(show, None, parts.article, **DIRECT)
        opened.then(None, None, None, js=SHOW_ARTICLE, **QUIET)


def _wire_adding(parts: Parts, does: ArchiveTab) -> None:
    async def on_files(paths: list[str] | None, request: gr.Request) -> AsyncGenerator[tuple[Any, ...], None]:
        if not paths:
            return
        names = [str(path) for path in paths]
        what = "1 file" if len(names) == 1 else f"{len(names):,} files"
        async with aclosing(
            does.add(lambda: files_work(does.archive, names), person_of(request), what)
        ) as states:
            async for now in states:
                yield now, None

    async def on_address(typed: str, request: gr.Request) -> AsyncGenerator[tuple[Any, ...], None]:
        private = does.service.settings.fetch_private
        left: Any = ""
        async with aclosing(
            does.add(
                lambda: addresses_work(does.archive, typed, private=private),
                person_of(request),
                "what is there",
            )
        ) as states:
            async for now in states:
                yield now, left
                left = gr.skip()

    def after(view: View, request: gr.Request) -> tuple[Any, ...]:
        return *does.overview(), *does.articles(view, person_of(request))

    refreshed = [parts.held, parts.months, parts.flags, parts.view, parts.listed, parts.before, parts.after]
    uploaded = parts.files.upload(
        on_files, parts.files, [parts.report, parts.files], concurrency_limit=4, **QUIET
    )
    fetched = gr.on(
        [parts.address.submit, parts.fetch.click],
        on_address,
        parts.address,
        [parts.report, parts.address],
        concurrency_limit=4,
        **QUIET,
    )
    for added in (uploaded, fetched):
        added.then(after, parts.view, refreshed, **DIRECT)


def _wire_removing(parts: Parts, does: ArchiveTab) -> None:
    asked = [parts.asking, parts.question, parts.pending]

    def ask(choice: str, request: gr.Request) -> tuple[Any, ...]:
        if person_of(request).role != "editor":
            return gr.update(visible=False), "", ()
        if not (chosen := does.chosen(choice)):
            return gr.update(visible=False), "", ()
        return gr.update(visible=True), render.remove_html(chosen), tuple(one.id for one in chosen)

    def keep() -> tuple[Any, ...]:
        return gr.update(visible=False), "", ()

    def remove(pending: Sequence[str], view: View, request: gr.Request) -> tuple[Any, ...]:
        person = person_of(request)
        if person.role != "editor":
            said = adding.problem_html(EDITORS_ONLY)
        else:
            try:
                said = adding.removed_html(does.archive.remove(pending))
            except CitedeskError as error:
                said = adding.problem_html(str(error))
        return *keep(), said, *does.overview(), *does.articles(view, person)

    refreshed = [parts.held, parts.months, parts.flags, parts.view, parts.listed, parts.before, parts.after]
    question = parts.remove.click(ask, parts.choice, asked, js=CHOICE, **DIRECT)
    question.then(None, None, None, js="() => document.querySelector('#cd-remove-no')?.focus()", **QUIET)
    parts.no.click(keep, None, asked, **DIRECT)
    parts.yes.click(remove, [parts.pending, parts.view], [*asked, parts.report, *refreshed], **DIRECT)
