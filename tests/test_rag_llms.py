"""LLM specs, and everything a server can do wrong, against a real server process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from index.errors import BadSetting, LLMError
from rag.llms import LLM, load_llm
from rag.settings import load_settings
from tests.llm_server import LLMServer
from tests.tiny_model import make_tiny_model

SECRET = "sk-very-secret-1234567890"
RAIN = {"chunks": ["It rain", "ed. ", "[", "1]"]}


def llm(server: LLMServer, timeout_s: float = 5.0, spec: str = "") -> LLM:
    flags = {"llm_timeout_s": timeout_s, "llm_retry_wait_s": 0.001}
    loaded = load_llm(spec or server.spec, load_settings(**flags))
    assert loaded is not None
    return loaded


def failure(server: LLMServer, *steps: dict[str, Any], timeout_s: float = 5.0) -> tuple[str, str]:
    """What was streamed before the error, and the error."""
    server.script(*steps)
    said: list[str] = []
    with pytest.raises(LLMError) as caught:
        for piece in llm(server, timeout_s).stream("s", "u"):
            said.append(piece)  # noqa: PERF402 - what came before the error counts
    message = str(caught.value)
    assert "\n" not in message and len(message) < 200 and server.base in message
    assert caught.value.__cause__ is None
    return "".join(said), message


def test_extractive_is_no_llm() -> None:
    assert load_llm("extractive", load_settings()) is None


@pytest.mark.parametrize(
    "spec",
    ["gpt-4", "openai", "openai/", "ollama/", "hf/", "ftp://x/v1#m", "", "  ", "x" * 10_000, "anthropic/"],
)
def test_unknown_spec_lists_the_forms(spec: str) -> None:
    with pytest.raises(BadSetting) as caught:
        load_llm(spec, load_settings())
    message = str(caught.value)
    assert (
        "ollama/MODEL" in message and "http(s)://" in message and len(message) < 250 and "\n" not in message
    )


@pytest.mark.parametrize(
    "spec", ["http://127.0.0.1:1/v1", "http://#m", "http://h:99999/v1#m", "http://h:x/v1#m", "http://[/v1#m"]
)
def test_bad_address(spec: str) -> None:
    with pytest.raises(BadSetting, match="#MODEL"):
        load_llm(spec, load_settings())


def test_password_in_address_is_refused_and_not_shown() -> None:
    with pytest.raises(BadSetting) as caught:
        load_llm(f"http://me:{SECRET}@box/v1#m", load_settings())
    assert SECRET not in str(caught.value)


def test_openai_without_key_names_the_variable() -> None:
    with pytest.raises(BadSetting, match="OPENAI_API_KEY"):
        load_llm("openai/gpt-4o", load_settings())


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys; from rag.llms import load_llm; from rag.settings import load_settings\n"
        "load_llm('ollama/m', load_settings()); load_llm('hf/m', load_settings())\n"
        "print([m for m in ('llama_index', 'openai', 'torch', 'transformers', 'httpx') if m in sys.modules])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_streams_word_by_word(server: LLMServer) -> None:
    server.script(RAIN)
    assert list(llm(server).stream("be short", "did it rain?")) == ["It rain", "ed. ", "[", "1]"]
    request = server.seen()[0]
    assert request["path"] == "/v1/chat/completions"
    assert [m["content"] for m in request["body"]["messages"]] == ["be short", "did it rain?"]
    assert request["body"]["model"] == "scripted" and request["body"]["stream"] is True


def test_key_goes_only_where_it_was_set_for(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    server.script(RAIN)
    list(llm(server).stream("s", "u"))
    assert SECRET not in str(server.seen()) and "org-1" not in str(server.seen())
    monkeypatch.setenv("OPENAI_API_BASE", server.base)
    list(llm(server, spec="openai/m").stream("s", "u"))
    assert server.seen()[-1]["headers"]["authorization"] == f"Bearer {SECRET}"


def test_ollama_is_asked_at_its_address(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", f"http://127.0.0.1:{server.port}")
    server.script(RAIN)
    assert "".join(llm(server, spec="ollama/llama3.2").stream("s", "u")) == "It rained. [1]"
    assert server.seen()[0]["body"]["model"] == "llama3.2"


def test_nothing_about_the_machine_is_sent(server: LLMServer) -> None:
    server.script(RAIN)
    list(llm(server).stream("s", "u"))
    sent = {name.lower() for name in server.seen()[0]["headers"]}
    assert not {name for name in sent if name.startswith("x-stainless")}
    assert server.seen()[0]["headers"]["user-agent"] == "citedesk"


def test_proxy_of_the_environment_is_not_used(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.script(RAIN)
    assert list(llm(server).stream("s", "u"))


def test_redirect_is_not_followed(server: LLMServer) -> None:
    elsewhere = {"status": 307, "headers": {"Location": f"http://127.0.0.1:{server.port}/v1/elsewhere"}}
    _, message = failure(server, elsewhere, RAIN)
    assert "307" in message and len(server.seen()) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
def test_busy_then_well(server: LLMServer, code: int) -> None:
    server.script({"status": code}, {"status": code, "headers": {"Retry-After": "0"}}, RAIN)
    assert "".join(llm(server).stream("s", "u")) == "It rained. [1]"
    assert len(server.seen()) == 3


@pytest.mark.parametrize("code", [429, 500])
def test_always_busy_gives_up(server: LLMServer, code: int) -> None:
    said, message = failure(server, {"status": code, "body": f'{{"error": "{SECRET}"}}'})
    assert said == "" and str(code) in message and SECRET not in message
    assert len(server.seen()) == 3


@pytest.mark.parametrize("wish", ["3600", "Wed, 21 Oct 2065 07:28:00 GMT"])
def test_long_retry_after_is_not_waited_for(server: LLMServer, wish: str) -> None:
    began = time.monotonic()
    failure(server, {"status": 429, "headers": {"Retry-After": wish}})
    assert len(server.seen()) == 1 and time.monotonic() - began < 5


def test_unreadable_retry_after_is_ignored(server: LLMServer) -> None:
    server.script({"status": 429, "headers": {"Retry-After": "soon"}}, RAIN)
    assert list(llm(server).stream("s", "u"))


@pytest.mark.parametrize(("code", "hint"), [(401, "OPENAI_API_KEY"), (404, "scripted"), (400, "400")])
def test_refusals_are_not_repeated(server: LLMServer, code: int, hint: str) -> None:
    _, message = failure(server, {"status": code, "body": f'{{"error": {{"message": "bad key {SECRET}"}}}}'})
    assert hint in message and SECRET not in message and len(server.seen()) == 1


def test_nobody_listens(server: LLMServer) -> None:
    with pytest.raises(LLMError, match="cannot be reached") as caught:
        list(llm(server, spec="http://127.0.0.1:1/v1#m").stream("s", "u"))
    assert "127.0.0.1:1" in str(caught.value)


@pytest.mark.parametrize("hang", ["headers", 0])
def test_hangs_before_the_first_word(server: LLMServer, hang: str | int) -> None:
    began = time.monotonic()
    said, message = failure(server, {"chunks": ["x"], "hang": hang}, timeout_s=1)
    assert said == "" and "within 1 s" in message
    assert time.monotonic() - began < 30
    assert server.wait_until_gone()


def test_hangs_in_the_middle(server: LLMServer) -> None:
    said, message = failure(server, {"chunks": ["It rained. ", "x"], "hang": 1}, timeout_s=2)
    assert said == "It rained. " and "2 s" in message and "middle" in message
    assert server.wait_until_gone()


def test_drip_without_words_does_not_hold_us(server: LLMServer) -> None:
    """The limit passes many times over the drip, so that a busy machine changes nothing."""
    began = time.monotonic()
    assert "within 2 s" in failure(server, {"chunks": [], "drip": 0.01}, timeout_s=2)[1]
    assert time.monotonic() - began < 30
    assert server.wait_until_gone()


def test_cut_in_the_middle(server: LLMServer) -> None:
    said, message = failure(server, {"chunks": ["It rained. ", "It "], "drop": 1})
    assert said == "It rained. " and "broke off" in message


def test_cut_before_the_first_word(server: LLMServer) -> None:
    said, message = failure(server, {"chunks": ["It"], "drop": 0})
    assert said == "" and "broke off" in message


def test_end_without_a_last_word(server: LLMServer) -> None:
    said, message = failure(server, {"chunks": ["It rained. "], "finish": False})
    assert said == "It rained. " and "broke off" in message


@pytest.mark.parametrize("chunks", [[], ["", ""]])
def test_empty_reply(server: LLMServer, chunks: list[str]) -> None:
    assert "empty" in failure(server, {"chunks": chunks})[1]


@pytest.mark.parametrize(
    ("content_type", "body"), [("text/html", "<html>Sign in</html>"), ("application/json", '{"choices": []}')]
)
def test_not_a_stream(server: LLMServer, content_type: str, body: str) -> None:
    assert content_type in failure(server, {"status": 200, "content_type": content_type, "body": body})[1]


@pytest.mark.parametrize(
    "raw",
    [
        "data: {broken\n\n",
        "data: \xff\xfe\n\n",
        'data: "hello"\n\n',
        "data: [1, 2]\n\n",
        "data: {}\n\n",
        'data: {"choices": [{"delta": {"content": 5}}]}\n\n',
        "data: " + "[" * 100_000 + "\n\n",
    ],
)
def test_stream_that_is_not_the_protocol(server: LLMServer, raw: str) -> None:
    assert "cannot be read" in failure(server, {"raw": raw})[1]


def test_error_inside_the_stream(server: LLMServer) -> None:
    raw = f'data: {{"error": {{"message": "out of memory {SECRET}"}}}}\n\n'
    assert SECRET not in failure(server, {"raw": raw})[1]


def test_endless_reply_is_stopped(server: LLMServer) -> None:
    said, message = failure(server, {"chunks": ["word " * 500] * 40})
    assert "20,000" in message and len(said) < 25_000


def test_closing_the_iterator_closes_the_connection(server: LLMServer) -> None:
    server.script({"chunks": ["It rained. ", "x"], "hang": 1})
    before = threading.active_count()
    words = llm(server, 60).stream("s", "u")
    assert next(words) == "It rained. "
    words.close()  # type: ignore[attr-defined]
    assert server.wait_until_gone()
    assert threading.active_count() == before


def test_only_loopback_is_contacted(server: LLMServer, tmp_path: Path) -> None:
    """In a fresh process: no tokenizer, encoding or telemetry is fetched, by name or by address."""
    server.script(RAIN)
    code = f"""
