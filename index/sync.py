"""Bringing the catalogue up to date with files, or with articles given directly."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index import ledger, readers, vectors
from index.articles import Article, Passage
from index.catalogue import Catalogue
from index.encoder import Encoder
from index.errors import BadArticle
from index.ledger import KnownFile
from index.passages import cut
from index.reports import FileProblem, OnProgress, Progress, SyncReport
from index.sources import Found

_BATCH_CHARS = 4_000_000
"""Articles are committed after about this much text, so that memory stays small."""


@dataclass(slots=True)
class _Tally:
    """Ids of articles by what became of them."""

    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    problems: list[FileProblem] = field(default_factory=list)
    encoded: int = 0

    def report(self, seconds: float) -> SyncReport:
        back = self.removed & self.added  # removed here, added there: it never left
        return SyncReport(
            added=len(self.added - back),
            changed=len(self.changed),
            removed=len(self.removed - back),
            unchanged=len((self.seen - self.added - self.changed) | back),
            passages=self.encoded,
            problems=tuple(self.problems),
            seconds=seconds,
        )


class Sync:
    """One run. The encoder is asked for only if there is something to cut or to encode."""

    def __init__(self, catalogue: Catalogue, encoder: Callable[[], Encoder], progress: OnProgress) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._progress = progress
        self._tally = _Tally()
        self._started = time.perf_counter()
        self._unread: set[str] = set()

    def files(self, sources: Sequence[Found]) -> None:
        """Read what is new or changed under the sources; forget what is gone."""
        known: dict[str, KnownFile] = {}
        for found in sources:
            self._tally.problems += found.problems
            known |= ledger.files_under(self._catalogue, found.root)
        paths = {str(path): path for found in sources for path in found.files}
        spared = [str(path) for found in sources for path in found.unreadable]
        missing = {path for path in known if path not in paths and not _below(path, spared)}
        stats = {name: _stat(path) for name, path in paths.items()}
        fresh = {name for name, stat in stats.items() if _same(known.get(name), stat)}
        self._unread = (paths.keys() - fresh) | missing
        for done, (name, path) in enumerate(paths.items()):
            if name in fresh:
                self._keep(name)
                continue
            self._progress(Progress("reading", done, len(paths), path.name))
            self._unread.discard(name)
            self._file(path, stats[name], known.get(name))
        for name in sorted(missing):
            with self._catalogue.writing():
                gone = ledger.articles_from(self._catalogue, name)
                self._tally.removed |= ledger.drop(self._catalogue, name, gone)
                ledger.forget_file(self._catalogue, name)
        self._progress(Progress("reading", len(paths), len(paths)))

    def _keep(self, name: str) -> None:
        self._tally.seen |= ledger.articles_from(self._catalogue, name)
        self._tally.problems += ledger.problems_of(self._catalogue, name)

    def _file(self, path: Path, stat: tuple[int, int] | None, known: KnownFile | None) -> None:
        name = str(path)
        try:
            now = KnownFile(*(stat or (-1, 0)), _digest(path))
            if known and known.digest == now.digest and known.size >= 0:
                problems = ledger.problems_of(self._catalogue, name)
                with self._catalogue.writing():
                    ledger.write_file(self._catalogue, name, now, problems)
                self._keep(name)
            else:
                self._read(path, now)
        except OSError as error:  # what was read from it before stays
            reason = f"cannot be read ({error.strerror or error}); check its permissions"
            self._tally.problems.append(FileProblem(name, reason))
            self._tally.seen |= ledger.articles_from(self._catalogue, name)

    def _read(self, path: Path, now: KnownFile) -> None:
        name = str(path)
        before = ledger.articles_from(self._catalogue, name)
        problems: list[FileProblem] = []
        held: set[str] = set()
        added: set[str] = set()

        def articles() -> Iterator[Article]:
            for item in readers.read(path):
                if isinstance(item, FileProblem):
                    problems.append(item)
                else:
                    yield self._own(item, name, problems)

        for batch in _batches(articles()):
            ready = [(article, self._cut(article)) for article in batch]
            with self._catalogue.writing():
                # Cut short here, the file is read again; its articles are known to be its own.
                ledger.write_file(self._catalogue, name, KnownFile(-1, 0, now.digest), problems)
                added |= self._put(ready, name)
            held |= {article.id for article in batch}
        with self._catalogue.writing():
            gone = ledger.drop(self._catalogue, name, before - held)
            ledger.write_file(self._catalogue, name, now, problems)
        self._count(added, gone)
        self._tally.problems += problems

    def _count(self, added: set[str], gone: set[str]) -> None:
        """Ids made from the content differ after an edit: one gone and one new are one changed."""
        edited = set(sorted(added)[: len(gone)])
        self._tally.changed |= edited
        self._tally.added |= added - edited
        self._tally.removed |= set(sorted(gone)[len(edited) :])

    def _own(self, article: Article, name: str, problems: list[FileProblem]) -> Article:
        """The article under its id, or under one made from its content if another file holds that id."""
        known = ledger.digest_of(self._catalogue, article.id)
        if known is None or known == article.digest():
            return article
        holders = ledger.origins_of(self._catalogue, article.id) - {name} - self._unread
        if not holders:
            return article
        holder = sorted(holders)[-1] or "an article added directly"
        problems.append(
            FileProblem(
                name,
                f"id {article.id[:40]!r} belongs to another article ({holder}); kept under an id of its own: "
                "give each article its own id",
            )
        )
        return article.with_id(article.digest()[:16])

    def articles(self, articles: Iterable[Article]) -> None:
        """Add articles directly; the same id again replaces."""
        done = 0
        for batch in _batches(self._sound(articles)):
            ready = [(article, self._cut(article)) for article in batch]
            with self._catalogue.writing():
                self._tally.added |= self._put(ready, ledger.DIRECT)
            done += len(batch)
            self._progress(Progress("reading", done, done))

    def _sound(self, articles: Iterable[Article]) -> Iterator[Article]:
        for article in articles:
            try:
                readers.check(article)
            except BadArticle as error:
                self._tally.problems.append(FileProblem(article.id, str(error)))
                continue
            yield article

    def _cut(self, article: Article) -> list[Passage]:
        if ledger.digest_of(self._catalogue, article.id) == article.digest():
            return []
        return cut(article, self._encoder().count)

    def _put(self, ready: Sequence[tuple[Article, list[Passage]]], name: str) -> set[str]:
        added = set()
        for article, passages in ready:
            encoder = self._encoder().fingerprint if passages else ""
            outcome = ledger.put(self._catalogue, article, passages, name, encoder)
            self._tally.seen.add(article.id)
            if outcome == "added":
                added.add(article.id)
            elif outcome == "changed" and article.id not in self._tally.added:
                self._tally.changed.add(article.id)
        return added

    def encode(self) -> None:
        """Encode what has no vector yet, and drop the vectors of what is gone."""
        if self._catalogue.get("pending"):
            self._tally.encoded = vectors.encode_pending(self._catalogue, self._encoder(), self._progress)
            with self._catalogue.writing():
                self._catalogue.rows("DELETE FROM meta WHERE key = 'pending'")
        if self._tally.removed or self._tally.changed:
            with self._catalogue.writing():
                vectors.purge(self._catalogue)

    def report(self) -> SyncReport:
        """What this run did."""
        return self._tally.report(time.perf_counter() - self._started)


def _batches(articles: Iterator[Article]) -> Iterator[list[Article]]:
    """Articles in batches of about four million characters, no id twice in one."""
    batch: dict[str, Article] = {}
    size = 0
    for article in articles:
        if article.id in batch or size > _BATCH_CHARS:
            yield list(batch.values())
            batch, size = {}, 0
        batch[article.id] = article
        size += len(article.text) + 200
    if batch:
        yield list(batch.values())


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
