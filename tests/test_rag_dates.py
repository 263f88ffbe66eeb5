"""Date expressions against ranges written by hand, as of Wednesday 8 November 2023."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.dates import read_period

TABLE = (Path(__file__).parent / "date_expressions.tsv").read_text("utf-8").splitlines()[1:]
ASKED = dt.date(2023, 11, 8)

# question, words of the period, since, until ("" = open)
RELATIVE = [
    ("What happened in Kyiv today?", "today", "2023-11-08", "2023-11-08"),
    ("Who spoke this morning?", "this morning", "2023-11-08", "2023-11-08"),
    ("Who is in town tonight?", "tonight", "2023-11-08", "2023-11-08"),
    ("What did Kyiv announce yesterday?", "yesterday", "2023-11-07", "2023-11-07"),
    ("Yesterday's drone attack: where was it?", "Yesterday", "2023-11-07", "2023-11-07"),
    ("What fell on Kyiv last night?", "last night", "2023-11-07", "2023-11-08"),
    ("Who met the day before yesterday?", "the day before yesterday", "2023-11-06", "2023-11-06"),
    ("What did Ukraine recapture this week?", "this week", "2023-11-06", "2023-11-08"),
    ("This week, who was invited?", "This week", "2023-11-06", "2023-11-08"),
    ("Who was invited last week?", "last week", "2023-10-30", "2023-11-05"),
    ("Who was invited the week before last?", "the week before last", "2023-10-23", "2023-10-29"),
    ("What was rumoured over the past week?", "over the past week", "2023-11-01", "2023-11-08"),
    ("Who won at the weekend?", "at the weekend", "2023-11-04", "2023-11-05"),
    ("Who won last weekend?", "last weekend", "2023-11-04", "2023-11-05"),
    ("Who won this weekend?", "this weekend", "2023-11-04", "2023-11-05"),
    ("What has changed this month?", "this month", "2023-11-01", "2023-11-08"),
    ("What changed last month?", "last month", "2023-10-01", "2023-10-31"),
    ("What changed in the past month?", "in the past month", "2023-10-08", "2023-11-08"),
    ("What was passed earlier this year?", "earlier this year", "2023-01-01", "2023-11-08"),
    ("Who won last year?", "last year", "2022-01-01", "2022-12-31"),
    ("What was said in the last 7 days?", "in the last 7 days", "2023-11-01", "2023-11-08"),
    ("What was said over the last three weeks?", "over the last three weeks", "2023-10-18", "2023-11-08"),
    ("Who resigned in the past two months?", "in the past two months", "2023-09-08", "2023-11-08"),
    ("Who resigned in the last few days?", "in the last few days", "2023-11-05", "2023-11-08"),
    ("Who died three days ago?", "three days ago", "2023-11-05", "2023-11-05"),
    ("Who died a week ago?", "a week ago", "2023-10-30", "2023-11-05"),
    ("Who died a couple of weeks ago?", "a couple of weeks ago", "2023-10-23", "2023-10-29"),
    ("Who was elected 2 months ago?", "2 months ago", "2023-09-01", "2023-09-30"),
    ("Who was elected two years ago?", "two years ago", "2021-01-01", "2021-12-31"),
    ("What was hit five hours ago?", "five hours ago", "2023-11-07", "2023-11-08"),
    ("What did Putin say on Tuesday?", "on Tuesday", "2023-11-07", "2023-11-07"),
    ("What did Putin say on Wednesday?", "on Wednesday", "2023-11-08", "2023-11-08"),
    ("What did Putin say last Wednesday?", "last Wednesday", "2023-11-01", "2023-11-01"),
    ("What did Putin say Friday?", "Friday", "2023-11-03", "2023-11-03"),
    ("Where was he on Sunday night?", "on Sunday night", "2023-11-05", "2023-11-05"),
    ("What has been hit since Monday?", "since Monday", "2023-11-06", "2023-11-08"),
    ("What was agreed by Friday?", "by Friday", "", "2023-11-03"),
    ("What was hit from Monday to Friday?", "from Monday to Friday", "2023-11-06", "2023-11-08"),
    ("What happened in November?", "in November", "2023-11-01", "2023-11-08"),
    ("What happened in December?", "in December", "2022-12-01", "2022-12-31"),
    ("What happened last November?", "last November", "2022-11-01", "2022-11-30"),
    ("what happened in may?", "in may", "2023-05-01", "2023-05-31"),
    ("Who resigned in early March?", "in early March", "2023-03-01", "2023-03-31"),
    ("What happened in June last year?", "in June last year", "2022-06-01", "2022-06-30"),
    ("Who has left since March?", "since March", "2023-03-01", "2023-11-08"),
    ("Who left between March and May?", "between March and May", "2023-03-01", "2023-05-31"),
    ("Who left between December and February?", "between December and February", "2022-12-01", "2023-02-28"),
    ("Who spoke on 8 November?", "on 8 November", "2023-11-08", "2023-11-08"),
    ("Who spoke on the 9th of November?", "on the 9th of November", "2022-11-09", "2022-11-09"),
    ("Who spoke on Nov. 3?", "on Nov. 3", "2023-11-03", "2023-11-03"),
    ("Who was born on 29 February?", "on 29 February", "2020-02-29", "2020-02-29"),
    ("Who led between 3 and 10 May?", "between 3 and 10 May", "2023-05-03", "2023-05-10"),
    ("Who led from May 3 to May 10?", "from May 3 to May 10", "2023-05-03", "2023-05-10"),
    ("What was said until last week?", "until last week", "", "2023-11-05"),
    ("WHAT HAPPENED LAST WEEK?", "LAST WEEK", "2023-10-30", "2023-11-05"),
]
ABSOLUTE = [
    ("What happened in November 2023?", "in November 2023", "2023-11-01", "2023-11-30"),
    ("In May 2022, who won?", "In May 2022", "2022-05-01", "2022-05-31"),
    ("Who won in 2022?", "in 2022", "2022-01-01", "2022-12-31"),
    ("What was seized by Russia in 2015?", "in 2015", "2015-01-01", "2015-12-31"),
    ("What was built during the 1990s?", "during the 1990s", "1990-01-01", "1999-12-31"),
    ("Who spoke on 8 November 2023?", "on 8 November 2023", "2023-11-08", "2023-11-08"),
    ("Who spoke Wednesday, November 8, 2023?", "Wednesday, November 8, 2023", "2023-11-08", "2023-11-08"),
    ("Who spoke on Sept 1st, 2022?", "on Sept 1st, 2022", "2022-09-01", "2022-09-01"),
    ("What was published 2023-11-08?", "2023-11-08", "2023-11-08", "2023-11-08"),
    ("What has been built since 2015?", "since 2015", "2015-01-01", ""),
    ("Who has ruled since the beginning of 2021?", "since the beginning of 2021", "2021-01-01", ""),
    ("Who ruled before 2020?", "before 2020", "", "2019-12-31"),
    ("Who ruled until May 2010?", "until May 2010", "", "2010-05-31"),
    ("What came after 5 May 2023?", "after 5 May 2023", "2023-05-06", ""),
    ("Who ruled from 2014 to 2016?", "from 2014 to 2016", "2014-01-01", "2016-12-31"),
    ("Who ruled between 2014 and 2016?", "between 2014 and 2016", "2014-01-01", "2016-12-31"),
    ("Who led between 3 and 10 May 2022?", "between 3 and 10 May 2022", "2022-05-03", "2022-05-10"),
    ("Who led between November 2021 and March 2022?", "between November 2021 and March 2022", "2021-11-01",
     "2022-03-31"),
    ("Between November and March 2022, who led?", "Between November and March 2022", "2021-11-01",
     "2022-03-31"),
    ("What came the day after 8 November 2022?", "the day after 8 November 2022", "2022-11-09", "2022-11-09"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "words", "since", "until", "relative"),
    [(*row, True) for row in RELATIVE] + [(*row, False) for row in ABSOLUTE],
)
def test_period_is_the_hand_written_one(
    question: str, words: str, since: str, until: str, relative: bool
) -> None:
    period = read_period(question, ASKED)
    assert period is not None
    assert (period.text, str(period.range.since or ""), str(period.range.until or "")) == (
        words,
        since,
        until,
    )
    assert (period.relative, period.recent) == (relative, False)
    assert question[period.start : period.end] == words


@pytest.mark.parametrize(
    "question",
    [
        "What did Theresa May say?",
        "Did Theresa May 2017 campaign promises hold?",
        "What may have happened?",
        "What happened after May resigned?",
        "Who will march on Rome?",
        "How many took part in the Women's March 2017 rally?",
        "Who finished second in the race?",
        "What did USA Today report?",
        "Who hosts Last Week Tonight?",
        "What do shops sell on Black Friday?",
        "Who won the 2022 World Cup?",
        "How many people fled in 2000 villages?",
        "Did more than 2015 people flee?",
        "What will happen next week?",
        "Who speaks next Tuesday?",
        "What happened on 31 November?",
        "What is code 2023-13-45?",
        "Which season was 2010-11?",
        "Who is August Wilson?",
        "Who invited Kim Jong Un?",
        "",
    ],
)
def test_what_is_no_date_is_not_read_as_one(question: str) -> None:
    assert read_period(question, ASKED) is None


@pytest.mark.parametrize(
    "question", ["What is the latest news?", "What was hit recently?", "Who rules Gaza now?"]
)
def test_words_of_recency_prefer_what_is_new_without_cutting_off_what_is_old(question: str) -> None:
    period = read_period(question, ASKED)
    assert period is not None
    assert period.recent and period.relative
    assert dt.date(1990, 1, 1) in period.range
    assert dt.date(2023, 11, 9) not in period.range


def test_the_day_after_alone_filters_nothing_that_was_known() -> None:
    period = read_period("What happened the day after?", ASKED)
    assert period is not None
    assert (period.text, period.recent, period.range.since) == ("the day after", False, None)


def test_the_most_precise_of_several_periods_counts() -> None:
    period = read_period("What did Kyiv say on Tuesday about the rig seized in 2015?", ASKED)
    assert period is not None
    assert period.text == "on Tuesday"


def test_weekends_seen_from_a_sunday() -> None:
    sunday = dt.date(2023, 11, 5)
    this, last = read_period("this weekend", sunday), read_period("last weekend", sunday)
    assert this is not None and last is not None
    assert (str(this.range.since), str(this.range.until)) == ("2023-11-04", "2023-11-05")
    assert (str(last.range.since), str(last.range.until)) == ("2023-10-28", "2023-10-29")


WORDS = st.sampled_from(
    re.findall(
        r"\S+",
        "in on since before after until between and to from last this past the a 3 31 29 2015 2023 99999 - – "
        ", of May march February November Tuesday week weekend days month years ago today yesterday "
        "latest day Nov. 2023-11-08 1990s early year's may now decade hours",
    )
)
QUESTIONS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=9).map(" ".join))


@given(QUESTIONS, st.dates())
def test_any_question_on_any_day_gives_a_usable_period_or_none(question: str, as_of: dt.date) -> None:
    period = read_period(question, as_of)
    if period is None:
        return
    assert question[period.start : period.end] == period.text != ""
    days = period.range
    assert days.since is None or days.until is None or days.since <= days.until
    if period.relative:
        assert days.until is not None and days.until <= as_of


@pytest.mark.parametrize("as_of", [dt.date.min, dt.date.max])
@pytest.mark.parametrize("question", [row[0] for row in RELATIVE + ABSOLUTE])
def test_the_ends_of_the_calendar_raise_nothing(question: str, as_of: dt.date) -> None:
    period = read_period(question, as_of)
    assert period is None or not period.relative or period.range.until <= as_of  # type: ignore[operator]


@pytest.mark.parametrize("row", TABLE)
def test_two_hundred_expressions_written_without_a_look_at_the_code(row: str) -> None:
    question, as_of, since, until, kind = row.split("\t")
    period = read_period(question, dt.date.fromisoformat(as_of))
    found = "none"
    if period:
        found = "recent" if period.recent else "relative" if period.relative else "explicit"
        assert question[period.start : period.end] == period.text
        assert (str(period.range.since or ""), str(period.range.until or "")) == (since, until)
    assert found == kind
