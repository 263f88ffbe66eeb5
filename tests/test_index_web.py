"""Fetching what the user names, against real servers on loopback and pretended names for them."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import BadSetting, CitedeskError, FetchFailed
from index.web import Fetcher, Page, Validators
from index.web_address import Reach, look_up, parse, reach, shown

HTML = {"Content-Type": "text/html; charset=utf-8"}
PUBLIC = "93.184.215.14"
Reply = tuple[int, dict[str, str], bytes]
Route = Reply | Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        route = self.server.routes.get(self.path, (404, HTML, b""))
        if callable(route):
            route(self)
            return
        status, headers, body = route
        self.start(status, {"Content-Length": str(len(body))} | headers)
        self.wfile.write(body)

    def start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


class Server(ThreadingHTTPServer):
    """Answers by its routes and remembers what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes: dict[str, Route] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that leaves early is what several tests are about

    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]

    def page(self, path: str, text: str = "<p>News</p>", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.routes[path] = (200, HTML | named, text.encode())

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        self.routes[path] = (status, {"Location": location}, b"")


class Net(httpcore.SyncBackend):
    """A pretended internet: names have addresses, and addresses lead to servers on loopback."""

    def __init__(self, names: dict[str, list[str]], servers: dict[str, Server]) -> None:
        super().__init__()
        self.names, self.servers = names, servers
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def resolve(self, name: str) -> list[str]:
        self.asked.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.names[name]

    def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore.NetworkStream:
        self.connected.append((host, port))
        if host not in self.servers:
            raise httpcore.ConnectError("no such server")
        return super().connect_tcp("127.0.0.1", self.servers[host].server_port, *rest, **more)

    def fetcher(self, **options: Any) -> Fetcher:
        return Fetcher(resolver=self.resolve, backend=self, **options)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*args: Any) -> Server:
        servers.append(Server(*args))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()


@pytest.fixture
def public(server: Server) -> Net:
    """A server that answers as the public host news.example."""
    return Net({"news.example": [PUBLIC]}, {PUBLIC: server})


def refusal(fetcher: Fetcher, url: str, **options: Any) -> str:
    with pytest.raises(FetchFailed) as caught:
        fetcher.fetch(url, **options)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 700
    assert ";" in message or ":" in message, "the remedy is missing"
    return message


# Pages


def test_a_page_comes_with_its_type_address_and_validators(server: Server) -> None:
    server.page("/story", "<p>Zürich</p>", ETag='"7"', Last_Modified="Wed, 08 Nov 2023 10:00:00 GMT")
    with Fetcher() as fetcher:
        page = fetcher.fetch(f"{server.url}/story#part")
    address = f"{server.url}/story"
    validators = Validators('"7"', "Wed, 08 Nov 2023 10:00:00 GMT", address)
    assert page == Page(address, address, "text/html; charset=utf-8", "<p>Zürich</p>".encode(), validators)
    asked = dict(server.seen)["/story"]
    assert asked["user-agent"] == "citedesk/0.1" and asked["host"] == server.url[7:]
    assert not {"authorization", "cookie", "referer", "if-none-match"} & set(asked)


@pytest.mark.parametrize(
    ("path", "said", "kind"),
    [
        ("/feed", "application/rss+xml", "application/rss+xml"),
        ("/feed.atom", "application/atom+xml; charset=UTF-8", "application/atom+xml; charset=utf-8"),
        ("/report.pdf", "application/octet-stream", "application/pdf"),
        ("/all.jsonl", "application/json", "application/x-ndjson"),
        ("/notes.txt", "", "text/plain"),
        ("/table", "text/csv", "text/csv"),
    ],
)
def test_kinds_that_are_read(server: Server, path: str, said: str, kind: str) -> None:
    server.routes[path] = (200, {"Content-Type": said} if said else {}, b"x")
    assert Fetcher().fetch(server.url + path).content_type == kind


