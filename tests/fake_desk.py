"""A desk that answers from a script, on one article whose every part tries to break out."""

from __future__ import annotations

import atexit
import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from index.articles import Article, Passage, ScoredPassage
from index.errors import ArticleNotFound, BadQuestion
from index.reports import Status
from rag.answer import NO_ANSWER, Answer, Draft, PassageRef
from rag.evidence import Claim, Quote, number_claims
from rag.settings import Settings
from ui.service import Service

HOSTILE = (
    "Before <script>alert(1)</script> it rained. "
    "The <img src=x onerror=alert(2)> mayor [said](javascript:alert(3)) ${alert(4)} {{alert(5)}} & left.\n\n"
    "Then **nothing** `happened` \x1b[2J\x1b]0;owned\x07 [bold red]here[/] $x^2$ \u202egnp.exe."
)
QUOTE = HOSTILE[HOSTILE.index("The <img") : HOSTILE.index("\n\n")]
ARTICLE = Article(
    HOSTILE,
    title="<b onclick=alert(6)>Rain</b> [x](javascript:alert(7)) \x1b[31m",
    date=dt.date(2023, 11, 8),
    url="javascript:alert(8)",
    id="a1",
)


def answered(question: str = "Who <i>left</i>?", *, article: Article = ARTICLE, **changes: Any) -> Answer:
    """An answer of two sentences, the second one unverified."""
    at = HOSTILE.index(QUOTE)
    first = Claim(QUOTE, (Quote(article, at, at + len(QUOTE)),), "verified")
    second = Claim("Nobody <u>else</u> did.", (Quote(article, 0, 6),), "unverified")
    text, statements, citations = number_claims([first, second])
    passage = PassageRef(article.id, 7, len(HOSTILE), HOSTILE[7:], 0.9)
    given: dict[str, Any] = {
        "question": question,
        "standalone_question": question,
        "as_of": "2023-11-08",
        "text": text,
        "short": "mayor",
        "abstained": False,
        "reason": None,
        "confidence": 0.9,
        "statements": statements,
        "citations": citations,
        "passages": (passage,),
        "model": "extractive",
        "archive_fingerprint": "f",
        "timings_ms": {"total": 12.0},
    }
    return Answer(**{**given, **changes})


def refused(question: str = "Who won?") -> Answer:
    """A refusal with one near passage."""
    return answered(
        question,
        text=NO_ANSWER,
        short=None,
        abstained=True,
        reason="the archive covers <one> day",
        confidence=0.1,
        statements=(),
        citations=(),
    )


class FakeArchive:
    """One article."""

    path = Path("nowhere")
    fingerprint = "f"
    trouble: Exception | None = None

    def size(self) -> int:
        if self.trouble:
            raise self.trouble
        return 2

    def count(self) -> int:
        return 1

    def article(self, article_id: str) -> Article:
        if article_id != ARTICLE.id:
            raise ArticleNotFound(f"no article {article_id!r}")
        return ARTICLE

    def articles(self) -> list[Article]:
        return [ARTICLE]

    def status(self) -> Status:
        day = dt.date(2023, 11, 8)
        return Status(self.path, 1, 2, 0, day, day, "fake", "fake", 1000, "f")


class FakeDesk:
    """Replays answers (or raises errors) in turn, each after its drafts, and remembers what it was asked."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        self.archive = FakeArchive()
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.closed = False

    def stream(self, question: str, **options: Any) -> Iterator[Draft | Answer]:
        self.asked.append((question, options))
        if len(question) > 2000:
            raise BadQuestion(
                f"the question has {len(question):,} characters, the limit is 2,000; shorten it"
            )
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        for statement in answer.statements:
            yield Draft(answer.text[: statement.end])
        yield answer

    def ask(self, question: str, **options: Any) -> Answer:
        *_, answer = self.stream(question, **options)
        assert isinstance(answer, Answer)
        return answer

    def search(self, query: str, k: int = 10, **options: Any) -> Sequence[ScoredPassage]:
        self.asked.append((query, {"k": k, **options}))
        return [ScoredPassage(Passage("a1", 0, len(HOSTILE), HOSTILE), 1.0, 0.5, 2.0, ARTICLE.date)][:k]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


def service_of(desk: Any, **settings: Any) -> Service:
    """A service over a fake or real desk, with a store of its own for as long as the tests run."""
    folder = tempfile.mkdtemp(prefix="citedesk-store-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    given = Settings(**{"database": f"sqlite:///{folder}/store.sqlite3", **settings})
    return Service.open(desk, given)
