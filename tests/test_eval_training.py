"""What the reader is trained on: spans that hold to the letter, and questions made of sentences."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.training import cloze, news
from eval.training.data import masked
from eval.training.examples import Example, example
from eval.training.loop import batches
from index.articles import Article
from index.minilm import load_tokenizer
from rag.reader import MAX_TOKENS

FILLER = "The weather in the valley stayed mild and the market was quiet. "


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 9))
def test_the_marked_pieces_are_the_answer(before: int, after: int, seed: int) -> None:
    text = FILLER * before + "Ann Lee won." + FILLER * after
    start = text.index("Ann Lee")
    made = example("Who won?", text, (start, start + 7), random.Random(seed), title="Race")
    assert made is not None
    assert len(made.ids) <= MAX_TOKENS
    assert load_tokenizer().decode(made.ids[made.start : made.end + 1].tolist()) == "ann lee"
    assert made.start >= made.passage


def test_no_answer_points_at_the_first_piece() -> None:
    made = example("Who won?", FILLER, None, random.Random(0))
    assert made is not None
    assert (made.start, made.end) == (0, 0)


def test_an_answer_longer_than_the_window_is_left_out() -> None:
    assert example("What?", FILLER * 60, (0, len(FILLER) * 60), random.Random(0)) is None


def test_batches_hold_every_example_once_within_the_budget() -> None:
    lengths = np.random.default_rng(0).integers(5, 200, 500)
    every = [Example(np.zeros(n, np.int32), 3, 0, 0) for n in lengths.tolist()]
    made = batches(every, 1000, np.random.default_rng(1))
    assert sorted(len(e.ids) for batch in made for e in batch) == sorted(lengths.tolist())
    for batch in made:
        longest = -(-max(len(e.ids) for e in batch) // 16) * 16
        assert len(batch) == 1 or len(batch) * longest <= 1000


@pytest.mark.parametrize(
    ("answer", "text", "found"),
    [
        ("“Squid Game”", "They like Squid Game.", True),
        ("the Kremlin", "So the Kremlin said.", True),
        ("$5", "It costs $5.", True),
        ("$5", "It costs $5.50.", False),
        ("12", "It was 12% of 112.", False),
        ("Ann", "Anna spoke.", False),
    ],
)
def test_an_answer_is_found_whole(answer: str, text: str, found: bool) -> None:
    pattern = news.pattern(answer)
    assert pattern is not None
    assert bool(pattern.search(text)) == found


def test_a_sentence_becomes_a_question_without_its_answer() -> None:
    sentence = "Mayor Jo Berg said that 40 buses burned in Oslo on Friday."
    usage = cloze.Usage([Article(text=f"{sentence} It rained in Oslo. Police in Oslo spoke.", id="a")])
    chance = random.Random(0)
    found = {sentence[a:b]: (a, b, kind) for a, b, kind in cloze.candidates(sentence, usage, chance)}
    assert found["Oslo"][2] == "where"
    assert found["40"][2] == "how many"
    for answer, (start, end, kind) in found.items():
        asked = cloze.question(sentence, start, end, kind, chance)
        assert answer not in asked
        assert "buses burned" in asked


@given(st.integers(0, 1000))
def test_an_answer_keeps_its_words_when_others_are_masked(seed: int) -> None:
    made = example(
        "Who won the race in town?", FILLER + "Ann Lee won.", (len(FILLER), len(FILLER) + 7), random.Random(0)
    )
    assert made is not None
    lost = masked(made, np.random.default_rng(seed))
    assert len(lost.ids) == len(made.ids)
    assert lost.ids[made.start : made.end + 1].tolist() == made.ids[made.start : made.end + 1].tolist()
    kept = lost.ids == made.ids
    assert kept[[0, made.passage - 1, -1]].all()
    assert set(lost.ids[~kept].tolist()) <= {load_tokenizer().token_to_id("[MASK]")}
