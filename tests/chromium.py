"""The page in a real Chromium over a real server process: what its tests share."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ui.cli import main

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BLACK_SEA = "What did Ukraine recapture in the Black Sea?"
SENTENCES = [
    "Ukraine announced that it has successfully recaptured an oil and gas platform in the Black Sea [1]. ",
    "The platform was seized by Russia in 2015 [1]. ",
    "Ukrainian special forces engaged in a battle with a Russian Su-30 aircraft [1]. ",
    "The operation resulted in the seizure of helicopter ammunition and a Neva radar system [1]. ",
]
WAIT_MS = 20_000


class SlowLLM:
    """An OpenAI-compatible server that says one sentence at a time for as long as somebody listens."""

    def __init__(self) -> None:
        outer = self
        self.left = threading.Event()
        self._pause = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                try:
                    for number in range(300):
                        self._say(SENTENCES[number % len(SENTENCES)] if number % 3 == 0 else "")
                        outer._pause.wait(0.2)
                except OSError:
                    outer.left.set()

            def _say(self, text: str) -> None:
                choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
                event = {
                    "id": "1",
                    "object": "chat.completion.chunk",
                    "created": 0,
                    "model": "m",
                    "choices": [choice],
                }
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
                self.wfile.flush()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.spec = f"http://127.0.0.1:{self._server.server_port}/v1#slow"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> SlowLLM:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._pause.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def indexed(folder: Path, seeds: Path) -> Path:
    """An archive of the seed article in a new folder."""
    path = folder / "archive"
    assert main(["index", str(seeds), "--archive", str(path)]) == 0
    return path


@pytest.fixture(scope="module")  # its event loop would be in the way of other modules' own
def browser() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: install the package chromium to run this test")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@contextmanager
def opened(browser: Any, width: int = 1280, *, dark: bool = False) -> Iterator[Any]:
    """A fresh page that fails the test if it asks any other host for anything, or its scripts fail."""
    size = {"width": width, "height": 800 if width > 760 else 760}
    context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
    yield page
    context.close()
    assert asked
    assert [u for u in asked if not u.startswith(("http://127.0.0.1:", "data:", "blob:"))] == []
    assert faults == []


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A desktop's page."""
    with opened(browser) as shown:
        yield shown


@pytest.fixture(params=[1280, 380])
def any_page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A desktop's page, and a phone's, on which nothing may be cut off at the side."""
    with opened(browser, request.param) as shown:
        yield shown
        assert shown.evaluate("document.documentElement.scrollWidth") <= request.param


def ask(page: Any, question: str) -> None:
    """Type a question and send it."""
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    page.fill("#cd-question textarea", question)
    page.keyboard.press("Enter")


def settled(page: Any, count: int = 1) -> Any:
    """The last exchange, once there are ``count`` and none is being answered."""
    page.wait_for_function(
        "n => document.querySelectorAll('#cd-past .cd-exchange').length === n"
        " && !document.querySelector('#cd-live .cd-exchange, #cd-past [data-running]')",
        arg=count,
    )
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    return page.locator("#cd-past .cd-exchange").last


def still(page: Any) -> Any:
    """The last exchange, once its follow-ups stand too: nothing will move any more."""
    exchange = settled(page)
    page.locator("#cd-past .cd-exchange").last.locator(".cd-follow[data-told]").wait_for(state="attached")
    return exchange
