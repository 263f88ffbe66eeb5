"""Follow-ups: what a reader would take them to mean, and what must be left alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import NO_ANSWER, Turn
from rag.mentions import mentions
from rag.question import standalone

BRIDGE = ("What collapsed in Genoa?", "A motorway bridge. [1]")
MACRON = ("Who was invited to Rome?", "The president of France, Emmanuel Macron. [1]")
FARMERS = ("Who blocked the motorway near Lyon?", "French farmers. [1]")


def turns(*pairs: tuple[str, str]) -> list[Turn]:
    return [Turn(question, answer) for question, answer in pairs]


@pytest.mark.parametrize(
    ("question", "history", "expected"),
    [
        ("Who invited him?", [MACRON], "Who invited Emmanuel Macron?"),
        ("What did he say?", [MACRON], "What did Emmanuel Macron say?"),
        ("What is his party called?", [MACRON], "What is Emmanuel Macron's party called?"),
        ("How old is she?", [("Who leads Italy?", "Giorgia Meloni.")], "How old is Giorgia Meloni?"),
        ("When was it built?", [BRIDGE], "When was the motorway bridge built?"),
        ("What did they demand?", [FARMERS], "What did French farmers demand?"),
        ("Who lives there?", [("Where was it signed?", "In Lisbon.")], "Who lives in Lisbon?"),
        ("And in Norway?", [("How many voted in Sweden?", "Six million.")], "How many voted in Norway?"),
        ("What about Finland?", [("When did Sweden join NATO?", "In 2024.")], "When did Finland join NATO?"),
        ("Why?", [("Did it rain in Paris?", "Yes.")], "Why did it rain in Paris?"),
        ("Why?", [("Who resigned?", "Boris Johnson.")], "Why is it that Boris Johnson resigned?"),
        (
            "When?",
            [("What did Sweden sign in Brussels?", "The treaty.")],
            "When did Sweden sign in Brussels (The treaty)?",
        ),
    ],
)  # fmt: skip
def test_a_follow_up_says_what_it_left_out(
    question: str, history: list[tuple[str, str]], expected: str
) -> None:
    assert standalone(question, turns(*history)) == expected


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Were there any injuries?", {"motorway", "bridge", "Genoa"}),
        ("How did the mayor react?", {"motorway", "bridge", "Genoa"}),
        ("What did Rome say about that?", {"bridge", "Genoa"}),
        ("How many died?", {"bridge", "Genoa"}),
    ],
)
def test_what_points_at_an_event_is_searched_with_the_event(question: str, words: set[str]) -> None:
    whole = standalone(question, turns(BRIDGE))
    assert whole.startswith(question.rstrip("?"))
    assert words <= set(re.findall(r"\w+", whole))


@pytest.mark.parametrize(
    "question",
    [
        "What did Putin say about his visit?",
        "What is the capital of France?",
        "How long does it take to build a bridge over the Rhine?",
        "Is it true that Kyiv was hit?",
        "Are there ministers from Sweden in Brussels?",
        "When did Sweden join NATO?",
        "What is primatology?",
        "  What did  Kyiv say?",
    ],
)
def test_a_complete_question_is_returned_to_the_letter(question: str) -> None:
    assert standalone(question, turns(BRIDGE, MACRON)) == question


def test_without_a_conversation_nothing_is_changed() -> None:
    assert standalone("Who invited him?", []) == "Who invited him?"
    assert standalone("And in Norway?", []) == "And in Norway?"


def test_the_same_pronoun_keeps_its_meaning_over_turns() -> None:
    history = turns(FARMERS, ("What did they demand?", "Cheaper diesel."))
    assert standalone("Who supports them?", history) == "Who supports French farmers?"


def test_a_new_person_takes_over_the_pronoun() -> None:
    history = turns(MACRON, ("Who invited him?", "Giorgia Meloni. [1]"))
    assert standalone("What did he say?", history) == "What did Giorgia Meloni say?"


def test_a_refusal_names_nothing() -> None:
    history = turns(MACRON, ("Who paid for his flight?", f"{NO_ANSWER} The archive covers Rome in May."))
    assert standalone("When does he leave?", history) == "When does Emmanuel Macron leave?"


def test_markers_of_earlier_answers_do_not_leak_into_questions() -> None:
    assert "[" not in standalone("What happened next?", turns(BRIDGE))


def test_a_long_conversation_does_not_pile_up_brackets() -> None:
    history = turns(BRIDGE, *[("Were there any injuries?", "Yes, many.")] * 5)
    assert standalone("Were there any deaths?", history).count("(") == 1


def test_names_are_told_by_kind() -> None:
    found = mentions("Ukrainian troops near Bakhmut met President Volodymyr Zelenskyy's envoys in May.")
    assert [(m.text, m.kind) for m in found] == [
        ("Ukrainian", "group"),
        ("Bakhmut", "place"),
        ("President Volodymyr Zelenskyy", "person"),
    ]


TEXT = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [*re.findall(r"\S+", "And Why it he her his there that What about in Kyiv ? . ( ) the was")]
        ),
        max_size=10,
    ).map(" ".join),
)


@given(TEXT, st.lists(st.builds(Turn, TEXT, TEXT), max_size=4))
def test_any_conversation_gives_some_question(question: str, history: list[Turn]) -> None:
    whole = standalone(question, history)
    assert bool(whole.strip()) == bool(question.strip())
    assert standalone(question, history) == whole
