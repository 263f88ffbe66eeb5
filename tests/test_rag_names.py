"""Names in questions, and the many names news has for one actor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.names import missing_names, names


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Who invited Kim Jong Un?", ["Kim Jong Un"]),
        ("What did President Zelenskyy say?", ["Zelenskyy"]),
        ("How many people voted in May 2023?", ["2023"]),
        ("Which Su-30 was hit over the Black Sea?", ["Su-30", "Black Sea"]),
        ("Why did the council vote against the budget?", []),
        ("Ukraine, Poland and Hungary: who signed?", ["Ukraine", "Poland", "Hungary"]),
    ],
)
def test_names_are_runs_of_capitalised_words_and_figures(question: str, found: list[str]) -> None:
    assert [name.text.replace(" ", "-") for name in names(question)] == [f.replace(" ", "-") for f in found]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did Russia claim?", "Moscow claimed victory."),
        ("What did Washington warn of?", "The White House warned of repercussions."),
        ("What have Kyiv's troops done?", "Ukrainian forces retook the platform."),
        ("Who rules the North Koreans?", "North Korean leader Kim Jong Un."),
        ("What did Zelensky say?", "President Volodymyr Zelenskyy expressed condolences."),
        ("Where are the Spanish from?", "They came from Spain."),
        ("What did the US do?", "Americans voted."),
    ],
)
def test_one_actor_by_another_name_is_spoken_of(question: str, text: str) -> None:
    assert missing_names(question, text) == []


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("How many drones fell over Kyiv?", "Two Ukrainian drones fell over Belgorod.", ["Kyiv"]),
        ("Who won in Iran?", "The vote in Iraq was won by the party.", ["Iran"]),
        ("What happened in Paris in 2021?", "France voted in 2022.", ["Paris", "2021"]),
        ("Who won the 2022 World Cup?", "Putin invited Kim.", ["2022 World Cup"]),
    ],
)
def test_a_place_or_figure_that_is_not_there_is_missing(question: str, text: str, missing: list[str]) -> None:
    assert missing_names(question, text) == missing


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_asked_about(question: str, text: str) -> None:
    assert set(missing_names(question, text)) <= {name.text for name in names(question)}
