"""Web addresses as sources: which of those the user names are some, and what is remembered of each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import FetchFailed
from index.ledger import KnownFile
from index.sources import is_address

if TYPE_CHECKING:
    from index.web import Page, Validators

_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Address:
    """A page, feed or document on the web.

    ``name`` is what the archive keeps it under, without user and password; ``url`` is as the user named it.
    """

    name: str
    url: str


def split(sources: Iterable[str | Path]) -> tuple[list[str | Path], list[Address]]:
    """Paths apart from web addresses, each address once. Raises FetchFailed for one that is malformed."""
    given = list(sources)
    paths = [source for source in given if not is_address(source)]
    found = [address(str(source)) for source in given if is_address(source)]
    return paths, list({one.name: one for one in found}.values())


def address(url: str) -> Address:
    """A well-formed address. Raises FetchFailed."""
    from index.web_address import parse

    whole = re.sub(r"^\s*(https?:/)(?!/)", r"\1/", url, flags=re.IGNORECASE)
    return Address(str(parse(whole).copy_with(userinfo=b"")), whole)


def validators_of(known: KnownFile | None) -> Validators | None:
    """What makes the next fetch conditional; None if there is nothing, or the page was not read to its end."""
    from index.web import Validators

    if known is None or known.size < 0 or not known.validators:
        return None
    try:
        return Validators(**json.loads(known.validators))
    except (ValueError, TypeError):  # another citedesk wrote them: the page is fetched whole
        return None


def known_as(page: Page) -> KnownFile:
    """What to remember of a page: the same again means that nothing needs to be read."""
    told = asdict(page.validators)
    sent = json.dumps(told) if told["etag"] or told["last_modified"] else ""
    digest = hashlib.sha256(page.content_type.encode() + b"\0" + page.data).hexdigest()
    return KnownFile(len(page.data), 0, digest, sent)


def is_feed(page: Page) -> bool:
    """Whether the entries of a page come and go, so that one it no longer lists is not gone."""
    from index.readers import feed

    return feed.is_feed(page.data)


def failure(name: str, error: FetchFailed, held: int) -> str:
    """Why an address could not be read, and what becomes of the articles it gave before."""
    from index.web_address import shown

    said = str(error).removeprefix(f"{shown(name)!r} ")
    if not held:
        return said
    some = "its article stays" if held == 1 else f"its {held:,} articles stay"
    return f"{said} ({'it is gone; ' if error.status in _GONE else ''}{some} in the archive)"
