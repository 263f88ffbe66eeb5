"""``anthropic/MODEL`` against a real server process that speaks the Messages protocol."""

from __future__ import annotations

import importlib.metadata
import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from index import Archive
from index.errors import BadSetting, LLMError
from rag import Assistant
from rag.llms import LLM, load_llm
from rag.settings import load_settings
from tests.llm_server import LLMServer

SECRET = "sk-ant-very-secret-1234567890"
RAIN = {"chunks": ["It rain", "ed. ", "[", "1]"]}

needs_extra = pytest.mark.skipif(
    not any(d.name == "llama-index-llms-anthropic" for d in importlib.metadata.distributions()),
    reason="the extra is not installed: pip install 'citedesk[anthropic]'",
)


@pytest.fixture(autouse=True)
def _account(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{server.port}")


def claude(timeout_s: float = 10.0) -> LLM:
    loaded = load_llm("anthropic/scripted", load_settings(llm_timeout_s=timeout_s, llm_retry_wait_s=0.001))
    assert loaded is not None
    return loaded


def failure(server: LLMServer, *steps: dict[str, Any], timeout_s: float = 10.0) -> tuple[str, str]:
    """What was streamed before the error, and the error."""
    server.script(*steps)
    said: list[str] = []
    with pytest.raises(LLMError) as caught:
        for piece in claude(timeout_s).stream("s", "u"):
            said.append(piece)  # noqa: PERF402 - what came before the error counts
    message = str(caught.value)
    assert "\n" not in message and len(message) < 200 and str(server.port) in message
    assert SECRET not in message and caught.value.__cause__ is None
    return "".join(said), message


def test_without_a_key_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(BadSetting, match="ANTHROPIC_API_KEY"):
        claude()


def test_without_the_extra_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("rag.llms.version", missing)
    with pytest.raises(BadSetting, match=r"pip install 'citedesk\[anthropic\]'"):
        claude()


@needs_extra
def test_streams_word_by_word(server: LLMServer) -> None:
    server.script(RAIN)
    assert list(claude().stream("be short", "did it rain?")) == ["It rain", "ed. ", "[", "1]"]
    request = server.seen()[0]
    assert request["path"] == "/v1/messages" and request["body"]["stream"] is True
    assert "be short" in str(request["body"]["system"])
    assert "did it rain?" in str(request["body"]["messages"])


@needs_extra
def test_only_the_question_and_the_key_are_sent(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another-secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.script(RAIN)
    list(claude().stream("s", "u"))
    headers = server.seen()[0]["headers"]
    assert headers["x-api-key"] == SECRET and headers["user-agent"] == "citedesk"
    assert not {name for name in headers if name.startswith("x-stainless")}
    assert "another-secret" not in str(server.seen())


@needs_extra
@pytest.mark.parametrize("code", [429, 500, 529])
def test_busy_then_well(server: LLMServer, code: int) -> None:
    server.script({"status": code}, {"status": code, "headers": {"Retry-After": "0"}}, RAIN)
    assert "".join(claude().stream("s", "u")) == "It rained. [1]"
    assert len(server.seen()) == 3


OVERLOADED = (
    'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}\n\n'
)


@needs_extra
def test_overloaded_in_the_stream_is_retried_before_the_first_word(server: LLMServer) -> None:
    server.script({"raw": OVERLOADED}, RAIN)
    assert "".join(claude().stream("s", "u")) == "It rained. [1]"


@needs_extra
@pytest.mark.parametrize(
    ("step", "requests", "reason"),
    [
        ({"status": 429}, 3, "429"),
        ({"status": 529}, 3, "529"),
        ({"status": 429, "headers": {"Retry-After": "3600"}}, 1, "429"),
        ({"status": 401, "body": f'{{"error": {{"message": "{SECRET}"}}}}'}, 1, "ANTHROPIC_API_KEY"),
        ({"status": 404}, 1, "scripted"),
        ({"status": 307, "headers": {"Location": "/v1/elsewhere"}}, 1, "307"),
        ({"chunks": []}, 1, "empty"),
        ({"status": 200, "content_type": "text/html", "body": "<html>Sign in</html>"}, 1, "text/html"),
        ({"raw": "event: message_start\ndata: {broken\n\n"}, 1, "cannot be read"),
        ({"raw": 'event: message_start\ndata: "\xff\xfe\n\n'}, 1, "cannot be read"),
        ({"raw": 'event: error\ndata: {"error": "api_error"}\n\n'}, 1, "reported an error"),
        ({"chunks": ["x"], "drop": 0}, 1, "broke off"),
    ],
)
def test_each_fault_is_one_line(server: LLMServer, step: dict[str, Any], requests: int, reason: str) -> None:
    said, message = failure(server, step)
    assert said == "" and reason in message and len(server.seen()) == requests


@needs_extra
@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"chunks": ["It rained. ", "x"], "drop": 1}, "broke off"),
        ({"chunks": ["It rained. "], "finish": False}, "broke off"),
        ({"chunks": ["It rained. ", "x"], "hang": 1}, "fell silent"),
    ],
)
def test_a_reply_that_ends_too_soon(server: LLMServer, step: dict[str, Any], reason: str) -> None:
    said, message = failure(server, step, timeout_s=1.5)
    assert said == "It rained. " and reason in message


@needs_extra
@pytest.mark.parametrize("step", [{"hang": "headers"}, {"chunks": [], "drip": 0.05}])
def test_silence_is_not_waited_for(server: LLMServer, step: dict[str, Any]) -> None:
    began = time.monotonic()
    assert "within 0.7 s" in failure(server, step, timeout_s=0.7)[1]
    assert time.monotonic() - began < 10 and server.wait_until_gone()


@needs_extra
def test_closing_the_iterator_closes_the_connection(server: LLMServer) -> None:
    server.script({"chunks": ["It rained. ", "x"], "hang": 1})
    before = threading.active_count()
    words = claude(60).stream("s", "u")
    assert next(words) == "It rained. "
    words.close()  # type: ignore[attr-defined]
    assert server.wait_until_gone() and threading.active_count() == before


@needs_extra
def test_the_key_is_shown_nowhere(
    server: LLMServer, seeds: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script({"status": 401, "body": f'{{"error": {{"message": "bad {SECRET}"}}}}'})
    with Archive.open(tmp_path / "archive") as archive:
        archive.sync(seeds)
        desk = Assistant.open(archive, llm=claude())
        answer = desk.ask("What did Ukraine recapture in the Black Sea?")
    assert "ANTHROPIC_API_KEY" in (answer.reason or "") and "platform" in answer.text
    assert SECRET not in repr((answer, claude(), desk, load_settings())) + caplog.text
