"""Markers in all the forms that models write, in chunks of any size."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.markers import Marked, MarkerParser, split_marked

KNOWN = {1, 2, 3}


def read(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(m.text, m.numbers) for m in split_marked(text, KNOWN)]


@pytest.mark.parametrize(
    "marker",
    [
        "[1]",
        "[^1]",
        "【1】",
        "［1］",
        "【1†source】",
        "[ 1 ]",
        "[Source 1]",
        "[passage 1]",
        "[Ref: 1]",
        "[[1]]",
    ],
)
@pytest.mark.parametrize(
    "form", ["It rained {}. It snowed.", "It rained. {} It snowed.", "It rained.{} It snowed."]
)
def test_forms_before_and_after_the_full_stop(marker: str, form: str) -> None:
    assert read(form.format(marker)) == [("It rained.", (1,)), ("It snowed.", ())]


@pytest.mark.parametrize(
    ("marker", "numbers"),
    [
        ("[1, 2]", (1, 2)),
        ("[1,2]", (1, 2)),
        ("[1; 2]", (1, 2)),
        ("[1 and 2]", (1, 2)),
        ("[1][2]", (1, 2)),
        ("[1] [2]", (1, 2)),
        ("[1-3]", (1, 2, 3)),
        ("[1–3]", (1, 2, 3)),
        ("[2][1][2]", (2, 1)),
        ("[^1, ^2]", (1, 2)),
        ("[1-999]", (1, 999)),
        ("[3-1]", (3, 1)),
    ],
)
def test_several_numbers(marker: str, numbers: tuple[int, ...]) -> None:
    assert read(f"It rained {marker}. It snowed.")[0] == ("It rained.", numbers)


def test_unknown_numbers_are_reported_and_never_shown() -> None:
    assert read("It rained [9]. It snowed [42][2].") == [("It rained.", (9,)), ("It snowed.", (42, 2))]


def test_brackets_that_are_no_markers_stay() -> None:
    assert read('He said "it were [sic] so." [1]') == [('He said "it were [sic] so."', (1,))]
    assert read("It [the storm] came. [2]") == [("It [the storm] came.", (2,))]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It rained (1). It snowed (2).", (1,)),
        ("It rained. (1) It snowed. (2)", (1,)),
        ("It rained.(1) It snowed.(2)", (1,)),
        ("It rained (1, 2). It snowed.", (1, 2)),
        ("It rained (1)(2). It snowed.", (1, 2)),
        ("It rained (Source 9). It snowed.", (9,)),
        ("It rained¹. It snowed.²", (1,)),
        ("It rained.¹,² It snowed.", (1, 2)),
        ("It rained.³ It snowed.", (3,)),
        ("It rained [1] and [2]. It snowed.", (1, 2)),
        ("It rained. [1] and [3] It snowed.", (1, 3)),
        ("It rained [1]–[3]. It snowed.", (1, 2, 3)),
    ],
)
def test_round_and_raised_markers(text: str, numbers: tuple[int, ...]) -> None:
    assert read(text)[0] == ("It rained.", numbers)


@pytest.mark.parametrize(
    "text",
    [
        "Congress amended Section 230(2).",
        "Congress amended Section 230 (2).",
        "Two (2) workers died.",
        "The party won two (2).",
        "The party won (2) seats.",
        "Kane (3) and Salah (2).",
        "The Bills lost (2-1).",
        "It ended in 2021 (2023).",
        "The third of three points: (3) it rained.",
        "Ann Jones (42) left.",
        "The field measures 9 km².",
        "A million is 10³.",
        "Article 3 says that all are equal.",
        "The clause (Article 3) was invoked.",
        "They came to see.",
        "She named her sources.",
    ],
)
def test_numbers_that_are_no_markers_stay(text: str) -> None:
    assert read(text) == [(text, ())]
    assert read(f"{text} [1]") == [(text, (1,))]


def test_numbers_of_a_list_are_no_markers() -> None:
    assert read("(1) It rained (3). (2) It snowed.") == [("(1) It rained.", (3,)), ("(2) It snowed.", ())]


def test_year_in_brackets_is_kept_but_does_not_look_like_a_marker() -> None:
    assert read("The treaty [2023] holds [1].") == [("The treaty (2023) holds.", (1,))]


@pytest.mark.parametrize("half", ["[", "[1", "[1,", "[^", "【2", "[1, 2"])
def test_half_a_marker_at_the_end_is_never_shown(half: str) -> None:
    assert read(f"It rained. {half}") == [("It rained.", ())]


def test_half_a_marker_is_not_shown_while_it_grows() -> None:
    parser = MarkerParser(KNOWN)
    shown = [m.text for piece in ("It rained. ", "[", "1", "]", " It") for m in parser.feed(piece)]
    assert shown == ["It rained."]


def test_sentence_waits_for_its_markers_and_no_longer() -> None:
    parser = MarkerParser(KNOWN)
    assert parser.feed("It rained. [1] ") == []
    assert parser.feed("I") == [Marked("It rained.", (1,))]


def test_marker_first() -> None:
    assert read("[1] It rained.") == [("It rained.", (1,))]
    assert read("According to [1], it rained.") == [("it rained.", (1,))]
    assert read("It rained, according to [1]. It snowed (see [2]).") == [
        ("It rained.", (1,)),
        ("It snowed.", (2,)),
    ]


def test_titles_initials_and_figures_do_not_end_a_sentence() -> None:
    text = "Gen. A. Smith of the U.S. Army paid $3.5 million to Mr. Ng. [1] He left."
    assert read(text) == [(text[:-13], (1,)), ("He left.", ())]


def test_quotations() -> None:
    assert read('"It rained," he said. "It snowed. [1]" He left. [2]') == [
        ('"It rained," he said.', ()),
        ('"It snowed."', (1,)),
        ("He left.", (2,)),
    ]
    assert read('"Why?" he asked [1].') == [('"Why?" he asked.', (1,))]


def test_list_items_and_lines() -> None:
    assert read("Two things:\n- It rained [1]\n- It snowed [2]\n\n1. Hail fell. [3]") == [
        ("Two things:", ()),
        ("- It rained", (1,)),
        ("- It snowed", (2,)),
        ("1. Hail fell.", (3,)),
    ]


def test_wrapped_lines_and_small_letters() -> None:
    assert read("It rained [1]\nand snowed [2].") == [("It rained and snowed.", (1, 2))]
    assert read("It rained. [1] eBay closed. [2]") == [("It rained.", (1,)), ("eBay closed.", (2,))]


def test_marker_on_the_next_line() -> None:
    assert read("It rained.\n[1]\nIt snowed.") == [("It rained.", (1,)), ("It snowed.", ())]


def test_ideographic_full_stops_need_no_space() -> None:
    assert read("下雨了。【1】下雪了。[2]") == [("下雨了。", (1,)), ("下雪了。", (2,))]


def test_no_markers_at_all() -> None:
    assert read("It rained. It snowed!") == [("It rained.", ()), ("It snowed!", ())]


def test_what_breaks_off_is_known_as_such() -> None:
    whole = [m.complete for m in split_marked("It rained. It sno")]
    assert whole == [True, False]
    assert [m.complete for m in split_marked("It rained [1]")] == [True]


@pytest.mark.parametrize("text", ["", " \n ", "[", "]", "[]", "[1]", "[1][2]", "..."])
def test_next_to_nothing(text: str) -> None:
    assert all(not m.text or m.text in "]..." for m in split_marked(text, KNOWN))


PIECES = st.sampled_from(
    [
        *"[]()【】［］,.;!?\n \"'*-^†{}:",
        "(1)",
        "(2",
        "³",
        "according to ",
        " and ",
        "b) ",
        "[1]",
        "[2, 3]",
        "[1",
        "2]",
        "[sic]",
        "[2023]",
        "It",
        " rained",
        "。",
        "Mr.",
        "U.S.",
        "7",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.characters(), max_size=60).map("".join), st.data())
def test_chunks_do_not_matter(text: str, data: st.DataObject) -> None:
    whole = list(split_marked(text, KNOWN))
    one = MarkerParser(KNOWN)
    assert [m for char in text for m in one.feed(char)] + one.close() == whole
    some = MarkerParser(KNOWN)
    cut = data.draw(st.integers(0, len(text)))
    assert some.feed(text[:cut]) + some.feed(text[cut:]) + some.close() == whole


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_marker_is_ever_shown(text: str) -> None:
    for marked in split_marked(text, KNOWN):
        assert not re.search(r"[\[【［]\s*\^?\d+\s*[\]】］]", marked.text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["It rained.", "Ms. Ng left!", "[1]", "[2]", "\n", '"So."', "- So"]), max_size=30
    )
)
def test_no_word_is_lost(parts: list[str]) -> None:
    text = " ".join(parts)
    shown = "".join(m.text for m in split_marked(text, KNOWN))
    assert re.findall(r"[A-Za-z]", shown) == re.findall(r"[A-Za-z]", text)


@pytest.mark.parametrize(
    "text",
    [
        *["[" * 50_000, "[1 " * 20_000, "." * 50_000, "a. " * 20_000, "[" + "1," * 30_000, "A.\n" * 20_000],
        *['"' * 50_000, "(1)" * 20_000, "a³" * 20_000, "a [1] b. [2] c " * 5_000, f"[{'1' * 57}x]" * 1_000],
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    began = time.monotonic()
    list(split_marked(text, KNOWN))
    assert time.monotonic() - began < 5
