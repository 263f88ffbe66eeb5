"""The LLM's way to an answer: every sentence it writes is checked against the passages, or dropped.

The model's own markers are taken as a hint. What counts is a sentence of a retrieved passage that
bears the statement out; that sentence is what gets cited.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from index.errors import LLMError
from rag.answer import NO_ANSWER, Turn
from rag.budget import Budget, at_least, budget_of
from rag.evidence import Claim, Evidence, Quote
from rag.facts import read_facts
from rag.llms import LLM
from rag.markers import Marked, MarkerParser
from rag.plain import declines, is_label, plain, states
from rag.prompts import Prompt, build_prompt
from rag.unwrap import unwrap
from rag.verify import SUPPORTED, best_support, check, nearest_quote

LONGEST_SENTENCE = 1000
MOST_CLAIMS = 24


class LLMDeclined(LLMError):
    """The LLM replied that the passages do not answer the question."""


def write(
    question: str,
    evidence: Sequence[Evidence],
    llm: LLM,
    *,
    as_of: dt.date | None,
    history: Sequence[Turn] = (),
    notes: list[str] | None = None,
    strike: bool = False,
) -> Iterator[Claim]:
    """Yield each sentence of the LLM's answer once it is complete and its check is passed.

    A sentence is checked against the passage that its marker names, then against the others; one that
    nothing bears out is dropped or, with ``strike``, comes without a quote. Closing the iterator stops the LLM.
    Once the LLM answers, ``notes`` gets a line for each reason why it saw less than it should.

    Raises LLMDeclined if the LLM says that the passages do not answer, and LLMError, in one line fit
    for the user, if it fails or if more of its sentences were dropped than kept; claims that were
    yielded before are then to be forgotten.
    """
    budget = budget_of(llm)
    prompt = build_prompt(question, evidence, as_of=as_of, history=history, budget=budget)
    desk = _Desk(prompt.evidence, strike)
    words = _heard(llm, prompt, budget, [] if notes is None else notes)
    try:
        for marked in _sentences(words, len(prompt.evidence)):
            if claim := desk.judge(marked):
                yield claim
            if desk.kept >= MOST_CLAIMS:
                break
    finally:
        words.close()
    desk.verdict()


def _heard(llm: LLM, prompt: Prompt, budget: Budget, notes: list[str]) -> Generator[str, None, None]:
    """The LLM's words; notes what it could not see of the passages."""
    words: Any = llm.stream(prompt.system, prompt.user)  # a generator may return how much was read
    try:
        first = next(words, "")  # one that does not answer has nothing to note
        notes += _left_out(prompt, budget)
        yield first
        read = yield from words
    finally:
        if close := getattr(words, "close", None):
            close()
    least = at_least(prompt.system) + at_least(prompt.user)
    if isinstance(read, int) and 0 < read < least:
        notes.append(
            f"the LLM's server read {read:,} tokens of a prompt of at least {least:,} and cut the rest; "
            "give it a larger context, for Ollama OLLAMA_CONTEXT_LENGTH"
        )


def _left_out(prompt: Prompt, budget: Budget) -> list[str]:
    if not prompt.dropped:
        return []
    total = prompt.dropped + len(prompt.evidence)
    return [
        f"{prompt.dropped} of {total} passages did not fit into the LLM's context of "
        f"{budget.context_tokens:,} tokens; raise CITEDESK_LLM_CONTEXT_TOKENS if it takes more"
    ]


def _sentences(words: Iterator[str], passages: int) -> Iterator[Marked]:
    """What the reply says, each sentence once, without titles over what comes next."""
    said: set[str] = set()
    for marked in _marked(words, passages):
        bare = "".join(char for char in plain(marked.text).casefold() if char.isalnum())
        if bare in said or (is_label(marked.text) and not marked.numbers):
            continue
        if bare:
            said.add(bare)
        yield marked


def _marked(words: Iterator[str], passages: int) -> Iterator[Marked]:
    parser = MarkerParser(range(1, passages + 1))
    for piece in unwrap(words):
        yield from parser.feed(piece)
    yield from parser.close()


@dataclass
class _Desk:
    """Judges sentence after sentence, and keeps count."""

    evidence: tuple[Evidence, ...]
    strike: bool
    kept: int = 0
    dropped: int = 0
    declined: bool = False

    def judge(self, marked: Marked) -> Claim | None:
        """The claim that a sentence makes, if the passages bear it out."""
        text = plain(marked.text)
        if not text:
            return None
        if declines(text):
            self.declined = True
            return None
        if not marked.complete and self.kept:  # the reply was cut off in the middle of a sentence
            return None
        checked = len(text) <= LONGEST_SENTENCE and states(text)
        quotes = self._quotes(text, marked.numbers) if checked else ()
        quotes = tuple(quote for quote in quotes if states(quote.text))  # a question bears nothing out
        if quotes:
            self.kept += 1
            return Claim(_sentence(text), quotes, "verified")
        if marked.numbers or _tells(text):
            self.dropped += 1
            if self.strike and checked:
                return Claim(_sentence(text), (), "unverified")
        return None

    def verdict(self) -> None:
        """Raise if what was written is no answer."""
        if self.declined and not self.kept:
            raise LLMDeclined(f"the LLM replied: {NO_ANSWER}")
        if self.dropped > self.kept:
            total = self.kept + self.dropped
            dropped = f"{self.dropped} of {total} sentences" if total > 1 else "its one sentence"
            raise LLMError(
                f"the LLM's reply could not be checked against the archive: {dropped} had to be dropped"
            )
        if not self.kept:
            raise LLMError("the LLM's reply holds nothing that could be checked against the archive")

    def _quotes(self, text: str, numbers: Sequence[int]) -> tuple[Quote, ...]:
        cited = [self.evidence[n - 1] for n in numbers if 1 <= n <= len(self.evidence)]
        found = [quote for each in cited if (quote := best_support(text, each))]
        if found:
            return tuple(dict.fromkeys(found))
        if together := self._together(text, cited):
            return together
        others = [each for each in self.evidence if each not in cited]
        repaired = [quote for each in others if (quote := best_support(text, each))]
        return (max(repaired, key=lambda quote: check(text, quote.text).score),) if repaired else ()

    def _together(self, text: str, cited: Sequence[Evidence]) -> tuple[Quote, ...]:
        """Quotes that bear a sentence out only jointly, as when it adds up two reports."""
        if len(cited) < 2:
            return ()
        nearest = [nearest_quote(text, each) for each in cited]
        source = " ".join(quote.text for quote in nearest)
        return tuple(nearest) if check(text, source).score >= SUPPORTED else ()


def _tells(text: str) -> bool:
    """Whether a sentence states something that could be checked, unlike "Here is what I found"."""
    facts = read_facts(text)
    return bool(facts.names or facts.figures or facts.days or facts.quotes)


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.rstrip("\"'”’»)")[-1:] in ".!?…。！？" else text.rstrip(" ,;:-") + "."
