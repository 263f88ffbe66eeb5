"""The reader: exact spans, in any text, and a score that tells an answer from none."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.reader import Reader

PLATFORM = (
    "Ukraine announced that it has recaptured an oil and gas platform in the Black Sea, which was seized by "
    "Russia in 2015. Its special forces damaged a Russian Su-30 aircraft."
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


def test_it_finds_the_words_that_answer(reader: Reader) -> None:
    span = reader.read("What did Ukraine recapture in the Black Sea?", [PLATFORM])[0]
    assert "oil and gas platform" in span.text
    assert PLATFORM[span.start : span.end] == span.text
    assert span.score > 0


def test_a_text_that_answers_scores_above_one_that_does_not(reader: Reader) -> None:
    answers, silent = reader.read(
        "Which aircraft was damaged?", [PLATFORM, "The bakery on the corner sells rye bread."]
    )
    assert answers.score > silent.score


def test_an_answer_far_into_a_long_text_is_found(reader: Reader) -> None:
    filler = "The weather in the valley stayed mild and the market was quiet. " * 60
    text = filler + PLATFORM + " " + filler
    span = reader.read("What did Ukraine recapture in the Black Sea?", [text])[0]
    assert "platform" in span.text
    assert text[span.start : span.end] == span.text


def test_titles_inform_but_are_never_quoted(reader: Reader) -> None:
    title = "Oil and gas platform recaptured"
    spans = reader.read_all("What was recaptured?", [PLATFORM], titles=[title])[0]
    for span in spans:
        assert PLATFORM[span.start : span.end] == span.text


def test_spans_do_not_overlap_and_come_best_first(reader: Reader) -> None:
    spans = reader.read_all("What did Russia and Ukraine do?", [PLATFORM], n=5)[0]
    assert len(spans) > 1
    assert [s.score for s in spans] == sorted((s.score for s in spans), reverse=True)
    ordered = sorted(spans, key=lambda s: s.start)
    assert all(a.end <= b.start for a, b in pairwise(ordered))


def test_a_span_is_of_whole_words(reader: Reader) -> None:
    for span in reader.read_all("How many aircraft?", [PLATFORM], n=9)[0]:
        assert span.text != "30", "half of Su-30 is no number"


@given(text=st.text(max_size=400), question=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_offsets_are_exact_in_any_text(text: str, question: str) -> None:
    span = Reader.load().read(question, [text])[0]
    assert text[span.start : span.end] == span.text
    assert bool(span.text) == (span.score > float("-inf"))


def test_the_figure_in_the_model_card_holds(reader: Reader, data: Path) -> None:
    """EM on the first 150 XQuAD questions, within five points of the card's."""
    from eval.metrics import exact_match

    with gzip.open(data / "reading" / "dev-xquad-en.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(next(file)) for _ in range(150)]
    found = [reader.read(row["question"], [row["context"]])[0].text for row in rows]
    matches = [exact_match(text, row["answers"]) for text, row in zip(found, rows, strict=True)]
    assert sum(matches) / len(matches) > 0.53
