"""Example questions: from the archive, and answered by it."""

from __future__ import annotations

import dataclasses
import threading

from index.articles import Article
from index.errors import BadQuestion
from rag.answer import Answer
from rag.evidence import Claim, Quote, number_claims
from tests.fake_desk import answered, refused
from ui.examples import Examples, candidates, choose

NEWS = Article(
    "The Kremlin confirmed that the invitation was extended directly by Putin himself on Monday. "
    "Moscow reported shooting down two Ukrainian drones over the Belgorod region. "
    "It announced nothing else in November, and they claimed nothing of any interest.",
    id="n",
)


def quoting(question: str, start: int, end: int, confidence: float = 0.8) -> Answer:
    text, statements, citations = number_claims([Claim("So.", (Quote(NEWS, start, end),), "verified")])
    return dataclasses.replace(
        answered(question), text=text, statements=statements, citations=citations, confidence=confidence
    )


def span_of(question: str) -> tuple[int, int]:
    return next((c.start, c.end) for c in candidates(NEWS) if c.question == question)


def test_candidates_name_their_subject_and_point_at_their_sentence() -> None:
    found = list(candidates(NEWS))
    assert [c.question for c in found] == [
        "What did the Kremlin confirm?",
        "What did Moscow report?",
        "What happened over the Belgorod region?",
    ]
    assert "Kremlin confirmed" in NEWS.text[found[0].start : found[0].end]


def test_only_questions_answered_from_their_own_sentence_are_kept_surest_first() -> None:
    def ask(question: str) -> Answer:
        if "Belgorod" in question:
            return refused(question)
        return quoting(question, *span_of(question), confidence=0.9 if "Moscow" in question else 0.5)

    assert choose([NEWS], ask) == ("What did Moscow report?", "What did the Kremlin confirm?")


def test_an_answer_from_elsewhere_does_not_count() -> None:
    assert choose([NEWS], lambda question: quoting(question, len(NEWS.text) - 5, len(NEWS.text))) == ()


def test_no_more_is_asked_than_allowed_and_errors_only_cost_their_question() -> None:
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        raise BadQuestion("no")

    assert choose([NEWS], ask, tries=1) == ()
    assert len(asked) == 1


def test_a_page_does_not_wait_longer_than_it_said() -> None:
    ready = threading.Event()

    def find() -> tuple[str, ...]:
        ready.wait(10)
        return ("What did Moscow report?",)

    examples = Examples(find).start()
    assert examples.get(0.01) == ()
    ready.set()
    assert examples.get(10) == ("What did Moscow report?",)
