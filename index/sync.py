"""Bringing the catalogue up to date with files, or with articles given directly."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index import ledger, readers
from index.articles import Article
from index.catalogue import Catalogue
from index.errors import BadArticle
from index.intake import Intake
from index.ledger import KnownFile, Put
from index.reports import FileProblem, OnProgress, Progress, SyncReport
from index.sources import Found

_BREATH = 64  # articles between two looks at the line


@dataclass(slots=True)
class _Tally:
    """Ids of articles by what became of them."""

    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    problems: list[FileProblem] = field(default_factory=list)

    def told(self, article_id: str, put: Put) -> None:
        self.seen.add(article_id)
        if put.outcome == "changed" and article_id not in self.added:
            self.changed.add(article_id)

    def report(self, encoded: int, seconds: float) -> SyncReport:
        back = self.removed & self.added  # removed here, added there: it never left
        return SyncReport(
            added=len(self.added - back),
            changed=len(self.changed),
            removed=len(self.removed - back),
            moved=len(self.moved),
            unchanged=len((self.seen - self.added - self.changed - self.moved) | back),
            passages=encoded,
            problems=tuple(self.problems),
            seconds=seconds,
        )


@dataclass(slots=True)
class _File:
    """A file being read: what it held before, what it holds now."""

    name: str
    now: KnownFile
    before: set[str]
    held: set[str] = field(default_factory=set)
    added: dict[str, Article] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)


class Sync:
    """One run."""

    def __init__(self, catalogue: Catalogue, intake: Intake, progress: OnProgress) -> None:
        self._catalogue = catalogue
        self._intake = intake
        self._progress = progress
        self._tally = _Tally()
        self._started = time.perf_counter()
        self._unread: set[str] = set()
        self._held: dict[str, set[str]] = {}
        self._left: set[tuple[str, str]] = set()
        self._missing: dict[str, KnownFile] = {}
        self._done = self._total = 0

    def files(self, sources: Sequence[Found]) -> None:
        """Read what is new or changed under the sources; forget what is gone."""
        known: dict[str, KnownFile] = {}
        kept_problems: dict[str, list[FileProblem]] = {}
        for found in sources:
            self._tally.problems += found.problems
            known |= ledger.files_under(self._catalogue, found.root)
            self._held |= ledger.articles_under(self._catalogue, found.root)
            kept_problems |= ledger.problems_under(self._catalogue, found.root)
        paths = {str(path): path for found in sources for path in found.files}
        spared = [str(path) for found in sources for path in found.unreadable]
        self._missing = {n: f for n, f in known.items() if n not in paths and not _below(n, spared)}
        stats = {name: _stat(path) for name, path in paths.items()}
        stale = {name: path for name, path in paths.items() if not _same(known.get(name), stats[name])}
        for name in paths.keys() - stale.keys():
            self._keep(name, kept_problems.get(name, []))
        self._unread = stale.keys() | self._missing.keys()
        self._total = sum(stat[0] for name in stale if (stat := stats[name]))
        for name, path in stale.items():
            self._tell(path.name)
            self._unread.discard(name)
            self._file(path, stats[name], known.get(name), kept_problems.get(name, []))
            self._done += (stats[name] or (0, 0))[0]
            self._intake.breathe()
        for name in sorted(self._missing):
            self._intake.then(lambda name=name: self._forget(name))  # type: ignore[misc]
        self._tell("")

    def _tell(self, note: str, within: int = 0) -> None:
        done = min(self._done + within, self._total)
        self._progress(Progress("reading", done, self._total, note, self._intake.encoded))

    def _keep(self, name: str, problems: list[FileProblem]) -> None:
        self._tally.seen |= self._held.get(name, set())
        self._tally.problems += problems

    def _file(
        self,
        path: Path,
        stat: tuple[int, int] | None,
        known: KnownFile | None,
        problems: list[FileProblem],
    ) -> None:
        name = str(path)
        try:
            now = KnownFile(*(stat or (-1, 0)), _digest(path))
            if known and known.digest == now.digest and known.size >= 0:
                self._intake.then(lambda: ledger.write_file(self._catalogue, name, now, problems))
                self._keep(name, problems)
            elif not known and (old := self._moved_from(path, now)):
                self._move(old, name, now)
            else:
                self._read(path, _File(name, now, self._held.get(name, set())))
        except OSError as error:  # what was read from it before stays
            reason = f"cannot be read ({error.strerror or error}); check its permissions"
            self._tally.problems.append(FileProblem(name, reason))
            self._tally.seen |= self._held.get(name, set())

    def _moved_from(self, path: Path, now: KnownFile) -> str | None:
        """A file that is gone, had the same content, and was read by the same reader."""
        for name, old in self._missing.items():
            if (
                old.digest == now.digest
                and old.size >= 0
                and readers.suffix(Path(name)) == readers.suffix(path)
            ):
                return name
        return None

    def _move(self, old: str, name: str, now: KnownFile) -> None:
        del self._missing[old]
        self._unread.discard(old)
        ids = self._held.get(old, set())
        self._tally.moved |= ids
        self._tally.seen |= ids

        def run() -> None:
            ledger.move(self._catalogue, old, name)
            problems = ledger.problems_of(self._catalogue, name)
            ledger.write_file(self._catalogue, name, now, problems)
            self._tally.problems += problems

        self._intake.then(run)

    def _read(self, path: Path, file: _File) -> None:
        # Cut short, the file is read again; its articles are known to be its own.
        begun = KnownFile(-1, 0, file.now.digest)
        self._intake.then(lambda: ledger.write_file(self._catalogue, file.name, begun, []))
        for number, item in enumerate(readers.read(path), 1):
            if isinstance(item, readers.Position):
                self._tell(path.name, item.done_bytes)
            elif isinstance(item, FileProblem):
                file.problems.append(item)
            else:
                self._put(self._own(item, file), file)
            if number % _BREATH == 0:
                self._intake.breathe()
        self._left |= {(article_id, file.name) for article_id in file.before - file.held}
        self._intake.then(lambda: self._end(file))

    def _put(self, article: Article, file: _File) -> None:
        file.held.add(article.id)

        def told(put: Put) -> None:
            self._tally.told(article.id, put)
            if put.outcome == "added":
                file.added[article.id] = article

        self._intake.put(article, file.name, told)

    def _end(self, file: _File) -> None:
        """The whole file is read: what it held before and holds no longer is gone, or was replaced."""
        lost = file.before - file.held
        replaced = _replaced([self._catalogue.article(i) for i in sorted(lost)], file.added)
        gone = ledger.drop(self._catalogue, file.name, lost, replaced)
        ledger.write_file(self._catalogue, file.name, file.now, file.problems)
        self._intake.loosen(gone.loose)
        edited = {new for old, new in replaced.items() if old in gone.ids}
        self._tally.changed |= edited
        self._tally.added |= file.added.keys() - edited
        self._tally.removed |= gone.ids - replaced.keys()
        self._tally.problems += file.problems

    def _forget(self, name: str) -> None:
        gone = ledger.drop(self._catalogue, name, ledger.articles_from(self._catalogue, name), {})
        ledger.forget_file(self._catalogue, name)
        self._intake.loosen(gone.loose)
        self._tally.removed |= gone.ids

    def _own(self, article: Article, file: _File) -> Article:
        """The article under the id it is stored by: its own, unless another article holds that already."""
        digest, known = article.digest(), self._intake.digest_of(article.id)
        if known == digest:
            return article
        if known is None:
            twin = self._intake.same_as(digest)
            if twin is None:
                return article
            given = article.id
            self._intake.then(lambda: ledger.alias(self._catalogue, given, twin))
            return article.with_id(twin)
        holders = self._intake.origins_of(article.id) - {file.name} - self._unread
        holders = {path for path in holders if (article.id, path) not in self._left}
        if not holders:
            return article
        holder = sorted(holders)[-1] or "an article added directly"
        file.problems.append(
            FileProblem(
                file.name,
                f"id {article.id[:40]!r} belongs to another article ({holder}); kept under an id of its own: "
                "give each article its own id",
            )
        )
        return article.with_id(digest[:16])

    def articles(self, articles: Iterable[Article]) -> None:
        """Add articles directly; the same id again replaces."""
        done = 0
        for done, article in enumerate(self._sound(articles), 1):
            self._intake.put(article, ledger.DIRECT, lambda put, article=article: self._direct(article, put))  # type: ignore[misc]
            if done % _BREATH == 0:
                self._intake.breathe()
                self._progress(Progress("reading", done, done, "", self._intake.encoded))
        self._progress(Progress("reading", done, done, "", self._intake.encoded))

    def _direct(self, article: Article, put: Put) -> None:
        self._tally.told(article.id, put)
        if put.outcome == "added":
            self._tally.added.add(article.id)

    def _sound(self, articles: Iterable[Article]) -> Iterator[Article]:
        for article in articles:
            try:
                readers.check(article)
            except BadArticle as error:
                self._tally.problems.append(FileProblem(article.id, str(error)))
                continue
            yield article

    def report(self) -> SyncReport:
        """What this run did."""
        return self._tally.report(self._intake.encoded, time.perf_counter() - self._started)


def _replaced(lost: Sequence[Article], added: Mapping[str, Article]) -> dict[str, str]:
    """Which new article took the place of which old one: the same address, title, or the only one left."""
    found: dict[str, str] = {}
    for part in ("url", "title"):
        free: dict[str, list[str]] = {}
        for article_id in added.keys() - set(found.values()):
            free.setdefault(getattr(added[article_id], part) or "", []).append(article_id)
        for old in lost:
            said = getattr(old, part)
            if old.id not in found and said and len(free.get(said, [])) == 1:
                found[old.id] = free[said].pop()
    left = [old.id for old in lost if old.id not in found]
    new = sorted(added.keys() - set(found.values()))
    return found | {left[0]: new[0]} if len(left) == len(new) == 1 else found


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns


def _same(known: KnownFile | None, stat: tuple[int, int] | None) -> bool:
    return known is not None and stat == (known.size, known.mtime_ns)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or Path(folder) in Path(path).parents for folder in folders)