@pytest.mark.parametrize("said", ["image/png", "video/mp4", "application/zip", "application/json", ""])
def test_other_kinds_are_refused_before_their_body_is_sent(server: Server, said: str) -> None:
    never = threading.Event()

    def stuck(handler: Handler) -> None:
        handler.start(200, {"Content-Type": said, "Content-Length": "1000000"})
        never.wait(10)

    server.routes["/thing"] = stuck
    try:
        message = refusal(Fetcher(), f"{server.url}/thing")
    finally:
        never.set()
    assert (said or "no stated type") in message and "PDF" in message


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (404, "404 (Not Found); check the address"),
        (401, "save the page"),
        (503, "503 (Service"),
        (204, "204"),
    ],
)
def test_a_status_that_brings_no_page(server: Server, status: int, says: str) -> None:
    server.routes["/x"] = (status, HTML, b"")
    assert says in refusal(Fetcher(), f"{server.url}/x")


def test_a_page_is_fetched_again_only_if_it_changed(server: Server) -> None:
    def conditional(handler: Handler) -> None:
        fresh = handler.headers["If-None-Match"] == '"1"' and handler.headers["If-Modified-Since"] == "then"
        handler.start(304 if fresh else 200, HTML | {"ETag": '"1"', "Content-Length": "0"})

    server.routes["/new"] = conditional
    server.redirect("/old", "/new")
    known = Validators('"1"', "then", f"{server.url}/new")
    assert Fetcher().fetch(f"{server.url}/old", known=known) is None
    assert "if-none-match" not in dict(server.seen)["/old"]
    assert Fetcher().fetch(f"{server.url}/new", known=Validators('"0"')) is not None
    # What was kept for another address, or is not fit for a header, is not sent.
    assert Fetcher().fetch(f"{server.url}/new", known=Validators('"1"', "then", "http://other/")) is not None
    assert Fetcher().fetch(f"{server.url}/new", known=Validators('"1"\r\nX: y', "then")) is not None


def test_304_that_nobody_asked_for_is_no_page(server: Server) -> None:
    server.routes["/x"] = (304, {}, b"")
    assert "304" in refusal(Fetcher(), f"{server.url}/x")


# Size and time


def test_a_page_at_its_limit_comes_and_one_byte_more_does_not(server: Server) -> None:
    server.page("/page", "x" * 1000)
    assert len(Fetcher().fetch(f"{server.url}/page", limit=1000).data) == 1000
    assert "larger than 999 bytes" in refusal(Fetcher(), f"{server.url}/page", limit=999)


def test_a_body_that_does_not_say_its_length_ends_at_the_limit(server: Server) -> None:
    sent: list[int] = []
    done = threading.Event()

    def endless(handler: Handler) -> None:
        handler.start(200, HTML | {"Transfer-Encoding": "chunked"})
        try:
            while not done.is_set():
                handler.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                sent.append(4096)
        except OSError:
            done.set()

    server.routes["/page"] = endless
    assert "larger than 1 MB" in refusal(Fetcher(), f"{server.url}/page", limit=2**20)
    assert done.wait(5) and sum(sent) < 20 * 2**20


@pytest.mark.parametrize("packing", ["gzip", "deflate", "raw deflate"])
def test_packed_pages_are_unpacked_and_a_bomb_is_not(server: Server, packing: str) -> None:
    def pack(text: bytes) -> bytes:
        bits = {"gzip": 31, "deflate": 15, "raw deflate": -15}[packing]
        packer = zlib.compressobj(9, zlib.DEFLATED, bits)
        return packer.compress(text) + packer.flush()

    encoded = HTML | {"Content-Encoding": packing.split()[-1]}
    text = b"The same text, again and again. " * 5000
    server.routes["/page"] = (200, encoded, pack(text))
    server.routes["/bomb"] = (200, encoded, pack(b"\0" * 40 * 2**20))
    server.routes["/cut"] = (200, encoded, pack(text)[:-20])
    server.routes["/bad"] = (200, encoded, b"\xff no such thing")
    assert Fetcher().fetch(f"{server.url}/page", limit=len(text)).data == text
    assert "larger than 1 MB (the limit, also once unpacked)" in refusal(
        Fetcher(), f"{server.url}/bomb", limit=2**20
    )
    assert "ends before" in refusal(Fetcher(), f"{server.url}/cut")
    assert "damaged" in refusal(Fetcher(), f"{server.url}/bad")


