"""When it was written: the articles of an answer on a line of days, as SVG and as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import Answer
from ui.render import escape
from ui.sources import FindArticle
from ui.words import long_date

WIDTH = 440
_EDGE, _STEP = 8, 12
_HIGHEST = 5  # dots above each other before they merge


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
    placed = _placed(shown)
    base = _EDGE + _STEP * max(level for _, _, level in placed)
    dots = "".join(_dot(point, x, base - level * _STEP) for point, x, level in placed)
    return (
        f'<figure class="cd-timeline"><svg viewBox="0 0 {WIDTH} {base + 9}" role="img"'
        f' aria-labelledby="line-{key} line-{key}-d"><title id="line-{key}">When the articles were published</title>'
        f'<desc id="line-{key}-d">{escape(told)}</desc>'
        f'<line x1="{_EDGE}" x2="{WIDTH - _EDGE}" y1="{base + 8}" y2="{base + 8}"></line>{dots}</svg>'
        f'<div class="cd-ends" aria-hidden="true"><span>{escape(long_date(first))}</span>'
        f"<span>{escape(long_date(last))}</span></div>"
        f"<details><summary>{escape(told)}</summary>{_table(shown)}</details></figure>"
    )


def _placed(shown: Sequence[Point]) -> list[tuple[Point, float, int]]:
    """Each point with its place on the line and its level: near ones stand above each other, cited ones lowest."""
    first, days = shown[0].day, max(1, (shown[-1].day - shown[0].day).days)
    placed: list[tuple[Point, float, int]] = []
    for point in sorted(shown, key=lambda p: p.number is None):
        x = round(_EDGE + (point.day - first).days / days * (WIDTH - 2 * _EDGE), 1)
        taken = {level for _, other, level in placed if abs(other - x) < _STEP}
        level = next((n for n in range(_HIGHEST) if n not in taken), _HIGHEST)
        placed.append((point, x, level))
    return placed


def _dot(point: Point, x: float, y: float) -> str:
    words = f"{long_date(point.day)}: {point.title}" + (f" [{point.number}]" if point.number else "")
    kind = "cd-dot-cited" if point.number else "cd-dot"
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="4.5"><title>{escape(words)}</title></circle>'


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
