"""The chat's components: conversations on the left, the chat, its sources on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui import render, render_sources

if TYPE_CHECKING:
    from ui.service import Service

_SIDE = (
    '<button type="button" id="cd-drawer" data-do="drawer" aria-expanded="true" aria-controls="cd-list">'
    '<span aria-hidden="true">☰</span><span>Conversations</span></button>'
)


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


def chat_parts(header: gr.HTML, service: Service) -> Parts:
    """Make the components where it is called."""
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
    return Parts(
        header, bus, told, new, listing, start, past, live, box, ask, stop, dates, more, include, exclude, llm
    )


def html(value: str, **given: Any) -> gr.HTML:
    """Markup of our own, without Gradio's styles for it and without its listening to clicks."""
    return gr.HTML(value, **{"apply_default_css": False, "js_on_load": None, **given})


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
