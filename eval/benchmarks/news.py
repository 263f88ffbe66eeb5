"""News questions over half a year of news: what is found, what is answered, how sure, how fast.

    python -m eval.benchmarks.news --periods 2024h1 2024h2 [--keep DIR]

The archive of a period holds all its articles; a question sees what was published by its day. Retrieval is scored on
the questions for short facts whose answer string occurs in the archive; answers on all of them, by exact match
and F1 as SQuAD has them, beside the published predictions of GPT-3 with web search and of BART-RAG on the same
questions where there are any (Kasai et al., 2023). "made to answer" takes the likeliest candidate whatever the
confidence. Confidence is scored on the same questions and on ``REMOVED`` of them asked again without the articles that
hold their answer. ``--retrieved`` adds answers from only those articles that the published systems read. ``--keep``
names a folder where the archives stay for another run.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from eval.benchmarks import newsroom, realtimeqa
from eval.benchmarks.cold_start import machine
from eval.benchmarks.news_tables import DEPTHS, Row, show, show_together
from eval.benchmarks.realtimeqa import Question
from eval.run import commit
from index.archive import Archive
from index.articles import Article, DateRange
from rag import Assistant
from rag.answerable import confidences
from rag.candidates import candidates
from rag.mismatch import mismatch
from rag.reader import Reader
from rag.rerank import by_answer
from rag.retrieve import LEXICAL_WEIGHT, Reading, retrieve

REMOVED = 300


def passages(archive: Archive, question: Question) -> dict[str, list[str]]:
    """The first passages under each ranking of the archive itself."""
    hits = archive.search(question.text, 200, published=DateRange(until=question.day))
    top = max((hit.lexical for hit in hits), default=0.0) or 1.0
    orders = {
        "dense": sorted(hits, key=lambda hit: -hit.dense),
        "BM25": sorted(hits, key=lambda hit: -hit.lexical),
        "fusion": sorted(hits, key=lambda hit: -(hit.dense + LEXICAL_WEIGHT * hit.lexical / top)),
    }
    found = {name: [hit.passage.text for hit in order[: DEPTHS[-1]]] for name, order in orders.items()}
    dated = retrieve(archive, question.text, published=DateRange(until=question.day), as_of=question.day)
    return found | {"+ dates": [evidence.passage.text for evidence, _ in dated]}


def _texts(readings: Sequence[Reading]) -> list[str]:
    return [reading.evidence.passage.text for reading in readings]


def place(texts: Sequence[str], question: Question) -> int:
    """The place of the first text that holds an answer, 0 if none of ten does."""
    first = (at for at, text in enumerate(texts[: DEPTHS[-1]], 1) if newsroom.holds(text, question))
    return next(first, 0)


def judged(question: Question, readings: Sequence[Reading], archive: Archive) -> tuple[str, float]:
    """The likeliest candidate, and how sure the engine is of it."""
    found = candidates(question.text, readings)[:1]
    if not found:
        return "", 0.0
    sure = confidences(question.text, found, archive.encoder, archive.size())[0]
    reading = found[0].reading
    return reading.best.text, 0.0 if mismatch(question.text, reading) else sure


def ask(desk: Assistant, question: Question, in_archive: bool, *, again: bool) -> Row:
    """Everything that is measured of one question."""
    readings = newsroom.readings(desk.archive, question, Reader.load())
    texts = passages(desk.archive, question) | {"+ reader": _texts(readings)}
    texts["+ answers"] = _texts(by_answer(readings, candidates(question.text, readings)))
    forced, sure = judged(question, readings, desk.archive)
    answer = desk.ask(question.text, as_of=question.day)
    removed = None
    if again:
        left = [r for r in readings if not newsroom.holds(r.evidence.article.text, question)]
        removed = judged(question, left, desk.archive)[1]
    return Row(
        question,
        in_archive,
        {name: place(some, question) for name, some in texts.items()},
        forced,
        sure,
        answer.short or "",
        sum((citation.article.date or "") > str(question.day) for citation in answer.citations),
        dict(answer.timings_ms),
        removed,
    )


def in_retrieved(articles: dict[str, Article], question: Question, encoder: newsroom.Remembering) -> str:
    """The likeliest candidate where the archive is only what a web search returned for this question."""
    some = [articles[i] for i in sorted(question.retrieved) if i in articles]
    if not some:
        return ""
    with tempfile.TemporaryDirectory() as folder, Archive.open(folder, encoder=encoder) as archive:
        archive.add(some)
        return judged(question, newsroom.readings(archive, question, Reader.load()), archive)[0]


def run(period: str, folder: Path, number: int | None, *, retrieved: bool) -> list[Row]:
    """Measure a period, or its first questions, and print its tables."""
    asked = realtimeqa.questions(period)[:number]
    with newsroom.archive(period, folder) as archive, Assistant.open(archive, llm="extractive") as desk:
        articles = {article.id: article for article in archive.articles()}
        texts = [article.text for article in articles.values()]
        inside = newsroom.answered_by(texts, asked)
        again = {
            q.id for q in [q for q in asked if q.id in inside and q.source in realtimeqa.SHORT][:REMOVED]
        }
        desk.ask(asked[0].text, as_of=asked[0].day)
        rows = []
        for number, question in enumerate(asked):
            rows.append(ask(desk, question, question.id in inside, again=question.id in again))
            print(f"\r{period} {number + 1} of {len(asked)}", end="", file=sys.stderr)
        encoder = newsroom.Remembering(archive.encoder)
        cut = {q.id: in_retrieved(articles, q, encoder) for q in asked} if retrieved else {}
    print(file=sys.stderr)
    show(period, rows, cut)
    return rows


def main() -> None:
    """Measure and print."""
    parser = newsroom.parser(__doc__)
    parser.add_argument("--periods", nargs="+", choices=realtimeqa.PERIODS, default=["2024h1", "2024h2"])
    parser.add_argument("--questions", type=int, help="only so many of each period (default: all)")
    parser.add_argument(
        "--retrieved",
        action="store_true",
        help="answer from what a web search returned too, which takes as long again",
    )
    given = parser.parse_args()
    every: list[Row] = []
    with newsroom.kept(given.keep) as folder:
        for period in given.periods:
            every += run(period, folder, given.questions, retrieved=given.retrieved)
    if len(given.periods) > 1:
        show_together(every)
    only = f" --questions {given.questions}" if given.questions else ""
    only += " --retrieved" if given.retrieved else ""
    print(f"\ncommand: python -m eval.benchmarks.news --periods {' '.join(given.periods)}{only}")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
