"""The chat page. The only module that knows Gradio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount

from index.errors import CitedeskError
from rag.answer import Answer, Draft
from ui import dialogue as talk
from ui import render
from ui.dialogue import Dialogue, Entry
from ui.examples import Examples
from ui.page.archive_tab import archive_tab
from ui.sources import finder
from ui.streaming import Streams
from ui.uploads import UploadGate
from ui.words import coverage

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.settings import Settings
    from ui.service import Service

AT_ONCE = 8
"""How many answers are worked on at the same time; further ones wait their turn."""

# A date field keeps its last good date to itself when it holds something else; send what can be read in it.
AS_TYPED = """(question, dialogue, ...dates) => [
  question, dialogue, ...["as-of", "since", "until"].map((name, n) =>
    document.querySelector(`#cd-${name} input`)?.value ?? dates[n])]"""


def mount_page(web: FastAPI, service: Service, examples: Examples) -> Callable[[], None]:
    """Put the chat page at ``/`` of an app that has its other routes already.

    Returns what is to be called when the server stops: each open tab holds a connection that says
    "alive", and the server would wait for it.
    """
    resources = files("ui")
    settings = service.settings
    page = build_page(service, examples)
    gr.mount_gradio_app(
        web,
        page,
        path="/",
        server_name=settings.host,
        theme=_theme(),
        css="".join(
            resources.joinpath(name).read_text(encoding="utf-8") for name in ("style.css", "page/archive.css")
        ),
        head=f"<script>{resources.joinpath('page.js').read_text(encoding='utf-8')}</script>",
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        max_file_size=int(settings.max_upload_mb * 1_000_000),
    )
    web.add_middleware(UploadGate, most=int(settings.max_upload_mb * 1_000_000))
    mounted = next(route.app for route in reversed(web.routes) if isinstance(route, Mount))
    release_tabs: Callable[[], None] = mounted.stop_event.set  # type: ignore[attr-defined]
    return release_tabs


def _theme() -> gr.themes.Base:
    # Fonts of the reader's own system: the page asks no other host for anything.
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        font=[gr.themes.Font(name) for name in sans],
        font_mono=[gr.themes.Font(name) for name in mono],
        radius_size=gr.themes.sizes.radius_md,
    ).set(body_text_color_subdued="*neutral_500", body_text_color_subdued_dark="*neutral_400")


class Page:
    """What the page does; `build_page` makes the components and says when."""

    def __init__(self, desk: Assistant, settings: Settings, examples: Examples, streams: Streams) -> None:
        self.desk = desk
        self.settings = settings
        self.examples = examples
        self.streams = streams
        self.find = finder(desk.archive)

    def cover(self, as_of: str | None) -> tuple[str, str | None]:
        """The header and the as-of date of the archive as it is now; a date already chosen stays."""
        status = self.desk.archive.status()
        newest = self.settings.as_of or status.newest
        header = render.header_html(coverage(status.articles, status.oldest, status.newest))
        return header, as_of or (newest.isoformat() if newest else None)

    async def suggest(self) -> Any:
        """The example questions, as soon as they are found."""
        questions = await anyio.to_thread.run_sync(self.examples.get, 10.0)
        return gr.update(examples=[{"text": question} for question in questions])

    async def ask(
        self, question: str, dialogue: Dialogue, as_of: str | None, since: str | None, until: str | None
    ) -> AsyncGenerator[Dialogue, None]:
        """The dialogue, each time something new is to be shown; nothing for an empty question."""
        asked = question.strip()
        if not asked:
            return
        past = talk.history(dialogue)
        dialogue = (*dialogue, Entry(asked))
        yield dialogue

        def start() -> Iterator[Draft | Answer]:
            return self.desk.stream(asked, history=past, as_of=as_of, since=since, until=until)

        try:
            async with aclosing(self.streams.throttled(start)) as items:
                async for item in items:
                    said = {"answer": item} if isinstance(item, Answer) else {"draft": item.text}
                    yield (dialogue := talk.with_last(dialogue, **said))
        except CitedeskError as error:
            yield (dialogue := talk.with_last(dialogue, problem=str(error)))
        if dialogue[-1].running:
            yield talk.with_last(dialogue, problem="the answer broke off; the server’s log says why")

    def show(self, dialogue: Dialogue) -> tuple[Dialogue, list[talk.Message], str]:
        """What stands in the chat and in the sources panel."""
        return dialogue, talk.messages(dialogue, self.find), talk.sources(dialogue, self.find)


@dataclass(frozen=True)
class Parts:
    """The page's components that events read and write."""

    header: gr.HTML
    dates: tuple[gr.DateTime, gr.DateTime, gr.DateTime]
    chat: gr.Chatbot
    box: gr.Textbox
    ask: gr.Button
    stop: gr.Button
    clear: gr.Button
    panel: gr.HTML
    dialogue: gr.State


