"""Word pieces looked up by word are the tokenizer's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import wordpieces
from index.minilm import load_tokenizer
from index.wordpieces import WordPieces

ODD = [
    "[SEP]",
    "[CLS]x",
    "naïve",
    "e\u0301té",
    "\u0301",
    "ΣΑΣ",
    "東京は",
    "a\u00a0b",
    "a\x0bb",
    "\x1c",
    "\u2028",
]
ODD += [
    "don't",
    "U.S.-led",
    "3,5",
    "x" * 101,
    "x" * 300,
    "\ud7ff",
    "🛢️",
    "\u200b",
    "\ufeff",
    "\r\n",
    "\t",
    "  ",
]

texts = st.lists(st.sampled_from(ODD) | st.text(max_size=12), max_size=12).map(
    lambda parts: " ".join(parts)
) | st.text(max_size=60)
kept = WordPieces(load_tokenizer())


@given(st.lists(texts, max_size=4))
def test_ids_are_those_of_the_tokenizer(some: list[str]) -> None:
    own = [each.ids for each in load_tokenizer().encode_batch(some, add_special_tokens=False)]
    assert kept.ids(some) == own
    assert kept.count(some) == [len(ids) for ids in own]


def test_ids_stay_the_same_when_words_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpieces, "_KNOWN", 3)
    few = WordPieces(load_tokenizer())
    news = ["Kyiv retook a drilling rig.", "A rig in the Black Sea", "x" * 500]
    assert [few.ids([text])[0] for text in news * 2] == kept.ids(news * 2)