import socket
real = socket.getaddrinfo
def guarded(host, *rest, **more):
    assert host == "127.0.0.1", host
    return real(host, *rest, **more)
socket.getaddrinfo = guarded
from rag.llms import load_llm
from rag.settings import load_settings
print("".join(load_llm({server.spec!r}, load_settings()).stream("s", "u")))
"""
    root = Path(__file__).parent.parent
    env = {**os.environ, "PYTHONPATH": str(root), "TIKTOKEN_CACHE_DIR": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert done.stdout.strip() == "It rained. [1]", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_local_model_path_that_is_not_there(tmp_path: Path) -> None:
    loaded = load_llm(f"hf/{tmp_path}/none", load_settings())
    assert loaded is not None
    with pytest.raises(LLMError, match="cannot be loaded"):
        list(loaded.stream("s", "u"))


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"), positions=256)


def local(folder: Path, context_tokens: int) -> LLM:
    settings = load_settings(llm_context_tokens=context_tokens, llm_timeout_s=30)
    loaded = load_llm(f"hf/{folder}", settings)
    assert loaded is not None
    return loaded


def test_local_model_streams_and_stops(tiny_model: Path) -> None:
    before = threading.active_count()
    words = local(tiny_model, 512).stream("a b", "c d")
    first = next(words)
    words.close()  # type: ignore[attr-defined]
    assert first and threading.active_count() == before


def test_local_model_that_cannot_take_the_prompt(tiny_model: Path) -> None:
    with pytest.raises(LLMError, match="context of 256"):
        list(local(tiny_model, 512).stream("a b", "c d " * 200))
