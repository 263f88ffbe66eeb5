"""Markdown with YAML front matter: title, date, url."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index.articles import Article, headline, parse_date
from index.errors import BadArticle, BadDate
from index.readers import text as plain
from index.reports import FileProblem

_FENCED = re.compile(r"---[ \t]*\r?\n(?P<yaml>.{0,65536}?)^---[ \t]*(?:\r?\n|$)\s*", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\s*#{1,6}[ \t]+(?P<title>[^\r\n]*?)[ \t]*#*[ \t]*(?:\r|\n|$)")


def read(path: Path) -> Iterator[Article | FileProblem]:
    """The one article of a Markdown file; its text is the whole file, front matter included."""
    try:
        text = plain.load(path)
    except BadArticle as error:
        yield FileProblem(str(path), str(error))
        return
    fenced = _FENCED.match(text)
    start = fenced.end() if fenced else 0
    meta: dict[str, str] = {}
    date = None
    try:
        meta = _meta(fenced["yaml"]) if fenced else {}
        date = parse_date(meta.get("date"))
    except BadArticle as error:
        yield FileProblem(str(path), str(error))
    except BadDate as error:
        yield FileProblem(str(path), f"{error}; kept without a date")
    heading = _HEADING.match(text, start)
    title = meta.get("title") or (headline(heading["title"]) if heading and heading["title"] else "")
    yield Article(text=text, title=title, date=date, url=meta.get("url") or None, body_start=start)


def _meta(front: str) -> dict[str, str]:
    """Front matter as strings: ``yes`` and ``2023-11-08`` mean what they say, not a bool or a date."""
    import yaml

    try:
        found = yaml.load(front, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" on line {mark.line + 2}" if mark else ""
        raise BadArticle(
            f"front matter is not YAML{where}; write lines such as 'date: 2023-11-08'; kept without it"
        ) from None
    if not isinstance(found, dict):
        raise BadArticle(
            "front matter holds no 'key: value' lines; write 'date: 2023-11-08'; kept without it"
        )
    return {str(key).lower(): value.strip() for key, value in found.items() if isinstance(value, str)}
