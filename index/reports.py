"""What an archive tells its owner: progress, problems, what a sync did, what it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source of the archive, by the name that a search takes, and how many articles came from it."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a long piece of work.

    ``stage`` is "reading" (``done`` of ``total`` bytes of the files that are new or changed; or articles
    given directly) or "indexing" (passages, at the end). ``note`` says what is at hand, ``passages`` how
    many were encoded so far.
    """

    stage: str
    done: int
    total: int
    note: str = ""
    passages: int = 0


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What could not be read as it stands: ``source`` is a path, or ``path:line``.

    ``reason`` is one line with the value, the limit and the remedy.
    """

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, counted in articles; ``passages`` counts those that were encoded anew.

    ``moved`` articles are unchanged ones whose file has another path now; ``flagged`` ones are among those
    added or changed, and hold sentences that speak to a machine.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    passages: int = 0
    problems: tuple[FileProblem, ...] = ()
    seconds: float = 0.0
    moved: int = 0
    flagged: int = 0

    @property
    def total(self) -> int:
        """Articles that these sources now contribute.

        >>> SyncReport(added=2, removed=1, unchanged=3).total
        5
        """
        return self.added + self.changed + self.unchanged + self.moved


@dataclass(frozen=True, slots=True)
class FlaggedArticle:
    """An article with a sentence, or a title, that speaks to a machine; ``sentence`` is the first, shortened."""

    id: str
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Status:
    """What an archive holds. ``bytes_on_disk`` counts every file of the archive.

    ``stories`` groups of near-duplicates hold ``copies`` articles together; ``versions`` counts what
    articles said before they changed. ``flagged`` articles hold sentences that speak to a machine, and
    ``flags`` names the newest of them; ``unseen`` articles are still to be looked at, by the next sync.
    """

    path: Path
    articles: int
    passages: int
    undated: int
    oldest: dt.date | None
    newest: dt.date | None
    model: str
    vector_index: str
    bytes_on_disk: int
    fingerprint: str
    stories: int = 0
    copies: int = 0
    versions: int = 0
    flagged: int = 0
    unseen: int = 0
    flags: tuple[FlaggedArticle, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was verified; ``detail`` says what was found, and the remedy if not ``ok``."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The outcome of ``Archive.check``."""

    checks: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed.

        >>> CheckReport((CheckResult("offsets", True, "7 passages"),)).ok
        True
        """
        return all(check.ok for check in self.checks)
