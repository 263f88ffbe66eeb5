"""Whatever a server does wrong: an answer and one clear line, in time, and nothing left behind."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import logging
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from index import Archive
from rag import Answer, Assistant, Turn
from rag.settings import load_settings
from tests.llm_server import LLMServer

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts sockets in /proc")

SECRET = "sk-very-secret-1234567890"
QUESTION = "What did Ukraine recapture in the Black Sea?"
PLATFORM = "Ukraine recaptured an oil and gas platform in the Black Sea. [1]"
LIMIT_S = 2.0
PATIENCE_S = 30.0
"""Far more than the limit, for a machine that is busy with other things; a hang would last for ever."""

FAULTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "hangs before the first token": ([{"hang": "headers"}], "did not answer within 2 s"),
    "hangs before the first token of an open stream": ([{"chunks": ["x"], "hang": 0}], "within 2 s"),
    "hangs in the middle": ([{"chunks": [f"{PLATFORM} The", "x"], "hang": 1}], "fell silent for 2 s"),
    "closes mid-stream": ([{"chunks": [f"{PLATFORM} The", "x"], "drop": 1}], "broke off"),
    "401": ([{"status": 401, "body": f'{{"error": {{"message": "bad key {SECRET}"}}}}'}], "OPENAI_API_KEY"),
    "429 then success": ([{"status": 429}, {"chunks": [PLATFORM]}], ""),
    "500": ([{"status": 500, "body": SECRET}], "HTTP 500"),
    "wrong content type": (
        [{"status": 200, "content_type": "text/html", "body": "<html>Sign in</html>"}],
        "text/html",
    ),
    "10 MB of words": ([{"chunks": ["la la la la " * 8000] * 110}], "20,000 characters"),
    "10 MB on one line": ([{"raw": "data: " + "x" * 10_000_000 + "\n\n"}], "cannot be read"),
    "10 MB that are no stream": (
        [{"status": 200, "content_type": "text/plain", "body": "x" * 10_000_000}],
        "text/plain",
    ),
    "invalid UTF-8": ([{"raw": "data: \xff\xfe\n\n"}], "cannot be read"),
    "invalid UTF-8 in a sentence": (
        [{"raw": 'data: {"choices": [{"index": 0, "delta": {"content": "caf\xe9"}}]}\n\n'}],
        "cannot be read",
    ),
}


@pytest.fixture
def desk(archive: Archive, server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    """One that has answered before, so that what a first answer starts for good is running."""
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_API_BASE", server.base)
    settings = load_settings(llm_timeout_s=LIMIT_S, llm_retry_wait_s=0.001)
    desk = Assistant.open(archive, llm="openai/scripted", settings=settings)
    server.script({"chunks": [PLATFORM]})
    desk.ask(QUESTION)
    assert server.seen()[0]["headers"]["authorization"] == f"Bearer {SECRET}", "the key is in use"
    return desk


def left_behind() -> tuple[set[threading.Thread], int]:
    """The threads, and how many sockets are open in this process."""
    gc.collect()
    sockets = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists the folder
            sockets += str(entry.readlink()).startswith("socket:")
    return set(threading.enumerate()), sockets


def assert_answered(answer: Answer) -> None:
    assert "platform" in answer.text and "Black Sea" in answer.citations[0].quote
    assert "\n" not in (answer.reason or "") and len(answer.reason or "") < 300


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_leaves_an_answer_and_nothing_else(
    desk: Assistant, server: LLMServer, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    steps, reason = FAULTS[fault]
    server.script(*steps)
    before = left_behind()
    caplog.set_level(logging.DEBUG)
    began = time.monotonic()
    answer = desk.ask(QUESTION)
    assert time.monotonic() - began < PATIENCE_S
    assert left_behind() == before
    assert_answered(answer)
    assert reason in (answer.reason or "") and (answer.reason is None) == (not reason)
    assert answer.model == ("extractive" if reason else "openai/scripted")
    shown = json.dumps(dataclasses.asdict(answer)) + repr((answer, desk, desk._llm)) + caplog.text
    assert SECRET not in shown


def test_nobody_listens(desk: Assistant, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound and not listening: refused for certain
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("OPENAI_API_BASE", f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        other = Assistant.open(archive, llm="openai/scripted", settings=load_settings(llm_timeout_s=LIMIT_S))
        before = left_behind()
        answer = other.ask(QUESTION)
        assert left_behind() == before
    assert_answered(answer)
    assert "cannot be reached" in (answer.reason or "")


def test_a_server_that_hangs_at_a_follow_up_costs_no_answer(desk: Assistant, server: LLMServer) -> None:
    server.script({"hang": "headers"}, {"chunks": [PLATFORM]})
    before = left_behind()
    turns = [Turn("What did Russia seize in 2015?", "The gas platform in the Black Sea.")]
    answer = desk.ask("Who recaptured it?", history=turns)
    assert answer.model == "openai/scripted" and answer.text == PLATFORM and left_behind() == before


def test_leaving_in_the_middle_leaves_nothing(desk: Assistant, server: LLMServer) -> None:
    server.script({"chunks": [f"{PLATFORM} The", "x"], "hang": 1})
    before = left_behind()
    stream = desk.stream(QUESTION)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert server.wait_until_gone() and left_behind() == before
