"""A real server in its own process, which does what its script says.

It speaks the OpenAI chat protocol, and Anthropic's Messages protocol at ``/v1/messages``. Run as a
program it prints its port and serves; as a module it offers `LLMServer`, which starts it. Each request
takes the next step of the script (the last one repeats):

    chunks        texts to stream, one server-sent event each
    status, body, content_type, headers     answer with this instead
    drop          after how many chunks to cut the connection
    hang          after how many chunks to say nothing more until the client has gone
    drip          instead of words, send one empty chunk every so many seconds until the client has gone
    says          what each of these chunks says instead of nothing; {n} is its number
    raw           bytes of the event stream, as text, instead of chunks
    finish        false: end the stream properly, but without finish_reason and [DONE]
    read          how many tokens of the prompt it says it read
"""

from __future__ import annotations

import http.client
import json
import select
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STATE: dict[str, Any] = {"script": [], "seen": [], "gone": 0}
LOCK = threading.Condition()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        with LOCK:
            if self.path == "/gone":  # waits until a hung client has left
                LOCK.wait_for(lambda: STATE["gone"] > 0, timeout=10)
            self._send(200, json.dumps({"seen": STATE["seen"], "gone": STATE["gone"]}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/script":
            with LOCK:
                STATE.update(script=json.loads(body), seen=[], gone=0)
            self._send(200, "{}")
            return
        with LOCK:
            STATE["seen"].append(
                {
                    "path": self.path,
                    "headers": {k.lower(): v for k, v in self.headers.items()},
                    "body": json.loads(body or b"null"),
                }
            )
            script = STATE["script"]
            step = script.pop(0) if len(script) > 1 else script[0]
        try:
            self._play(step)
        except OSError:  # it left while it was being told something
            self._gone()

    def _gone(self) -> None:
        with LOCK:
            STATE["gone"] += 1
            LOCK.notify_all()
        self.close_connection = True

    def _play(self, step: dict[str, Any]) -> None:
        if step.get("hang") == "headers":
            self._wait_for_client_to_go()
            return
        if "body" in step or "status" in step:
            self._send(
                step.get("status", 200), step.get("body", "{}"), step.get("content_type"), step.get("headers")
            )
            return
        self.send_response(200)
        self.send_header("Content-Type", step.get("content_type", "text/event-stream"))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if "raw" in step:
            self._chunk(step["raw"].encode("latin-1"))
        chunks = step.get("chunks", [])
        self._begin()
        for number, text in enumerate(chunks):
            if step.get("drop") == number:
                self.close_connection = True
                self.connection.close()
                return
            if step.get("hang") == number:
                self._wait_for_client_to_go()
                return
            self._say(text)
        if "drip" in step:
            number = 0
            while not self._client_left(step["drip"]):
                self._say(step.get("says", "").replace("{n}", str(number := number + 1)))
            return
        if step.get("finish", True):
            self._end(step.get("read"))
        self._chunk(b"")

    def _begin(self) -> None:
        if self._speaks_messages:
            usage = {"input_tokens": 1, "output_tokens": 1}
            message = {"id": "1", "type": "message", "role": "assistant", "model": "m", "content": []}
            self._message("message_start", message={**message, "usage": usage})
            self._message("content_block_start", index=0, content_block={"type": "text", "text": ""})
        else:
            self._event({"role": "assistant", "content": ""})

    def _say(self, text: str) -> None:
        if self._speaks_messages:
            self._message("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
        else:
            self._event({"content": text})

    def _end(self, read: int | None) -> None:
        if self._speaks_messages:
            self._message("content_block_stop", index=0)
            self._message("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})
            self._message("message_stop")
            return
        self._event({}, finish="stop")
        if read is not None:
            usage = {"prompt_tokens": read, "completion_tokens": 1, "total_tokens": read + 1}
            self._event(None, usage=usage)
        self._chunk(b"data: [DONE]\n\n")

    @property
    def _speaks_messages(self) -> bool:
        return self.path.endswith("/messages")

    def _message(self, kind: str, **more: Any) -> None:
        self._chunk(f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode())

    def _event(self, delta: dict[str, str] | None, finish: str | None = None, **more: Any) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "m",
            "choices": [choice] if delta is not None else [],
            **more,
        }
        self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _client_left(self, wait_s: float) -> bool:
        ready, _, _ = select.select([self.connection], [], [], wait_s)
        if ready and not self.connection.recv(1):
            self._gone()
            return True
        return False

    def _wait_for_client_to_go(self) -> None:
        while not self._client_left(20):
            pass

    def _send(
        self, status: int, body: str, content_type: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        data = body.encode("latin-1")
        self.send_response(status)
        self.send_header("Content-Type", content_type or "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that leaves is what several scripts are about


class LLMServer:
    """The server's process: ``with LLMServer() as server: server.script({"chunks": [...]})``."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.base = f"http://127.0.0.1:{self.port}/v1"
        self.spec = f"{self.base}#scripted"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()  # the server ends when its parent's end of the pipe does
        self.process.wait(timeout=10)
        self.process.stdout.close()

    def script(self, *steps: dict[str, Any]) -> None:
        """What to do at the next requests; the record of earlier ones is forgotten."""
        self._call("POST", "/script", json.dumps(list(steps)))

    def seen(self) -> list[dict[str, Any]]:
        """The requests since the script was set: path, headers, body."""
        return list(self._call("GET", "/seen")["seen"])

    def wait_until_gone(self) -> bool:
        """Whether a client that was left waiting has closed its connection; waits for it."""
        return bool(self._call("GET", "/gone")["gone"])

    def _call(self, method: str, path: str, body: str | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def main() -> None:
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
