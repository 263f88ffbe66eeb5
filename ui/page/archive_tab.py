"""The Archive tab: what the archive holds, and for editors how it grows and shrinks."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import Context

from index.errors import ArchiveEmpty, ArticleNotFound, BadInput, CitedeskError
from ui import render_adding as adding
from ui import render_archive as render
from ui.adding import Moment, Work, addresses_work, carried_on, files_work
from ui.people import Person, person_in

if TYPE_CHECKING:
    from index.listing import Listed
    from ui.service import Service

PAGE = 50
"""Articles of one page of the list."""
FOUND = 200
"""Passages that a search looks at; their articles are listed."""
CHOSEN = 1000
"""Articles that may be removed at once."""

EDITORS_ONLY = "only an editor adds or removes articles here; ask whoever runs citedesk for that role"

# A title is a button with its article's id, wherever it stands.
OPENS = """element.addEventListener('click', (event) => {
  const title = event.target.closest('[data-article]');
  if (title) trigger('click', { article: title.dataset.article });
});"""
# Told before a byte is sent: a server that refuses halfway is to a browser one that has failed.
WEIGHS = """const most = %d, mb = (bytes) => Math.ceil(bytes / 1e6).toLocaleString('en');
const weigh = (event) => {
  if (!event.target.closest?.('#cd-files')) return;
  const files = [...(event.dataTransfer?.files ?? event.target.files ?? [])];
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size <= most) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.target.files) event.target.value = '';
  const said = document.createElement('p');
  said.className = 'cd-failed';
  said.setAttribute('role', 'alert');
  said.textContent = `${mb(size)} MB are too much at once; the limit is ${mb(most)} MB: hand in less at a time.`;
  element.replaceChildren(said);
};
for (const kind of ['change', 'drop']) document.addEventListener(kind, weigh, true);"""
CHOICE = """() => JSON.stringify(
  [...document.querySelectorAll('#cd-articles input:checked')].map((box) => box.value))"""
SHOW_ARTICLE = """() => {
  const title = document.querySelector('#cd-article h3');
  if (!title) return;
  title.focus({ preventScroll: true });
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  title.scrollIntoView({ block: 'nearest', behavior: calm ? 'auto' : 'smooth' });
}"""

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
DIRECT: dict[str, Any] = {**QUIET, "queue": False}


@dataclass(frozen=True, slots=True)
class View:
    """What the list shows: words of titles, or (``searched``) what a search finds; from which article on."""

    query: str = ""
    searched: bool = False
    offset: int = 0


def person_of(request: gr.Request) -> Person:
    """Who asks."""
    return person_in(request.request.scope)


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
        except ValueError:
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


@dataclass(frozen=True)
class Parts:
    """The tab's components that events read and write."""

    view: gr.State
    held: gr.HTML
    months: gr.HTML
    flags: gr.HTML
    words: gr.Textbox
    listed: gr.HTML
    before: gr.Button
    after: gr.Button
    article: gr.HTML
    editing: gr.Column
    files: gr.File
    address: gr.Textbox
    fetch: gr.Button
    report: gr.HTML
    remove: gr.Button
    asking: gr.Column
    question: gr.HTML
    pending: gr.State
    choice: gr.Textbox
    yes: gr.Button
    no: gr.Button


def archive_tab(service: Service) -> None:
    """Fill the tab that is being built with the archive; called inside its ``gr.Tab``."""
    tab, page = Context.block, Context.root_block
    assert isinstance(tab, gr.Tab) and page is not None
    parts, does = _parts(int(service.settings.max_upload_mb * 1_000_000)), ArchiveTab(service)
    _wire_list(tab, page, parts, does)
    _wire_adding(parts, does)
    _wire_removing(parts, does)


def _parts(most: int) -> Parts:
    view = gr.State(View())
    with gr.Column(elem_id="cd-archive"):
        held = gr.HTML(elem_id="cd-held", apply_default_css=False)
        months = gr.HTML(elem_id="cd-plot", apply_default_css=False)
        flags = gr.HTML(elem_id="cd-flagged", apply_default_css=False, js_on_load=OPENS)
        with gr.Row(elem_id="cd-archive-columns"):
            with gr.Column(scale=3, min_width=320, elem_id="cd-articles-column"):
                looking = _looking()
                with gr.Column(elem_id="cd-foot"):
                    removing = _removing()
                    turning = _turning()
            with gr.Column(scale=2, min_width=320, elem_id="cd-archive-right"):
                adding = _adding(most)
                report = gr.HTML(elem_id="cd-report", apply_default_css=False, js_on_load=WEIGHS % most)
                article = gr.HTML(elem_id="cd-article", apply_default_css=False, js_on_load=OPENS)
    found = {
        "view": view,
        "held": held,
        "months": months,
        "flags": flags,
        "report": report,
        "article": article,
    }
    return Parts(**found, **looking, **turning, **removing, **adding)


def _looking() -> dict[str, Any]:
    words = gr.Textbox(
        label="Find articles",
        info="Words of the title as you type; Enter searches the texts",
        lines=1,
        max_lines=1,
        max_length=1000,
        elem_id="cd-find",
    )
    listed = gr.HTML(elem_id="cd-articles", apply_default_css=False, js_on_load=OPENS)
    return {"words": words, "listed": listed}


def _turning() -> dict[str, Any]:
    with gr.Row(elem_id="cd-pages"):
        before = gr.Button("Previous", size="sm", interactive=False, elem_id="cd-before")
        after = gr.Button("Next", size="sm", interactive=False, elem_id="cd-after")
        remove = gr.Button("Remove chosen…", size="sm", visible=False, elem_id="cd-remove")
    return {"before": before, "after": after, "remove": remove}


def _removing() -> dict[str, Any]:
    pending, choice = gr.State(()), gr.Textbox(visible=False)
    with gr.Column(visible=False, elem_id="cd-removing") as asking:
        question = gr.HTML(apply_default_css=False)
        with gr.Row():
            yes = gr.Button("Remove", variant="stop", size="sm", elem_id="cd-remove-yes")
            no = gr.Button("Keep", size="sm", elem_id="cd-remove-no")
    return {
        "pending": pending,
        "choice": choice,
        "asking": asking,
        "question": question,
        "yes": yes,
        "no": no,
    }


def _adding(most: int) -> dict[str, Any]:
    with gr.Column(visible=False, elem_id="cd-add") as editing:
        files = gr.File(
            label=f"Add files, up to {most // 1_000_000:,} MB at once",
            file_count="multiple",
            height=132,
            elem_id="cd-files",
        )
        with gr.Row(elem_id="cd-address-row"):
            address = gr.Textbox(
                label="Add a web page or feed",
                placeholder="https://",
                lines=1,
                max_lines=1,
                max_length=10_000,
                elem_id="cd-address",
            )
            fetch = gr.Button("Add", scale=0, min_width=72, elem_id="cd-fetch")
    return {"editing": editing, "files": files, "address": address, "fetch": fetch}


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
