"""Web pages: the article's body, title, author, dates and address, without the page around it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from index.articles import Article
from index.errors import BadArticle
from index.readers import page_dates
from index.readers.blocks import paragraphs
from index.readers.dating import date_from_url
from index.readers.encodings import decode_web
from index.readers.guard import guarded
from index.reports import FileProblem

SIZE_LIMIT = 10_000_000
"""Bytes in a page, embedded pictures not counted; libxml2 drops longer texts without a word."""

TAG_LIMIT = 50_000
"""Tags in a page: extraction takes time that grows with their square, some ten seconds for these."""

_EMBEDDED = re.compile(r"data:[\w/+.;=-]{1,80};base64,[A-Za-z0-9+/=%]{100,}")
_LOGGERS = ("trafilatura", "htmldate", "courlan", "charset_normalizer", "justext")


def parse(data: bytes, source: str, url: str = "", charset: str = "") -> Iterator[Article | FileProblem]:
    """The one article of a page. ``url`` is where it came from, ``charset`` what the server said."""
    markup, note = decode_web(data, charset)
    if note:
        yield FileProblem(source, note)
    with guarded("HTML", *_LOGGERS):
        tree = _tree(markup)
        dates = page_dates.find(tree)  # before the extraction, which prunes the tree
        address = _address(tree, url)
        text, title, author, guess = _article(tree, markup)
        if not text:
            raise BadArticle(
                "holds no article text (0 words beside its menus and scripts); save the page whole"
            )
        date = dates.published or date_from_url(address) or date_from_url(url)
        if date is None and not dates.troubles:
            date = _guessed(guess, text, dates.updated)
    yield from (FileProblem(source, trouble) for trouble in dates.troubles)
    updated = dates.updated if dates.updated != date else None
    yield Article(text=text, title=title, date=date, url=address or None, updated=updated, author=author)


def text_of(fragment: str) -> str:
    """A piece of HTML, such as a feed's summary, as plain paragraphs. Raises BadArticle if it is hostile.

    >>> text_of("Kyiv &amp; <b>Odesa</b><p>Spoke.")
    'Kyiv & Odesa\\n\\nSpoke.'
    """
    if "<" not in fragment and "&" not in fragment:
        return "\n\n".join(" ".join(part.split()) for part in fragment.split("\n\n") if part.strip())
    with guarded("HTML"):
        return paragraphs(_tree(f"<div>{fragment}</div>"))


def _tree(markup: str) -> Any:
    from lxml import html  # type: ignore[import-untyped]

    data = _EMBEDDED.sub("data:,", markup).encode("utf-8", "replace")
    if len(data) > SIZE_LIMIT:
        raise BadArticle(f"holds {len(data):,} bytes; the limit for a page is {SIZE_LIMIT:,}: save its text")
    if (tags := markup.count("<")) > TAG_LIMIT:
        raise BadArticle(f"holds {tags:,} tags; the limit is {TAG_LIMIT:,}: split the page, or save its text")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    tree = html.document_fromstring(data, parser=parser)
    for error in parser.error_log:  # libxml2 would drop the rest without a word
        if error.type_name == "ERR_RESOURCE_LIMIT":
            raise BadArticle(f"is over a limit of the parser ({error.message.split(',')[0]}); save its text")
    return tree


def _article(tree: Any, markup: str) -> tuple[str, str, str, str]:
    """Body, title, author, and the day that htmldate guesses."""
    from trafilatura import bare_extraction

    # The extensive search for dates guesses from any number, and loads its language data for seconds.
    dates = {"original_date": True, "extensive_search": False}
    found: Any = bare_extraction(
        tree, include_comments=False, with_metadata=True, date_extraction_params=dates
    )
    if found is None:  # trafilatura passes over pages of a few words
        tree = _tree(markup)
        title = " ".join((tree.findtext(".//title") or "").split())
        body = tree.find("body")
        return paragraphs(body if body is not None else tree), title, "", ""
    text = paragraphs(found.body) if found.body is not None else ""
    return text or (found.text or "").strip(), found.title or "", found.author or "", found.date or ""


def _address(tree: Any, url: str) -> str:
    """The page's canonical address if it lies on the host that the page came from, else that."""
    for path in ('.//link[@rel="canonical"]/@href', './/meta[@property="og:url"]/@content'):
        for value in tree.xpath(path):
            try:
                found = urljoin(url, str(value).strip())
                parts = urlsplit(found)
                foreign = bool(url) and _site(parts.hostname) != _site(urlsplit(url).hostname)
            except ValueError:
                continue
            if parts.scheme in ("http", "https") and parts.hostname and not foreign and found.isprintable():
                return found
    return url


def _site(host: str | None) -> str:
    return (host or "").lower().removeprefix("www.").removeprefix("m.").removeprefix("amp.")


def _guessed(found: str, text: str, updated: dt.date | None) -> dt.date | None:
    """What htmldate makes of a page that tells no date plainly.

    A date that the article itself speaks of is no date of publication, nor is that of its revision.
    """
    day = dt.date.fromisoformat(found) if found else None
    return None if day is None or day == updated or found in text else day
