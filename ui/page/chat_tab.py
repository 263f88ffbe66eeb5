"""The chat's components and their wiring."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import gradio as gr

from ui import render, render_sources
from ui.page.chat import Chat, View, asking
from ui.page.told import narrowed, read_told
from ui.words import coverage

if TYPE_CHECKING:
    from ui.examples import Examples
    from ui.service import Service

AT_ONCE = 8
"""How many answers are worked on at the same time; further ones wait their turn."""

TELL = "(...values) => window.citedesk.tell(values)"
"""What runs in the browser before an event goes out: it fills in the first value, see `ui.page.told`."""
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# Only answers go through the queue: Gradio loses an event that joins it in the moment when the stream
# of the one before closes. That is also why Ask comes back only after an answer has ended.
DIRECT: dict[str, Any] = {**QUIET, "queue": False}


@dataclass(frozen=True)
class Parts:
    """The components that events read and write. ``bus`` is what the page's own buttons speak through."""

    header: gr.HTML
    bus: gr.HTML
    told: gr.Textbox
    new: gr.Button
    listing: gr.HTML
    start: gr.HTML
    past: gr.HTML
    live: gr.HTML
    box: gr.Textbox
    ask: gr.Button
    stop: gr.Button
    dates: tuple[gr.DateTime, gr.DateTime, gr.DateTime]
    more: gr.Accordion
    include: gr.Dropdown
    exclude: gr.Dropdown
    llm: gr.Dropdown

    @property
    def narrowing(self) -> list[Any]:
        """What a question is narrowed with, in the order of `narrowed`."""
        return [*self.dates, self.include, self.exclude, self.llm]


def chat_tab(page: gr.Blocks, header: gr.HTML, service: Service, examples: Examples) -> None:
    """Make the components where it is called, and wire them."""
    bus = html("", elem_id="cd-bus", js_on_load="window.citedesk.trigger = trigger")
    told = gr.Textbox(visible=False)
    with gr.Row(elem_id="cd-columns"):
        with gr.Column(scale=0, min_width=0, elem_id="cd-side"):
            html(_SIDE, elem_id="cd-side-head")
            new = gr.Button("New chat", elem_id="cd-clear")
            listing = html("", elem_id="cd-list")
        with gr.Column(scale=3, min_width=320, elem_id="cd-left"):
            with gr.Column(elem_id="cd-chat"):
                start = html(render.invitation_html(), elem_id="cd-start")
                past = html("", elem_id="cd-past")
                live = html("", elem_id="cd-live")
            html('<div class="cd-sr" role="status" id="cd-status"></div>', elem_id="cd-said")
            box, ask, stop = _question_row()
            dates, more, include, exclude, llm = _narrow_row(service)
        with gr.Column(scale=2, min_width=320, elem_id="cd-right"):
            html(render_sources.panel_html(), elem_id="cd-sources")
    parts = Parts(
        header, bus, told, new, listing, start, past, live, box, ask, stop, dates, more, include, exclude, llm
    )
    wiring = Wiring(parts, Chat(service), service, examples)
    wiring.arrive(page)
    wiring.move(wiring.answer())


_SIDE = (
    '<button type="button" id="cd-drawer" data-do="drawer" aria-expanded="true" aria-controls="cd-list">'
    '<span aria-hidden="true">☰</span><span>Conversations</span></button>'
)


