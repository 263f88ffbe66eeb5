"""The tables of the news benchmark: what is found, what is answered, how sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.benchmarks import data, newsroom, realtimeqa
from eval.benchmarks.fit_abstention import calibration_error
from eval.benchmarks.realtimeqa import Question
from eval.metrics import percentile

DEPTHS = (1, 4, 10)
SYSTEMS = {"open_gpt3_gcs_gen": "GPT-3 with web search", "open_rag_gcs_gen": "BART-RAG with web search"}


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one question.

    ``ranks``: for each ranking the place of the first passage that holds the answer, 0 beyond ten; ``forced``: the
    likeliest candidate; ``said``: the short answer, empty if it abstained; ``removed``: confidence without the
    articles that hold the answer, None if that was not asked.
    """

    question: Question
    in_archive: bool
    ranks: dict[str, int]
    forced: str
    sure: float
    said: str
    late: int
    timings: dict[str, float]
    removed: float | None = None


def show(period: str, rows: Sequence[Row], cut: dict[str, str]) -> None:
    """The tables of a period."""
    short = [row for row in rows if row.question.source in realtimeqa.SHORT]
    print(f"\n## {period}\n")
    _show_retrieval(short)
    _show_answers(rows, short, cut)
    _show_confidence(short)
    stages = {name: [row.timings[name] for row in rows] for name in rows[0].timings}
    line = ", ".join(f"{n} {percentile(t, 0.5):.0f}/{percentile(t, 0.95):.0f}" for n, t in stages.items())
    print(f"\nms p50/p95: {line}")
    print(f"citations newer than the question: {sum(row.late for row in rows)}")


def show_together(rows: Sequence[Row]) -> None:
    """What is found and how sure it is, over several periods."""
    short = [row for row in rows if row.question.source in realtimeqa.SHORT]
    print("\n## All of these periods\n")
    _show_retrieval(short)
    _show_confidence(short)


def _show_retrieval(short: Sequence[Row]) -> None:
    found = [row for row in short if row.in_archive]
    print(f"{len(found)} of {len(short)} questions have their answer in the archive\n")
    print("| ranking | " + " | ".join(f"hit@{k}" for k in DEPTHS) + " | MRR@10 |\n|---|---|---|---|---|")
    for name in found[0].ranks:
        places = [row.ranks[name] for row in found]
        cells = [np.mean([0 < at <= k for at in places]) for k in DEPTHS]
        mrr = np.mean([1 / at if at else 0 for at in places])
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in [*cells, mrr]) + " |")


def _show_answers(rows: Sequence[Row], short: Sequence[Row], cut: dict[str, str]) -> None:
    print("\n| answers, EM / F1 | short facts | all |\n|---|---|---|")
    systems: dict[str, Callable[[Row], str]] = {
        "citedesk, made to answer": lambda row: row.forced,
        "citedesk, abstentions wrong": lambda row: row.said,
    }
    if cut:
        systems["citedesk, made to answer, in what a web search returned"] = lambda row: cut[row.question.id]
    print(f"| n | {len(short)} | {len(rows)} |")
    for name, said in systems.items():
        print(f"| {name} | {_mean(short, said)} | {_mean(rows, said)} |")
    predictions = published()
    for system, name in SYSTEMS.items():
        told = predictions[system]
        parts = [[row for row in part if row.question.id in told] for part in (short, rows)]
        if not parts[0]:
            continue
        print(f"| on the questions of {name}: n | {len(parts[0])} | {len(parts[1])} |")
        every = {name: lambda row, told=told: told[row.question.id]} | systems
        for each, said in every.items():
            print(f"| - {each} | {_mean(parts[0], said)} | {_mean(parts[1], said)} |")


def _mean(rows: Sequence[Row], said: Callable[[Row], str]) -> str:
    marks = np.array([newsroom.scores(said(row), row.question) for row in rows])
    return f"{100 * marks[:, 0].mean():.1f} / {100 * marks[:, 1].mean():.1f}"


def _show_confidence(short: Sequence[Row]) -> None:
    from sklearn.metrics import roc_auc_score

    gone = [row.removed for row in short if row.removed is not None]
    sure = np.array([row.sure for row in short] + gone)
    right = np.array([newsroom.is_right(row.forced, row.question) for row in short] + [False] * len(gone))
    print(
        f"\nconfidence over {len(short)} questions and {len(gone)} without their articles: AUROC "
        f"{roc_auc_score(right, sure):.3f}, calibration error {calibration_error(sure, right):.3f}"
    )
    order = np.argsort(-sure)
    shares = (0.1, 0.2, 0.3, 0.4, 0.5)
    wrong = [1 - right[order][: max(1, int(share * len(order)))].mean() for share in shares]
    told = ", ".join(f"{share:.0%} {risk:.2f}" for share, risk in zip(shares, wrong, strict=True))
    print(f"share wrong among the surest: {told}")


def published() -> dict[str, dict[str, str]]:
    """The published predictions, by system and question."""
    found: dict[str, dict[str, str]] = {name: {} for name in SYSTEMS}
    for row in data.rows("realtimeqa", "published-predictions.jsonl.gz"):
        if row["system"] in found:
            found[row["system"]][row["id"]] = row["prediction"]
    return found
