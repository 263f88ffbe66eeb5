"""A scripted LLM that takes its time, in a process of its own: it speaks the OpenAI chat protocol.

It says one sentence of the first passage that it is given, with its number, word by word. What it said to which
question is told at ``/said``, so that each answer can be compared with what was meant for it.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

FIRST = re.compile(r'^<passage-\w+ number="1"[^\n]*>\n(.*?)\n</passage', re.S | re.M)
SENTENCE = re.compile(r"[A-Z][^.!?\n]{40,400}[.!?](?=\s|$)")
QUESTION = re.compile(r"(?:^|\n)(?:Last question|Question): (.*)\Z", re.S)
NOTHING = "The archive does not say."


class SlowLLM:
    """``pause_s`` passes before each word. ``most`` is how many replies were under way at once."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._said: dict[str, list[str]] = {}
        self._now = self._most = self._ended = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """One ASGI request."""
        if scope["type"] != "http":
            return
        if scope["method"] == "GET":
            await self._send(send, json.dumps({"said": self._said, "most": self._most, "ended": self._ended}))
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        await self._reply(json.loads(body)["messages"][-1]["content"], send)

    async def _reply(self, prompt: str, send: Any) -> None:
        asked = QUESTION.search(prompt)
        question, reply = asked[1].strip() if asked else "", _reply_to(prompt)
        if FIRST.search(prompt):
            self._said.setdefault(question, []).append(reply)
        self._now += 1
        self._most = max(self._most, self._now)
        try:
            await send(_start(b"text/event-stream"))
            async for words in self._slowly(reply):
                await send({"type": "http.response.body", "body": _event(words), "more_body": True})
            for last in (_event(None), b"data: [DONE]\n\n"):
                await send({"type": "http.response.body", "body": last, "more_body": True})
            await send({"type": "http.response.body"})
            self._ended += 1
        finally:
            self._now -= 1

    async def _slowly(self, reply: str) -> AsyncIterator[str]:
        for word in re.findall(r"\s*\S+", reply):
            await asyncio.sleep(self._pause_s)
            yield word

    async def _send(self, send: Any, text: str) -> None:
        await send(_start(b"application/json"))
        await send({"type": "http.response.body", "body": text.encode()})


def _reply_to(prompt: str) -> str:
    passage = FIRST.search(prompt)
    if passage is None:  # asked to make a follow-up complete: as it is
        asked = QUESTION.search(prompt)
        return asked[1].strip() if asked else NOTHING
    sentence = SENTENCE.search(passage[1])
    return f"{sentence[0]} [1]" if sentence else NOTHING


def _start(kind: bytes) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}


def _event(words: str | None) -> bytes:
    delta = {} if words is None else {"content": words}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if words is None else None}
    told = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "slow", "choices": [choice]}
    return b"data: " + json.dumps(told).encode() + b"\n\n"


@contextmanager
def running(pause_s: float) -> Iterator[str]:
    """Its address while it runs."""
    command = [sys.executable, "-m", "eval.benchmarks.load.slow_llm", str(pause_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.stdin.close()


async def said(url: str) -> dict[str, Any]:
    """What it said to which question, how many replies it gave at once at most, and how many came to their end."""
    async with httpx.AsyncClient() as http:
        told: dict[str, Any] = (await http.get(f"{url}/said")).json()
        return told


async def _serve(pause_s: float) -> None:
    import uvicorn

    config = uvicorn.Config(SlowLLM(pause_s), port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until whoever started it closes its end
    server.force_exit = server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