def test_a_packing_that_was_not_asked_for_is_not_unpacked(server: Server) -> None:
    server.routes["/page"] = (200, HTML | {"Content-Encoding": "br"}, b"bomb")
    server.routes["/twice"] = (200, HTML | {"Content-Encoding": "gzip, gzip"}, b"bomb")
    assert "'br'" in refusal(Fetcher(), f"{server.url}/page")
    assert "'gzip, gzip'" in refusal(Fetcher(), f"{server.url}/twice")
    assert dict(server.seen)["/page"]["accept-encoding"] == "gzip, deflate"


def test_gzip_in_parts_is_refused_and_padding_is_not(server: Server) -> None:
    encoded = HTML | {"Content-Encoding": "gzip"}
    server.routes["/parts"] = (200, encoded, gzip.compress(b"one") + gzip.compress(b"two"))
    server.routes["/padded"] = (200, encoded, gzip.compress(b"one") + bytes(20))
    assert "several gzip parts" in refusal(Fetcher(), f"{server.url}/parts")
    assert Fetcher().fetch(f"{server.url}/padded").data == b"one"


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_drips_is_left_when_the_time_is_up(server: Server, part: str) -> None:
    client_gone = threading.Event()

    def drip(handler: Handler) -> None:
        if part == "body":
            handler.start(200, HTML | {"Content-Length": "1000000"})
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            for _ in range(100):
                if client_gone.wait(0.02):
                    break
                handler.wfile.write(b"x")
        except OSError:
            pass

    server.routes["/page"] = drip
    message = refusal(Fetcher(), f"{server.url}/page", timeout_s=0.3)
    client_gone.set()
    assert "within 0.3 s" in message


def test_a_name_server_that_does_not_answer_costs_no_more_than_the_time_allowed() -> None:
    answer = threading.Event()

    def silent(name: str) -> list[str]:
        answer.wait(10)
        return [PUBLIC]

    message = refusal(Fetcher(resolver=silent), "http://news.example/", timeout_s=0.1)
    answer.set()
    assert "within 0.1 s" in message


def test_a_body_that_is_cut_short_is_no_page(server: Server) -> None:
    def cut(handler: Handler) -> None:
        handler.start(200, HTML | {"Content-Length": "1000"})
        handler.wfile.write(b"half")
        handler.close_connection = True

    server.routes["/page"] = cut
    assert "well-formed HTTP" in refusal(Fetcher(), f"{server.url}/page")


@pytest.mark.parametrize("limits", [{"timeout_s": 0}, {"timeout_s": float("nan")}, {"limit": 0}])
def test_limits_that_allow_nothing_are_bad_settings(limits: dict[str, Any]) -> None:
    with pytest.raises(BadSetting):
        Fetcher().fetch("http://127.0.0.1/", **limits)


# Redirects


def test_a_redirect_is_followed_and_the_final_address_told(public: Net, server: Server) -> None:
    server.redirect("/old", "//news.example/new#top", 301)
    server.page("/new")
    page = public.fetcher().fetch("http://news.example/old")
    assert (page.url, page.final_url) == ("http://news.example/old", "http://news.example/new")


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:8080/",
        "http://2130706433/",
        "http://0x7f.0x0.0x0.0x1/",
        "http://127.1/",
        "http://10.0.0.8/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://0.0.0.0/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://inside.example/",
        "http://mixed.example/",
        "http://news.example.:80@127.0.0.1/",
    ],
)
def test_a_public_page_leads_to_no_private_place(public: Net, server: Server, target: str) -> None:
    public.names |= {"inside.example": ["192.168.0.7"], "mixed.example": [PUBLIC, "127.0.0.1"]}
    server.redirect("/", target)
    message = refusal(public.fetcher(), "http://news.example/")
    assert "redirects to" in message and "private or reserved" in message
    assert {host for host, _ in public.connected} == {PUBLIC}


