"""One fetch on its way: what is asked of each host, and where its answer leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.errors import FetchFailed
from index.robots import AGENT
from index.web_address import Host, origin, parse, shown
from index.web_body import KINDS

if TYPE_CHECKING:
    import httpcore
    import httpx

    from index.web_wire import Deadline

USER_AGENT = f"{AGENT}/0.1"
REDIRECTS = {301, 302, 303, 307, 308}
_ACCEPT = ", ".join(KINDS) + ", */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to recognise a version of a page by; kept, it makes the next fetch conditional."""

    etag: str = ""
    last_modified: str = ""
    url: str = ""
    """The address that answered, after redirects; the next fetch is conditional only there (empty: always)."""


@dataclass(slots=True)
class Journey:
    """One fetch: its time, what only its first host may see, and each host as it was first looked up."""

    deadline: Deadline
    credentials: str = ""
    credentials_for: tuple[str, str, int] | None = None
    known: Validators | None = None
    hosts: dict[str, Host] = field(default_factory=dict)

    def conditional(self, target: httpx.URL) -> dict[str, str]:
        """The headers that ask only for what has changed, if this is the address they were given for."""
        if self.known is None or self.known.url not in ("", str(target)):
            return {}
        asked = {"If-None-Match": self.known.etag, "If-Modified-Since": self.known.last_modified}
        return {name: value for name, value in asked.items() if _sendable(value)}


def request_headers(target: httpx.URL, journey: Journey) -> dict[str, str]:
    """What one request says of itself: nothing of the user but the credentials he named for this place."""
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }
    if journey.credentials and origin(target) == journey.credentials_for:
        headers["Authorization"] = journey.credentials
    return headers | journey.conditional(target)


def _sendable(value: str) -> bool:
    return 0 < len(value) <= 1024 and value.isascii() and value.isprintable() and value == value.strip()


def headers_of(response: httpcore.Response) -> dict[str, str]:
    """A response's headers by their lower-case names."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def next_address(target: httpx.URL, response: httpcore.Response) -> httpx.URL:
    """Where a redirect leads; credentials in it are dropped, as it was not the user who gave them.

    Raises FetchFailed for what is no http(s) address.
    """
    import httpx

    where = next((value for name, value in response.headers if name.lower() == b"location"), b"")
    location = where.decode("utf-8", "replace")
    if not location.strip():
        raise FetchFailed(f"{shown(target)!r} redirects without saying where; name the page itself")
    try:
        return parse(str(target.join(location.strip()))).copy_with(userinfo=b"")
    except FetchFailed as error:
        raise FetchFailed(f"{shown(target)!r} redirects where nothing is fetched: {error}") from None
    except (httpx.InvalidURL, ValueError, TypeError):
        raise FetchFailed(
            f"{shown(target)!r} redirects to {shown(location)!r}, no web address; name the page itself"
        ) from None


def explain_status(status: int) -> str:
    """What a status that brings no page means, and what to do about it."""
    from http import HTTPStatus

    name = next((f"{status} ({one.phrase})" for one in HTTPStatus if one == status), str(status))
    if status in (401, 402, 403, 407):
        return f"{name}; citedesk reads open pages: save the page and index the file"
    if status in (404, 410):
        return f"{name}; check the address"
    return f"{name}, not a page; try again later"
