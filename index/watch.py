"""Keeping an archive current: files as they change, web addresses every so often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.addresses import split
from index.errors import ArchiveLocked, BadInput, SourceNotFound
from index.reports import FileProblem, OnProgress, SyncReport
from index.sources import root_of

if TYPE_CHECKING:
    from index.archive import Archive
    from index.web import Fetcher

EVERY_S = 15 * 60.0
"""Seconds between two looks at the addresses, and at folders whose changes the system does not tell."""

_QUIET_MS = 400  # without a change: a file that is being written is then whole, most likely
_LONGEST_MS = 5000  # of changes without a pause
_TICK_S = 1.0


def watch(
    archive: Archive,
    *paths: str | Path,
    told: Callable[[SyncReport], None],
    stop: threading.Event | None = None,
    every_s: float = EVERY_S,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    progress: OnProgress | None = None,
    fetcher: Fetcher | None = None,
) -> None:
    """Sync, and sync again after every change, until ``stop`` is set. ``told`` hears of each sync.

    Changes are taken up once the files have been quiet for a moment; ``every_s`` seconds apart, all
    is looked at anew and addresses are asked again. A folder that disappears is a problem in the
    report; what was read from it stays, and it is taken up again when it is back.

    Raises SourceNotFound, FetchFailed and BadSetting like ``Archive.sync``, before any work.
    """
    stop = stop or threading.Event()
    local, named = split(paths)
    roots = list(dict.fromkeys(root_of(path) for path in local))

    def sync(sources: Sequence[str | Path]) -> SyncReport:
        return archive.sync(*sources, include=include, exclude=exclude, progress=progress, fetcher=fetcher)

    told(sync(paths))
    due, owed = time.monotonic() + every_s, False
    while not stop.is_set():
        watched = _there(roots)
        for changed in _changes(list(watched), archive.path.resolve(), stop, min(_TICK_S, every_s)):
            late = time.monotonic() >= due
            if changed or late or owed:
                round_ = _Round(_there(roots), [one.url for one in named] if late else [], roots)
                report = round_.run(sync)
                owed = report is None
                if report is not None:
                    told(report)
                    due = time.monotonic() + every_s if late else due
            if _there(roots) != watched:
                break  # what the system watches is the folder of before, whatever its name is now


_Places = dict[Path, tuple[int, int]]


def _there(roots: Sequence[Path]) -> _Places:
    """The sources that exist now, each with what tells it from another of the same name."""
    found: _Places = {}
    for root in roots:
        try:
            info = root.stat()
        except OSError:
            continue
        found[root] = (info.st_dev, info.st_ino)
    return found


@dataclass(frozen=True, slots=True)
class _Round:
    """One sync of what is there."""

    places: _Places
    addresses: Sequence[str]
    roots: Sequence[Path]

    def run(self, sync: Callable[[Sequence[str | Path]], SyncReport]) -> SyncReport | None:
        """The report; None if it must be tried again, as another process is writing or a file vanished."""
        absent = tuple(
            FileProblem(str(root), "is not there now; what was read from it stays until it is back")
            for root in self.roots
            if root not in self.places
        )
        try:
            report = sync([*self.places, *self.addresses])
        except (ArchiveLocked, SourceNotFound):
            return None
        return replace(report, problems=report.problems + absent)


def _changes(roots: Sequence[Path], archive: Path, stop: threading.Event, tick_s: float) -> Iterator[bool]:
    """Now and then, whether anything changed; first of all yes, for it may have before the watch began."""
    if not roots:
        while not stop.wait(tick_s):
            yield False
        return
    from watchfiles import watch as changes_of

    first = True
    try:
        for changes in changes_of(
            *roots,
            watch_filter=None,
            debounce=_LONGEST_MS,
            step=_QUIET_MS,
            stop_event=stop,
            rust_timeout=int(tick_s * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            paths = [Path(path) for _, path in changes]
            yield first or any(_matters(path, roots, archive) for path in paths)
            if any(path in roots for path in paths):
                return  # it may be another file or folder of that name now, even with the same inode
            first = False
    except FileNotFoundError:
        stop.wait(tick_s)
    except OSError as error:
        raise BadInput(
            f"the system does not watch {len(roots):,} sources ({error.strerror or error}); on Linux raise "
            "fs.inotify.max_user_watches, or run citedesk index every so often"
        ) from error


def _matters(path: Path, roots: Sequence[Path], archive: Path) -> bool:
    """Whether a change may concern an article: not what is hidden, nor the archive itself."""
    if path == archive or archive in path.parents:
        return False
    for root in roots:
        if path.is_relative_to(root):
            return not any(part.startswith(".") for part in path.relative_to(root).parts)
    return True
