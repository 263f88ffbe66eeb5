"""Web addresses: which are well formed, how they are shown, and which hosts they lead to."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from index.errors import FetchFailed

if TYPE_CHECKING:
    import httpx

Resolver = Callable[[str], list[str]]
"""From a host's name to its IP addresses; raises OSError for a name that nobody knows."""

PORTS = {"http": 80, "https": 443}
SHOWN_CHARS = 120

# What the standard library's tables leave out or (before Python 3.12.4) call global: the metadata
# services of Azure and Oracle Cloud, site-local IPv6 and the local form of NAT64.
_NEVER = tuple(map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24", "fec0::/10", "64:ff9b:1::/48")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|[0-9a-f:.]*:[0-9a-f:.]*")


class Reach(IntEnum):
    """Who may be led to a host: anyone; only who names it himself; nobody."""

    PUBLIC = 0
    PRIVATE = 1
    NEVER = 2


@dataclass(frozen=True, slots=True)
class Host:
    """A looked-up host. Without addresses only the user's proxy can look it up."""

    name: str
    addresses: tuple[str, ...]
    reach: Reach


def parse(url: str) -> httpx.URL:
    """A well-formed http(s) address, without its fragment.

    Raises FetchFailed, with credentials left out of the message.

    >>> str(parse("HTTPS://Bücher.example/a b#top"))
    'https://xn--bcher-kva.example/a%20b'
    """
    import httpx

    try:
        parsed = httpx.URL(url.strip()).copy_with(fragment=None)
        scheme, host, port = parsed.scheme, parsed.raw_host.decode("ascii"), parsed.port
        parsed.raw_path.decode("ascii")
    except (httpx.InvalidURL, ValueError, TypeError):
        raise FetchFailed(
            f"{shown(url)!r} is no web address; write it as https://host/path, without line breaks"
        ) from None
    if scheme not in PORTS:
        raise FetchFailed(
            f"{shown(url)!r} is not fetched: only http:// and https:// addresses are; name a file by its path"
        )
    # Browsers end the host at a backslash, RFC 3986 does not: what is checked must be what is reached.
    if not _HOST.fullmatch(host) or re.match(r"\s*\w+:[^/]*//[^/?#]*\\", url):
        raise FetchFailed(f"{shown(url)!r} names no host that can be reached; write it as https://host/path")
    if port is not None and not 1 <= port <= 65535:
        raise FetchFailed(f"{shown(url)!r} has port {port}; ports run from 1 to 65535")
    return parsed


def shown(url: object) -> str:
    """An address fit for a message: one line, cut, and without what may be secret (user, password, query).

    >>> shown("https://ann:s3cret@example.com/feed?token=42")
    'https://example.com/feed?...'
    """
    import httpx

    text = str(url)
    try:
        parsed = url if isinstance(url, httpx.URL) else httpx.URL(text.strip())
        if parsed.scheme not in PORTS or not _HOST.fullmatch(parsed.raw_host.decode("ascii")):
            raise ValueError("shown as it was written")
        text = str(parsed.copy_with(userinfo=b"", query=None, fragment=None))
        text += "?..." if parsed.query else ""
    except (httpx.InvalidURL, ValueError, TypeError):
        # A password may hold any character where nothing can be parsed: all before the last @ goes.
        text = re.sub(r"(?s)^(\s*\w*:?/*).*@", r"\1", text)
        text = re.sub(r"(?s)\?.*", "?...", text)
    text = "".join(letter if letter.isprintable() else "�" for letter in text)
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 3] + "..."


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port: what robots.txt, a crawl delay and credentials hold for."""
    return url.scheme, url.raw_host.decode("ascii").rstrip("."), url.port or PORTS[url.scheme]


def reach(address: str) -> Reach:
    """Who may be led to an IP address; IPv4 inside IPv6 counts as what it is.

    >>> reach("93.184.215.14").name, reach("::ffff:10.0.0.1").name, reach("169.254.169.254").name
    ('PUBLIC', 'PRIVATE', 'NEVER')
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    if ip.is_loopback:
        return Reach.PRIVATE
    if ip.is_link_local or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return Reach.NEVER
    if any(ip in network for network in _NEVER if network.version == ip.version):
        return Reach.NEVER
    return Reach.PUBLIC if ip.is_global else Reach.PRIVATE


def literal(name: str) -> str | None:
    """The IP address that a host's name spells out, in any of the forms that C libraries take.

    >>> literal("2130706433"), literal("0x7f.1"), literal("::1"), literal("example.com")
    ('127.0.0.1', '127.0.0.1', '::1', None)
    """
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    if re.fullmatch(r"[0-9a-fx.]+", name):
        try:
            return socket.inet_ntoa(socket.inet_aton(name.rstrip(".")))
        except OSError:
            return None
    return None


def system_resolver(name: str) -> list[str]:
    """The addresses that this machine's own settings give for a name."""
    found = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def look_up(name: str, resolver: Resolver) -> Host:
    """A host by its name, resolved once. Any one address that nobody may be led to decides for all.

    Raises OSError for a name that nobody knows.
    """
    spelt = literal(name)
    addresses = [spelt] if spelt else list(dict.fromkeys(resolver(name)))
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    return Host(name, tuple(addresses), max(map(reach, addresses)))


def check_redirect(before: httpx.URL, host_before: Host, after: httpx.URL, host: Host) -> None:
    """Refuse to be led from a public host into a private network, or from one private host to another.

    Raises FetchFailed.
    """
    if host.reach is Reach.PUBLIC:
        return
    (_, name, port), (_, name_after, port_after) = origin(before), origin(after)
    same = name == name_after and (port == port_after or (port, port_after) == (80, 443))
    if same and host_before.reach is Reach.PRIVATE:
        return
    raise FetchFailed(
        f"{shown(before)!r} redirects to {shown(after)!r}, a private or reserved address;"
        " redirects may lead to public hosts only: name that address itself if you trust it"
    )