class Wiring:
    """Which event does what."""

    def __init__(self, parts: Parts, chat: Chat, service: Service, examples: Examples) -> None:
        self.parts = parts
        self.chat = chat
        self.service = service
        self.examples = examples
        self.view = [parts.past, parts.live, parts.listing]
        self.buttons = [parts.ask, parts.stop]

    def arrive(self, page: gr.Blocks) -> None:
        """What a fresh page asks for; none of it waits for the other."""
        p = self.parts
        page.load(self._cover, p.dates[0], [p.header, p.dates[0], p.more, p.include, p.exclude], **DIRECT)
        page.load(self._suggest, None, p.start, **DIRECT)
        page.load(self._shown(self.chat.show), p.told, self.view, js=TELL, **DIRECT)

    def answer(self) -> list[Any]:
        """The events that end in an answer."""
        p = self.parts
        out = [p.box, *self.view, *self.buttons]
        queued: dict[str, Any] = {
            "js": TELL,
            "concurrency_limit": AT_ONCE,
            "concurrency_id": "answers",
            **QUIET,
        }
        inputs = [p.told, p.box, *p.narrowing]
        answering = [
            gr.on([p.box.submit, p.ask.click], self._asks(typed=True), inputs, out, **queued),
            p.bus.submit(self._asks(typed=False), inputs, out, **queued),
            gr.on([p.bus.retry, p.bus.edit], self._again(), inputs, out, **queued),
        ]
        for event in answering:
            event.then(partial(buttons, busy=False), None, self.buttons, **DIRECT)
        return answering

    def move(self, answering: list[Any]) -> None:
        """Stop, leave for another conversation, take back, rename, delete, judge."""
        p, chat = self.parts, self.chat
        out = [*self.view, *self.buttons]

        def ends(
            event: Callable[..., Any], fn: Callable[..., View], also: dict[str, Any] | None = None
        ) -> None:
            ended = event(None, None, None, cancels=answering, **QUIET)
            ended.then(self._settled(fn), p.told, out, js=TELL, **{**DIRECT, **(also or {})})

        ends(p.stop.click, chat.stop)
        ends(p.bus.select, chat.show)
        ends(p.new.click, chat.show)
        undone = p.bus.undo(None, None, None, cancels=answering, **QUIET)
        undone.then(self._undo, p.told, [p.box, *out], js=TELL, **DIRECT)
        p.bus.input(self._shown(chat.show), p.told, self.view, js=TELL, **DIRECT)
        p.bus.apply(self._shown(chat.rename), p.told, self.view, js=TELL, **DIRECT)
        p.bus.delete(self._shown(chat.delete), p.told, self.view, js=TELL, **DIRECT)
        p.bus.like(self._judge, p.told, None, js=TELL, **DIRECT)

    def _shown(self, fn: Callable[..., View]) -> Callable[..., Any]:
        def shown(told: str, request: gr.Request) -> tuple[Any, ...]:
            return values(fn(who(request), read_told(told)))

        return shown

    def _settled(self, fn: Callable[..., View]) -> Callable[..., Any]:
        def settled(told: str, request: gr.Request) -> tuple[Any, ...]:
            return *values(fn(who(request), read_told(told))), *buttons(busy=False)

        return settled

    def _asks(self, *, typed: bool) -> Callable[..., Any]:
        async def asks(
            request: gr.Request, told: str, box: str, *narrowing: Any
        ) -> AsyncGenerator[Any, None]:
            said = read_told(told)
            question = box if typed else said.question
            left: Any = "" if typed else gr.skip()  # the box is emptied once: what is typed meanwhile stays
            async with aclosing(self.chat.ask(who(request), said, question, narrowed(*narrowing))) as views:
                async for view in views:
                    yield (left, *values(view), *buttons(busy=True))
                    left = gr.skip()

        return asks

    def _again(self) -> Callable[..., Any]:
        async def again(
            request: gr.Request, told: str, box: str, *narrowing: Any
        ) -> AsyncGenerator[Any, None]:
            async with aclosing(
                self.chat.again(who(request), read_told(told), narrowed(*narrowing))
            ) as views:
                async for view in views:
                    yield (gr.skip(), *values(view), *buttons(busy=True))

        return again

    def _undo(self, told: str, request: gr.Request) -> tuple[Any, ...]:
        view, question = self.chat.undo(who(request), read_told(told))
        return gr.skip() if question is None else question, *values(view), *buttons(busy=False)

    def _judge(self, told: str, request: gr.Request) -> None:
        self.chat.judge(who(request), read_told(told))

    def _cover(self, as_of: str | None) -> tuple[Any, ...]:
        """The header, the as-of date (one already chosen stays) and the sources of the archive as it is now."""
        archive = self.service.desk.archive
        status = archive.status()
        newest = self.service.settings.as_of or status.newest
        header = render.header_html(coverage(status.articles, status.oldest, status.newest))
        named = [(f"{each.name} ({each.articles:,})", each.name) for each in outlets(archive)]
        chosen = gr.update(choices=named, visible=len(named) > 1)
        more = gr.update(visible=len(named) > 1 or len(self.service.llms) > 1)
        return header, as_of or (newest.isoformat() if newest else None), more, chosen, chosen

    async def _suggest(self) -> str:
        """The example questions, as soon as they are found."""
        found = await anyio.to_thread.run_sync(self.examples.get, 10.0)
        return render.invitation_html(found)


