"""Metrics against cases worked out by hand."""

from __future__ import annotations

import pytest

from eval.gold import GoldQuestion
from eval.metrics import (
    Span,
    abstention,
    contains,
    exact_match,
    f1,
    is_grounded,
    is_right,
    mean,
    normalise,
    percentile,
    recall_at,
    reciprocal_rank,
)
from rag.answer import NO_ANSWER, Answer, ArticleRef, Citation

A = "a"


def answer(
    text: str, short: str | None = None, *, abstained: bool = False, cited: tuple[int, int] = (0, 0)
) -> Answer:
    citation = Citation(1, ArticleRef(A, "", None, None), *cited, quote="")
    return Answer(
        "q", "q", None, text, short, abstained, None, 0.5, (), (citation,) if any(cited) else (), (), "m", "f"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Kremlin", "kremlin"),
        ("  A an THE  ", ""),
        ("Su-30", "su30"),
        ("theatre, another", "theatre another"),
        ("in 2015.", "in 2015"),
        ("Putin’s", "putin’s"),  # as in SQuAD: only ASCII punctuation goes
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("said", "golds", "em", "overlap"),
    [
        ("Vladimir Putin", ["Vladimir Putin"], 1, 1),
        ("the Vladimir Putin.", ["vladimir putin"], 1, 1),
        ("Putin", ["Vladimir Putin", "Kim"], 0, 2 / 3),  # precision 1, recall 1/2
        ("Russian President Vladimir Putin", ["Vladimir Putin"], 0, 2 / 3),  # precision 1/2, recall 1
        ("two two drones", ["two drones drones"], 0, 2 / 3),  # 2 of 3 shared, counted with repetition
        ("Moscow", ["Kyiv"], 0, 0),
        ("", ["Kyiv"], 0, 0),
        ("", [], 1, 1),
        ("Kyiv", [], 0, 0),
        ("Kyiv", ["the", "Kyiv"], 1, 1),
        ("an oil and gas platform", ["gas platform in the Black Sea", "oil platform"], 0, 2 / 3),
    ],
)
def test_exact_match_and_f1(said: str, golds: list[str], em: float, overlap: float) -> None:
    assert exact_match(said, golds) == em
    assert f1(said, golds) == pytest.approx(overlap)


@pytest.mark.parametrize(
    ("text", "gold", "found"),
    [
        ("It was seized in 2015, Kyiv said.", "2015", True),
        ("Flight 20150", "2015", False),
        ("twofold", "two", False),
        ("Putin’s political party won", "Putin's political party", True),
        (
            "helicopter ammunition and a Neva radar system",
            "helicopter ammunition and Neva radar system",
            True,
        ),
        ("gas and oil", "oil and gas", False),
        ("anything", "the", False),
    ],
)
def test_contains(text: str, gold: str, found: bool) -> None:
    assert contains(text, gold) is found


def test_right_answers_are_in_the_short_answer_or_the_text() -> None:
    gold = GoldQuestion("q", "When?", ("2015", "in 2015"))
    assert is_right(gold, answer("Russia seized it in 2015. [1]"))
    assert is_right(gold, answer("It was long ago. [1]", short="2015"))
    assert not is_right(gold, answer("It was long ago. [1]", short="2014"))
    assert not is_right(gold, answer("It was 2015", abstained=True))


def test_a_citation_marker_is_no_answer() -> None:
    assert not is_right(GoldQuestion("q", "How many?", ("2",)), answer("Some drones. [1][2]"))


def test_the_unanswerable_is_right_only_when_refused() -> None:
    gold = GoldQuestion("q", "Who won?", answerable=False)
    assert is_right(gold, answer(NO_ANSWER, abstained=True))
    assert not is_right(gold, answer("France. [1]", short="France"))


def test_two_sentences_need_every_essential_string() -> None:
    gold = GoldQuestion("q", "What and why?", ("retreat", "radar"), kind="two-sentences")
    assert is_right(gold, answer("It beat a retreat. [1] They took a radar. [2]"))
    assert not is_right(gold, answer("It beat a retreat. [1]", short="radar"))


def test_grounded_needs_the_gold_evidence_cited() -> None:
    gold = GoldQuestion("q", "How many?", ("two",))
    evidence = [frozenset({Span(A, 100, 150)})]
    assert is_grounded(gold, answer("Two drones. [1]", cited=(140, 180)), evidence)
    assert not is_grounded(gold, answer("Two workers. [1]", cited=(150, 180)), evidence)
    assert not is_grounded(gold, answer("Three drones. [1]", cited=(140, 180)), evidence)
    both = GoldQuestion("q", "What and why?", ("two",), kind="two-sentences")
    assert not is_grounded(
        both, answer("Two drones. [1]", cited=(140, 180)), [*evidence, frozenset({Span(A, 0, 9)})]
    )


def test_recall_and_reciprocal_rank() -> None:
    quotes = [frozenset({Span("a", 0, 10), Span("copy", 5, 15)}), frozenset({Span("a", 50, 60)})]
    ranked = [Span("b", 0, 99), Span("copy", 0, 30), Span("a", 56, 99), Span("a", 55, 99)]
    assert [recall_at(k, ranked, quotes) for k in (1, 2, 3, 4)] == [0, 0.5, 0.5, 1]  # 4 of 10 is too little
    assert reciprocal_rank(ranked, quotes) == 0.5
    assert reciprocal_rank(ranked, quotes, k=1) == 0
    assert recall_at(10, [], quotes) == reciprocal_rank([], quotes) == 0


def test_abstention_counts_the_unanswerable_as_positive() -> None:
    outcomes = [(True, False)] * 6 + [(True, True)] * 2 + [(False, True)] * 3 + [(False, False)]
    assert abstention(outcomes) == (0.6, 0.75)
    assert abstention([(True, False)]) == (None, None)


def test_nothing_has_no_mean_and_no_percentile() -> None:
    assert mean([]) is None and percentile([], 0.5) is None
    assert percentile([7], 0.95) == 7
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(101), 0.95) == 95
