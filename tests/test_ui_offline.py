"""Without an LLM nothing leaves this machine: the real commands, in processes that refuse all but loopback."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

QUESTION = "What did Ukraine recapture in the Black Sea?"
CITEDESK = [sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main(sys.argv[1:]))"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the seed article has been indexed, under guard."""
    folder = tmp_path_factory.mktemp("guarded")
    code = f"from tests.socket_guard import install\ninstall({str(folder / 'calls.txt')!r})\n"
    (folder / "sitecustomize.py").write_text(code)  # what every Python process runs first
    run(folder, environment(folder), "index", str(ROOT / "seeds"))
    assert not (folder / "calls.txt").exists(), (folder / "calls.txt").read_text()
    return folder


@pytest.fixture
def guarded(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a guarded process; at the end, nothing may have been refused."""
    yield environment(folder)
    assert not (folder / "calls.txt").exists(), (folder / "calls.txt").read_text()


def environment(folder: Path) -> dict[str, str]:
    ours = ("CITEDESK_DATA", "CITEDESK_CACHE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CITEDESK_") or k in ours}
    return {**kept, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def run(folder: Path, environment: dict[str, str], *arguments: str, wrapper: tuple[str, ...] = ()) -> str:
    done = subprocess.run(
        [*wrapper, *CITEDESK, *arguments, "--archive", str(folder / "archive")],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_guard_guards(folder: Path, guarded: dict[str, str]) -> None:
    code = (
        "import socket\n"
        "for call in (lambda: socket.create_connection(('192.0.2.1', 80), 1),\n"
        "             lambda: socket.getaddrinfo('example.org', 80),\n"
        "             lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))):\n"
        "    try: call()\n"
        "    except OSError as error: print(str(error)[:7])\n"
        "socket.getaddrinfo('127.0.0.1', 80)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, env=guarded)
    assert done.stdout.split(b"\n")[:-1] == [b"no netw"] * 3, done.stderr
    calls = folder / "calls.txt"
    assert len(calls.read_text().splitlines()) == 3
    calls.unlink()


def test_ask_and_eval_after_index(folder: Path, guarded: dict[str, str]) -> None:
    gold = (ROOT / "eval" / "gold" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "gold.jsonl").write_text("\n".join(gold[:3]), encoding="utf-8")
    assert "oil and gas platform" in run(folder, guarded, "ask", QUESTION)
    assert json.loads(run(folder, guarded, "eval", "gold.jsonl", "--json"))


def test_serve(folder: Path, guarded: dict[str, str]) -> None:
    command = [*CITEDESK, "serve", "--port", "0", "--archive", str(folder / "archive")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=guarded, cwd=folder) as serving:
        assert serving.stderr is not None
        try:
            ready = next(line for line in serving.stderr if "ready at" in line)
            client = HTTPConnection("127.0.0.1", int(ready.partition("127.0.0.1:")[2].split()[0]), timeout=60)
            client.request("GET", "/")
            page = client.getresponse()
            assert page.status == 200 and b"citedesk" in page.read()
            body = json.dumps({"question": QUESTION})
            client.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
            assert b"oil and gas platform" in client.getresponse().read()
            client.close()
        finally:
            serving.send_signal(signal.SIGINT)
            serving.stderr.read()
            serving.wait(60)
    assert serving.returncode == 0


def test_mcp(folder: Path, guarded: dict[str, str]) -> None:
    pytest.importorskip("mcp")
    from mcp import Client, StdioServerParameters, stdio_client

    command = [*CITEDESK[1:], "mcp", "--archive", str(folder / "archive")]
    server = StdioServerParameters(command=CITEDESK[0], args=command, env=guarded, cwd=str(folder))

    async def ask() -> Any:
        async with Client(stdio_client(server)) as client:
            return await client.call_tool("ask", {"question": QUESTION})

    assert asyncio.run(asyncio.wait_for(ask(), 60)).structured_content["short"] == "oil and gas platform"


def test_ask_in_a_process_that_has_no_network_at_all(folder: Path, guarded: dict[str, str]) -> None:
    """Also what does not go through Python, such as a Rust library, finds no way out."""
    apart = ("unshare", "--user", "--map-root-user", "--net")
    if not shutil.which("unshare") or subprocess.run([*apart, "true"], capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    assert "oil and gas platform" in run(folder, guarded, "ask", QUESTION, wrapper=apart)