def html(value: str, **given: Any) -> gr.HTML:
    """Markup of our own, without Gradio's styles for it and without its listening to clicks."""
    return gr.HTML(value, **{"apply_default_css": False, "js_on_load": None, **given})


def outlets(archive: Any) -> list[Any]:
    """Where the articles come from."""
    listed = getattr(archive, "sources", None)
    return list(listed()) if listed else []


def who(request: gr.Request) -> Any:
    """Who sent the event."""
    return asking(request.request.scope)


def values(view: View) -> tuple[Any, ...]:
    """A view as the values of its three components."""
    return tuple(gr.skip() if part is None else part for part in (view.past, view.live, view.listing))


def buttons(*, busy: bool) -> tuple[Any, Any]:
    """Ask and Stop, of which one is shown."""
    return gr.update(visible=not busy), gr.update(visible=busy)


def _question_row() -> tuple[gr.Textbox, gr.Button, gr.Button]:
    with gr.Row(elem_id="cd-ask"):
        box = gr.Textbox(
            placeholder="Your question",
            label="Question",
            show_label=False,
            container=False,
            scale=1,
            min_width=140,
            lines=1,
            max_lines=4,
            autofocus=True,
            elem_id="cd-question",
        )
        ask = gr.Button("Ask", variant="primary", scale=0, min_width=72, elem_id="cd-send")
        stop = gr.Button("Stop", variant="stop", scale=0, min_width=72, visible=False, elem_id="cd-stop")
    return box, ask, stop


def _narrow_row(service: Service) -> tuple[Any, gr.Accordion, gr.Dropdown, gr.Dropdown, gr.Dropdown]:
    llms = service.llms
    with gr.Row(elem_id="cd-dates"):
        dates = (
            gr.DateTime(label="As of", include_time=False, type="string", min_width=100, elem_id="cd-as-of"),
            gr.DateTime(label="From", include_time=False, type="string", min_width=100, elem_id="cd-since"),
            gr.DateTime(label="To", include_time=False, type="string", min_width=100, elem_id="cd-until"),
        )
    with (
        gr.Accordion("Narrow down", open=False, visible=len(llms) > 1, elem_id="cd-narrow") as more,
        gr.Row(),
    ):
        include = _source_choice("Only these sources", "cd-include")
        exclude = _source_choice("Not these sources", "cd-exclude")
        llm = gr.Dropdown(
            list(llms),
            value=llms[0],
            label="Worded by",
            visible=len(llms) > 1,
            min_width=140,
            elem_id="cd-llm",
        )
    return dates, more, include, exclude, llm


def _source_choice(label: str, elem_id: str) -> gr.Dropdown:
    # Any value is let through: the names of an archive that grew meanwhile are not known to an open page.
    return gr.Dropdown(
        [],
        label=label,
        multiselect=True,
        allow_custom_value=True,
        visible=False,
        min_width=200,
        elem_id=elem_id,
    )
