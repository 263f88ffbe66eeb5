"""What each command of ``citedesk`` does; each returns its exit status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from index.errors import ArchiveNotFound
from ui.flags import (
    ArchiveFlag,
    AsOfFlag,
    CountFlag,
    JsonFlag,
    LlmFlag,
    ModelFlag,
    NotSourceFlag,
    SinceFlag,
    SourceFlag,
    UntilFlag,
    settings_of,
    wants_json,
)
from ui.screen import Screen, say, write_json

if TYPE_CHECKING:
    from index.archive import Archive
    from rag.assistant import Assistant
    from rag.settings import Settings

OK, FAILED, BAD_INPUT, NOT_SAID = 0, 1, 2, 3


def _archive(settings: Settings) -> Archive:
    from index.archive import Archive

    with _told_to_index(settings):
        return Archive.open(settings.archive, model=settings.model, create=False)


def _desk(settings: Settings) -> Assistant:
    from rag.assistant import Assistant

    with _told_to_index(settings):
        return Assistant.open(settings.archive, settings=settings)


@contextmanager
def _told_to_index(settings: Settings) -> Iterator[None]:
    try:
        yield
    except ArchiveNotFound:
        raise ArchiveNotFound(f"no archive at {settings.archive}; run: citedesk index FOLDER") from None


def search(
    context: Context,
    query: Annotated[str, Argument(help="Words to look for.")],
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    json: JsonFlag = False,
    as_of: AsOfFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    k: CountFlag = None,
    source: SourceFlag = None,
    not_source: NotSourceFlag = None,
) -> int:
    """Ranked passages."""
    from ui import terminal
    from ui.payloads import search_payload
    from ui.sources import finder

    settings = settings_of(context)
    with _desk(settings) as desk:
        found = desk.search(query, settings.k, include=source or (), exclude=not_source or ())
        find = finder(desk.archive)
        if wants_json(context):
            write_json(search_payload(query, found, find))
        else:
            terminal.show_passages(found, find)
    return OK


def ask(
    context: Context,
    question: Annotated[str, Argument(help="A question in plain words.")],
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    json: JsonFlag = False,
    as_of: AsOfFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    llm: LlmFlag = None,
    k: CountFlag = None,
    source: SourceFlag = None,
    not_source: NotSourceFlag = None,
) -> int:
    """One cited answer; exit status 0 answered, 3 the archive does not say."""
    from ui import terminal
    from ui.payloads import answer_payload
    from ui.sources import finder

    settings = settings_of(context)
    with _desk(settings) as desk:
        answer = terminal.follow(desk.stream(question, include=source or (), exclude=not_source or ()))
        if wants_json(context):
            write_json(answer_payload(answer))
        else:
            terminal.show_answer(answer, finder(desk.archive))
    return NOT_SAID if answer.abstained else OK


def chat(
    context: Context,
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    json: JsonFlag = False,
    as_of: AsOfFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    llm: LlmFlag = None,
    k: CountFlag = None,
    source: SourceFlag = None,
    not_source: NotSourceFlag = None,
) -> int:
    """A conversation in the terminal; follow-up questions are understood."""
    from ui.conversation import converse

    settings = settings_of(context)
    with _desk(settings) as desk:
        return converse(desk, as_json=wants_json(context), include=source or (), exclude=not_source or ())


def serve(
    context: Context,
    host: Annotated[
        str | None, Option("--host", metavar="HOST", help="Address to listen on [127.0.0.1].")
    ] = None,
    port: Annotated[
        str | None, Option("--port", metavar="N", help="Port to listen on [7860]; 0 takes a free one.")
    ] = None,
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    as_of: AsOfFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    llm: LlmFlag = None,
    k: CountFlag = None,
) -> int:
    """The chat page and the REST API."""
    from ui.server import listen, serve_until_stopped

    settings = settings_of(context)
    with listen(settings.host, settings.port) as listener, _desk(settings) as desk:
        serve_until_stopped(desk, settings, listener)
    return OK


def evaluate(
    context: Context,
    gold: Annotated[Path, Argument(metavar="GOLD", help="Questions with their right answers, JSONL.")],
    report: Annotated[Path, Option("--report", metavar="FILE", help="Where the whole report goes.")] = Path(
        "report.json"
    ),
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    json: JsonFlag = False,
    llm: LlmFlag = None,
    k: CountFlag = None,
) -> int:
    """Score gold questions and write a report."""
    from eval.gold import read_gold
    from eval.report import failure_table, table
    from eval.report import write_json as write_report
    from eval.run import evaluate as score
    from ui.payloads import plain
    from ui.terminal import progress_bar

    settings = settings_of(context)
    questions = read_gold(gold)
    for problem in questions.problems:
        say(f"skipped: {gold}: {problem}")
    with _desk(settings) as desk, progress_bar() as progress:
        result = score(desk, questions.questions, progress=progress)
    write_report(result, report)
    if wants_json(context):
        write_json(plain(result.scores))
    else:
        screen = Screen().console
        screen.print(table(result))
        if (wrong := failure_table(result)).row_count:
            screen.print(wrong)
    say(f"report: {report}")
    return OK


def status(
    context: Context, archive: ArchiveFlag = None, model: ModelFlag = None, json: JsonFlag = False
) -> int:
    """What the archive holds."""
    from ui import terminal
    from ui.payloads import report_payload

    with _archive(settings_of(context)) as opened:
        now = opened.status()
    if wants_json(context):
        write_json(report_payload(now))
    else:
        terminal.show_status(now)
    return OK


def check(
    context: Context,
    pack: Annotated[
        Path | None, Argument(metavar="[PACK]", help="An evidence pack to verify instead, offline.")
    ] = None,
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    json: JsonFlag = False,
) -> int:
    """Verify the archive end to end, or an evidence pack; exit status 1 if a check fails.

    A pack is also compared with the archive that --archive names.
    """
    from ui import terminal
    from ui.payloads import report_payload

    if pack is not None:
        return _check_pack(context, pack)
    with _archive(settings_of(context)) as opened:
        report = opened.check()
    if wants_json(context):
        write_json({**report_payload(report), "ok": report.ok})
    else:
        terminal.show_check(report)
    return OK if report.ok else FAILED


def _check_pack(context: Context, path: Path) -> int:
    from ui.pack import check_pack
    from ui.payloads import plain
    from ui.terminal_pack import show_pack

    named = context.params.get("archive") or context.obj.get("archive")
    with _archive(settings_of(context)) if named else nullcontext() as opened:
        report = check_pack(path, opened)
    if wants_json(context):
        write_json({**plain(report), "ok": report.ok})
    else:
        show_pack(report, compared=opened is not None)
    return OK if report.ok else FAILED


def feedback(context: Context, archive: ArchiveFlag = None) -> int:
    """What people thought of answers, as gold questions (JSONL) for: citedesk eval."""
    from ui.service import STORE
    from ui.store.conversations import Conversations
    from ui.store.feedback import Feedback
    from ui.store.schema import open_store

    settings = settings_of(context)
    with _archive(settings) as opened:
        kept = opened.path / STORE
    lines = 0
    if settings.database or kept.exists():
        engine = open_store(settings.database or kept)
        for gold in Feedback(engine, Conversations(engine)).gold():
            write_json(gold)
            lines += 1
        engine.dispose()
    say(
        f"{lines:,} judged answer{'' if lines == 1 else 's'}; complete those without answers, then: citedesk eval FILE"
    )
    return OK


def mcp(
    context: Context,
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    as_of: AsOfFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    llm: LlmFlag = None,
    k: CountFlag = None,
) -> int:
    """The archive as tools for an assistant (MCP), over stdin and stdout."""
    from ui.mcp import require_mcp, serve_stdio

    require_mcp()
    with _desk(settings_of(context)) as desk:
        serve_stdio(desk)
    return OK