def build_page(service: Service, examples: Examples) -> gr.Blocks:
    """The page and its wiring; one dialogue for each open tab."""
    with gr.Blocks(title="citedesk", analytics_enabled=False, delete_cache=(3600, 3600)) as page, gr.Tabs():
        with gr.Tab("Ask"):
            dialogue = gr.State(())
            with gr.Row(elem_id="cd-top"):
                header = gr.HTML(render.header_html(None), elem_id="cd-header", min_width=240)
                dates = _dates()
            with gr.Row(elem_id="cd-columns"):
                with gr.Column(scale=3, min_width=320, elem_id="cd-left"):
                    chat = _chat()
                    box, ask, stop, clear = _question_row()
                with gr.Column(scale=2, min_width=320, elem_id="cd-right"):
                    panel = gr.HTML(render.panel_html([]), elem_id="cd-sources", label="Sources")
            _wire(
                page,
                Parts(header, dates, chat, box, ask, stop, clear, panel, dialogue),
                Page(service.desk, service.settings, examples, service.streams),
            )
        with gr.Tab("Archive"):
            archive_tab(service)
    page.queue(default_concurrency_limit=AT_ONCE)
    return page


def _wire(page: gr.Blocks, parts: Parts, does: Page) -> None:
    shown = [parts.dialogue, parts.chat, parts.panel]
    buttons = [parts.ask, parts.stop]

    async def on_ask(*values: Any) -> AsyncGenerator[tuple[Any, ...], None]:
        left: Any = ""  # the box is emptied once: what is typed during the answer stays
        async with aclosing(does.ask(*values)) as states:
            async for now in states:
                yield (left, *does.show(now), *_buttons(busy=True))
                left = gr.skip()

    def on_stop(now: Dialogue) -> tuple[Any, ...]:
        return *does.show(talk.stop(now)), *_buttons(busy=False)

    def on_clear() -> tuple[Any, ...]:
        return *does.show(()), *_buttons(busy=False)

    def on_example(chosen: gr.SelectData) -> str:
        return str(chosen.value["text"])

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # Only answers go through the queue: Gradio loses an event that joins it in the moment when the stream
    # of the one before closes. That is also why Ask comes back only after an answer has ended.
    direct: dict[str, Any] = {**quiet, "queue": False}
    as_of = parts.dates[0]
    page.load(does.cover, as_of, [parts.header, as_of], **direct)
    page.load(does.suggest, None, parts.chat, **direct)
    example = parts.chat.example_select(on_example, None, parts.box, **direct)
    asks: dict[str, Any] = {
        "fn": on_ask,
        "inputs": [parts.box, parts.dialogue, *parts.dates],
        "outputs": [parts.box, *shown, *buttons],
        "js": AS_TYPED,
        "concurrency_limit": AT_ONCE,
        **quiet,
    }
    answering = [gr.on([parts.box.submit, parts.ask.click], **asks), example.then(**asks)]
    for event in answering:
        event.then(partial(_buttons, busy=False), None, buttons, **direct)
    stopped = parts.stop.click(None, None, None, cancels=answering, **quiet)
    stopped.then(on_stop, parts.dialogue, [*shown, *buttons], **direct)
    cleared = parts.clear.click(None, None, None, cancels=answering, **quiet)
    cleared.then(on_clear, None, [*shown, *buttons], **direct)


def _buttons(*, busy: bool) -> tuple[Any, Any]:
    """Ask and Stop, of which one is shown."""
    return gr.update(visible=not busy), gr.update(visible=busy)


def _chat() -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="cd-chat",
        show_label=False,
        container=False,
        height="calc(100dvh - 176px)",
        min_height=260,
        placeholder=render.invitation_html(),
        latex_delimiters=[],
        buttons=[],
        feedback_options=None,
        group_consecutive_messages=False,
    )


def _question_row() -> tuple[gr.Textbox, gr.Button, gr.Button, gr.Button]:
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
        clear = gr.Button("New chat", scale=0, min_width=72, elem_id="cd-clear")
    return box, ask, stop, clear


def _dates() -> tuple[gr.DateTime, gr.DateTime, gr.DateTime]:
    with gr.Row(elem_id="cd-dates"):
        return (
            gr.DateTime(label="As of", include_time=False, type="string", min_width=100, elem_id="cd-as-of"),
            gr.DateTime(label="From", include_time=False, type="string", min_width=100, elem_id="cd-since"),
            gr.DateTime(label="To", include_time=False, type="string", min_width=100, elem_id="cd-until"),
        )
