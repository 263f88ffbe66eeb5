"""The chat page, driven in a real Chromium over a real server process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from ui.cli import main

pytestmark = pytest.mark.browser

# Taken out of the environment at once: to citedesk it would be an unknown setting.
SCREENSHOT = os.environ.pop("CITEDESK_SCREENSHOT", None)
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


@contextmanager
def serving(archive: Path, *flags: str) -> Iterator[str]:
    """A server process on a free port; its address."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from ui.cli import main; sys.exit(main())",
            "serve",
            "--port",
            "0",
            *flags,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CITEDESK_ARCHIVE": str(archive),
        },
    )
    assert process.stderr is not None
    log: list[str] = []
    try:
        for line in process.stderr:
            log.append(line)
            if "ready at" in line:
                break
        else:
            pytest.fail(f"the server did not start: {''.join(log)}")
        drain = threading.Thread(target=log.extend, args=(process.stderr,))
        drain.start()
        yield log[-1].split()[4]
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)  # an open tab does not hold it up, a running answer for 5 s
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if log and "ready at" in "".join(log):
            drain.join()
        process.stderr.close()
    assert process.returncode == 0
    assert "Traceback" not in "".join(log), "".join(log)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    path = tmp_path_factory.mktemp("page") / "archive"
    assert main(["index", str(seeds), "--archive", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: install the package chromium to run this test")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page that fails the test if it asks any other host for anything, or its scripts fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
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


def ask(page: Any, question: str) -> None:
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    page.fill("#cd-question textarea", question)
    page.keyboard.press("Enter")


@pytest.fixture(scope="module")
def url(archive: Path) -> Iterator[str]:
    with serving(archive) as address:
        yield address


def test_first_paint_invites_and_shows_what_the_archive_covers(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("heading", name="Ask the archive").wait_for()
    page.get_by_text("1 article, 8 Nov 2023").wait_for()
    assert page.get_by_label("As of, as in 2023-11-08").input_value() == "2023-11-08"
    page.locator("#cd-chat .example").nth(2).wait_for()
    assert page.locator("#cd-chat .example").count() == 3


def test_each_example_is_answered_by_the_archive(page: Any, url: str) -> None:
    page.goto(url)
    examples = page.locator("#cd-chat .example")
    examples.nth(2).wait_for()
    for number in range(3):
        question = examples.nth(number).inner_text()
        examples.nth(number).click()
        page.locator("#cd-chat .cd-made").wait_for()
        assert page.locator(".cd-question").inner_text() == question
        assert page.locator("#cd-chat a.cd-chip").count() >= 1, question
        page.get_by_role("button", name="New chat").click()
        examples.nth(2).wait_for()


def test_a_chip_opens_its_source_with_the_quote_marked(page: Any, url: str) -> None:
    page.goto(url)
    ask(page, BLACK_SEA)
    answer = page.locator("#cd-chat .cd-answer").last
    answer.locator(".cd-made").wait_for()
    assert answer.locator(".cd-short").inner_text() == "oil and gas platform"
    mark = page.locator("#source-1-1 mark")
    assert not mark.is_visible()
    answer.locator("a.cd-chip").first.click()
    mark.wait_for(state="visible")
    assert "recaptured an oil and gas platform in the Black Sea" in mark.inner_text()
    source = page.locator("#source-1-1")
    assert "8 Nov 2023" in source.inner_text()
    assert "Neva radar system" in source.locator("blockquote").inner_text(), (
        "the passage around the quote is shown"
    )
    if SCREENSHOT:
        ask(page, "Who won the 2022 World Cup?")
        page.locator("#cd-chat .cd-refusal .cd-made").wait_for()
        page.locator("#cd-chat a.cd-chip").first.click()
        mark.wait_for(state="visible")
        page.mouse.move(640, 680)
        page.screenshot(path=SCREENSHOT, animations="disabled")


def test_a_follow_up_a_refusal_and_a_new_chat(page: Any, url: str) -> None:
    page.goto(url)
    ask(page, BLACK_SEA)
    page.locator("#cd-chat .cd-made").wait_for()
    ask(page, "When was it seized?")
    page.locator("#cd-chat .cd-short", has_text="2015").wait_for()
    ask(page, "Who won the 2022 World Cup?")
    refusal = page.locator("#cd-chat .cd-refusal")
    refusal.locator(".cd-made").wait_for()
    assert "The archive does not say." in refusal.inner_text()
    assert refusal.locator(".cd-reason").inner_text()
    refusal.locator("a.cd-nearest").first.click()
    page.locator("#source-3-1 blockquote").wait_for(state="visible")
    page.locator("#cd-chat a.cd-chip").first.click()
    page.locator("#source-1-1 mark").wait_for(state="visible")
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("heading", name="Ask the archive").wait_for()
    assert page.locator(".cd-source").count() == 0


@pytest.mark.parametrize(
    ("field", "typed", "shown"),
    [
        ("From", "2023-11-09", "2023-11-09"),
        ("To", "2023-11-07", "2023-11-07"),
        ("From", "soon", "'soon' is no calendar date"),
        ("As of", "2023-02-31", "'2023-02-31' is no calendar date"),
    ],
)
def test_dates_narrow_the_answer_and_a_bad_one_is_explained(
    page: Any, url: str, field: str, typed: str, shown: str
) -> None:
    page.goto(url)
    page.get_by_text("1 article, 8 Nov 2023").wait_for()
    page.get_by_label(f"{field}, as in 2023-11-08").fill(typed)
    ask(page, BLACK_SEA)
    page.locator("#cd-chat .cd-answer", has_text=shown).wait_for()
    assert page.locator("#cd-chat a.cd-chip").count() == 0, "no answer from outside the dates"


def test_a_question_that_is_too_long_gets_one_clear_line(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_text("1 article, 8 Nov 2023").wait_for()
    ask(page, "a" * 100_000)
    page.locator("#cd-chat .cd-problem").wait_for()
    assert "100,000" in page.locator("#cd-chat .cd-problem").inner_text()


def test_hostile_questions_and_articles_stay_text(page: Any, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    hostile = (
        "The <script>alert(1)</script> mayor of <b>Oslo</b> opened the **Harbour** bridge"
        " <img src=x onerror=alert(2)> on [Tuesday](javascript:alert(3)) ${alert(4)} {{alert(5)}} `now`."
    )
    article = {"title": "<img src=x onerror=alert(6)> {{#each}}", "date": "2024-01-02", "text": hostile}
    (folder / "a.jsonl").write_text(json.dumps(article))
    assert main(["index", str(folder), "--archive", str(tmp_path / "archive")]) == 0
    with serving(tmp_path / "archive") as address:
        page.goto(address)
        page.get_by_text("1 article, 2 Jan 2024").wait_for()
        ask(page, "Which bridge did the mayor of Oslo open <img src=x onerror=alert(7)> ${alert(8)}?")
        page.locator("#cd-chat .cd-made").wait_for()
        page.locator("#cd-chat a.cd-chip, #cd-chat a.cd-nearest").first.click()
        shown = page.locator(".cd-source blockquote").first
        shown.wait_for(state="visible")
        assert shown.inner_text() == hostile
        assert page.locator(".cd-source .cd-title").first.inner_text() == article["title"]
        assert page.locator("#cd-chat img, #cd-sources img, #cd-chat script, #cd-sources script").count() == 0


def test_an_llms_answer_streams_in_and_stops_at_once(page: Any, archive: Path) -> None:
    with SlowLLM() as llm, serving(archive, "--llm", llm.spec) as address:
        page.goto(address)
        page.get_by_text("1 article, 8 Nov 2023").wait_for()
        ask(page, BLACK_SEA)
        draft = page.locator("#cd-chat .cd-draft")
        draft.wait_for()
        page.fill("#cd-question textarea", "What next?")
        first = len(draft.inner_text())
        page.wait_for_function(
            "n => (document.querySelector('#cd-chat .cd-draft')?.innerText.length ?? 0) > n", arg=first
        )
        assert page.input_value("#cd-question textarea") == "What next?", "what is typed meanwhile stays"
        page.get_by_role("button", name="Stop").click()
        page.locator("#cd-chat .cd-note", has_text="Stopped.").wait_for()
        assert llm.left.wait(15), "the request to the LLM goes on after Stop"
        page.get_by_role("button", name="Ask", exact=True).wait_for()
        ask(page, "Who won the 2022 World Cup?")
        page.wait_for_function("document.querySelectorAll('#cd-chat .cd-answer').length === 2")
        page.wait_for_function("!document.querySelectorAll('#cd-chat .cd-answer')[1].matches('.cd-waiting')")


def test_the_page_fits_a_phone(browser: Any, url: str) -> None:
    context = browser.new_context(viewport={"width": 380, "height": 760})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(url)
    page.get_by_text("1 article, 8 Nov 2023").wait_for()
    ask(page, BLACK_SEA)
    page.locator("#cd-chat .cd-made").wait_for()
    page.locator("#cd-chat a.cd-chip").first.click()
    page.locator("#source-1-1 mark").wait_for(state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= 380, "nothing is cut off at the side"
    context.close()
