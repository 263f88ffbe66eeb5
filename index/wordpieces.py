"""Word pieces of many texts, each word looked up once: news repeats its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_WORDS = re.compile(r"[^ \t\n\r]+").findall
"""BERT's normaliser and splitter never look across these four; other space is left to them."""

_KNOWN = 65_536
"""Words remembered, about 20 MB: nearly all that a run of articles repeats."""

_LONGEST = 100
"""Longer words, in characters, are seldom met again and would fill the memory."""

Pieces = tuple[int, ...]


class WordPieces:
    """A BERT tokenizer's ids and counts, equal to its own and several times as fast on repeated words.

    Any number of threads may use one.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, Pieces] = {}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The word pieces of each text, without special tokens."""
        words, known = self._split(texts)
        return [list(chain.from_iterable([known[word] for word in some])) for some in words]

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has, special tokens not counted."""
        words, known = self._split(texts)
        return [sum([len(known[word]) for word in some]) for some in words]

    def _split(self, texts: Sequence[str]) -> tuple[list[list[str]], dict[str, Pieces]]:
        """The words of each text, and the pieces of at least these words."""
        words = [_WORDS(text) for text in texts]
        if len(self._known) > _KNOWN:
            self._known = {}  # another thread keeps the one it holds
        known = self._known
        new = [word for word in set(chain.from_iterable(words)) if word not in known]
        if not new:
            return words, known
        encoded = self._tokenizer.encode_batch_fast(new, add_special_tokens=False)
        pieces = {word: tuple(each.ids) for word, each in zip(new, encoded, strict=True)}
        known.update((word, ids) for word, ids in pieces.items() if len(word) <= _LONGEST)
        return words, known if all(len(word) <= _LONGEST for word in new) else {**known, **pieces}
