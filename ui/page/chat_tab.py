"""The chat's wiring: which event does what."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import gradio as gr

from ui import render
from ui.page.chat import Chat, View
from ui.page.chat_parts import Parts, chat_parts
from ui.page.told import narrowed, read_told
from ui.people import Person, person_in
from ui.words import coverage

if TYPE_CHECKING:
    from ui.examples import Examples
    from ui.service import Service

AT_ONCE = 250
"""How many answers may be waited for in the browser; which are worked on is for `ui.streaming` to say."""

TELL = "(...values) => window.citedesk.tell(values)"
"""What runs in the browser before an event goes out: it fills in the first value, see `ui.page.told`."""
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# Only answers go through the queue: Gradio loses an event that joins it in the moment when the stream
# of the one before closes. That is also why Ask comes back only after an answer has ended.
DIRECT: dict[str, Any] = {**QUIET, "queue": False}


def chat_tab(page: gr.Blocks, header: gr.HTML, service: Service, examples: Examples) -> None:
    """Make the components where it is called, and wire them."""
    wiring = Wiring(chat_parts(header, service), Chat(service), service, examples)
    wiring.arrive(page)
    wiring.move(wiring.answer())


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
        named = [(f"{each.name} ({each.articles:,})", each.name) for each in archive.sources()]
        chosen = gr.update(choices=named, visible=len(named) > 1)
        more = gr.update(visible=len(named) > 1 or len(self.service.llms) > 1)
        return header, as_of or (newest.isoformat() if newest else None), more, chosen, chosen

    async def _suggest(self) -> str:
        """The example questions, as soon as they are found."""
        found = await anyio.to_thread.run_sync(self.examples.get, 10.0)
        return render.invitation_html(found)


def who(request: gr.Request) -> Person:
    """Who sent the event."""
    return person_in(request.request.scope)


def values(view: View) -> tuple[Any, ...]:
    """A view as the values of its three components."""
    return tuple(gr.skip() if part is None else part for part in (view.past, view.live, view.listing))


def buttons(*, busy: bool) -> tuple[Any, Any]:
    """Ask and Stop, of which one is shown."""
    return gr.update(visible=not busy), gr.update(visible=busy)