@pytest.mark.parametrize(
    "target", ["http://0177.0.0.1/", "http://a\\@127.0.0.1/", "file:///etc/passwd", "ftp://news.example/", "gopher://x",
               "javascript:alert(1)", "http://", "http://[::1", "http://ex ample/", "http://news.example:0/"]
)  # fmt: skip
def test_a_redirect_to_what_is_no_web_address_is_refused(public: Net, server: Server, target: str) -> None:
    server.redirect("/", target)
    assert "redirects" in refusal(public.fetcher(), "http://news.example/")
    assert {host for host, _ in public.connected} == {PUBLIC}


def test_a_redirect_without_a_target(server: Server) -> None:
    server.routes["/"] = (302, {}, b"")
    assert "without saying where" in refusal(Fetcher(), f"{server.url}/")


def test_redirects_end(server: Server) -> None:
    server.redirect("/a", "/b")
    server.redirect("/b", "/a")
    assert "in a circle" in refusal(Fetcher(), f"{server.url}/a")
    for number in range(7):
        server.redirect(f"/{number}", f"/{number + 1}")
    server.page("/7")
    assert Fetcher().fetch(f"{server.url}/2").final_url == f"{server.url}/7"
    assert "after 5 redirects" in refusal(Fetcher(), f"{server.url}/1")


def test_a_private_page_may_redirect_within_its_host_and_port_only(serve: Callable[..., Server]) -> None:
    here, other = serve(), serve()
    here.redirect("/a", "/b")
    here.page("/b")
    here.redirect("/away", f"{other.url}/")
    here.redirect("/name", f"http://localhost:{here.server_port}/b")
    assert Fetcher().fetch(f"{here.url}/a").final_url == f"{here.url}/b"
    assert "private or reserved" in refusal(Fetcher(), f"{here.url}/away")
    assert "private or reserved" in refusal(Fetcher(), f"{here.url}/name")
    assert other.seen == []


def test_a_name_that_changes_its_meaning_on_the_way_is_still_the_address_that_was_checked(
    public: Net, server: Server
) -> None:
    meanings = iter([["203.0.114.5"], ["127.0.0.1"], ["10.0.0.1"]])
    public.servers["203.0.114.5"] = server
    server.redirect("/", "http://rebinding.example/page")
    server.page("/page")
    fetcher = Fetcher(
        resolver=lambda name: next(meanings) if name == "rebinding.example" else [PUBLIC], backend=public
    )
    assert fetcher.fetch("http://news.example/").final_url == "http://rebinding.example/page"
    assert {host for host, _ in public.connected} == {PUBLIC, "203.0.114.5"}
    assert dict(server.seen)["/page"]["host"] == "rebinding.example"


def test_the_next_address_of_a_host_is_tried_when_one_does_not_answer(public: Net, server: Server) -> None:
    public.names["news.example"] = ["203.0.114.9", PUBLIC]
    server.page("/")
    assert public.fetcher().fetch("http://news.example/").data
    assert public.connected[:2] == [("203.0.114.9", 80), (PUBLIC, 80)]


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://metadata.example/", "http://[ff02::1]/"])
def test_some_places_are_not_fetched_even_when_named(public: Net, url: str) -> None:
    public.names["metadata.example"] = ["169.254.169.254"]
    assert "never fetched" in refusal(public.fetcher(), url)
    assert public.connected == []


