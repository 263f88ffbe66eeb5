"""The archive as HTML: the plot, the report, the bar."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET

import pytest

from index.articles import Article
from index.listing import Listed, Month
from index.reports import FileProblem, Progress, SyncReport
from ui import render_adding as adding
from ui.adding import Moment, Taken
from ui.render_archive import article_html, list_html, months_html, remove_html

XSS = "<img src=x onerror=alert(1)>"


def months(first: int, *numbers: int) -> list[Month]:
    days = (dt.date(first + at // 12, at % 12 + 1, 1) for at in range(len(numbers)))
    return [Month(day, number) for day, number in zip(days, numbers, strict=True) if number]


def bars(html: str) -> list[ET.Element]:
    (svg,) = re.findall(r"<svg.*?</svg>", html, re.S)
    return ET.fromstring(svg).findall("rect")


@pytest.mark.parametrize(
    ("held", "undated", "drawn", "said"),
    [
        ([], 0, 0, "No articles yet."),
        ([], 3, 0, "3 articles, none with a date."),
        (months(2023, 0, 1), 0, 1, "Most in Feb 2023: 1."),
        (months(2003, *[0, 5, 7] * 80), 2, 160, "Most in Mar 2003: 7. 2 more without a date."),
        (months(1990, *[1] * 360), 0, 30, "Most in 1990: 12."),
        ([Month(dt.date(1, 1, 1), 1)], 0, 1, "Most in Jan 1: 1."),
    ],
)
def test_the_plot_has_a_bar_for_each_month_or_year_with_articles(
    held: list[Month], undated: int, drawn: int, said: str
) -> None:
    html = months_html(held, undated)
    plain = re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), html)
    assert said in plain
    if drawn:
        assert len(bars(html)) == drawn
        rows = plain.split("<tbody>")[1].count("<tr>")
        assert rows == drawn, "the table says the same"
        assert 'role="img"' in html and "<desc" in html
    else:
        assert "<svg" not in html


def test_bars_are_as_high_as_their_share_and_one_article_is_always_seen() -> None:
    low, high = (float(bar.get("height", "0")) for bar in bars(months_html(months(2023, 1, 4000))))
    assert (low, high) == (3.0, 100.0)


def test_nothing_of_an_article_or_file_becomes_markup() -> None:
    one = Listed(f'i"{XSS}', XSS, None, XSS, 1, True)
    problem = SyncReport(problems=(FileProblem(XSS, f"is {XSS}"),))
    moment = Moment(Progress("reading", 5_000, 10_000, XSS), 3.0)
    for html in (
        list_html([one], "1 article", choosing=True),
        remove_html([one]),
        article_html(
            Article(text=XSS, title=XSS, author=XSS, url=f"https://x.example/{XSS}"), [], [one], [(0, 9)]
        ),
        adding.outcome_html((Taken(XSS, problem),)),
        adding.moment_html(moment),
        adding.problem_html(XSS),
        adding.waiting_html(XSS),
    ):
        assert "<img" not in html and "alert(1)" not in html and "&#60;img" in html


def test_the_bar_tells_share_rate_and_time_left() -> None:
    html = adding.moment_html(Moment(Progress("reading", 3_000_000, 12_000_000, "wire.jsonl", 500), 10.0))
    plain = re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), html)
    assert 'value="0.250"' in html
    assert "Reading wire.jsonl · 3.0 MB of 12.0 MB · 50 passages/s · about 30 s left" in plain
    assert "left" not in adding.moment_html(Moment(Progress("reading", 1, 9, "a", 1), 0.1)), (
        "too early to say"
    )
    assert "value" not in adding.moment_html(Moment(Progress("indexing", 0, 1, "", 500), 10.0))


def test_a_report_tells_each_file_and_only_so_many_of_its_problems() -> None:
    many = tuple(FileProblem(f"a.jsonl:{n}", "is not JSON") for n in range(1, 31))
    html = adding.outcome_html((Taken("a.jsonl", SyncReport(added=2, unchanged=1, problems=many)),))
    plain = re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), html)
    assert "2 articles added." in plain and "2 added, 1 unchanged" in plain
    assert "Line 20: is not JSON" in plain and "Line 21" not in plain and "and 10 more" in plain
