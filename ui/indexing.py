"""``citedesk index``: articles into the archive, once or for as long as it runs."""

from __future__ import annotations

import datetime as dt
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context

from index.errors import BadSetting
from ui.flags import (
    EVERY_MIN,
    ArchiveFlag,
    EveryFlag,
    ExcludeFlag,
    IncludeFlag,
    JsonFlag,
    MigrateFlag,
    ModelFlag,
    WatchFlag,
    settings_of,
    wants_json,
)
from ui.interrupts import Stopped, patient
from ui.screen import say, write_json

if TYPE_CHECKING:
    from index.archive import Archive
    from index.reports import FileProblem, OnProgress, Progress, SyncReport
    from rag.settings import Settings

OK, BAD_INPUT = 0, 2


def index(
    context: Context,
    paths: Annotated[
        list[str] | None,
        Argument(metavar="PATH", help="Folders, files, web addresses of pages or feeds; if none, seeds/."),
    ] = None,
    include: IncludeFlag = None,
    exclude: ExcludeFlag = None,
    watch: WatchFlag = False,
    every: EveryFlag = None,
    migrate: MigrateFlag = False,
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    json: JsonFlag = False,
) -> int:
    """Read articles into the archive; what has not changed costs nothing.

    A page, feed or document is fetched only if its address is named here. What was read from an
    address stays when it fails, as do entries that a feed no longer lists.
    """
    from index.archive import Archive

    if every is not None and not watch:
        raise BadSetting(f"--every {every:g} tells how often to look again; give --watch too")
    settings = settings_of(context)
    if migrate:
        with patient():
            _migrate(settings)
        if not paths:
            return OK
    sources = paths or ["seeds"]
    there = _there(sources)
    if not there:
        return BAD_INPUT
    run = _Run(there, include or [], exclude or [], as_json=wants_json(context))
    run.check()
    with patient(), Archive.open(settings.archive, model=settings.model) as opened:
        try:
            if watch:
                run.watch(opened, (every or EVERY_MIN) * 60)
            else:
                run.once(opened)
        except KeyboardInterrupt:
            return _stopped(opened, watch)
    if not run.read_any:
        say(f"error: no article was read from {', '.join(there)}; give a folder with articles")
        return BAD_INPUT
    return OK if len(there) == len(sources) else BAD_INPUT


def _there(sources: list[str]) -> list[str]:
    """The sources that exist; of the others the user is told."""
    there = [source for source in sources if "://" in source or os.path.lexists(source)]
    for source in sources:
        if source not in there:
            say(f"error: no file or folder at {source}; give one that exists: citedesk index FOLDER")
    return there


def _stopped(archive: Archive, watching: bool) -> int:
    """After Ctrl-C: what is there now. Raises Stopped, unless it ended a watch."""
    held = archive.status().articles
    stored = f"{held:,} article{'s are' if held != 1 else ' is'} stored and searchable"
    if not watching:
        raise Stopped(f"stopped; {stored}; run the same command to go on")
    say(f"stopped watching; {stored}")
    return OK


def _migrate(settings: Settings) -> None:
    """The archive made anew by the present rules and model."""
    from index.migrate import migrate
    from ui import terminal

    try:
        with terminal.progress_bar() as progress:
            total = migrate(settings.archive, model=settings.model, progress=progress)
    except KeyboardInterrupt:
        raise Stopped("stopped; the archive is as it was; run the same command to go on") from None
    say(
        f"migrated: {total:,} article{'s' if total != 1 else ''} in {settings.archive}, made with {settings.model}"
    )


class _Run:
    """One run of the command: what is read, and how it is told."""

    def __init__(self, there: list[str], include: list[str], exclude: list[str], *, as_json: bool) -> None:
        self._there, self._include, self._exclude, self._as_json = there, include, exclude, as_json
        self._bar = ExitStack()
        self._update: OnProgress | None = None
        self._known: set[FileProblem] | None = None
        self.read_any = False

    def check(self) -> None:
        """Raise BadInput for addresses and patterns that are none, before an archive is made for nothing."""
        from index.addresses import split
        from index.globs import Globs

        split(self._there)
        Globs.of(self._include, self._exclude)

    def once(self, archive: Archive) -> None:
        """One sync, told in full."""
        with self._bar:
            report = archive.sync(
                *self._there, include=self._include, exclude=self._exclude, progress=self._progress
            )
        self.tell(report)

    def watch(self, archive: Archive, every_s: float) -> None:
        """A sync after every change, without end."""
        from index.watch import watch

        with self._bar:
            watch(
                archive,
                *self._there,
                told=self.tell,
                every_s=every_s,
                include=self._include,
                exclude=self._exclude,
                progress=self._progress,
            )

    def _progress(self, now: Progress) -> None:
        """Shown by a bar that is there only while there is work."""
        from ui import terminal

        if self._update is None:
            self._update = self._bar.enter_context(terminal.progress_bar()) or _unseen
        self._update(now)

    def tell(self, report: SyncReport) -> None:
        """The first sync whole, of each further one what is new."""
        from ui import terminal
        from ui.payloads import report_payload

        self._bar.close()
        self._update = None
        first, known = self._known is None, self._known or set()
        self._known = set(report.problems)
        self.read_any = self.read_any or bool(report.total or report.removed)
        if first or terminal.has_news(report):
            if self._as_json:
                write_json(report_payload(report))
            else:
                terminal.show_sync(report, at=None if first else dt.datetime.now().astimezone())
            sys.stdout.flush()
        terminal.show_problems([problem for problem in report.problems if problem not in known])


def _unseen(now: Progress) -> None:
    """Nobody is looking."""
