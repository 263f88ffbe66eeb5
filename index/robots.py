"""What the robots.txt of each host allows, and how long to wait between two requests to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.errors import FetchFailed
from index.web_address import origin, shown

if TYPE_CHECKING:
    import httpx
    from protego import Protego

AGENT = "citedesk"
LONGEST_DELAY_S = 5.0
"""A longer crawl delay is cut to this: a user waits, and names few pages of one host."""

ROBOTS_BYTES = 512 * 1024
"""What is read of a robots.txt; RFC 9309 asks for 500 KiB at least."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one host; without rules all is allowed, and with ``refusal`` nothing is."""

    parsed: Protego | None = None
    refusal: str = ""


class Robots:
    """Reads each host's robots.txt once and keeps to it.

    ``read`` gets an address and returns status and body, at most `ROBOTS_BYTES` of it.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._rules: dict[tuple[str, str, int], _Rules] = {}
        self._last: dict[tuple[str, str, int], float] = {}

    def admit(self, url: httpx.URL, read: Callable[[httpx.URL], tuple[int, bytes]]) -> float:
        """Wait until the host wants to be asked again; the seconds spent waiting.

        Raises FetchFailed if robots.txt forbids the address or cannot be read now.
        """
        place = origin(url)
        if place not in self._rules:
            self._rules[place] = _rules(url, read)
        rules = self._rules[place]
        if rules.refusal:
            raise FetchFailed(f"{shown(url)!r} is not fetched: {rules.refusal}")
        if rules.parsed and not rules.parsed.can_fetch(str(url.copy_with(userinfo=b"")), AGENT):
            raise FetchFailed(
                f"{shown(url)!r} is not fetched: robots.txt of {place[1]} forbids it to {AGENT};"
                " ask the publisher, or save the page and index the file"
            )
        return self._wait(place, _delay(rules.parsed))

    def _wait(self, place: tuple[str, str, int], delay_s: float) -> float:
        now = self._clock()
        waited = max(0.0, self._last.get(place, now - delay_s) + delay_s - now)
        if waited:
            self._sleep(waited)
        self._last[place] = now + waited
        return waited


def _rules(url: httpx.URL, read: Callable[[httpx.URL], tuple[int, bytes]]) -> _Rules:
    from protego import Protego

    where = url.copy_with(userinfo=b"", raw_path=b"/robots.txt")
    try:
        status, body = read(where)
    except FetchFailed as error:
        return _Rules(refusal=f"robots.txt comes first, and {error}")
    if status >= 500:
        return _Rules(
            refusal=f"robots.txt comes first, and {shown(where)!r} answers {status} (a server error);"
            " try again later"
        )
    # RFC 9309: without a robots.txt that can be had, nothing is forbidden.
    return _Rules(Protego.parse(body.decode("utf-8-sig", "replace")) if status == 200 else None)


def _delay(rules: Protego | None) -> float:
    if rules is None:
        return 0.0
    asked = rules.crawl_delay(AGENT) or 0.0
    if rate := rules.request_rate(AGENT):
        asked = max(asked, rate.seconds / max(rate.requests, 1))
    # Neither a negative delay nor "nan" may pass.
    return min(asked, LONGEST_DELAY_S) if asked > 0 else 0.0
