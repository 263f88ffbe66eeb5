"""The chat page. The only module that knows Gradio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
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
from ui.sources import finder
from ui.streaming import throttled
from ui.words import coverage

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.settings import Settings

AT_ONCE = 8
"""How many answers are worked on at the same time; further ones wait their turn."""

# A date field keeps its last good date to itself when it holds something else; send what can be read in it.
AS_TYPED = """(question, dialogue, ...dates) => [
  question, dialogue, ...["as-of", "since", "until"].map((name, n) =>
    document.querySelector(`#cd-${name} input`)?.value ?? dates[n])]"""


def mount_page(web: FastAPI, desk: Assistant, settings: Settings, examples: Examples) -> FastAPI:
    """Put the chat page at ``/`` of an app that has its other routes already."""
    resources = files("ui")
    page = build_page(desk, settings, examples)
    gr.mount_gradio_app(
        web,
        page,
        path="/",
        server_name=settings.host,
        theme=_theme(),
        css=resources.joinpath("style.css").read_text(encoding="utf-8"),
        head=f"<script>{resources.joinpath('page.js').read_text(encoding='utf-8')}</script>",
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        max_file_size="1kb",
    )
    # Each open tab holds a connection that says "alive" until this event; the server would wait for it.
    mounted = next(route.app for route in reversed(web.routes) if isinstance(route, Mount))
    web.state.release_tabs = mounted.stop_event.set  # type: ignore[attr-defined]
    return web


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
    """What the page's events do; the components are made by `build_page`."""

    def __init__(self, desk: Assistant, settings: Settings, examples: Examples) -> None:
        self.desk = desk
        self.settings = settings
        self.examples = examples
        self.find = finder(desk.archive)

    async def load(self, as_of: str | None) -> tuple[Any, Any, Any]:
        """The header, the as-of date and the example questions of the archive as it is now."""
        status = await anyio.to_thread.run_sync(self.desk.archive.status)
        questions = await anyio.to_thread.run_sync(self.examples.get, 5.0)
        newest = self.settings.as_of or status.newest
        header = render.header_html(coverage(status.articles, status.oldest, status.newest))
        shown = [{"text": question} for question in questions]
        return header, as_of or (newest.isoformat() if newest else None), gr.update(examples=shown)

    async def ask(
        self, question: str, dialogue: Dialogue, as_of: str | None, since: str | None, until: str | None
    ) -> AsyncGenerator[tuple[str, Dialogue], None]:
        """The text left in the question box and the dialogue, each time something new is to be shown."""
        asked = question.strip()
        if not asked:
            yield question, dialogue
            return
        past = talk.history(dialogue)
        dialogue = (*dialogue, Entry(asked))
        yield "", dialogue

        def start() -> Iterator[Draft | Answer]:
            return self.desk.stream(asked, history=past, as_of=as_of, since=since, until=until)

        try:
            async with aclosing(throttled(start)) as items:
                async for item in items:
                    said = {"answer": item} if isinstance(item, Answer) else {"draft": item.text}
                    dialogue = talk.with_last(dialogue, **said)
                    yield "", dialogue
        except CitedeskError as error:
            dialogue = talk.with_last(dialogue, problem=str(error))
        if dialogue[-1].running:
            dialogue = talk.with_last(
                dialogue, problem="The answer broke off; ask again. The server’s log says why."
            )
        yield "", dialogue


def build_page(desk: Assistant, settings: Settings, examples: Examples) -> gr.Blocks:
    """The page and its wiring; one dialogue for each open tab."""
    does = Page(desk, settings, examples)
    with gr.Blocks(title="citedesk", analytics_enabled=False) as page:
        dialogue = gr.State(())
        with gr.Row(elem_id="cd-top"):
            header = gr.HTML(render.header_html(None), elem_id="cd-header", min_width=240)
            as_of, since, until = _dates()
        with gr.Row(elem_id="cd-columns"):
            with gr.Column(scale=3, min_width=320, elem_id="cd-left"):
                chat = _chat()
                box, ask, stop, clear = _question_row()
            with gr.Column(scale=2, min_width=320, elem_id="cd-right"):
                panel = gr.HTML(render.panel_html([]), elem_id="cd-sources", label="Sources")

    inputs = [box, dialogue, as_of, since, until]
    outputs = [box, dialogue, chat, panel, ask, stop]

    def shown(left: str, now: Dialogue) -> tuple[Any, ...]:
        busy = bool(now) and now[-1].running
        said, cited = talk.messages(now, does.find), talk.sources(now, does.find)
        return left, now, said, cited, gr.update(visible=not busy), gr.update(visible=busy)

    async def on_ask(*values: Any) -> AsyncGenerator[tuple[Any, ...], None]:
        async with aclosing(does.ask(*values)) as states:
            async for left, now in states:
                yield shown(left, now)

    def on_stop(left: str, now: Dialogue) -> tuple[Any, ...]:
        return shown(left, talk.stop(now))

    def on_clear() -> tuple[Any, ...]:
        return shown("", ())

    def on_example(chosen: gr.SelectData) -> str:
        return str(chosen.value["text"])

    with page:
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        page.load(does.load, as_of, [header, as_of, chat], **quiet)
        quiet_ask = {**quiet, "js": AS_TYPED, "concurrency_limit": AT_ONCE}
        asking = gr.on([box.submit, ask.click], on_ask, inputs, outputs, **quiet_ask)
        example = chat.example_select(on_example, None, box, queue=False, **quiet)
        following = example.then(on_ask, inputs, outputs, **quiet_ask)
        ended = stop.click(None, None, None, cancels=[asking, following], **quiet)
        ended.then(on_stop, [box, dialogue], outputs, queue=False, **quiet)
        wiped = clear.click(None, None, None, cancels=[asking, following], **quiet)
        wiped.then(on_clear, None, outputs, queue=False, **quiet)
    page.queue(default_concurrency_limit=AT_ONCE)
    return page


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
