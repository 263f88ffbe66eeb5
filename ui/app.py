"""The page: its frame, its tabs, and how it is put at ``/``. Only this module and ``ui.page`` know Gradio."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount

from ui import render
from ui.examples import Examples
from ui.page.archive_tab import archive_tab
from ui.page.chat_parts import html
from ui.page.chat_tab import AT_ONCE, chat_tab
from ui.page.fragments import add_fragments
from ui.page.upload_gate import UploadGate
from ui.page.uploading import only_uploads

if TYPE_CHECKING:
    from ui.service import Service

STYLES = ("style.css", "chat.css", "sources.css", "archive.css")
SCRIPTS = ("page.js", "reader.js", "buttons.js")


def mount_page(web: FastAPI, service: Service, examples: Examples) -> Callable[[], None]:
    """Put the page at ``/`` of an app that has its other routes already.

    Returns what is to be called when the server stops: each open tab holds a connection that says
    "alive", and the server would wait for it.
    """
    most = service.settings.max_upload_bytes
    add_fragments(web, service)
    gr.mount_gradio_app(
        web,
        build_page(service, examples),
        path="/",
        server_name=service.settings.host,
        theme=_theme(),
        css=_read(STYLES),
        head=f"<script>{_read(SCRIPTS)}</script>",
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        max_file_size=most,
    )
    web.add_middleware(UploadGate, most=most)
    mounted = next(route.app for route in reversed(web.routes) if isinstance(route, Mount))
    release_tabs: Callable[[], None] = mounted.stop_event.set  # type: ignore[attr-defined]
    return release_tabs


def _read(names: tuple[str, ...]) -> str:
    folder = files("ui") / "page"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


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
    ).set(body_text_color_subdued="*neutral_600", body_text_color_subdued_dark="*neutral_400")


def build_page(service: Service, examples: Examples) -> gr.Blocks:
    """The page and its wiring."""
    with gr.Blocks(title="citedesk", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        header = html(render.header_html(None), elem_id="cd-header")
        with gr.Tabs(elem_id="cd-tabs"):
            with gr.Tab("Ask", elem_id="cd-tab-ask"):
                chat_tab(page, header, service, examples)
            with gr.Tab("Archive", elem_id="cd-tab-archive"):
                archive_tab(service)
    page.queue(default_concurrency_limit=AT_ONCE)
    only_uploads(page)
    return page
