"""When it was written: the articles of an answer on a line of days, as SVG and as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import Answer
from ui.render import escape
from ui.sources import FindArticle
from ui.words import long_date

WIDTH, HEIGHT = 600, 92
_EDGE, _BASE, _STEP = 14, 62, 13
_HIGHEST = 4  # dots above each other before they merge


@dataclass(frozen=True, slots=True)
class Point:
    """An article on its day; ``number`` is its first citation, None if it was read and not cited."""

    day: dt.date
    title: str
    number: int | None


def points(answer: Answer, find: FindArticle) -> tuple[Point, ...]:
    """The dated articles that were cited or retrieved, each once, the earliest first."""
    made: dict[str, Point] = {}
    for citation in answer.citations:
        if citation.article.date and citation.article.id not in made:
            day = dt.date.fromisoformat(citation.article.date)
            made[citation.article.id] = Point(day, citation.article.title, citation.number)
    for key in dict.fromkeys(p.article_id for p in answer.passages):
        if key not in made and (article := find(key)).date:
            made[key] = Point(dt.date.fromisoformat(article.date), article.title, None)
    return tuple(sorted(made.values(), key=lambda p: (p.day, p.number or 1000)))


def worth_drawing(answer: Answer) -> bool:
    """Whether the answer cites articles of three different days or more."""
    return len({c.article.date for c in answer.citations if c.article.date}) >= 3


def timeline_html(shown: Sequence[Point], key: str) -> str:
    """The plot, with its words for those who do not see it, and a table of the same.

    >>> "<svg" in timeline_html([Point(dt.date(2023, 11, 8), "Kyiv", 1)], "k")
    True
    """
    cited = sum(p.number is not None for p in shown)
    first, last = shown[0].day, shown[-1].day
    told = f"{cited} cited and {len(shown) - cited} other retrieved articles, {long_date(first)} to {long_date(last)}"
    return (
        f'<figure class="cd-timeline"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-labelledby="line-{key} line-{key}-d"><title id="line-{key}">When the articles were published</title>'
        f'<desc id="line-{key}-d">{escape(told)}</desc>{_axis(first, last)}{_dots(shown)}</svg>'
        f"<details><summary>{escape(told)}</summary>{_table(shown)}</details></figure>"
    )


def _x(day: dt.date, first: dt.date, last: dt.date) -> float:
    share = (day - first).days / max(1, (last - first).days)
    return round(_EDGE + share * (WIDTH - 2 * _EDGE), 1)


def _axis(first: dt.date, last: dt.date) -> str:
    ends = (
        f'<text x="{_EDGE}" y="{_BASE + 24}">{escape(long_date(first))}</text>'
        f'<text x="{WIDTH - _EDGE}" y="{_BASE + 24}" text-anchor="end">{escape(long_date(last))}</text>'
    )
    return f'<line x1="{_EDGE}" x2="{WIDTH - _EDGE}" y1="{_BASE + 8}" y2="{_BASE + 8}"></line>{ends}'


def _dots(shown: Sequence[Point]) -> str:
    """Dots of the same place stand above each other, the cited ones lowest."""
    first, last = shown[0].day, shown[-1].day
    heights: dict[int, int] = {}
    drawn: list[str] = []
    for point in sorted(shown, key=lambda p: p.number is None):
        x = _x(point.day, first, last)
        at = round(x / _STEP)
        level = min(heights.get(at, 0), _HIGHEST)
        heights[at] = level + 1
        words = f"{long_date(point.day)}: {point.title}" + (f" [{point.number}]" if point.number else "")
        kind = "cd-dot-cited" if point.number else "cd-dot"
        drawn.append(
            f'<circle class="{kind}" cx="{x}" cy="{_BASE - level * _STEP}" r="5">'
            f"<title>{escape(words)}</title></circle>"
        )
    return "".join(drawn)


def _table(shown: Sequence[Point]) -> str:
    rows = "".join(
        f"<tr><td>{escape(long_date(p.day))}</td><td>{escape(p.title)}</td>"
        f"<td>{f'cited, {p.number}' if p.number else 'retrieved'}</td></tr>"
        for p in shown
    )
    return (
        '<table><thead><tr><th scope="col">Date</th><th scope="col">Article</th><th scope="col">Use</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
