"""A whole run with a scripted desk: rows, scores, faults, and the files that come out."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.gold import GoldEvidence, GoldQuestion
from eval.report import failure_table, failures, table, write_json
from eval.run import evaluate, locate
from index.articles import Article
from index.errors import ArchiveEmpty, ArticleNotFound, BadInput
from index.reports import Progress
from rag.answer import NO_ANSWER, Answer, ArticleRef, Citation, PassageRef, Turn

TEXT = "Ann won the race. Bob came second. It rained."
NEWS = Article(text=TEXT, date=dt.date(2023, 11, 8), id="news")


class FakeLibrary:
    fingerprint = "fake-archive"

    def __init__(self, *articles: Article) -> None:
        self._articles = list(articles)

    def articles(self) -> list[Article]:
        return self._articles

    def article(self, article_id: str) -> Article:
        for article in self._articles:
            if article.id == article_id:
                return article
        raise ArticleNotFound(f"no article {article_id}")


class FakeDesk:
    """Gives the scripted answer to each question, or raises the scripted error."""

    def __init__(self, script: dict[str, Answer | Exception], library: FakeLibrary | None = None) -> None:
        self.archive = library or FakeLibrary(NEWS)
        self.script = script
        self.asked: list[tuple[str, tuple[Turn, ...], dt.date | None]] = []

    def ask(self, question: str, *, history: Sequence[Turn] = (), as_of: dt.date | None = None) -> Answer:
        self.asked.append((question, tuple(history), as_of))
        said = self.script[question]
        if isinstance(said, Exception):
            raise said
        return said


def said(quote: str, short: str | None = None, *, article: str = "news", shift: int = 0) -> Answer:
    start = TEXT.index(quote)
    span = (start + shift, start + shift + len(quote))
    citation = Citation(1, ArticleRef(article, "", "2023-11-08", None), *span, quote)
    passage = PassageRef("news", start, start + len(quote), quote, 1.0)
    return Answer(
        "", "", None, f"{quote} [1]", short, False, None, 0.9, (), (citation,), (passage,), "fake-model", "f"
    )


REFUSED = replace(
    said("It rained."), text=NO_ANSWER, abstained=True, confidence=0.1, citations=(), passages=()
)
WON = GoldEvidence("news", "Ann won the race.")
GOLD = [
    GoldQuestion("win", "Who won?", ("Ann",), kind="name", evidence=(WON,)),
    GoldQuestion(
        "second", "Who came second?", ("Bob",), kind="name", evidence=(GoldEvidence("", "Bob came second."),)
    ),
    GoldQuestion("third", "Who came third?", answerable=False, kind="unanswerable"),
    GoldQuestion("fourth", "Who came fourth?", answerable=False, kind="unanswerable"),
]
SCRIPT: dict[str, Answer | Exception] = {
    "Who won?": said("Ann won the race.", "Ann"),
    "Who came second?": RuntimeError("the reader\nfell over"),
    "Who came third?": REFUSED,
    "Who came fourth?": said("Bob came second.", "Bob", shift=1),
}


def test_scores_of_a_run() -> None:
    report = evaluate(FakeDesk(SCRIPT), GOLD)
    values = {name: (score.value, score.n) for name, score in report.scores.items()}
    for name in ("latency_p50_ms", "latency_p95_ms"):
        value, n = values.pop(name)
        assert value is not None and value >= 0 and n == 3
    assert values == {
        "right": (0.5, 4),
        "right_answerable": (0.5, 2),
        "grounded": (0.5, 2),
        "answered": (0.5, 2),
        "abstention_precision": (1.0, 1),
        "abstention_recall": (0.5, 2),
        "em": (0.5, 2),
        "f1": (0.5, 2),
        "recall@1": (0.5, 2),
        "recall@4": (0.5, 2),
        "recall@10": (0.5, 2),
        "mrr@10": (0.5, 2),
        "citations_exact": (0.5, 2),
        "errors": (1.0, 4),
    }
    assert report.slices["unanswerable"]["right"].value == 0.5
    assert report.slices["name"]["em"].n == 2


def test_a_report_says_what_produced_it() -> None:
    report = evaluate(FakeDesk(SCRIPT), GOLD)
    assert (report.archive_fingerprint, report.model, report.as_of) == (
        "fake-archive",
        "fake-model",
        "2023-11-08",
    )
    assert report.articles == 1 and report.version and dt.datetime.fromisoformat(report.started).tzinfo


def test_a_question_that_fails_is_wrong_and_does_not_stop_the_rest() -> None:
    report = evaluate(FakeDesk(SCRIPT), GOLD)
    assert [row.right for row in report.rows] == [True, False, True, False]
    assert report.rows[1].error == "RuntimeError: the reader\nfell over"
    assert [f.got for f in failures(report)] == [
        "error: RuntimeError: the reader\nfell over",
        "Bob (Bob came second.)",
    ]


def test_history_and_date_reach_the_desk() -> None:
    turn, day = Turn("Who ran?", "Ann."), dt.date(2023, 11, 9)
    desk = FakeDesk(SCRIPT)
    evaluate(desk, [replace(GOLD[0], history=(turn,), as_of=day)])
    assert desk.asked == [("Who won?", (turn,), day)]


def test_a_citation_of_an_unknown_article_is_not_exact() -> None:
    desk = FakeDesk({"Who won?": said("Ann won the race.", article="gone")})
    assert evaluate(desk, GOLD[:1]).scores["citations_exact"].value == 0


def test_evidence_that_is_nowhere_is_told_and_left_out_of_retrieval() -> None:
    gold = replace(GOLD[0], evidence=(GoldEvidence("news", "Ann lost."),))
    report = evaluate(FakeDesk(SCRIPT), [gold])
    assert report.notes == ("win: 1 of its evidence quotes stand nowhere in this archive",)
    assert report.scores["recall@4"].value is None
    assert report.scores["right"].value == 1


def test_the_quote_decides_and_the_name_chooses_between_copies() -> None:
    copy = Article(text=f"Wire. {TEXT}", date=dt.date(2023, 11, 9), id="copy", title="Race")
    for name, expected in (("Race", {"copy"}), ("2023-11-08", {"news"}), ("race.txt", {"copy", "news"})):
        question = replace(GOLD[0], evidence=(GoldEvidence(name, "Ann won"),))
        (places,) = locate(question, [NEWS, copy])
        assert {span.article_id for span in places} == expected


def test_an_empty_archive_is_an_error_and_not_a_score_of_zero() -> None:
    with pytest.raises(ArchiveEmpty):
        evaluate(FakeDesk(SCRIPT, FakeLibrary()), GOLD)


def test_progress_runs_from_nothing_to_all() -> None:
    seen: list[Progress] = []
    evaluate(FakeDesk(SCRIPT), GOLD, progress=seen.append)
    assert [(p.done, p.total) for p in seen] == [(i, 4) for i in range(5)]
    assert seen[0].note == "Who won?"


def test_the_report_on_disk_is_the_report(tmp_path: Path) -> None:
    report = evaluate(FakeDesk(SCRIPT), [*GOLD[:1], replace(GOLD[2], id="lone \ud800")])
    path = tmp_path / "report.json"
    path.write_text("an older report")
    write_json(report, path)
    data = json.loads(path.read_bytes())
    assert data["scores"]["right"] == {"value": 1.0, "n": 2}
    assert data["rows"][0]["recall"] == {"1": 1.0, "4": 1.0, "10": 1.0}
    assert data["rows"][1]["id"] == "lone \ud800"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_a_place_that_cannot_be_written_to_is_told_in_one_line(tmp_path: Path) -> None:
    report = evaluate(FakeDesk(SCRIPT), GOLD[:1])
    for path in (tmp_path / "none" / "report.json", tmp_path):
        with pytest.raises(BadInput, match="cannot be written") as caught:
            write_json(report, path)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_table_shows_figures_and_the_failures_show_brackets_as_they_are() -> None:
    from rich.console import Console

    script = SCRIPT | {
        "Who came fourth?": replace(said("Bob came second."), text="Bob [bold] came second. [1]")
    }
    report = evaluate(FakeDesk(script), GOLD)
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table(report), failure_table(report))
    shown = console.export_text()
    assert "right, of the answerable" in shown and "50.0%" in shown
    assert "right: unanswerable" in shown
    assert "Bob [bold] came second." in shown
