"""How much of a prompt a model takes in, so that no server cuts a source without a word.

The model's own tokenizer counts where it is at hand (``hf/``). Elsewhere an estimate does, which
errs on the high side for every tokenizer in use:

- letters of English words, four to a token, three where the word has a capital: of 2,100 stretches of
  news, GPT-4's BPE and BERT's word pieces made more of none (all in all they need a third less);
- every digit and every mark one token: some tokenizers part them all;
- every other character one token for each of its UTF-8 bytes, the most that byte-level BPE and byte
  fallback can make of it. Cyrillic, Chinese or emoji are usually far cheaper, but how much so depends
  on a vocabulary that is not at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

CONTEXT_TOKENS = 4096
"""Assumed of an LLM that does not say how much it takes in."""

TEMPLATE_TOKENS = 64
"""For what a chat template writes around two messages; Llama 3, the longest in use, takes some 40."""

_LETTERS = re.compile(r"[A-Za-z]+")
_LONE_SPACE = re.compile(r"(?<=\S) (?=\S)")

Count = Callable[[str, str], int]
"""The tokens of a system and a user message, with all that stands around them."""


def tokens(text: str) -> int:
    """An estimate of a text's tokens that errs on the high side, whatever the tokenizer.

    >>> tokens("It rained in Kyiv."), tokens("2023"), tokens("Київ")
    (7, 4, 8)
    """
    words = sum(-(-len(word) // (3 if word[0].isupper() else 4)) for word in _LETTERS.findall(text))
    return words + len(_LETTERS.sub("", _LONE_SPACE.sub("", text)).encode("utf-8", "replace"))


def estimate(system: str, user: str) -> int:
    """The tokens of two messages, estimated on the high side."""
    return tokens(system) + tokens(user) + TEMPLATE_TOKENS


def at_least(text: str) -> int:
    """The fewest tokens that a tokenizer makes of a text: hardly one joins two words.

    >>> at_least("It rained in Kyiv.")
    4
    """
    return len(text.split())


def reply_tokens(context_tokens: int) -> int:
    """How much of the context is kept for the reply.

    >>> reply_tokens(4096), reply_tokens(1024)
    (800, 256)
    """
    return min(800, context_tokens // 4)


@dataclass(frozen=True, slots=True)
class Budget:
    """A model's context in tokens, prompt and reply together, and how its tokens are counted."""

    context_tokens: int
    count: Count = estimate

    @property
    def prompt_tokens(self) -> int:
        """What is left for the prompt."""
        return self.context_tokens - reply_tokens(self.context_tokens)


@runtime_checkable
class Measured(Protocol):
    """An LLM whose own tokenizer is at hand."""

    def budget(self) -> Budget:
        """Its context and its own count. Raises LLMError if the model cannot be loaded."""
        ...


def budget_of(llm: object) -> Budget:
    """The budget of an LLM: its own, or its ``context_tokens`` with the estimate.

    >>> budget_of(object()).context_tokens
    4096
    """
    if isinstance(llm, Measured):
        return llm.budget()
    return Budget(int(getattr(llm, "context_tokens", CONTEXT_TOKENS)))
