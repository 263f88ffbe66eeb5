"""A small news site on loopback, with feeds and entity tags."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        status, kind, body = self.server.pages.get(self.path, (404, "text/html", ""))
        tag = f'"{hash(body)}"'
        self.server.asked.append((self.path, self.headers.get("If-None-Match") or ""))
        if self.server.asked[-1][1] == tag:
            status, body = 304, ""
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "ETag": tag,
            "Content-Length": str(len(body.encode())),
        }.items():
            if self.server.tags or name != "ETag":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())


class Server(ThreadingHTTPServer):
    """Pages by path, and what was asked for with which tag."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, tuple[int, str, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.tags = True
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def page(self, path: str, text: str, kind: str = "text/plain; charset=utf-8", status: int = 200) -> str:
        self.pages[path] = (status, kind, text)
        return self.url + path

    def feed(self, path: str, *entries: tuple[str, str]) -> str:
        items = "".join(
            f"<item><title>{name}</title><link>https://news.example/{name}</link>"
            f"<guid>https://news.example/{name}</guid><description>{text}</description></item>"
            for name, text in entries
        )
        return self.page(path, f'<rss version="2.0"><channel>{items}</channel></rss>', "application/rss+xml")