@pytest.mark.parametrize(
    ("address", "kind"),
    [("8.8.8.8", Reach.PUBLIC), ("2606:4700::1111", Reach.PUBLIC), ("64:ff9b::808:808", Reach.PUBLIC),
     ("::1", Reach.PRIVATE), ("172.16.3.4", Reach.PRIVATE), ("100.64.0.1", Reach.PRIVATE),
     ("fd12::1", Reach.PRIVATE), ("2002:7f00:1::", Reach.PRIVATE), ("fe80::1%eth0", Reach.NEVER),
     ("192.0.0.192", Reach.NEVER), ("fec0::1", Reach.NEVER), ("::", Reach.NEVER)],
)  # fmt: skip
def test_reach(address: str, kind: Reach) -> None:
    assert reach(address) is kind


# Credentials


def test_credentials_go_to_the_host_they_were_given_for_and_into_no_message(
    public: Net, server: Server, serve: Callable[..., Server]
) -> None:
    other = serve()
    public.names["other.example"] = ["203.0.114.5"]
    public.servers["203.0.114.5"] = other
    server.redirect("/here", "/away")
    server.redirect("/away", "http://eve:evil@other.example/page")
    other.page("/page")
    page = public.fetcher().fetch("http://ann:s3cr%C3%A9t@news.example/here")
    assert page.url == "http://news.example/here" and page.final_url == "http://other.example/page"
    assert dict(server.seen)["/away"]["authorization"] == "Basic YW5uOnMzY3LDqXQ="
    assert "authorization" not in dict(other.seen)["/page"]


@pytest.mark.parametrize(
    "url",
    [
        "http://ann:s3cret@news.example/missing?token=s3cret",
        "http://ann:s3cret@nobody.example/",
        "http://ann:s3cret@169.254.169.254/",
        "http://ann:s3cret@news.example:0/",
        "http://ann:s3cret@news.example/loop",
        "ftp://ann:s3cret@news.example/",
        "ann:s3cret@news.example",
        "http://ann:s3c/s3cret@news.example/",
        "http://ann:s3cret@ex ample/",
        "http://ann:s3cret@news.example/\nx",
        "http://ann:12?s3cret@news.example/",
        "http://ann:s3cret@[::1/",
        "https://ann:s3cret\\@news.example/",
    ],
)
def test_no_message_tells_a_password(public: Net, server: Server, url: str) -> None:
    server.redirect("/loop", "http://eve:s3cret@news.example/loop")
    assert "s3cret" not in refusal(public.fetcher(), url)


def test_shown_keeps_what_helps() -> None:
    assert shown("https://medium.example/@ann/story") == "https://medium.example/@ann/story"
    assert (
        shown("http://a.example/" + "x" * 500).endswith("...") and len(shown("http://a/" + "x" * 500)) == 120
    )


# robots.txt


def test_robots_is_read_once_and_kept_to(server: Server) -> None:
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: citedesk\nDisallow: /private\n"
    server.routes["/robots.txt"] = (200, {"Content-Type": "text/plain"}, rules.encode())
    server.page("/a")
    server.page("/b")
    server.redirect("/c", "/private/x")
    with Fetcher() as fetcher:
        assert fetcher.fetch(f"{server.url}/a") and fetcher.fetch(f"{server.url}/b")
        assert "robots.txt of 127.0.0.1 forbids it" in refusal(fetcher, f"{server.url}/private/x")
        assert "forbids" in refusal(fetcher, f"{server.url}/c")
    assert server.paths() == ["/robots.txt", "/a", "/b", "/c"]


@pytest.mark.parametrize("status", [404, 403, 410, 429])
def test_without_robots_everything_is_allowed(server: Server, status: int) -> None:
    server.routes["/robots.txt"] = (status, {}, b"User-agent: *\nDisallow: /")
    server.page("/a")
    assert Fetcher().fetch(f"{server.url}/a").data


