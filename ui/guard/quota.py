"""Quotas: how often somebody may do something within a moving window of time."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

MANY = 100_000
"""Keys that are remembered: beyond that, whoever has many addresses or names makes the oldest be forgotten."""


class Quota:
    """At most ``count`` times in ``minutes``, for each key by itself; kept by this process, for one event loop.

    >>> quota = Quota(2, minutes=1)
    >>> [quota.spend("ann") for _ in range(3)]
    [True, True, False]
    >>> 0 < quota.wait_s("ann") <= 60
    True
    """

    def __init__(self, count: int, minutes: int = 1) -> None:
        self._count = count
        self._window_s = 60.0 * minutes
        self._spent: OrderedDict[str, deque[float]] = OrderedDict()  # those last spent by at the end

    def spend(self, key: str) -> bool:
        """Do it once more, if that is allowed."""
        if not self.left(key):
            return False
        self._spent.setdefault(key, deque()).append(time.monotonic())
        self._spent.move_to_end(key)
        self._forget_old()
        return True

    def left(self, key: str) -> bool:
        """Whether it may be done once more."""
        times = self._spent.get(key)
        while times and times[0] <= time.monotonic() - self._window_s:
            times.popleft()
        return times is None or len(times) < self._count

    def forget(self, key: str) -> None:
        """Begin to count anew."""
        self._spent.pop(key, None)

    def wait_s(self, key: str) -> int:
        """Whole seconds until it may be done again."""
        times = self._spent.get(key)
        return max(1, math.ceil(times[0] + self._window_s - time.monotonic())) if times else 1

    def _forget_old(self) -> None:
        """The two that have been silent the longest, if their time is over; so there are never many of those."""
        for _ in range(2):
            key, times = next(iter(self._spent.items()))
            if len(self._spent) <= MANY and times[-1] > time.monotonic() - self._window_s:
                return
            del self._spent[key]


def address(scope: Mapping[str, Any]) -> str:
    """Where a request comes from; of IPv6 the network, as one customer has very many addresses.

    >>> address({"client": ("2001:db8::7:1", 5)}), address({"client": ("10.0.0.7", 5)}), address({})
    ('2001:db8::/64', '10.0.0.7', '-')
    """
    host = (scope.get("client") or ("-",))[0]
    try:
        known = ipaddress.ip_address(host)
    except ValueError:
        return str(host)[:60]
    if known.version == 6:
        return (
            str(ipaddress.ip_network((int(known), 64), strict=False))
            if known.ipv4_mapped is None
            else str(known)
        )
    return str(known)
