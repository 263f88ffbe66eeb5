"""Fetches the pages, feeds and documents that the user names, and nothing else.

What is fetched is bounded in time and size, and a redirect cannot lead into a private network: each
hop is looked up once, checked, and connected to at the very address that was checked.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self, overload

from index.errors import BadSetting, FetchFailed
from index.robots import ROBOTS_BYTES, Robots
from index.web_address import (
    Host,
    Reach,
    Resolver,
    check_redirect,
    look_up,
    origin,
    parse,
    shown,
    system_resolver,
)
from index.web_body import content_type, read
from index.web_journey import (
    REDIRECTS,
    Journey,
    Validators,
    explain_status,
    headers_of,
    next_address,
    request_headers,
)

if TYPE_CHECKING:
    import ssl

    import httpcore
    import httpx

__all__ = ["LIMIT", "MAX_REDIRECTS", "Fetcher", "Page", "Validators"]

LIMIT = 64 * 1024 * 1024
MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Page:
    """What an address held when it was fetched, unpacked. Neither address holds credentials."""

    url: str
    final_url: str
    content_type: str
    data: bytes
    validators: Validators


class Fetcher:
    """Fetches what the user names; one per run, as it reads the robots.txt of each host once.

    Not for several threads at once. A proxy that the environment configures (``HTTP_PROXY``,
    ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``) is used for public hosts, private ones are asked
    directly. Redirect targets are looked up and checked here also when the proxy will look them up
    again; one that cannot be looked up here is refused. Cookies are neither kept nor sent.

    ``private`` says whether the user may name addresses in private networks. Where he is not the one who
    runs this machine he may not: then every name is looked up here, also behind a proxy.

    ``resolver``, ``backend``, ``clock`` and ``sleep`` stand in for the network and the clock in tests.
    """

    def __init__(
        self,
        *,
        private: bool = True,
        resolver: Resolver = system_resolver,
        backend: httpcore.NetworkBackend | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._private = private
        self._resolver, self._given_backend = resolver, backend
        self._clock, self._sleep = clock, sleep
        self._robots = Robots(clock, sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget what robots.txt files said; every connection was closed with its request."""
        self._robots = Robots(self._clock, self._sleep)

    @overload
    def fetch(self, url: str, *, timeout_s: float = ..., limit: int = ..., known: None = None) -> Page: ...
    @overload
    def fetch(
        self, url: str, *, timeout_s: float = ..., limit: int = ..., known: Validators | None
    ) -> Page | None: ...
    def fetch(
        self, url: str, *, timeout_s: float = 20.0, limit: int = LIMIT, known: Validators | None = None
    ) -> Page | None:
        """Fetch one page, feed or document, or None if it is still what ``known`` was given for.

        ``timeout_s`` bounds the whole fetch in seconds, with its redirects and the robots.txt of each
        host, but without the wait that a host's crawl delay asks for. ``limit`` bounds the body in
        bytes, both as sent and unpacked. An address that the user names may be in a private network
        and then redirect within its host and port (or from port 80 to 443); nothing else may
        redirect there. User and password in ``url`` go to that very host and port only.

        Raises FetchFailed for anything that goes wrong or is not allowed, BadSetting for limits that allow nothing.
        """
        from index.web_wire import Deadline

        if not 0 < timeout_s <= 3600 or limit < 1:
            raise BadSetting(
                f"limits of {timeout_s:g} s and {limit} bytes; allow 0 to 3600 s and at least 1 byte"
            )
        start = parse(url)
        journey = Journey(Deadline(timeout_s), known=known)
        if start.userinfo:
            login = f"{start.username}:{start.password}".encode()
            journey.credentials = "Basic " + base64.b64encode(login).decode("ascii")
            journey.credentials_for = origin(start)
            start = start.copy_with(userinfo=b"")
        with self._arrive(start, journey, self._admit) as (final, response):
            headers = headers_of(response)
            if response.status == 304 and journey.conditional(final):
                return None
            if response.status not in (200, 203):
                said = explain_status(response.status)
                raise FetchFailed(f"{shown(final)!r} answers {said}", response.status)
            kind = content_type(headers.get("content-type", ""), final.path, shown(final))
            data = read(response.iter_stream(), headers, limit, shown(final))
        return Page(
            str(start),
            str(final),
            kind,
            data,
            Validators(headers.get("etag", ""), headers.get("last-modified", ""), str(final)),
        )

    @contextmanager
    def _arrive(
        self, target: httpx.URL, journey: Journey, admit: Callable[[httpx.URL, Journey], None]
    ) -> Iterator[tuple[httpx.URL, httpcore.Response]]:
        """The first response that is no redirect, and the address that gave it."""
        from index.web_wire import exchange

        before: httpx.URL | None = None
        passed = set[str]()
        while True:
            host, proxy = self._road(target, before, journey)
            admit(target, journey)
            passed.add(str(target))
            with exchange(
                target,
                request_headers(target, journey),
                host=host,
                deadline=journey.deadline,
                proxy=proxy,
                trusted=lambda: self._trusted,
                backend=self._backend,
            ) as response:
                if response.status not in REDIRECTS:
                    yield target, response
                    return
                before, target = target, next_address(target, response)
            if str(target) in passed:
                raise FetchFailed(f"{shown(before)!r} redirects in a circle; name the page itself")
            if len(passed) > MAX_REDIRECTS:
                raise FetchFailed(
                    f"{shown(before)!r} redirects once more after {MAX_REDIRECTS} redirects (the limit);"
                    " name the page itself"
                )

    def _road(
        self, target: httpx.URL, before: httpx.URL | None, journey: Journey
    ) -> tuple[Host, httpx.URL | None]:
        """The host of an address, checked, and the proxy to ask it through."""
        from index.web_wire import explained, proxy_for

        _, name, _ = origin(target)
        proxy = proxy_for(target)
        if name not in journey.hosts:
            with explained(target, journey.deadline):
                try:
                    journey.hosts[name] = journey.deadline.run(lambda: look_up(name, self._resolver))
                except OSError:
                    # Behind a proxy a machine may know no outside names; what the user named may go on.
                    if proxy is None or before is not None or not self._private:
                        raise
                    journey.hosts[name] = Host(name, (), Reach.PUBLIC)
        host = journey.hosts[name]
        if before is not None:
            check_redirect(before, journey.hosts[origin(before)[1]], target, host)
        elif host.reach is Reach.NEVER:
            raise FetchFailed(
                f"{shown(target)!r} is a link-local, multicast, reserved or cloud-metadata address,"
                " which is never fetched; name a web page"
            )
        elif host.reach is Reach.PRIVATE and not self._private:
            raise FetchFailed(
                f"{shown(target)!r} is an address of this machine or of a private network, which is not fetched"
                " from here; whoever runs citedesk may allow it: CITEDESK_FETCH_PRIVATE=true"
            )
        return host, proxy if host.reach is Reach.PUBLIC else None

    def _admit(self, target: httpx.URL, journey: Journey) -> None:
        def read_robots(address: httpx.URL) -> tuple[int, bytes]:
            errand = Journey(journey.deadline, hosts=journey.hosts)
            with self._arrive(address, errand, lambda *_: None) as (final, response):
                if response.status != 200:
                    return response.status, b""
                return 200, read(response.iter_stream(), headers_of(response), ROBOTS_BYTES, shown(final))

        journey.deadline.extend(self._robots.admit(target, read_robots))

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        import httpx

        try:
            return httpx.create_ssl_context()
        except OSError as error:
            raise FetchFailed(
                f"the certificates in SSL_CERT_FILE or SSL_CERT_DIR cannot be read ({error.strerror});"
                " name a PEM file, or unset it"
            ) from error

    @cached_property
    def _backend(self) -> httpcore.NetworkBackend:
        import httpcore

        return self._given_backend or httpcore.SyncBackend()
