"""The API of a real server: OpenAI's own client, events, clients that leave, the server's end."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from index.archive import Archive
from rag.answer import NO_ANSWER
from tests.llm_server import LLMServer
from tests.server_process import Running, serving
from ui.people import LOCAL
from ui.service import STORE
from ui.store.conversations import Conversations
from ui.store.schema import open_store

PLATFORM = "What did Ukraine recapture in the Black Sea?"
SAID = "Ukraine announced that it has recaptured an oil and gas platform in the Black Sea. [1]"


@pytest.fixture(scope="module")
def llm() -> Iterator[LLMServer]:
    with LLMServer() as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, seeds: Path, llm: LLMServer) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server") / "archive"
    with Archive.open(folder) as made:
        made.sync(seeds)
    with serving(folder, llms=llm.spec, llm_timeout_s="20") as server:
        yield server


@pytest.fixture(scope="module")
def web(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[openai.OpenAI]:
    with (
        httpx.Client(trust_env=False) as http,
        openai.OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0, http_client=http) as made,
    ):
        yield made


def text_of(seeds: Path) -> str:
    return next(seeds.glob("*.txt")).read_text(encoding="utf-8")


def cites_exactly(answer: dict[str, Any], text: str) -> bool:
    return bool(answer["citations"]) and all(
        text[each["start"] : each["end"]] == each["quote"] for each in answer["citations"]
    )


def test_openais_client_gets_an_answer_with_its_citations(client: openai.OpenAI, seeds: Path) -> None:
    assert [model.id for model in client.models.list()][:2] == ["citedesk", "extractive"]
    made = client.chat.completions.create(
        model="citedesk",
        messages=[{"role": "user", "content": PLATFORM}],
        extra_body={"citedesk": {"as_of": "2023-11-08"}},
        temperature=0.3,
    )
    assert "[1]" in (made.choices[0].message.content or "")
    answer = made.model_extra["citedesk"]  # type: ignore[index]
    assert answer["short"] == "oil and gas platform" and cites_exactly(answer, text_of(seeds))


def test_openais_client_gets_a_streamed_answer_with_its_citations(client: openai.OpenAI, seeds: Path) -> None:
    said, answer = "", None
    with client.chat.completions.create(
        model="citedesk",
        messages=[
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": PLATFORM},
            {"role": "assistant", "content": "A platform. [1]"},
            {"role": "user", "content": [{"type": "text", "text": "When was it seized?"}]},
        ],
        stream=True,
        stream_options={"include_usage": True},
    ) as chunks:
        for chunk in chunks:
            if chunk.choices:
                said += chunk.choices[0].delta.content or ""
            answer = (chunk.model_extra or {}).get("citedesk") or answer
    assert answer and answer["short"] == "2015" and answer["text"] == said
    assert cites_exactly(answer, text_of(seeds))
    assert chunk.usage and chunk.usage.total_tokens == 0


def test_openais_client_understands_what_goes_wrong(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="there is no model 'gpt-5'"):
        client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "q"}])
    with pytest.raises(openai.BadRequestError, match="end with one of the user"):
        client.chat.completions.create(model="citedesk", messages=[{"role": "assistant", "content": "q"}])
    with pytest.raises(openai.APIError, match="no calendar date"):
        for _ in client.chat.completions.create(
            model="citedesk",
            messages=[{"role": "user", "content": "q"}],
            stream=True,
            extra_body={"citedesk": {"as_of": "soon"}},
        ):
            pass


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize(
    ("body", "accept"), [({"stream": True}, "*/*"), ({}, "text/event-stream, application/json")]
)
def test_events_bring_drafts_then_the_whole_answer(
    web: httpx.Client, seeds: Path, body: dict[str, Any], accept: str
) -> None:
    asked = {"question": PLATFORM, **body}
    with web.stream("POST", "/v1/ask", json=asked, headers={"accept": accept}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        *drafts, (name, answer) = list(events_of(response.iter_lines()))
    assert drafts and {event for event, _ in drafts} == {"draft"}
    assert name == "answer" and answer["text"].startswith(drafts[0][1]["text"])
    assert cites_exactly(answer, text_of(seeds))


def test_events_end_with_the_problem_if_there_is_one(web: httpx.Client) -> None:
    asked = {"question": "q", "as_of": "soon", "stream": True}
    with web.stream("POST", "/v1/ask", json=asked) as response:
        ((name, problem),) = events_of(response.iter_lines())
    assert (name, problem["status"], problem["type"]) == ("problem", 400, "urn:citedesk:problem:bad-date")


CHATTY = {"chunks": [SAID + " "], "drip": 0.2, "says": "Platform {n} was seized in 2015. [1] "}
SILENT = {"chunks": [SAID + " ", "More", "."], "hang": 2}


@pytest.mark.parametrize(
    ("script", "stream"), [(CHATTY, True), (CHATTY, False), (SILENT, True), (SILENT, False)]
)
def test_a_client_that_leaves_stops_the_llm(
    web: httpx.Client, running: Running, llm: LLMServer, script: dict[str, Any], stream: bool
) -> None:
    llm.script(script)
    key = web.post("/v1/conversations", json={}).json()["id"]
    asked = {"question": PLATFORM, "llm": llm.spec, "conversation": key, "stream": stream}
    content = json.dumps(asked).encode()
    head = (
        f"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as leaving:
        leaving.sendall(head.encode() + content)
        while not llm.seen():  # the LLM has been asked
            pass
        if stream:
            assert leaving.recv(1)
    assert any(llm.wait_until_gone() for _ in range(4)), (
        "the first answer loads its models, on a busy machine"
    )
    state = ""
    while state in ("", "running"):
        ((kept),) = web.get(f"/v1/conversations/{key}").json()["exchanges"]
        state = kept["state"]
    assert state == "stopped"


@pytest.mark.parametrize("path", ["/v1/articles/files", "/v1/articles", "/v1/ask"])
def test_two_hundred_megabytes_are_refused_at_once(running: Running, path: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 200000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as sending:
        sending.sendall(head.encode())
        answer = sending.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ") and b"application/problem+json" in answer


def test_a_client_that_sends_far_too_much_comes_to_read_why(web: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"a" * 1_000_000

    response = web.post("/v1/ask", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413 and "1,000,000 bytes" in response.json()["detail"]


def test_what_the_api_does_not_know_does_not_fall_through_to_the_page(web: httpx.Client) -> None:
    for path in ("/v1", "/v1/nosuch", "/v1/ask/", "/v1/conversations/a/b"):
        assert web.get(path).json()["status"] == 404
    refused = web.put("/v1/conversations/" + "0" * 32)
    assert refused.status_code == 405
    assert refused.headers["allow"] == "DELETE, GET, PATCH" and "PATCH" in refused.json()["detail"]
    assert web.post("/healthz").status_code == 405
    assert "citedesk" in web.get("/").text


def test_figures_count_requests_and_answers_by_route(web: httpx.Client) -> None:
    web.post("/v1/ask", json={"question": "Who won the chess cup in Reykjavik?"})
    text = web.get("/metrics").text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(figures['citedesk_requests_total{method="POST",route="/v1/ask",status="200"}']) >= 1
    assert float(figures["citedesk_answer_seconds_count"]) >= 1
    assert float(figures["citedesk_articles"]) == 1 and float(figures["citedesk_answers_running"]) == 0
    assert "chess" not in text


def test_the_end_of_the_server_waits_ten_seconds_at_most_and_says_why(
    tmp_path: Path, seeds: Path, llm: LLMServer
) -> None:
    with Archive.open(tmp_path / "archive") as made:
        made.sync(seeds)
    llm.script({"chunks": [SAID + " ", "More", "."], "hang": 2})
    with (
        serving(tmp_path / "archive", llms=llm.spec, log_format="json") as server,
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as web,
    ):
        key = web.post("/v1/conversations", json={}).json()["id"]
        asked = {"question": PLATFORM, "llm": llm.spec, "conversation": key, "stream": True}
        with web.stream("POST", "/v1/ask", json=asked) as response:
            events = events_of(response.iter_lines())
            next(events)
            server.process.send_signal(signal.SIGTERM)
            told = time.monotonic()
            *_, (name, problem) = events
        assert (name, problem["status"]) == ("problem", 503) and "stopping" in problem["detail"]
        server.process.wait(timeout=10)
        assert time.monotonic() - told < 10
    (kept,) = Conversations(open_store(tmp_path / "archive" / STORE)).exchanges(LOCAL.name, key)
    assert kept.question == PLATFORM and kept.state in (
        "stopped",
        "running",
    )  # the latter: interrupted at restart


def test_a_question_that_nothing_answers_is_refused_with_a_status_of_200(web: httpx.Client) -> None:
    answer = web.post("/v1/ask", json={"question": "Who won the chess cup in Reykjavik?"}).json()
    assert answer["abstained"] and answer["text"] == NO_ANSWER and answer["passages"]
