"""Questions to begin with, drawn from the archive itself and kept only if it answers them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from index.articles import Article
from index.errors import CitedeskError
from rag.answer import Answer

# Past tense to base form of verbs that news is told in; what they take is worth asking for.
VERBS = {
    "accused": "accuse someone of", "announced": "announce", "approved": "approve", "arrested": "arrest",
    "attacked": "attack", "banned": "ban", "blamed": "blame", "bought": "buy", "built": "build",
    "claimed": "claim", "condemned": "condemn", "confirmed": "confirm", "criticised": "criticise",
    "criticized": "criticize", "cut": "cut", "declared": "declare", "denied": "deny",
    "discovered": "discover", "expressed": "express", "found": "find", "issued": "issue",
    "launched": "launch", "lost": "lose", "opened": "open", "ordered": "order", "predicted": "predict",
    "promised": "promise", "proposed": "propose", "raised": "raise", "recaptured": "recapture",
    "rejected": "reject", "released": "release", "reported": "report", "revealed": "reveal",
    "seized": "seize", "signed": "sign", "sold": "sell", "unveiled": "unveil", "urged": "urge",
    "vowed": "vow", "warned": "warn about", "won": "win",
}  # fmt: skip
NAME = r"(?:[Tt]he )?[A-Z][\w’'&.-]*(?: (?:of (?:the )?)?[A-Z][\w’'&-]*){0,4}"
_DID = re.compile(
    rf"(?:^|[,;] |\band |\bwhile |\bthat )(?P<who>{NAME})(?: has| have)?(?: recently| also)? "
    rf"(?P<verb>{'|'.join(VERBS)})\b(?! (?:by|in|on)\b)"
)
_PLACE = re.compile(
    r"\b(?P<how>near|in|over) (?P<where>(?:the )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+| region){0,3})"
)
SENTENCE = re.compile(r"[^.!?\n]{40,400}[.!?](?=\s|$)")
NO_NAME = {
    "It",
    "He",
    "She",
    "They",
    "We",
    "I",
    "This",
    "That",
    "These",
    "Those",
    "In",
    "But",
    "And",
    "There",
}
_NO_PLACE = re.compile(
    r"January|February|March|April|May|June|July|August|September|October|November|December|day$", re.I
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question and the span of the article that should answer it."""

    question: str
    article_id: str
    start: int
    end: int


def candidates(article: Article, start: int = 0, end: int | None = None) -> Iterator[Candidate]:
    """Questions that the article's sentences, from ``start`` to ``end``, seem to answer.

    >>> a = Article("Ukraine announced that it has recaptured an oil platform in the Black Sea.")
    >>> [c.question for c in candidates(a)]
    ['What did Ukraine announce?', 'What happened in the Black Sea?']
    """
    whole = len(article.text) if end is None else end
    for sentence in SENTENCE.finditer(article.text, max(start, article.body_start), whole):
        start, end = sentence.span()
        words = sentence[0].strip()
        for did in _DID.finditer(words):
            who = re.sub(r"^The ", "the ", did["who"])
            if who.split()[0] not in NO_NAME:
                yield Candidate(f"What did {who} {VERBS[did['verb']]}?", article.id, start, end)
        for place in _PLACE.finditer(words):
            if not _NO_PLACE.search(place["where"]):
                yield Candidate(f"What happened {place['how']} {place['where']}?", article.id, start, end)


def choose(
    articles: Iterable[Article], ask: Callable[[str], Answer], *, count: int = 3, tries: int = 20
) -> tuple[str, ...]:
    """Up to ``count`` questions that ``ask`` answers from the very sentence they were drawn from.

    The surest first, no two from the same sentence; at most ``tries`` questions are asked.
    """
    kept: list[tuple[float, Candidate]] = []
    for candidate in varied((candidates(article) for article in articles), tries):
        if len(kept) >= 2 * count:
            break
        if answer := answered(candidate, ask):
            kept.append((answer.confidence, candidate))
    kept.sort(key=lambda pair: -pair[0])
    return tuple(candidate.question for _, candidate in kept[:count])


def answered(candidate: Candidate, ask: Callable[[str], Answer]) -> Answer | None:
    """The answer to a question if it is a short one, from the very sentence that the question was drawn from."""
    try:
        answer = ask(candidate.question)
    except CitedeskError:
        return None
    return answer if not answer.abstained and answer.short and _cites(answer, candidate) else None


def varied(drawn: Iterable[Iterator[Candidate]], tries: int) -> Iterator[Candidate]:
    """Candidates in turn from each article, no sentence and no question twice."""
    seen: set[object] = set()
    queues = list(drawn)
    while queues and tries:
        for queue in list(queues):
            fresh = (c for c in queue if c.question not in seen and (c.article_id, c.start) not in seen)
            if (candidate := next(fresh, None)) is None:
                queues.remove(queue)
            elif tries:
                tries -= 1
                seen.update((candidate.question, (candidate.article_id, candidate.start)))
                yield candidate


def _cites(answer: Answer, candidate: Candidate) -> bool:
    return any(
        c.article.id == candidate.article_id and c.start < candidate.end and candidate.start < c.end
        for c in answer.citations
    )


class Examples:
    """Example questions, found in the background so that no page waits for them."""

    def __init__(self, find: Callable[[], tuple[str, ...]]) -> None:
        self._find = find
        self._found: tuple[str, ...] = ()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="examples", daemon=True)

    def start(self) -> Examples:
        """Begin to look."""
        self._thread.start()
        return self

    def _run(self) -> None:
        try:
            self._found = self._find()
        finally:
            self._done.set()

    def get(self, timeout_s: float = 0.0) -> tuple[str, ...]:
        """The questions, or none if they are not found within the time."""
        self._done.wait(timeout_s)
        return self._found
