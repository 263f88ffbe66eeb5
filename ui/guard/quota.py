"""Quotas: how often somebody may do something within a moving window of time."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Quota:
    """At most ``count`` times in ``minutes``, for each key by itself; kept by this process alone.

    >>> quota = Quota(2, minutes=1)
    >>> [quota.spend("ann") for _ in range(3)]
    [True, True, False]
    >>> 0 < quota.wait_s("ann") <= 60
    True
    """

    def __init__(self, count: int, minutes: int = 1) -> None:
        self._limit: RateLimitItem = RateLimitItemPerMinute(count, minutes)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, key: str) -> bool:
        """Do it once more, if that is allowed."""
        return self._windows.hit(self._limit, key)

    def left(self, key: str) -> bool:
        """Whether it may be done once more."""
        return self._windows.test(self._limit, key)

    def forget(self, key: str) -> None:
        """Begin to count anew."""
        self._windows.clear(self._limit, key)

    def wait_s(self, key: str) -> int:
        """Whole seconds until it may be done again."""
        reset = self._windows.get_window_stats(self._limit, key).reset_time
        return max(1, math.ceil(reset - time.time()))


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
