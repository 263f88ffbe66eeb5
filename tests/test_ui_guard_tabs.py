"""Gradio behind the guard: no path is open by accident, and nobody reads or writes in somebody else's tab."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.conftest import ROOT
from tests.guarded import client_of, service_of
from ui.guard.refusal import Refusal
from ui.guard.tabs import GRADIO, OPEN_PATHS, Tabs, is_closed
from ui.guard.visitors import COOKIE

AT_ROOT = {
    "/",
    "/assets/{path:path}",
    "/config",  # the page as JSON, which it also holds itself
    "/favicon.ico",
    "/manifest.json",
    "/monitoring",  # these three say that they are off
    "/monitoring/summary",
    "/monitoring/{key}",
    "/pwa_icon",
    "/pwa_icon/{size}",
    "/robots.txt",
    "/static/{path:path}",
    "/svelte/{path:path}",
    "/theme.css",
}
"""What Gradio serves to everybody whom the guard lets in, beside its API."""
ASIDE = {"/login", "/logout", "/openapi.json"}  # the guard or the API is asked first
LISTING = """
import json
from fastapi import FastAPI
from starlette.routing import Mount
from tests.fake_desk import FakeDesk, service_of
from ui.app import mount_page
from ui.examples import Examples

mount_page(web := FastAPI(), service_of(FakeDesk()), Examples(lambda: ()))
page = next(route.app for route in reversed(web.routes) if isinstance(route, Mount))
found = []
for route in page.routes:
    found += [r.path for r in getattr(route, "effective_route_contexts", lambda: [route])()]
print(json.dumps(found))
"""
ANN, BOB = {"cookie": f"{COOKIE}={'a' * 43}"}, {"cookie": f"{COOKIE}={'b' * 43}"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return client_of(service_of(tmp_path))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "queue/data?session_hash=tab1", None),
        ("GET", "queue/data?session_hash=other&session_hash=tab1", None),
        ("GET", "heartbeat/tab1", None),
        ("GET", "upload_progress?upload_id=1&session_hash=tab1", None),
        ("POST", "queue/join", {"data": [], "fn_index": 0, "session_hash": "tab1"}),
        ("POST", "queue/join?", {"session_hash": "tab1"}),
        ("POST", "run/predict", {"data": [], "fn_index": 0, "session_hash": "tab1"}),
        ("POST", "cancel", {"session_hash": "tab1", "fn_index": 0, "event_id": "e"}),
    ],
)
def test_nobody_reads_or_writes_in_a_tab_of_somebody_else(
    client: TestClient, method: str, path: str, body: Any
) -> None:
    for tab in ("tab1", "other"):
        client.get(GRADIO + "heartbeat/" + tab, headers=ANN)
    assert client.request(method, GRADIO + path, json=body, headers=BOB).status_code == 403
    assert client.request(method, GRADIO + path, json=body, headers=ANN).status_code == 404, "let through"


def test_a_browser_that_keeps_no_cookies_may_use_its_tab_and_no_other(client: TestClient) -> None:
    bare = {"sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"}

    def joined(tab: str) -> int:
        client.cookies.clear()
        return client.post(GRADIO + "queue/join", json={"session_hash": tab}, headers=bare).status_code

    client.get(GRADIO + "heartbeat/anns", headers=ANN)
    assert [joined("own"), joined("own"), joined("anns")] == [404, 404, 403]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 200_000, b'{"session_hash": "' + b"a" * 101 + b'"}'])
def test_what_the_page_does_not_send_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post(GRADIO + "queue/join", content=body, headers=ANN).status_code == 400


def test_a_body_that_was_looked_at_reaches_the_page_whole(tmp_path: Path) -> None:
    app = FastAPI()

    @app.post(GRADIO + "queue/join")
    def join(body: dict[str, Any]) -> dict[str, Any]:
        return body

    sent = {"session_hash": "tab1", "data": ["é" * 1000]}
    client = client_of(service_of(tmp_path), app=app)
    assert client.post(GRADIO + "queue/join", json=sent, headers=ANN).json() == sent


def test_only_so_many_tabs_are_remembered_and_those_in_use_the_longest() -> None:
    tabs = Tabs(most=2)
    for tab in ("one", "two", "one", "three"):
        tabs.enter(tab, "ann")
    tabs.enter("two", "bob")
    with pytest.raises(Refusal):
        tabs.enter("three", "bob")


def test_every_path_of_gradio_is_open_on_purpose() -> None:
    """In a process of its own: Gradio leaves event loops behind."""
    done = subprocess.run(
        [sys.executable, "-c", LISTING], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    paths = {path.rstrip("/") or "/" for path in json.loads(done.stdout.splitlines()[-1])}
    at_api = {path for path in paths if path.startswith(GRADIO)}
    assert {path for path in at_api if not is_closed(path.replace("{api_name}", "predict"))} == {
        *(path for path in OPEN_PATHS if not path.endswith("/predict")),
        GRADIO + "run/{api_name}",
        GRADIO + "heartbeat/{session_hash}",
    }
    assert paths - at_api - ASIDE == AT_ROOT
