"""The components of the Archive tab, and what they do in the browser by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.page.archive import View

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


def archive_parts(most: int) -> Parts:
    """Make the components where it is called; up to ``most`` bytes may be uploaded at once."""
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
