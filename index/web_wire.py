"""One HTTP request over connections that cannot outlast a deadline and go only to checked addresses."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore

from index.errors import FetchFailed
from index.web_address import Host, origin, shown

if TYPE_CHECKING:
    import httpx


class Deadline:
    """The end of the time allowed for one fetch, however many connections it takes. Seconds."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._ends = time.monotonic() + timeout_s

    def left(self) -> float:
        """Seconds until the end. Raises httpcore.TimeoutException after it."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException
        return left

    def extend(self, seconds: float) -> None:
        """Allow more time: what was spent waiting on purpose does not count."""
        self._ends += seconds

    def run(self, call: Callable[[], Host]) -> Host:
        """Look a host up by a call that knows no time limit; one that is late is left to end by itself."""
        answers: queue.SimpleQueue[Host | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put(call())
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                answers.put(error)

        left = self.left()
        threading.Thread(target=work, daemon=True).start()
        try:
            answer = answers.get(timeout=left)
        except queue.Empty:
            raise httpcore.ConnectTimeout from None
        if isinstance(answer, Exception):
            raise answer
        return answer


class Wire(httpcore.NetworkBackend):
    """Connects to the addresses of a host that were checked, never to what its name means by now."""

    def __init__(self, host: Host, deadline: Deadline, backend: httpcore.NetworkBackend) -> None:
        self._host, self._deadline, self._backend = host, deadline, backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the host's addresses in turn, each with its share of the time left."""
        addresses = self._host.addresses or (host,)
        for number, address in enumerate(addresses):
            share = self._deadline.left() / (len(addresses) - number)
            try:
                stream = self._backend.connect_tcp(address, port, share, local_address, socket_options)
                return _Stream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError

    def sleep(self, seconds: float) -> None:
        """Never asked for: nothing is tried twice."""
        self._backend.sleep(min(seconds, self._deadline.left()))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@contextmanager
def exchange(
    url: httpx.URL,
    headers: Mapping[str, str],
    *,
    host: Host,
    deadline: Deadline,
    proxy: httpx.URL | None,
    trusted: Callable[[], ssl.SSLContext],
    backend: httpcore.NetworkBackend,
) -> Iterator[httpcore.Response]:
    """The response to one GET, its body still to be read; the connection is closed after it.

    Raises FetchFailed for whatever goes wrong on the way, also while the body is read.
    """
    address = httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path or b"/"
    )
    with explained(url, deadline), _pool(url, host, deadline, proxy, trusted, backend) as pool:
        named = [(b"Host", url.netloc), *((name.encode(), value.encode()) for name, value in headers.items())]
        with pool.stream("GET", address, headers=named) as response:
            yield response


def _pool(
    url: httpx.URL,
    host: Host,
    deadline: Deadline,
    proxy: httpx.URL | None,
    trusted: Callable[[], ssl.SSLContext],
    backend: httpcore.NetworkBackend,
) -> httpcore.ConnectionPool:
    # Loading the trusted authorities takes a tenth of a second; plain http goes without them.
    secure = "https" in (url.scheme, proxy.scheme if proxy else "")
    ssl_context = trusted() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if proxy is None:
        return httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=Wire(host, deadline, backend))
    return httpcore.HTTPProxy(
        httpcore.URL(scheme=proxy.raw_scheme, host=proxy.raw_host, port=proxy.port, target=b"/"),
        proxy_auth=(proxy.username.encode(), proxy.password.encode()) if proxy.userinfo else None,
        ssl_context=ssl_context,
        proxy_ssl_context=ssl_context if proxy.scheme == "https" else None,
        network_backend=Wire(Host(proxy.host, (), host.reach), deadline, backend),
    )


@contextmanager
def explained(url: httpx.URL, deadline: Deadline) -> Iterator[None]:
    """Turn what the network raises into FetchFailed, one line each."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        OSError,
    ) as error:
        raise FetchFailed(f"{shown(url)!r} {_reason(error, url, deadline)}") from error


def _reason(error: Exception, url: httpx.URL, deadline: Deadline) -> str:
    _, name, port = origin(url)
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and len(chain) < 8:
        chain.append(cause)
    for kind, reason in (
        (
            httpcore.TimeoutException,
            f"did not come whole within {deadline.timeout_s:g} s; try again later, or save the page"
            " and index the file",
        ),
        (socket.gaierror, f"has a host that cannot be found ({name}); check the spelling and the connection"),
        (ssl.SSLCertVerificationError, None),
        (ssl.SSLError, f"does not speak TLS on port {port}; try http://, or another port"),
        (ConnectionRefusedError, f"is refused by {name}, port {port}; check that its server runs"),
        (
            httpcore.ProxyError,
            "is refused by the proxy in HTTP_PROXY or HTTPS_PROXY; check its address and login",
        ),
        (httpcore.ProtocolError, "is not answered in whole, well-formed HTTP; try again later"),
    ):
        found = next((one for one in chain if isinstance(one, kind)), None)
        if isinstance(found, ssl.SSLCertVerificationError):
            return (
                f"has a certificate that cannot be trusted ({found.verify_message});"
                " set SSL_CERT_FILE if the authority is your own"
            )
        if found and reason:
            return reason
    why = next((one.strerror for one in reversed(chain) if isinstance(one, OSError) and one.strerror), "")
    return f"cannot be reached ({why or 'connection lost'}); try again later"


def proxy_for(url: httpx.URL) -> httpx.URL | None:
    """The proxy that the environment (or the system) names for an address, if any.

    Raises FetchFailed for one that cannot be used.
    """
    from urllib.request import getproxies, proxy_bypass

    import httpx

    scheme, name, port = origin(url)
    proxies = getproxies()
    spec = proxies.get(scheme) or proxies.get("all")
    if not spec or proxy_bypass(f"{name}:{port}"):
        return None
    try:
        proxy = httpx.URL(spec if "://" in spec else f"http://{spec}")
    except (httpx.InvalidURL, ValueError):
        proxy = httpx.URL("")
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise FetchFailed(
            f"{shown(spec)!r} cannot be the proxy of {scheme}:// addresses; use an http:// proxy"
            f" in {scheme.upper()}_PROXY, or name the host in NO_PROXY"
        )
    return proxy
