"""Markdown with YAML front matter: title, dates, author, url."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.articles import Article, headline
from index.errors import BadArticle
from index.readers import text as plain
from index.readers.rows import dated
from index.reports import FileProblem

_FENCED = re.compile(r"---[ \t]*\r?\n(?P<yaml>.{0,65536}?)^---[ \t]*(?:\r?\n|$)\s*", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\s*#{1,6}[ \t]+(?P<title>[^\r\n]*?)[ \t]*#*[ \t]*(?:\r|\n|$)")
_NAMES = {
    "date": ("date", "published", "pubdate"),
    "updated": ("updated", "modified", "lastmod"),
    "author": ("author", "authors"),
}


def parse(data: bytes, source: str) -> Iterator[Article | FileProblem]:
    """The one article of a Markdown file; its text is the whole file, front matter included."""
    text = plain.decode(data)
    fenced = _FENCED.match(text)
    start = fenced.end() if fenced else 0
    meta: dict[str, str] = {}
    try:
        meta = _meta(fenced["yaml"]) if fenced else {}
    except BadArticle as error:
        yield FileProblem(source, str(error))
    fields = {
        field: next((meta[name] for name in names if meta.get(name)), "") for field, names in _NAMES.items()
    }
    heading = _HEADING.match(text, start)
    title = meta.get("title") or (headline(heading["title"]) if heading and heading["title"] else "")
    url = meta.get("url") or None
    date, updated, troubles = dated(fields["date"], fields["updated"], url)
    yield from (FileProblem(source, trouble) for trouble in troubles)
    yield Article(
        text=text,
        title=title,
        date=date,
        url=url,
        body_start=start,
        updated=updated,
        author=fields["author"],
    )


def _meta(front: str) -> dict[str, str]:
    """Front matter as strings: ``yes`` and ``2023-11-08`` mean what they say, not a bool or a date."""
    import yaml

    try:
        found = yaml.load(front, Loader=yaml.BaseLoader)
    # PyYAML answers some damaged input with ValueError and others of its own making.
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, AttributeError, LookupError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" on line {mark.line + 2}" if mark else ""
        raise BadArticle(
            f"front matter is not YAML{where}; write lines such as 'date: 2023-11-08'; kept without it"
        ) from None
    if not isinstance(found, dict):
        raise BadArticle(
            "front matter holds no 'key: value' lines; write 'date: 2023-11-08'; kept without it"
        )
    return {str(key).lower(): _joined(value) for key, value in found.items()}


def _joined(value: object) -> str:
    """A value, or a list of names, as one string; anything else tells nothing."""
    if isinstance(value, list):
        return ", ".join(part.strip() for part in value if isinstance(part, str))
    return value.strip() if isinstance(value, str) else ""