def test_robots_that_cannot_be_read_now_forbid_everything(server: Server) -> None:
    server.routes["/robots.txt"] = (503, {}, b"")
    server.page("/a")
    fetcher = Fetcher()
    for _ in range(2):
        assert "/robots.txt' answers 503 (a server error)" in refusal(fetcher, f"{server.url}/a")
    assert server.paths() == ["/robots.txt"]


def test_robots_keep_the_same_limits(public: Net, server: Server) -> None:
    server.page("/a")
    server.redirect("/robots.txt", "http://127.0.0.1:1/robots.txt")
    assert "robots.txt comes first" in refusal(public.fetcher(), "http://news.example/a")
    server.routes["/robots.txt"] = (200, {}, b"#" * (512 * 1024 + 1))
    assert "larger than 524,288 bytes" in refusal(public.fetcher(), "http://news.example/a")
    server.routes["/robots.txt"] = (200, {}, b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /a\r\n\xff\0")
    assert "forbids" in refusal(public.fetcher(), "http://news.example/a")


@pytest.mark.parametrize(
    ("asked", "waits"), [("2", 2.0), ("600", 5.0), ("-3", 0.0), ("nan", 0.0), ("soon", 0.0)]
)
def test_a_crawl_delay_is_kept_between_requests_to_one_host(server: Server, asked: str, waits: float) -> None:
    server.routes["/robots.txt"] = (200, {}, f"User-agent: *\nCrawl-delay: {asked}".encode())
    server.page("/a")
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    fetcher = Fetcher(clock=lambda: now[0], sleep=sleep)
    fetcher.fetch(f"{server.url}/a")
    now[0] += 0.5
    fetcher.fetch(f"{server.url}/a")
    now[0] += 60
    fetcher.fetch(f"{server.url}/a")
    assert slept == ([waits - 0.5] if waits else [])


# What goes wrong on the way


def test_a_host_that_nobody_knows(public: Net) -> None:
    message = refusal(public.fetcher(), "http://nobody.example/")
    assert "cannot be found (nobody.example); check the spelling" in message


def test_a_server_that_is_not_there(serve: Callable[..., Server]) -> None:
    with socket.socket() as held:  # bound but not listening: refuses
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        message = refusal(Fetcher(), f"http://127.0.0.1:{port}/")
    assert f"refused by 127.0.0.1, port {port}" in message


def test_https_to_a_server_that_speaks_http(server: Server) -> None:
    message = refusal(Fetcher(), f"https://127.0.0.1:{server.server_port}/")
    assert f"does not speak TLS on port {server.server_port}" in message


def test_what_answers_is_no_web_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail ready\r\n\r\n")

        threading.Thread(target=greet, daemon=True).start()
        message = refusal(Fetcher(), f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert "well-formed HTTP" in message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of news.example's own making, with its key."""
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example",
               "-keyout", str(file), "-out", str(file) + ".crt"]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("no openssl to make a certificate with")
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    return file


def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(
    serve: Callable[..., Server], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    names: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    server = serve(tls)
    server.page("/")
    net = Net({"news.example": [PUBLIC], "evil.example": [PUBLIC]}, {PUBLIC: server})
    message = refusal(net.fetcher(), "https://news.example/")
    assert "cannot be trusted (self-signed certificate)" in message.replace("self signed", "self-signed")
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    assert net.fetcher().fetch("https://news.example/").data
    assert "cannot be trusted" in refusal(net.fetcher(), "https://evil.example/")
    assert set(names) == {"news.example", "evil.example"}


def test_certificates_that_are_not_there(public: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    assert "SSL_CERT_FILE" in refusal(public.fetcher(), "https://news.example/")


# Proxies


def test_a_proxy_of_the_user_is_asked_for_public_hosts_only(
    server: Server, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve()
    proxy.page("http://news.example/a", "by proxy")
    proxy.redirect("http://news.example/b", "http://127.0.0.1:1/")
    proxy.redirect("http://news.example/c", "http://unknown.example/")
    server.page("/", "straight")
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me:s3cret@"))
    fetcher = Fetcher(resolver=Net({"news.example": [PUBLIC]}, {}).resolve)
    assert fetcher.fetch("http://news.example/a").data == b"by proxy"
    assert proxy.seen[0][1]["proxy-authorization"]
    assert fetcher.fetch(f"{server.url}/").data == b"straight"
    assert "private or reserved" in refusal(fetcher, "http://news.example/b")
    assert "cannot be found" in refusal(fetcher, "http://news.example/c")
    # Where only the proxy knows outside names, what the user names still comes.
    assert Fetcher(resolver=Net({}, {}).resolve).fetch("http://news.example/a").data == b"by proxy"


def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    public: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://me:s3cret@127.0.0.1:1080")
    message = refusal(public.fetcher(), "http://news.example/")
    assert "socks5://127.0.0.1:1080" in message and "s3cret" not in message


# Addresses


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no web address|not fetched"),
        ("news.example/a", "only http:// and https://"),
        ("http://", "names no host"),
        ("http:///a", "names no host"),
        ("http://exa mple.com/", "names no host"),
        ("http://%31/", "names no host"),
        ("http://[::1%25eth0]/", "names no host"),
        ("http://a.example/\nHost: b", "no web address"),
        ("http://☃/", "no web address"),
        ("http://a.example:0/", "ports run from 1"),
        ("http://a.example:70000/", "ports run from 1"),
        ("http://a.example:x/", "no web address"),
        ("http://a.example\\@b.example/", "names no host"),
        ("file:///etc/passwd", "only http:// and https://"),
        ("http://" + "a" * 70000, "no web address"),
    ],
)
def test_what_is_no_address_is_said_to_be_none(public: Net, url: str, says: str) -> None:
    message = refusal(public.fetcher(), url)
    assert any(one in message for one in says.split("|")), message
    assert not public.connected and not public.asked


def test_a_host_in_any_script_is_asked_for_by_its_ascii_name(server: Server) -> None:
    net = Net({"xn--bcher-kva.example": [PUBLIC]}, {PUBLIC: server})
    server.page("/%C3%A4?q=%C3%B6")
    page = net.fetcher().fetch("  http://Bücher.example/ä?q=ö  ")
    assert page.final_url == "http://xn--bcher-kva.example/%C3%A4?q=%C3%B6"


def test_ipv6_literals_are_asked_for_in_brackets(server: Server) -> None:
    server.page("/")
    Net({}, {"::1": server}).fetcher().fetch("http://[::1]:8080/")
    assert server.seen[-1][1]["host"] == "[::1]:8080"


def nowhere(name: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(max_size=40).map("http://".__add__),
    st.lists(
        st.sampled_from(["http", "https", ":", "/", "//", "@", "[", "]", "\\", "%", "%00", ".", "?", "#", "127.1",
                         "a.example", "0", "::1", " ", "\n", "é", "１", "\ud800", "\u202e"]), max_size=9
    ).map("".join),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_any_string_as_an_address_ends_in_one_line(url: str) -> None:
    try:
        Fetcher(resolver=nowhere, backend=Net({}, {})).fetch(url, timeout_s=5)
    except CitedeskError as error:
        assert len(str(error).splitlines()) == 1
        str(error).encode()
    else:
        raise AssertionError("nothing can have been fetched")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["{0}", "0x{0:x}", "[::ffff:{1:x}:{2:x}]"]))
def test_every_way_to_write_an_address_reaches_as_far(number: int, form: str) -> None:
    plain = socket.inet_ntoa(number.to_bytes(4, "big"))
    host = parse("http://" + form.format(number, number >> 16, number & 0xFFFF)).host
    assert look_up(host, nowhere).reach is look_up(plain, nowhere).reach


def test_importing_the_fetcher_loads_no_http_library() -> None:
    code = "import sys, index.web; print([n for n in ('httpx', 'httpcore', 'protego') if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
