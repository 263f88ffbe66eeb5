"""Sentences and passages: nothing lost, nothing moved, nothing too long."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Article
from index.passages import LIMIT, cut, sentences
from tests.fakes import FakeEncoder

count = FakeEncoder().count

# Everything that has ever broken a splitter, often enough to meet: stops, quotes, every line end of
# Unicode, marks that join to their letter, letters beyond the first plane, control characters.
AWKWARD = st.text(
    st.one_of(
        st.sampled_from(
            list(" \t\n\r\x0b\x0c\x1c\x85\u2028\u2029\u200b\u0301\u3000.!?…。！\"'”)]-*#1aA東😀\x00")
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=400,
)
PROSE = st.lists(
    st.sampled_from(
        ["Mr. Ng said no.", "word", "U.S.", "\n", "\n\n", "x" * 150, "東京。", "3.5", "\r\n", "“Yes?”"]
    ),
    max_size=60,
).map(" ".join)


def solid(text: str) -> str:
    return "".join(text.split())


def said(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@given(AWKWARD | PROSE)
@settings(max_examples=300, deadline=None)
def test_sentences_hold_every_visible_character_once_in_order(text: str) -> None:
    spans = sentences(text)
    assert "".join(solid(text[a:b]) for a, b in spans) == solid(text)
    assert all(a < b for a, b in spans) and all(b <= c for (_, b), (c, _) in pairwise(spans))
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)


@given(AWKWARD | PROSE, st.integers(0, 20), st.sampled_from([1, 2, 7, 40, LIMIT]))
@settings(max_examples=500, deadline=None)
def test_passages_are_exact_complete_ordered_and_within_the_limit(text: str, body: int, limit: int) -> None:
    body = min(body, len(text))
    article = Article(text=text, body_start=body)
    passages = cut(article, count, limit)
    assert all(article.text[p.start : p.end] == p.text for p in passages)
    assert all(p.article_id == article.id for p in passages)
    assert solid("".join(p.text for p in passages)) == solid(text[body:])
    assert all(body <= p.start < p.end for p in passages)
    assert all(p.end <= q.start for p, q in pairwise(passages))
    assert all(n <= limit for n in count([p.text for p in passages]))
    assert all(p.text == p.text.strip() for p in passages)


@given(PROSE, st.sampled_from([3, 9, 40]))
@settings(max_examples=100, deadline=None)
def test_the_limit_holds_when_word_pieces_do_not_add_up(text: str, limit: int) -> None:
    def count_spaces_too(texts: list[str]) -> list[int]:
        return [len(re.findall(r"\w\w?|\S|\s+", t)) for t in texts]

    passages = cut(Article(text=text), count_spaces_too, limit)
    assert all(n <= limit for n in count_spaces_too([p.text for p in passages]))
    assert solid("".join(p.text for p in passages)) == solid(text)


def test_each_story_of_the_seed_is_its_own_passage(seeds: Path) -> None:
    text = next(seeds.glob("*.txt")).read_bytes().decode()
    start = text.index("Russian President")
    passages = cut(Article(text=text, body_start=start), count)
    assert [p.text for p in passages] == text[start:].split("\n\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Ng met Gen. Lee. They spoke.", ["Mr. Ng met Gen. Lee.", "They spoke."]),
        ("The U.S. Army left. The U.K. stayed.", ["The U.S. Army left.", "The U.K. stayed."]),
        ("He moved to the U.S. She did not.", ["He moved to the U.S.", "She did not."]),
        (
            "J. K. Rowling wrote it. J. R. R. Tolkien did not.",
            ["J. K. Rowling wrote it.", "J. R. R. Tolkien did not."],
        ),
        (
            "It rose 3.5 percent to 1,000.25. Analysts cheered.",
            ["It rose 3.5 percent to 1,000.25.", "Analysts cheered."],
        ),
        ("On Nov. 8 it fell. No. 10 denied it.", ["On Nov. 8 it fell.", "No. 10 denied it."]),
        ("Did he say no. Yes.", ["Did he say no.", "Yes."]),
        ('"It is over." He left.', ['"It is over."', "He left."]),
        ("“Why?” he asked. (“Because.”) Silence…", ["“Why?” he asked.", "(“Because.”)", "Silence…"]),
        ("Wait ... what? Really?! Yes!", ["Wait ... what?", "Really?!", "Yes!"]),
        ("Well... He left.", ["Well...", "He left."]),
        ("It began at 5 p.m. and ended at 6 p.m. The hall was full.", None),
        ("See example.com for more. Or e.g. Kyiv.", ["See example.com for more.", "Or e.g. Kyiv."]),
        ("東京は大きい。大阪も！「そう。」", ["東京は大きい。", "大阪も！", "「そう。」"]),
        ("قال نعم. ثم غادر؟ لا.", ["قال نعم.", "ثم غادر؟", "لا."]),
        ("Storm hits coast\nThe storm came. It left.", ["Storm hits coast", "The storm came.", "It left."]),
        ("A line wrapped by hand at about\nforty characters goes on. Then it\nends.", None),
        (
            "Today:\n- Rain in Kyiv\n- Sun in Rome\n2. Snow",
            ["Today:", "- Rain in Kyiv", "- Sun in Rome", "2. Snow"],
        ),
        ("1. First the facts. 2. Then the rest.", None),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences_as_a_reader_sees_them(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = {
            "It": ["It began at 5 p.m. and ended at 6 p.m.", "The hall was full."],
            "A ": ["A line wrapped by hand at about\nforty characters goes on.", "Then it\nends."],
            "1.": ["1. First the facts.", "2. Then the rest."],
        }[text[:2]]
    assert said(text) == expected


def test_tiny_paragraphs_share_a_passage_and_others_do_not() -> None:
    story = "Ukraine announced that it has recaptured a platform in the Black Sea. " * 3
    text = f"World news\n\nBy Ann Lee\n\n{story}\n\n{story}\n\nMore soon."
    parts = [p.text for p in cut(Article(text=text), count)]
    assert parts == ["World news\n\nBy Ann Lee", story.strip(), story.strip(), "More soon."]


def test_one_sentence_paragraphs_share_passages_and_a_story_of_several_sentences_does_not() -> None:
    lone = "The council of Springfield met on Monday and agreed to repair the old bridge over the river."
    story = "It began at noon, an hour late. The mayor spoke first. " * 3
    story = story.strip()
    text = "\n\n".join([lone, lone, lone, story, lone])
    assert [p.text for p in cut(Article(text=text), count)] == ["\n\n".join([lone] * 3), story, lone]
    many = cut(Article(text="\n\n".join([lone] * 30)), count)
    assert len(many) > 2 and all(count([p.text])[0] <= 170 for p in many)


def test_long_lines_are_paragraphs_even_without_blank_lines() -> None:
    first = "The council of Springfield met on Monday and agreed to repair the old bridge. " * 4
    second = "In sport, the home team lost its third match in a row and the coach resigned at once. " * 4
    assert [p.text for p in cut(Article(text=f"{first}\n{second}"), count)] == [first.strip(), second.strip()]


def test_a_long_paragraph_is_split_evenly_between_sentences() -> None:
    text = " ".join(f"Sentence number {i} is here." for i in range(60))  # 360 pieces
    passages = cut(Article(text=text), count)
    sizes = count([p.text for p in passages])
    assert len(sizes) == 2 and max(sizes) - min(sizes) <= 6
    assert all(p.text.startswith("Sentence") and p.text.endswith("here.") for p in passages)


def test_a_combining_mark_stays_with_its_letter() -> None:
    text = "e\u0301" * 400
    assert all(p.text[0] == "e" for p in cut(Article(text=text), count))


@pytest.mark.parametrize(
    "text",
    [
        "." * 1_000_000,
        "x" * 1_000_000,
        "a" + " " * 1_000_000 + "b",
        '."' * 500_000,
        "A\n" * 300_000,
        "a. " * 300_000,
    ],
    ids=["dots", "one word", "gap", "quotes", "lines", "stops"],
)
def test_hostile_megabytes_take_linear_time_and_stay_bounded(text: str) -> None:
    started = time.perf_counter()
    passages = cut(Article(text=text), count)
    assert time.perf_counter() - started < 20  # quadratic work would take hours
    assert max(len(p.text) for p in passages) <= 8 * LIMIT
    assert len(solid("".join(p.text for p in passages))) == len(solid(text))
