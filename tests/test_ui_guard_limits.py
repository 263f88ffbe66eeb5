"""Limits and logs: how much, how often and how slowly one may send, and what is written down of it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from uvicorn.server import ServerState

from rag.settings import Settings
from tests.guarded import ARTICLE, PASSWORD, client_of, service_of, small_app
from ui.guard import Guard, bodies, patience
from ui.logs import LineFormatter, logging_for
from ui.people import Person

QUESTION = "Who stole the mayor's files?"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return client_of(service_of(tmp_path, max_request_mb=0.001, max_upload_mb=0.005))


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/v1/ask", 1000, 200),
        ("/v1/ask", 1001, 413),
        ("/gradio_api/queue/join", 1001, 413),
        ("/nosuch", 1001, 413),
        ("/v1/articles", 5000, 200),
        ("/v1/articles", 5001, 413),
        ("/gradio_api/upload", 5000, 200),
        ("/gradio_api/upload", 5001, 413),
    ],
)
def test_a_request_has_a_size_and_an_upload_a_larger_one(
    client: TestClient, path: str, size: int, status: int
) -> None:
    answer = client.post(path, content=b"a" * size)
    assert answer.status_code == status
    if status == 413:
        assert f"{size - 1:,} bytes" in answer.json()["detail"]
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_body_of_unknown_length_is_cut_where_it_becomes_too_large(client: TestClient) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2_000):
            sent += 1
            yield b"a" * 100

    assert client.post("/v1/ask", content=endless()).status_code == 413


def scope_of(path: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "scheme": "http", "root_path": "",
        "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), **changes,
    }  # fmt: skip


def test_a_body_that_trickles_in_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_S", 0.2)
    said: list[Any] = []

    async def trickle() -> Any:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def send(message: Any) -> None:
        said.append(message)

    guard = Guard(small_app(), service_of(tmp_path))
    asyncio.run(asyncio.wait_for(guard(scope_of("/v1/ask"), trickle, send), 5))
    assert [message.get("status") for message in said] == [408, None]
    assert (b"connection", b"close") in said[0]["headers"]


def test_one_who_does_not_read_the_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STALLED_S", 0.2)

    async def scene() -> None:
        left = asyncio.Event()

        async def pouring(scope: Any, receive: Any, send: Any) -> None:
            assert (await receive())["type"] == "http.request"
            await send({"type": "http.response.start", "status": 200})
            for _ in range(1_000):
                await send({"type": "http.response.body", "body": b"a" * 100_000, "more_body": True})
            assert (await receive())["type"] == "http.disconnect"
            left.set()

        config = uvicorn.Config(
            pouring, http=patience.PatientProtocol, ws="none", lifespan="off", log_config=None
        )
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: patience.PatientProtocol(config, state, {}), "127.0.0.1", 0
        )
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.wait_for(left.wait(), 10)
        writer.close()
        server.close()

    asyncio.run(scene())


def test_a_person_may_ask_so_often_and_then_waits_while_others_go_on(tmp_path: Path) -> None:
    service = service_of(tmp_path, auth=True, rate_per_minute=3)
    assert service.people
    keys = []
    for name in ("ann", "bob"):
        service.people.add(name, PASSWORD)
        keys.append({"authorization": f"Bearer {service.people.new_key(name)}"})
    client = client_of(service)
    seen = [client.post("/v1/ask", headers=keys[0]).status_code for _ in range(4)]
    assert seen == [200, 200, 200, 429]
    late = client.get("/v1/me", headers=keys[0])
    assert 0 < int(late.headers["retry-after"]) <= 60
    assert late.headers["content-type"] == "application/problem+json"
    assert client.get("/", headers=keys[0]).status_code == 200, "looking at the page costs nothing"
    assert client.post("/v1/ask", headers=keys[1]).status_code == 200


def test_without_users_another_cookie_does_not_buy_more(tmp_path: Path) -> None:
    service = service_of(tmp_path, rate_per_minute=2, host="0.0.0.0")
    one, other = client_of(service, "10.0.0.1"), client_of(service, "10.0.0.2")
    seen = []
    for letter in "abc":
        cookie = {"cookie": "citedesk_visitor=" + letter * 43}
        seen.append(one.post("/v1/ask", headers=cookie).status_code)
    assert seen == [200, 200, 429]
    assert other.post("/v1/ask").status_code == 200


def test_strangers_cannot_knock_without_end(tmp_path: Path) -> None:
    service = service_of(tmp_path, auth=True, rate_per_minute=2)
    assert service.people
    service.people.add("ann", PASSWORD)
    client = client_of(service)
    assert [client.get("/v1/me").status_code for _ in range(3)] == [401, 401, 429]


def lines_of(caplog: pytest.LogCaptureFixture, style: str = "json") -> list[str]:
    return [LineFormatter(style).format(record) for record in caplog.records if record.name == "citedesk"]


def test_a_request_is_one_line_with_who_what_and_how_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "citedesk")
    answer = client_of(service_of(tmp_path)).get("/v1/me")
    (line,) = lines_of(caplog)
    said = json.loads(line)
    assert said["request_id"] == answer.headers["x-request-id"] == answer.json()["request_id"]
    assert (said["method"], said["route"], said["status"], said["person"]) == ("GET", "/v1/me", 200, "local")
    assert isinstance(said["ms"], int) and said["time"].endswith("Z")


def test_a_request_id_is_ours_alone(tmp_path: Path) -> None:
    client = client_of(service_of(tmp_path))
    given = client.get("/whoami", headers={"x-request-id": "forged"}).headers["x-request-id"]
    assert given != "forged" and given != client.get("/whoami").headers["x-request-id"]


@pytest.mark.parametrize("style", ["text", "json"])
def test_nothing_a_client_sends_begins_another_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, style: str
) -> None:
    caplog.set_level(logging.INFO, "citedesk")
    client = client_of(service_of(tmp_path))
    client.get("/a%0A2026-01-01 INFO request person=ann%0D%1B[2J%C2%85%E2%80%A8" + "a" * 5000)
    (line,) = lines_of(caplog, style)
    assert len(line.splitlines()) == 1 and "\x1b" not in line
    assert len(line) < 1000


@pytest.mark.parametrize("style", ["text", "json"])
def test_neither_questions_nor_articles_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, style: str
) -> None:
    caplog.set_level(logging.INFO, "citedesk")
    service = service_of(tmp_path)
    client = client_of(service)
    client.get("/v1/me", params={"q": QUESTION})
    client.post("/v1/ask", json={"question": QUESTION})
    client.get("/articles/7")
    key = service.conversations.create("ann").id
    service.begin(Person("ann", "reader"), key, QUESTION, {})
    lines = "\n".join(lines_of(caplog, style))
    assert "mayor" not in lines and "status=500" in lines.replace('"status": 500', "status=500")


def test_questions_are_logged_where_the_operator_wants_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "citedesk")
    service = service_of(tmp_path, log_content=True)
    service.begin(Person("ann", "reader"), service.conversations.create("ann").id, QUESTION + "\nx", {})
    (line,) = lines_of(caplog)
    assert json.loads(line)["question"] == QUESTION + "\nx"


def test_a_fault_is_one_line_too_with_its_request_and_without_what_it_was_about() -> None:
    try:
        raise ValueError(f"cannot read {ARTICLE}\nINFO request person=ann")
    except ValueError as error:
        record = logging.LogRecord(
            "uvicorn.error", logging.ERROR, "", 1, "broken", (), (type(error), error, error.__traceback__)
        )
    for style in ("text", "json"):
        line = LineFormatter(style).format(record)
        assert len(line.splitlines()) == 1 and "ValueError" in line and "test_ui_guard_limits" in line
        assert "mayor" not in line
        assert "mayor" in LineFormatter(style, content=True).format(record)


def test_no_log_unless_asked_for() -> None:
    assert logging_for(Settings()) is None
    wanted = logging_for(Settings(log_format="json"))
    assert wanted and wanted["handlers"]["out"]["stream"] == "ext://sys.stdout"
