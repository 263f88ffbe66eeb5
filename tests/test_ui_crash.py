"""A server that is killed, or told to end, in the middle of its work: what its people find afterwards."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from eval.benchmarks.load import slow_llm
from index.archive import Archive
from index.derived import writer_lock
from index.errors import ArchiveLocked
from tests.llm_server import LLMServer
from tests.server_process import Running, serving
from ui.cli import main

PLATFORM = "What did Ukraine recapture in the Black Sea?"
SAID = "Ukraine announced that it has recaptured an oil and gas platform in the Black Sea. [1]"


@pytest.fixture
def folder(tmp_path: Path, seeds: Path) -> Path:
    with Archive.open(tmp_path / "archive") as made:
        made.sync(seeds)
    return tmp_path / "archive"


@contextmanager
def browsing(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as web:
        yield web


def conversation(web: httpx.Client) -> str:
    return str(web.post("/v1/conversations", json={}).json()["id"])


def exchanges(web: httpx.Client, key: str) -> list[dict[str, Any]]:
    return list(web.get(f"/v1/conversations/{key}").json()["exchanges"])


def events(web: httpx.Client, body: dict[str, Any], begun: threading.Event) -> list[tuple[str, Any]]:
    """All events of a streamed answer; ``begun`` is set at the first."""
    told: list[tuple[str, Any]] = []
    with web.stream("POST", "/v1/ask", json={**body, "stream": True}) as response:
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                told.append((kind, json.loads(value)))
                begun.set()
    return told


def ships(count: int) -> bytes:
    """A file of so many articles; each is some passages long."""
    texts = (f"Ship {n} left with {n} tonnes of grain. " + f"It rained at {n}. " * 60 for n in range(count))
    return "\n".join(json.dumps({"text": text}) for text in texts).encode()


def test_killed_while_it_answers_and_takes_an_upload_it_loses_the_unfinished_alone(
    folder: Path, server: LLMServer
) -> None:
    server.script({"chunks": [SAID + " ", "More", "."], "hang": 2})
    begun = threading.Event()
    with (
        serving(folder, llms=server.spec) as running,
        browsing(running) as web,
        ThreadPoolExecutor(2) as pool,
    ):
        done, broken = conversation(web), conversation(web)
        for key in (done, broken):
            assert web.post("/v1/ask", json={"question": PLATFORM, "conversation": key}).status_code == 200
        before = {key: exchanges(web, key) for key in (done, broken)}
        asked = {"question": "And when was it seized?", "conversation": broken, "llm": server.spec}
        streaming = pool.submit(events, web, asked, begun)
        assert begun.wait(60)
        sending = pool.submit(web.post, "/v1/articles/files", files={"file": ("ships.jsonl", ships(150))})
        wait_until_written(folder, sending)
        running.process.kill()
        for each in (streaming, sending):
            with pytest.raises(httpx.HTTPError):
                each.result(60)
    assert main(["check", "--archive", str(folder)]) == 0
    with serving(folder) as running, browsing(running) as web:
        listed = web.get("/v1/conversations").json()["conversations"]
        assert {(each["id"], each["exchanges"]) for each in listed} == {(done, 1), (broken, 2)}
        assert exchanges(web, done) == before[done]
        first, second = exchanges(web, broken)
        assert [first] == before[broken]
        assert second["question"] == "And when was it seized?"
        assert (second["state"], second["answer"]) == ("interrupted", None)
        assert web.post("/v1/ask", json={"question": PLATFORM, "conversation": broken}).json()["short"]
        assert [each["state"] for each in exchanges(web, broken)] == ["answered", "interrupted", "answered"]
        sent = web.post("/v1/articles/files", files={"file": ("ships.jsonl", ships(3))})
        (report,) = sent.json()["files"]
        assert (report["added"] + report["unchanged"], report["problems"]) == (3, [])
    assert main(["check", "--archive", str(folder)]) == 0


def wait_until_written(folder: Path, sending: Future[Any]) -> None:
    """Until another process holds the archive's writer's lock."""
    while not sending.done():
        try:
            with writer_lock(folder):
                pass
        except ArchiveLocked:
            return
    pytest.fail(f"the upload was over before it could be broken off: {sending.result()}")


def test_told_to_end_it_lets_answers_finish_or_says_why_not_within_ten_seconds(
    folder: Path, server: LLMServer
) -> None:
    server.script({"chunks": [SAID + " ", "More", "."], "hang": 2})
    with slow_llm.running(0.1) as slow, ThreadPoolExecutor(6) as pool:
        specs = [server.spec, f"{slow}#slow"]
        with serving(folder, llms=",".join(specs)) as running, browsing(running) as web:
            keys = [conversation(web) for _ in range(6)]
            streaming = []
            for number, key in enumerate(keys):
                begun = threading.Event()
                asked = {"question": PLATFORM, "conversation": key, "llm": specs[number % 2]}
                streaming.append(pool.submit(events, web, asked, begun))
                if number % 2 == 0:
                    assert begun.wait(60)
            running.process.send_signal(signal.SIGTERM)
            told = time.monotonic()
            ends = [each.result(20)[-1] for each in streaming]
            assert running.process.wait(20) == 0
            assert time.monotonic() - told < 10
    assert [name for name, _ in ends[::2]] == ["problem"] * 3
    assert all("stopping" in problem["detail"] for _, problem in ends[::2])
    assert {name for name, _ in ends[1::2]} <= {"answer", "problem"}
    assert [name for name, _ in ends[1::2]].count("answer") >= 1, "who is nearly done may finish"
    with serving(folder) as running, browsing(running) as web:
        for (name, content), key in zip(ends, keys, strict=True):
            (kept,) = exchanges(web, key)
            if name == "answer":
                assert (kept["state"], kept["id"]) == ("answered", content["exchange"])
            else:
                assert kept["state"] in ("stopped", "interrupted", "failed") and kept["answer"] is None
