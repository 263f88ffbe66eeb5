"""The guard around a real server process: slow clients, and a real browser on a page that is locked down."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import indexed
from tests.server_process import ending_well
from ui.store.people import People
from ui.store.schema import open_store

PASSWORD = "correct horse battery"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BLACK_SEA = "What did Ukraine recapture in the Black Sea?"
IMPATIENT = """
import sys
from ui.guard import bodies, patience
patience.HEAD_S, patience.REST_S, bodies.PATIENCE_S = 1.5, 0.5, 0.5
from ui.cli import main
sys.exit(main())
"""
EVIL_FORM = """<form method="post" action="{to}"><input name="question" value="q"></form>
<script>document.forms[0].submit()</script>"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    path = indexed(tmp_path_factory.mktemp("guard"), seeds)
    People(open_store(path / "conversations.sqlite3")).add("ann", PASSWORD, "editor")
    return path


@pytest.fixture(scope="module")
def log(archive: Path) -> Path:
    return archive.parent / "log"


@pytest.fixture(scope="module")
def address(archive: Path, log: Path) -> Iterator[str]:
    impatient = [sys.executable, "-c", IMPATIENT]
    with ending_well(archive, command=impatient, out=log, auth="true", log_format="json") as found:
        yield found


def talk(address: str, first: bytes, drip: bytes, every_s: float = 0.1) -> bytes:
    """What a server says, until it hangs up, to one who sends a little every now and then."""
    host, _, port = address.removeprefix("http://").partition(":")
    said = b""
    with socket.create_connection((host, int(port)), timeout=every_s) as line:
        line.sendall(first)
        for _ in range(round(20 / every_s)):
            try:
                part = line.recv(65_536)
            except TimeoutError:
                part = None
            except OSError:
                return said
            if part == b"":
                return said
            said += part or b""
            try:
                line.sendall(drip)
            except OSError:
                return said
    pytest.fail("the server still listens after 20 s")


SLOW = {
    "silent": (b"", b"", b"408"),
    "header": (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-A: b\r\n", b"408"),
    "request line": (b"GET /", b"a", b"408"),
    "form": (b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n", b"a", b"408"),
    "unwanted body": (
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n",
        b"a",
        b"401",
    ),
    "after an answer": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"a", b"200"),
    "200 MB": (
        b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000000\r\n\r\n",
        b"a" * 1000,
        b"401",
    ),
}


def test_a_client_that_is_slower_than_any_person_is_cut_off(address: str) -> None:
    with ThreadPoolExecutor(len(SLOW)) as at_once:
        talks = {kind: at_once.submit(talk, address, first, drip) for kind, (first, drip, _) in SLOW.items()}
    said = {kind: talk.result()[:12] for kind, talk in talks.items()}
    assert said == {kind: b"HTTP/1.1 " + says for kind, (_, _, says) in SLOW.items()}


class Elsewhere:
    """A site of somebody else, whose page sends a form to the server at once."""

    def __init__(self, to: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(EVIL_FORM.format(to=to).encode())

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Elsewhere:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
        )
        yield started
        started.close()


class Watched:
    """A page, what it complains of, and whom else it asks."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.faults: list[str] = []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda r: self._asked(r.url, address))

    def _asked(self, url: str, address: str) -> None:
        if not url.startswith((f"{address}/", "data:", f"blob:{address}/")):
            self.faults.append(f"asked {url}")

    def log_in(self, name: str, password: str) -> None:
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()


@pytest.mark.browser
def test_the_page_works_as_locked_down_as_it_is(browser: Any, address: str, log: Path) -> None:
    watched = Watched(browser, address)
    page = watched.page
    page.goto(f"{address}/")
    assert page.url == f"{address}/login?next=%2F"
    watched.log_in("ann", PASSWORD)
    page.get_by_label("Question").fill(BLACK_SEA)
    page.get_by_label("Question").press("Enter")
    page.get_by_text("oil and gas platform").first.wait_for()
    assert page.evaluate("document.cookie") == "", "no script can read who is logged in"
    assert watched.faults == []
    page.evaluate(
        """document.body.insertAdjacentHTML("beforeend", '<img src=x: onerror="window.owned = 1">')"""
    )
    page.wait_for_function("[...document.images].every(image => image.complete)")
    assert page.evaluate("window.owned") is None, "a handler that was smuggled in does not run"
    page.goto(f"{address}/logout")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    assert page.goto(f"{address}/config").status == 200 and "/login?next=" in page.url
    watched.context.close()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"visitor:", "ann"} & {line.get("person") for line in lines} == {"ann"}
    assert "Black Sea" not in log.read_text()


@pytest.mark.browser
def test_a_form_of_another_site_is_refused_even_with_a_cookie(browser: Any, address: str) -> None:
    watched = Watched(browser, address)
    page = watched.page
    page.goto(f"{address}/login")
    watched.log_in("ann", PASSWORD)
    page.wait_for_url(f"{address}/")
    for path in ("/logout", "/v1/articles", "/gradio_api/upload"):
        with Elsewhere(address + path) as evil, page.expect_response(address + path) as answer:
            page.goto(evil.address)
        assert answer.value.status == 403
        assert "another site" in answer.value.json()["detail"]
    assert page.goto(f"{address}/").status == 200 and page.url == f"{address}/", "still logged in"
    watched.context.close()


@pytest.mark.browser
def test_a_name_that_was_pointed_here_is_not_answered(browser: Any, address: str) -> None:
    page = browser.new_page()
    rebound = address.replace("127.0.0.1", "rebound.example")
    assert page.goto(f"{rebound}/login").status == 421
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_fits_a_phone_and_a_screen_reader(browser: Any, address: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    watched = Watched(browser, address, viewport={"width": 380, "height": 700}, color_scheme=scheme)
    page = watched.page
    page.goto(f"{address}/login")
    page.locator("#name:focus").wait_for()
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Name").input_value() == "ann"
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    if shots := os.environ.get("GUARD_SHOTS"):
        page.screenshot(path=f"{shots}/login-{scheme}.png")
    report = Axe().run(page)
    serious = [found for found in report.response["violations"] if found["impact"] in ("serious", "critical")]
    assert serious == []
    watched.context.close()
