"""Examples: a question and a passage as word pieces, and where in them the answer lies."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.minilm import load_tokenizer
from rag.reader import MAX_QUESTION_TOKENS, MAX_TOKENS, special_tokens

Span = tuple[int, int]
"""Offsets ``[start, end)`` of an answer in its text, in code points."""


@dataclass(frozen=True, slots=True)
class Example:
    """Word pieces of question and passage, as the reader sees them.

    The passage begins at ``passage``; ``start`` and ``end`` are the first and last piece of the answer,
    both 0, the null span, where the passage has none.
    """

    ids: NDArray[np.int32]
    passage: int
    start: int
    end: int


def example(
    question: str, text: str, answer: Span | None, chance: random.Random, *, title: str = ""
) -> Example | None:
    """A question and a text, with its title before it, as an example; None if the answer is too long.

    A text longer than the reader's window is cut to one that holds the answer.

    >>> made = example("Who won?", "Ann won.", (0, 3), random.Random(0))
    >>> made.passage, made.start, made.end, len(made.ids)
    (5, 5, 5, 9)
    """
    prefix = f"{title}. " if title else ""
    tokenizer = load_tokenizer()
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
    pieces = tokenizer.encode(prefix + text, add_special_tokens=False)
    room = MAX_TOKENS - len(asked) - 3
    first, last, total = -1, -1, len(pieces.ids)
    if answer:
        begin, end = (len(prefix) + offset for offset in answer)
        held = [i for i, (a, b) in enumerate(pieces.offsets) if a < end and b > begin]
        if not held or held[-1] - held[0] >= room:
            return None
        first, last = held[0], held[-1]
    low = max(0, last - room + 1) if answer else 0
    high = max(0, min(first if answer else total, total - room))
    cut = chance.randint(low, high) if high > low else low
    mark, separator = special_tokens(tokenizer)
    shift = len(asked) + 2 - cut
    return Example(
        np.array([mark, *asked, separator, *pieces.ids[cut : cut + room], separator], np.int32),
        len(asked) + 2,
        first + shift if answer else 0,
        last + shift if answer else 0,
    )
