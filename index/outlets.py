"""Outlets: where an article comes from, as a newsroom says it: "only from cnn.com", "not from drafts/".

It is the host of the article's address, without ``www.``; of one that has no address the host of the feed or
page it was read from, or else the folder of its file. A file that holds many articles is an outlet itself.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.errors import UnknownSource
from index.reports import Outlet
from index.shelves import EVERYWHERE, Selection, Shelves

if TYPE_CHECKING:
    from index.catalogue import Catalogue

DIRECT = "direct"
"""The outlet of articles that came from no file."""

_FILLED = "outlets"
_RULES = "1"  # raise when the same article would come from another outlet
_MANY = (".jsonl", ".csv", ".tsv", ".rss", ".atom", ".xml")
_NEAR, _SHOWN = 3, 80
_LETTER = re.compile(r"[^\W\d_]")
_HOST = re.compile(r"[\w.-]+|[\da-f:.]+")

Parts = tuple[str, ...]


def outlet_of(url: str | None, path: str) -> str:
    """What an article came from, as it is stored: a host, or the whole path of a file or, with ``/``, a folder.

    >>> outlet_of("https://www.CNN.com/2023/11/08/x", "/news/a.jsonl"), outlet_of(None, "https://a.org/feed")
    ('cnn.com', 'a.org')
    >>> outlet_of(None, "/news/drafts/a.txt"), outlet_of("", "/news/wire.jsonl.gz"), outlet_of(None, "")
    ('/news/drafts/', '/news/wire.jsonl.gz', 'direct')
    """
    if host := _host(url or "") or _host(path):
        return host
    if not path:
        return DIRECT
    file = PurePath(path)
    if file.name.lower().removesuffix(".gz").endswith(_MANY):
        return file.as_posix()
    return file.parent.as_posix().rstrip("/") + "/"


def _host(address: str) -> str:
    """The host of a web address; nothing if it is none."""
    try:
        split = urlsplit(address.strip())
        host = split.hostname if split.scheme.lower() in ("http", "https") else None
    except ValueError:
        return ""
    host = (host or "").rstrip(".").removeprefix("www.")
    return host if _HOST.fullmatch(host) else ""


def place(catalogue: Catalogue, number: int) -> None:
    """Note where an article comes from, now that it is stored or its files have changed.

    Passages that stand on another shelf in the indexes get new numbers, so that they are put there anew.
    """
    found = catalogue.rows(
        "SELECT a.url, p.shelf FROM articles a LEFT JOIN places p ON p.article = a.n WHERE a.n = ?", number
    )
    for url, before in found:
        paths = [path for (path,) in catalogue.rows("SELECT path FROM origins WHERE article = ?", number)]
        shelf = _shelf(catalogue, {outlet_of(url, path) for path in paths or [""]})
        if shelf == before:
            continue
        catalogue.rows("INSERT OR REPLACE INTO places VALUES (?, ?)", number, shelf)
        if before is not None:
            _renumber(catalogue, number)


def _shelf(catalogue: Catalogue, outlets: Iterable[str]) -> int:
    said = json.dumps(sorted(outlets), ensure_ascii=False)
    catalogue.rows("INSERT OR IGNORE INTO shelves (outlets) VALUES (?)", said)
    return int(catalogue.rows("SELECT n FROM shelves WHERE outlets = ?", said)[0][0])


def _renumber(catalogue: Catalogue, number: int) -> None:
    ((last,),) = catalogue.rows("SELECT COALESCE(MAX(n), 0) FROM passages WHERE article = ?", number)
    catalogue.rows(
        "INSERT INTO passages (article, start, end, key, text)"
        " SELECT article, start, end, key, text FROM passages WHERE article = ? ORDER BY n",
        number,
    )
    catalogue.rows("DELETE FROM passages WHERE article = ? AND n <= ?", number, last)


def fill(catalogue: Catalogue) -> None:
    """Place the articles that were stored before there were these rules."""
    if catalogue.get(_FILLED) == _RULES:
        return
    with catalogue.writing():
        if catalogue.get(_FILLED) != _RULES:  # another process was not faster
            for (number,) in catalogue.rows("SELECT n FROM articles ORDER BY n"):
                place(catalogue, number)
            catalogue.set(_FILLED, _RULES)


def count(catalogue: Catalogue) -> list[Outlet]:
    """The outlets of the archive with the number of their articles, most first."""
    held: dict[str, int] = {}
    for said, articles in catalogue.rows(
        "SELECT s.outlets, COUNT(*) FROM places p JOIN shelves s ON s.n = p.shelf GROUP BY p.shelf"
    ):
        for outlet in json.loads(said):
            held[outlet] = held.get(outlet, 0) + articles
    names = _names(held)
    found = [Outlet(names[outlet], articles) for outlet, articles in held.items()]
    return sorted(found, key=lambda outlet: (-outlet.articles, outlet.name))


def _names(outlets: Iterable[str]) -> dict[str, str]:
    """What each outlet is called: of a path no more than tells it from the others, and a word at least.

    >>> _names(["/home/me/news/2023/11/", "/home/me/drafts/", "cnn.com"])
    {'/home/me/news/2023/11/': 'news/2023/11/', '/home/me/drafts/': 'drafts/', 'cnn.com': 'cnn.com'}
    """
    split = {outlet: _parts(outlet) for outlet in outlets}
    ends: dict[Parts, int] = {}
    for parts in split.values():
        for size in range(1, len(parts) + 1):
            ends[parts[-size:]] = ends.get(parts[-size:], 0) + 1
    return {outlet: _name(outlet, parts, ends) for outlet, parts in split.items()}


def _name(outlet: str, parts: Parts, ends: dict[Parts, int]) -> str:
    slash = "/" if outlet.endswith("/") else ""
    for size in range(1, len(parts)):
        end = parts[-size:]
        if ends[end] == 1 and _LETTER.search(end[0]):
            return "/".join(end) + slash
    return outlet


def _parts(name: str) -> Parts:
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def choose(catalogue: Catalogue, where: Selection) -> Shelves | None:
    """The shelves that a selection leaves; None if it leaves none.

    A host stands for its subdomains too, a folder for all that lies in it. Raises UnknownSource.
    """
    if not where:
        return EVERYWHERE
    rows = catalogue.rows(
        "SELECT n, outlets FROM shelves s WHERE EXISTS (SELECT 1 FROM places WHERE shelf = s.n)"
    )
    held = {n: json.loads(said) for n, said in rows}
    outlets = {outlet for some in held.values() for outlet in some}
    wanted = _meant(where.include, outlets) if where.include else outlets
    unwanted = _meant(where.exclude, outlets)
    # An article that came from two places is found by either, unless one of them is left out.
    left = tuple(n for n, some in held.items() if wanted & set(some) and not unwanted & set(some))
    if not left:
        return None
    if 2 * len(left) <= len(held):
        return Shelves(left)
    return Shelves(tuple(held.keys() - set(left)), but=True)


def _meant(names: Sequence[str], outlets: set[str]) -> set[str]:
    found: set[str] = set()
    split = {outlet: _parts(outlet.casefold()) for outlet in outlets}
    for name in names:
        asked = _parts((_host(name) or name.strip()).casefold())
        meant = {outlet for outlet, parts in split.items() if _is_of(asked, outlet, parts)}
        if not meant:
            raise UnknownSource(_unknown(name, outlets))
        found |= meant
    return found


def _is_of(asked: Parts, outlet: str, parts: Parts) -> bool:
    """Whether an outlet is the one that is asked for, or part of it."""
    if not asked:
        return False
    if "/" in outlet:
        return any(parts[at : at + len(asked)] == asked for at in range(len(parts)))
    host = asked[0].removeprefix("www.")
    below = "." in host and parts[0].endswith(f".{host}")
    return len(asked) == 1 and (parts[0] == host or below)


def _unknown(name: str, outlets: set[str]) -> str:
    names = _names(outlets)
    shown = sorted(names.values())
    asked = name.strip().casefold()
    alike = {each.casefold(): each for each in shown}
    near = [alike[each] for each in difflib.get_close_matches(asked, alike, n=_NEAR, cutoff=0.5)]
    within = [each for low, each in alike.items() if asked.strip("/") and asked.strip("/") in low]
    near = list(dict.fromkeys([*near, *within]))[:_NEAR]
    if near:
        return f"no article is from {name[:60]!r}; near it are {_listed(near)}"
    some = _listed(shown[:_NEAR]) or "none yet"
    return f"no article is from {name[:60]!r}; the {len(shown):,} sources of the archive begin with {some}"


def _listed(names: Iterable[str]) -> str:
    """Names in one line, whatever folders are called."""
    return ", ".join(" ".join(name.split())[:_SHOWN] for name in names)
