"""Answers and reports in the terminal, and progress while they are made."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from rag.answer import NO_ANSWER, Answer, Draft
from ui.screen import Screen, clean, say
from ui.sources import FindArticle, Source, cited_sources, nearest_sources
from ui.words import coverage, long_date, sentence

if TYPE_CHECKING:
    from index.articles import ScoredPassage
    from index.reports import CheckReport, FileProblem, Progress, Status, SyncReport


_PROBLEMS = 20  # lines of them on a screen
_NAMED = 5  # flagged articles, likewise


def show_answer(answer: Answer, find: FindArticle) -> None:
    """The short exact answer, the whole answer, and its numbered sources; or why there is none."""
    screen = Screen()
    if answer.abstained:
        _show_refusal(screen, answer, find)
        return
    if answer.short:
        screen.line((answer.short, "bold"))
        screen.line("")
    at = 0
    parts: list[str | tuple[str, str]] = []
    for statement in answer.statements:
        said = answer.text[at : statement.end]
        parts.append(said if statement.citations else (said, "strike"))
        if statement.citations and statement.support != "verified":
            parts.append((" (unverified)", "yellow"))
        at = statement.end
    screen.line(*parts, answer.text[at:])
    if answer.reason:
        screen.line((f"Note: {sentence(answer.reason)}", "yellow"))
    screen.line("")
    for source in cited_sources(answer):
        _show_source(screen, source, f"“{_flat(source.quote)}”")


def _show_refusal(screen: Screen, answer: Answer, find: FindArticle) -> None:
    screen.line((NO_ANSWER, "bold"))
    if answer.reason:
        screen.line(sentence(answer.reason))
    nearest = nearest_sources(answer, find)
    if nearest:
        screen.line("")
        screen.line("Nearest articles:")
    for source in nearest:
        _show_source(screen, source, "")


def _show_source(screen: Screen, source: Source, quote: str) -> None:
    where = f", {source.article.url}" if source.article.url else ""
    if quote:
        screen.line((f"[{source.number}] ", "bold"), quote)
        screen.line(f"    {_flat(source.article.title)}, {long_date(source.article.date)}{where}")
    else:
        screen.line(f"- {_flat(source.article.title)}, {long_date(source.article.date)}{where}")


def _flat(text: str) -> str:
    return " ".join(text.split())


def show_passages(found: Sequence[ScoredPassage], find: FindArticle) -> None:
    """Ranked passages, best first."""
    screen = Screen()
    for rank, scored in enumerate(found, start=1):
        article = find(scored.passage.article_id)
        screen.line((f"{rank}. ", "bold"), f"{_flat(article.title)}, {long_date(article.date)}")
        screen.line(
            (f"   score {scored.score:.3f}, cosine {scored.dense:.2f}, BM25 {scored.lexical:.1f}", "dim")
        )
        screen.line(f"   {_flat(scored.passage.text)}")
    if not found:
        say("no passage found; try other words or a wider date range")


def has_news(report: SyncReport) -> bool:
    """Whether a sync changed anything in the archive."""
    return bool(report.added or report.changed or report.moved or report.removed)


def show_sync(report: SyncReport, at: dt.datetime | None = None) -> None:
    """What an index run did, in one line; ``at`` says when, for one of many."""
    took = f"{report.seconds:.1f} s" if report.seconds < 100 else f"{report.seconds / 60:.0f} min"
    rate = f" ({report.passages / report.seconds:,.0f}/s)" if report.passages and report.seconds else ""
    moved = f"{report.moved:,} moved, " if report.moved else ""
    Screen().line(
        (f"{at:%H:%M:%S} " if at else "", "dim"),
        (f"{report.added:,} added", "bold"),
        f", {report.changed:,} changed, {moved}{report.removed:,} removed, {report.unchanged:,} unchanged"
        f"; {report.passages:,} passages encoded in {took}{rate}",
    )
    if report.flagged:
        Screen().line(
            (f"{_hold(report.flagged)} addressed to an assistant; to see some: citedesk status", "yellow")
        )


def show_problems(problems: Sequence[FileProblem]) -> None:
    """What could not be read, beside the result: files with the same trouble in one line, 20 lines at most."""
    by_reason: dict[str, list[str]] = {}
    for problem in problems:
        by_reason.setdefault(problem.reason, []).append(problem.source)
    lines = list(by_reason.items())
    for reason, sources in lines[:_PROBLEMS]:
        more = f" and {len(sources) - 1:,} more" if len(sources) > 1 else ""
        say(f"problem: {sources[0]}{more}: {reason}")
    if left := sum(len(sources) for _, sources in lines[_PROBLEMS:]):
        say(f"and {left:,} more problems; to see all: citedesk index --json PATH")


def show_status(status: Status) -> None:
    """What the archive holds."""
    screen = Screen()
    rows = [
        ("archive", str(status.path)),
        ("holds", coverage(status.articles, status.oldest, status.newest)),
        ("undated", f"{status.undated:,}"),
        ("passages", f"{status.passages:,}"),
        ("stories", f"{status.stories:,} told more than once, by {status.copies:,} articles"),
        ("versions", f"{status.versions:,} earlier, kept for old citations"),
        ("model", status.model),
        ("vectors", status.vector_index),
        ("on disk", f"{status.bytes_on_disk / 1e6:,.1f} MB"),
        ("fingerprint", status.fingerprint),
    ]
    for name, value in rows:
        screen.line((f"{name:<12}", "dim"), value)
    if status.flagged or status.unseen:
        _show_flags(screen, status)


def _show_flags(screen: Screen, status: Status) -> None:
    unseen = f"; {status.unseen:,} not looked at until something is indexed" if status.unseen else ""
    screen.line(
        (f"{'flagged':<12}", "dim"),
        f"{_hold(status.flagged)} addressed to an assistant: kept, never quoted or obeyed{unseen}",
    )
    for each in status.flags[:_NAMED]:
        screen.line(f"  {_flat(each.title)}: “{_flat(each.sentence)}”")
    if more := status.flagged - len(status.flags[:_NAMED]):
        screen.line(f"  and {more:,} more; to see up to {len(status.flags)}: citedesk status --json")


def _hold(articles: int) -> str:
    return f"{articles:,} article{' holds' if articles == 1 else 's hold'} sentences"


def show_check(report: CheckReport) -> None:
    """Each check and whether it passed."""
    screen = Screen()
    for check in report.checks:
        verdict = ("ok    ", "green") if check.ok else ("FAILED", "bold red")
        screen.line(verdict, f" {check.name}: {check.detail}")


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None] | None]:
    """A bar with rate and remaining time on stderr, or None where nobody is looking."""
    screen = Screen(sys.stderr)
    if not screen.is_terminal:
        yield None
        return
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(bar_width=30),
        bars.TextColumn("{task.fields[amount]}", markup=False),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=screen.console, transient=True) as bar:
        tasks: dict[str, bars.TaskID] = {}

        def update(now: Progress) -> None:
            if now.stage not in tasks:
                tasks[now.stage] = bar.add_task(now.stage, total=None, amount="")
            task = tasks[now.stage]
            said = amount(now, bar.tasks[task].elapsed or 0.0)
            bar.update(task, total=now.total or None, completed=now.done, amount=said)

        yield update


def amount(now: Progress, elapsed_s: float) -> str:
    """How much is done, and how fast, in a few words.

    >>> from index.reports import Progress
    >>> amount(Progress("reading", 12_400_000, 80_000_000, "a.jsonl", 2500), 20)
    '12.4/80.0 MB, 2,500 passages, 125/s'
    >>> amount(Progress("asking", 3, 10), 6)
    '3/10, 0.5/s'
    """
    if now.stage == "reading":
        done, count, unit = f"{now.done / 1e6:,.1f}/{now.total / 1e6:,.1f} MB", now.passages, "passages, "
        done += f", {count:,} "
    else:
        done, count, unit = f"{now.done:,}/{now.total:,}", now.done, ", "
    rate = count / elapsed_s if elapsed_s else 0.0
    return f"{done}{unit}{rate:,.{0 if rate >= 10 else 1}f}/s"


def follow(stream: Iterator[Draft | Answer]) -> Answer:
    """The answer at the end of a stream; while it grows, a terminal shows its drafts on stderr."""
    screen = Screen(sys.stderr)
    # A console of its own: a live region must wrap its lines to know how many to erase.
    live = Live(console=Console(file=sys.stderr), transient=True, auto_refresh=False)
    with live if screen.is_terminal else nullcontext(), _closing(stream):
        for item in stream:
            if isinstance(item, Answer):
                return item
            if screen.is_terminal:
                live.update(Text(clean(item.text, screen.stream), style="dim"), refresh=True)
    raise RuntimeError("the stream ended without an answer")


@contextmanager
def _closing(stream: Iterator[Draft | Answer]) -> Iterator[None]:
    """Closing a stream cancels the LLM behind it."""
    try:
        yield
    finally:
        if isinstance(stream, Generator):
            stream.close()
