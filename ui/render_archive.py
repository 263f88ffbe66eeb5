"""The archive as HTML: what it holds by month, its articles as a list and one by one. Pure functions.

Everything that comes from an article, a file's name or an address goes through `escape`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from index.articles import Article
from index.listing import Listed, Month
from index.reports import FlaggedArticle, Status
from index.sentences import Span
from index.versions import Version
from rag.evidence import web_address
from ui.render import escape
from ui.words import counted, long_date

LEAST, MOST = 12, 240
"""Months of the plot: fewer are filled up with empty ones, more are drawn by year."""
SHOWN_CHARS = 200_000
_HEIGHT = 100.0
_STUB = 3.0  # of a bar, so that one article beside thousands is still seen


def headline_html(status: Status) -> str:
    """What the archive holds, in one line."""
    parts = [counted(status.articles, "article")]
    if status.oldest and status.newest:
        parts += [f"from {long_date(status.oldest)} to {long_date(status.newest)}"]
    if status.undated:
        parts.append(f"{status.undated:,} undated")
    parts.append(size(status.bytes_on_disk))
    if status.flagged:
        parts.append(f"{status.flagged:,} flagged")
    return f'<h2 class="cd-held">{escape(" · ".join(parts))}</h2>'


def size(count: int) -> str:
    """Bytes as people say them.

    >>> size(0), size(1_400), size(3_250_000), size(7_000_000_000)
    ('0 KB', '1 KB', '3.2 MB', '7.0 GB')
    """
    if count < 1_000_000:
        return f"{count // 1000:,} KB"
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"


def months_html(months: Sequence[Month], undated: int = 0) -> str:
    """How many articles each month has, as bars and as a table."""
    if not months:
        said = f"{counted(undated, 'article')}, none with a date." if undated else "No articles yet."
        return f'<p class="cd-none">{escape(said)}</p>'
    slots, unit = _slots(months)
    most = max(number for _, number in slots)
    peak = next(name for name, number in slots if number == most)
    dated = sum(month.articles for month in months)
    told = f"Most in {peak}: {most:,}."
    if undated:
        told += f" {undated:,} more without a date."
    desc = f"{counted(dated, 'dated article')}, {slots[0][0]} to {slots[-1][0]}. {told}"
    ticks = "".join(f"<span>{escape(slots[at][0])}</span>" for at in (0, len(slots) // 2, -1))
    return (
        f'<figure class="cd-months"><figcaption>Articles by {unit} <span>{escape(told)}</span></figcaption>'
        f"{_svg(slots, most, f'Articles by {unit}', desc)}"
        f'<div class="cd-ticks" aria-hidden="true">{ticks}</div>{_table(slots, unit)}</figure>'
    )


def _slots(months: Sequence[Month]) -> tuple[list[tuple[str, int]], str]:
    """Every month between the first and the last (or every year, if they are too many), and its articles."""
    held = {_number(month.first): month.articles for month in months}
    first, last = min(held), max(held)
    if last - first < MOST:
        first = min(first, last - LEAST + 1)
        names = ((n, dt.date(n // 12, n % 12 + 1, 1)) for n in range(max(first, 12), last + 1))
        return [(f"{day:%b} {day.year}", held.get(n, 0)) for n, day in names], "month"
    years: dict[int, int] = dict.fromkeys(range(first // 12, last // 12 + 1), 0)
    for n, number in held.items():
        years[n // 12] += number
    return [(str(year), number) for year, number in years.items()], "year"


def _number(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _svg(slots: Sequence[tuple[str, int]], most: int, title: str, desc: str) -> str:
    width = 10.0
    bars = "".join(
        f'<rect x="{at * width + width * 0.1:g}" y="{_HEIGHT - high:g}" width="{width * 0.8:g}" height="{high:g}">'
        f"<title>{escape(f'{name}: {number:,}')}</title></rect>"
        for at, (name, number) in enumerate(slots)
        if number and (high := round(max(_STUB, _HEIGHT * number / most), 1))
    )
    return (
        f'<svg class="cd-bars" role="img" aria-labelledby="cd-bars-title cd-bars-desc" preserveAspectRatio="none"'
        f' viewBox="0 0 {len(slots) * width:g} {_HEIGHT:g}"><title id="cd-bars-title">{escape(title)}</title>'
        f'<desc id="cd-bars-desc">{escape(desc)}</desc>{bars}</svg>'
    )


def _table(slots: Sequence[tuple[str, int]], unit: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{number:,}</td></tr>' for name, number in slots if number
    )
    head = f'<tr><th scope="col">{unit.capitalize()}</th><th scope="col">Articles</th></tr>'
    return (
        '<details class="cd-numbers"><summary>As a table</summary><div class="cd-scroll" tabindex="0" role="region"'
        f' aria-label="Articles by {unit}, as a table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
        "</details>"
    )


def list_html(listed: Sequence[Listed], told: str, *, choosing: bool) -> str:
    """A page of articles; ``told`` says which. A title's button carries its article's id; ``choosing`` adds boxes."""
    if not listed:
        return f'<p class="cd-told" role="status">{escape(told)}</p>'
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Title", "Date", "Source", "Words"))
    box = '<th scope="col"><span class="cd-sr">Chosen</span></th>' if choosing else ""
    rows = "".join(_row(one, choosing) for one in listed)
    return (
        f'<p class="cd-told" role="status">{escape(told)}</p><table class="cd-list">'
        f'<caption class="cd-sr">Articles</caption><thead><tr>{box}{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(one: Listed, choosing: bool) -> str:
    name = escape(one.title)
    box = f'<td class="cd-box"><input type="checkbox" value="{escape(one.id)}" aria-label="Choose: {name}"></td>'
    flag = ' <span class="cd-flag">flagged</span>' if one.flagged else ""
    return (
        f'<tr>{box if choosing else ""}<td class="cd-name">{_opener(one.id, one.title)}{flag}</td>'
        f'<td class="cd-day">{escape(long_date(one.date))}</td><td class="cd-from">{escape(one.source)}</td>'
        f'<td class="cd-words">{one.words:,}<span class="cd-unit"> word{"" if one.words == 1 else "s"}</span></td></tr>'
    )


def _opener(article_id: str, title: str) -> str:
    return (
        f'<button type="button" class="cd-open" data-article="{escape(article_id)}">{escape(title)}</button>'
    )


def article_html(
    article: Article, versions: Sequence[Version], copies: Sequence[Listed], flagged: Sequence[Span]
) -> str:
    """One article whole, with what it said before and who else printed it."""
    about = [long_date(article.date)]
    if article.updated:
        about.append(f"updated {long_date(article.updated)}")
    if article.author:
        about.append(article.author)
    link = ""
    if url := web_address(article.url):
        link = (
            f'<a class="cd-link" href="{escape(url)}" target="_blank" rel="noopener noreferrer">Original'
            '<span class="cd-sr"> (in a new tab)</span></a>'
        )
    return (
        f'<article class="cd-whole"><h3 tabindex="-1">{escape(article.title)}</h3>'
        f'<p class="cd-about">{escape(" · ".join(about))} {link}</p>{_text_html(article.text, flagged)}'
        f"{_copies_html(copies, article.id)}{_versions_html(versions)}</article>"
    )


def _text_html(text: str, flagged: Sequence[Span] = ()) -> str:
    parts, at, shown = list[str](), 0, text[:SHOWN_CHARS]
    for start, end in sorted(flagged):
        if start >= at:
            said = escape(shown[start:end])
            mark = f'<mark class="cd-spoken" title="Speaks to a machine: never quoted">{said}</mark>'
            parts += [escape(shown[at:start]), mark if said else ""]
            at = end
    parts.append(escape(shown[at:]))
    rest = len(text) - SHOWN_CHARS
    more = f'<p class="cd-none">{rest:,} more characters are in the archive.</p>' if rest > 0 else ""
    return f'<div class="cd-body">{"".join(parts)}</div>{more}'


def _copies_html(copies: Sequence[Listed], article_id: str) -> str:
    others = [one for one in copies if one.id != article_id]
    if not others:
        return ""
    items = "".join(
        f"<li>{_opener(one.id, one.title)} <span>{escape(long_date(one.date))} · {escape(one.source)}</span></li>"
        for one in others
    )
    return f'<h4>{counted(len(others), "near-copy")}</h4><ul class="cd-copies">{items}</ul>'


def _versions_html(versions: Sequence[Version]) -> str:
    earlier = [version for version in versions if version.superseded]
    if not earlier:
        return ""
    shown = "".join(
        f"<details><summary>{escape(version.article.title)} <span>in the archive {long_date(version.ingested.date())}"
        f" to {long_date(version.superseded.date() if version.superseded else None)}</span></summary>"
        f"{_text_html(version.article.text)}</details>"
        for version in earlier
    )
    return f'<h4>{counted(len(earlier), "earlier version")}</h4><div class="cd-versions">{shown}</div>'


def article_gone_html(message: str) -> str:
    """Why an article cannot be shown."""
    return f'<p class="cd-none" role="alert">{escape(message)}</p>'


def flags_html(flags: Sequence[FlaggedArticle], flagged: int) -> str:
    """The articles with sentences that speak to a machine, each with the first of them; nothing if there are none."""
    if not flags:
        return ""
    items = "".join(
        f"<li>{_opener(one.id, one.title)}<blockquote>{escape(one.sentence)}</blockquote></li>"
        for one in flags
    )
    more = f" The newest {len(flags)} are shown." if flagged > len(flags) else ""
    return (
        f'<details class="cd-flags"><summary>{counted(flagged, "flagged article")}</summary><p>These hold a sentence'
        " that speaks to a machine, not to readers. It stays in the archive to the letter, and is never quoted,"
        f" cited or shown to a language model.{more}</p><ul>{items}</ul></details>"
    )


def remove_html(chosen: Sequence[Listed]) -> str:
    """The question before articles are removed."""
    items = "".join(
        f"<li>{escape(one.title)} <span>{escape(long_date(one.date))}</span></li>" for one in chosen
    )
    what = "this article" if len(chosen) == 1 else f"these {len(chosen):,} articles"
    return (
        f'<div class="cd-ask-remove" role="alert"><p>Remove {what} and what {"it" if len(chosen) == 1 else "they"}'
        f" said before from the archive?</p><ul>{items}</ul><p>Files on disk are not touched. An article that"
        " came from a file returns only if the file changes.</p></div>"
    )
