"""Bringing the catalogue up to date with files and addresses, or with articles given directly."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from index import addresses, ledger, readers
from index.addresses import Address
from index.articles import Article
from index.catalogue import Catalogue
from index.errors import BadArticle, FetchFailed
from index.handed import Handed, items
from index.intake import Intake
from index.ledger import KnownFile, Put
from index.reading import Reading, Source
from index.reports import FileProblem, OnProgress, Progress, SyncReport
from index.sources import Found
from index.tally import Tally

if TYPE_CHECKING:
    from index.web import Fetcher

_BREATH = 64  # articles between two looks at the line
_Stat = tuple[int, int]


class Sync:
    """One run."""

    def __init__(self, catalogue: Catalogue, intake: Intake, progress: OnProgress) -> None:
        self._catalogue = catalogue
        self._intake = intake
        self._progress = progress
        self._tally = Tally()
        self._started = time.perf_counter()
        self._held: dict[str, set[str]] = {}
        self._problems: dict[str, list[FileProblem]] = {}
        self._missing: dict[str, KnownFile] = {}
        self._gone: dict[tuple[str, str], list[str]] = {}
        self._done = self._total = 0

    def sources(
        self, found: Sequence[Found], named: Sequence[Address] = (), fetcher: Fetcher | None = None
    ) -> None:
        """Read what is new or changed in files and at addresses; forget the files that are gone."""
        known: dict[str, KnownFile] = {}
        for source in found:
            self._tally.problems += source.problems
            known |= ledger.files_under(self._catalogue, source.root)
            self._held |= ledger.articles_under(self._catalogue, source.root)
            self._problems |= ledger.problems_under(self._catalogue, source.root)
        paths = {str(path): path for source in found for path in source.files}
        spared = [str(path) for source in found for path in source.unreadable]
        self._missing = {n: f for n, f in known.items() if n not in paths and not _below(n, spared)}
        for name, file in sorted(self._missing.items(), reverse=True):
            if file.size >= 0:
                self._gone.setdefault((file.digest, readers.suffix(Path(name))), []).append(name)
        stats = {name: _stat(path) for name, path in paths.items()}
        stale = {name: path for name, path in paths.items() if not _same(known.get(name), stats[name])}
        for name in paths.keys() - stale.keys():
            self._keep(name)
        waiting = stale.keys() | self._missing.keys() | {one.name for one in named}
        reading = Reading(self._catalogue, self._intake, self._tally, waiting)
        self._files(reading, stale, stats, known)
        self._addresses(reading, named, fetcher)
        reading.finish(self._missing)
        self._tell("")

    def _tell(self, note: str, within: int = 0) -> None:
        done = min(self._done + within, self._total)
        self._progress(Progress("reading", done, self._total, note, self._intake.encoded))

    def _keep(self, name: str) -> None:
        self._tally.keep(self._held.get(name, set()), self._problems.get(name, []))

    def _files(
        self,
        reading: Reading,
        stale: dict[str, Path],
        stats: dict[str, _Stat | None],
        known: dict[str, KnownFile],
    ) -> None:
        self._total = sum(stat[0] for name in stale if (stat := stats[name]))
        for name, path in stale.items():
            self._tell(path.name)
            reading.unread.discard(name)
            try:
                self._file(
                    reading, path, KnownFile(*(stats[name] or (-1, 0)), _digest(path)), known.get(name)
                )
            except OSError as error:  # what was read from it before stays
                reason = f"cannot be read ({error.strerror or error}); check its permissions"
                self._tally.keep(self._held.get(name, set()), [FileProblem(name, reason)])
            self._done += (stats[name] or (0, 0))[0]
            self._intake.breathe()

    def _file(self, reading: Reading, path: Path, now: KnownFile, known: KnownFile | None) -> None:
        name = str(path)
        if known and known.digest == now.digest and known.size >= 0:
            self._remember(name, now, self._problems.get(name, []))
            self._keep(name)
        elif not known and (same := self._gone.get((now.digest, readers.suffix(path)))):
            self._move(reading, same.pop(), name, now)
        else:
            source = Source(name, now, self._held.get(name, set()), begun=_begun(known))
            reading.take(source, readers.read(path), lambda done: self._tell(path.name, done))

    def _remember(self, name: str, now: KnownFile, problems: list[FileProblem]) -> None:
        self._intake.then(lambda: ledger.write_file(self._catalogue, name, now, problems))

    def _move(self, reading: Reading, old: str, name: str, now: KnownFile) -> None:
        """The same content, read by the same reader, under another path."""
        del self._missing[old]
        reading.unread.discard(old)
        ids = self._held.get(old, set())
        self._tally.moved |= ids
        self._tally.seen |= ids

        def run() -> None:
            ledger.move(self._catalogue, old, name)
            problems = ledger.problems_of(self._catalogue, name)
            ledger.write_file(self._catalogue, name, now, problems)
            self._tally.problems += problems

        self._intake.then(run)

    def _addresses(self, reading: Reading, named: Sequence[Address], fetcher: Fetcher | None) -> None:
        if not named:
            return
        from index.web import Fetcher

        with nullcontext(fetcher) if fetcher else Fetcher() as open_fetcher:
            for address in named:
                self._tell(address.name)
                self._address(reading, address, open_fetcher)
                self._intake.breathe()

    def _address(self, reading: Reading, address: Address, fetcher: Fetcher) -> None:
        name = address.name
        known = ledger.known_file(self._catalogue, name)
        held = ledger.articles_from(self._catalogue, name)
        before = ledger.problems_of(self._catalogue, name)
        reading.unread.discard(name)
        try:
            page = fetcher.fetch(address.url, known=addresses.validators_of(known))
        except FetchFailed as error:
            self._tally.keep(held, [FileProblem(name, addresses.failure(name, error, len(held)))])
            return
        if page is None:
            self._tally.keep(held, before)
            return
        now = addresses.known_as(page)
        if known and known.digest == now.digest and known.size >= 0:
            self._remember(name, now, before)
            self._tally.keep(held, before)
            return
        self._total += now.size
        source = Source(name, now, held, rolls=addresses.is_feed(page), remote=True, begun=_begun(known))
        reading.take(
            source, readers.read_bytes(page.data, page.content_type, page.final_url), lambda done: None
        )
        self._done += now.size

    def handed(self, files: Sequence[Handed]) -> list[Tally]:
        """Read files that were handed in; what came of each is known once the line is empty."""
        tallies = [Tally() for _ in files]
        sizes = [(_stat(file.path) or (0, 0))[0] for file in files]
        self._total = sum(sizes)
        for file, size, tally in zip(files, sizes, tallies, strict=True):
            self._tell(file.label)
            reading = Reading(self._catalogue, self._intake, tally, ())
            source = Source(ledger.DIRECT, KnownFile(size, 0, ""), set())
            try:
                reading.take(source, items(file), lambda done, file=file: self._tell(file.label, done))  # type: ignore[misc]
            except OSError as error:
                reason = f"cannot be read ({error.strerror or error}); hand it in again"
                tally.problems.append(FileProblem(file.label, reason))
            self._intake.then(lambda tally=tally, file=file: _labelled(tally, file))  # type: ignore[misc]
            self._done += size
            self._intake.breathe()
        self._intake.then(lambda: ledger.forget_file(self._catalogue, ledger.DIRECT))
        self._tell("")
        return tallies

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


def _labelled(tally: Tally, file: Handed) -> None:
    tally.problems = [FileProblem(p.source or file.label, p.reason) for p in tally.problems]


def _stat(path: Path) -> _Stat | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns


def _begun(known: KnownFile | None) -> int:
    return known.mtime_ns if known and known.size < 0 else 0


def _same(known: KnownFile | None, stat: _Stat | None) -> bool:
    return known is not None and stat == (known.size, known.mtime_ns)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or Path(folder) in Path(path).parents for folder in folders)
