"""Archive: open, add, sync, search, status, check. The face of this room."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from index import (
    addresses,
    checks,
    derived,
    flags,
    ledger,
    listing,
    opening,
    outlets,
    sources,
    stories,
    vectors,
    versions,
)
from index.articles import ALWAYS, Article, DateRange, Passage, ScoredPassage
from index.catalogue import Catalogue
from index.encoder import DEFAULT_MODEL, Encoder, load_encoder
from index.errors import ArchiveEmpty, ArchiveError, BadQuestion
from index.filling import WAIT_S, filling, publish
from index.globs import Globs
from index.handed import Handed
from index.intake import Intake
from index.listing import Listed, Month
from index.passages import CHUNKING
from index.reports import (
    CheckReport,
    CheckResult,
    FileProblem,
    FlaggedArticle,
    OnProgress,
    Outlet,
    Progress,
    Status,
    SyncReport,
)
from index.schema import VERSION
from index.search import Query
from index.sentences import Span
from index.serving import Serving
from index.shelves import Selection
from index.sync import Sync
from index.versions import Version

if TYPE_CHECKING:
    from index.web import Fetcher

__all__ = [
    "Archive",
    "CheckReport",
    "CheckResult",
    "FileProblem",
    "FlaggedArticle",
    "Handed",
    "Listed",
    "Month",
    "Outlet",
    "Progress",
    "Status",
    "SyncReport",
    "Version",
]

_NAMED = 100  # flagged articles that a status names
_QUERY_CHARS = 10_000  # far beyond what an encoder reads; keeps a pasted book from costing seconds


class Archive:
    """A folder of searchable articles. Safe for searches from several threads; one process writes at a time.

    The encoder is loaded when it is first needed, not when the archive is opened.
    """

    def __init__(self, path: Path, catalogue: Catalogue, encoder: Encoder | None, model: str) -> None:
        self.path = path
        self.model = model
        self._catalogue = catalogue
        self._given = encoder
        self._checked: Encoder | None = None
        self._serving = Serving(path, catalogue)
        self._writing = threading.RLock()

    @classmethod
    def open(
        cls,
        path: str | Path = ".citedesk",
        *,
        encoder: Encoder | None = None,
        model: str = DEFAULT_MODEL,
        create: bool = True,
    ) -> Archive:
        """Open the archive in a folder, or make one.

        ``model`` names the encoder (see ``load_encoder``); an ``encoder`` object may be given instead.

        Raises ArchiveNotFound if there is none and ``create`` is False, ArchiveMismatch if it was
        made by another model or version, ArchiveDamaged if it cannot be read.
        """
        folder = Path(path).expanduser()
        opening.make(folder, create)
        catalogue = Catalogue(folder)
        archive = cls(folder, catalogue, encoder, encoder.fingerprint if encoder else model)
        try:
            opening.refuse_others(folder, catalogue, archive.model)
            if encoder:
                opening.verify(folder, catalogue, encoder)
            outlets.fill(catalogue)
        except ArchiveError:
            catalogue.close()
            raise
        return archive

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded now if it was not yet. Raises ArchiveMismatch if it is another than before."""
        with self._serving.loading:
            if self._checked is None:
                encoder = self._given or load_encoder(self.model)
                opening.verify(self.path, self._catalogue, encoder)
                self._checked = encoder
            return self._checked

    @property
    def fingerprint(self) -> str:
        """What answers rest on, in 16 digits: model, rules, articles; the same on every machine."""
        parts = [
            VERSION,
            CHUNKING,
            self._catalogue.get("encoder") or "",
            self._serving.content(),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def sync(
        self,
        *paths: str | Path,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: OnProgress | None = None,
        fetcher: Fetcher | None = None,
    ) -> SyncReport:
        """Take up what is new or changed in folders, single files and web addresses; forget files that are gone.

        Files that did not change are not read again, addresses are asked whether they did. What cannot
        be read is in the report's ``problems``; the rest goes on. Interrupted, it continues where it
        stopped when run again. Nothing is fetched but the addresses named; what was read from one stays
        when it cannot be reached, as do the entries that a feed no longer lists.

        ``include`` and ``exclude`` choose the files of folders, as ``*.md`` or ``drafts/*`` (see
        `index.globs`); what was indexed from files that they leave out is removed from the archive.

        Raises SourceNotFound (or FetchFailed) before any work if a path does not exist (or an address
        is none), BadSetting for a pattern that cannot be used, ArchiveLocked if another process is
        writing.
        """
        local, named = addresses.split(paths)
        found = sources.find(local, Globs.of(include, exclude))
        told = progress or _quiet
        with self._writing, self.filling(told) as (catalogue, intake):
            run = Sync(catalogue, intake, told)
            run.sources(found, named, fetcher)
        return run.report()

    def add(self, articles: Iterable[Article], *, progress: OnProgress | None = None) -> SyncReport:
        """Add articles directly. One with an id that is already there replaces it.

        Raises ArchiveLocked if another process is writing.
        """
        told = progress or _quiet
        with self._writing, self.filling(told) as (catalogue, intake):
            run = Sync(catalogue, intake, told)
            run.articles(articles)
        return run.report()

    def take(self, files: Sequence[Handed], *, progress: OnProgress | None = None) -> list[SyncReport]:
        """Add what files hold that somebody handed in; a report for each file, in order.

        The articles belong to no file afterwards: no later ``sync`` of any folder removes them. One with the
        id of another that was added directly replaces it; what a file holds already stays as it is. What
        cannot be read is in the ``problems`` of its file, and the other files go on.

        Raises ArchiveLocked if another process is writing.
        """
        told = progress or _quiet
        with self._writing, self.filling(told) as (catalogue, intake):
            tallies = Sync(catalogue, intake, told).handed(files)
        return [tally.report(0, 0.0) for tally in tallies]

    def remove(self, article_ids: Iterable[str]) -> int:
        """Remove articles; returns how many there were. Files are not touched.

        An article removed this way comes back only if its file changes.
        """
        ids = list(article_ids)
        with self._writing, derived.writer_lock(self.path, WAIT_S):
            with self._catalogue.writing():
                gone = ledger.remove(self._catalogue, ids)
                if gone.ids:
                    vectors.purge(self._catalogue, gone.loose)
                    publish(self.path, self._catalogue, settled=True)
            derived.tidy(self.path, self._catalogue)
        return len(gone.ids)

    def filling(self, told: OnProgress) -> AbstractContextManager[tuple[Catalogue, Intake]]:
        """The line into the catalogue; whatever is in it at the end is encoded and published.

        Raises ArchiveLocked if another process is writing.
        """
        return filling(self.path, lambda: self.encoder, self.model, told)

    def search(
        self,
        query: str,
        k: int = 20,
        *,
        published: DateRange = ALWAYS,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        """Rank passages for a query by fused dense and BM25 scores.

        At most ``k`` passages, best first; fewer if the archive holds fewer in the range of days and in the
        sources that ``include`` names (all if it names none) and ``exclude`` does not: a host, with its
        subdomains, or a file or folder, with all that lies in it (see ``sources``).
        An article without a date is found only if no range is asked for. Any text is a query:
        punctuation has no meaning.

        Raises ArchiveEmpty if nothing has been indexed, BadQuestion if the query is empty, UnknownSource for
        a name that no article is from.
        """
        if not query.strip():
            raise BadQuestion("the query is empty; write at least one word")
        if k < 1:
            raise BadQuestion(f"k is {k}; ask for at least 1 passage")
        if not self._catalogue.rows("SELECT 1 FROM passages LIMIT 1"):
            raise ArchiveEmpty(f"archive {self.path} holds no articles yet; add some: citedesk index PATH")
        text = query[:_QUERY_CHARS].encode("utf-8", "replace").decode()
        asked = Query(text, self.encoder.encode([text]), published)
        return self._serving.search(asked, k, Selection.of(include, exclude))

    def sources(self) -> list[Outlet]:
        """Where the articles come from, by the names that ``search`` takes, those with the most articles first.

        The host of an article's address; without one the host of its feed, or else the folder of its file; a
        file that holds many articles is a source itself. An article of several files counts for each.
        """
        return outlets.count(self._catalogue)

    def know_sources(self, where: Selection) -> None:
        """Raise UnknownSource for a name that no article is from."""
        self._serving.shelves(where)

    def article(self, article_id: str) -> Article:
        """The article of this id; an id that an edit has replaced gives what it stood for.

        Raises ArticleNotFound, or ArchiveDamaged if it is not as it was stored.
        """
        return self._catalogue.article(article_id)

    def versions(self, article_id: str) -> list[Version]:
        """Every version of an article that the archive has seen, newest first. Raises ArticleNotFound."""
        return versions.history(self._catalogue, article_id)

    def cited(self, article_id: str, start: int, end: int, quote: str) -> Version:
        """The newest version of an article that says exactly ``quote`` at ``[start, end)``.

        So a citation still resolves after its article has changed. Raises ArticleNotFound if none does.
        """
        return versions.cited(self._catalogue, article_id, start, end, quote)

    def copies(self, article_id: str) -> list[str]:
        """Ids of an article and its near-duplicates, the earliest first. Raises ArticleNotFound."""
        return stories.copies_of(self._catalogue, article_id)

    def articles(self, limit: int | None = None) -> list[Article]:
        """Articles with their text, newest first, undated ones last; all of them, or ``limit``."""
        return self._catalogue.articles(limit)

    def listing(
        self, query: str = "", limit: int = 50, offset: int = 0, *, published: DateRange = ALWAYS
    ) -> list[Listed]:
        """A page of the articles with every word of ``query`` in their title, newest first, undated ones last.

        Without their texts, so it is quick however long they are. Letters count alike in either case.
        """
        return listing.page(self._catalogue, query, limit, offset, published)

    def count(self, query: str = "", *, published: DateRange = ALWAYS) -> int:
        """How many articles have every word of ``query`` in their title."""
        return listing.count(self._catalogue, query, published)

    def listed(self, article_ids: Sequence[str]) -> list[Listed]:
        """These articles as in a ``listing``, in this order; those that are gone are left out."""
        return listing.named(self._catalogue, article_ids)

    def months(self) -> list[Month]:
        """How many articles there are of each month that has any, the oldest first."""
        return listing.months(self._catalogue)

    def snapshot(self) -> AbstractContextManager[None]:
        """Searches and articles inside are of one state, whatever is written meanwhile. Keep it short.

        Another thread's reads of this Archive wait.
        """
        return self._serving.snapshot()

    def passages(self, article_id: str) -> list[Passage]:
        """The passages of an article, in order. Raises ArticleNotFound."""
        return self._catalogue.passages(article_id)

    def flagged(self, article_ids: Sequence[str]) -> dict[str, list[Span]]:
        """The sentences that speak to a machine, as ``[start, end)``, of those of these articles that have any.

        See `index.instructions` for what that means.
        """
        return flags.of(self._catalogue, article_ids)

    def size(self) -> int:
        """About how many passages there are, or have been; known at once, unlike ``status``."""
        return int(self._catalogue.rows("SELECT COALESCE(MAX(rowid), 0) FROM passages")[0][0])

    def newest(self) -> dt.date | None:
        """The date of the newest article; None if none has a date."""
        return self._catalogue.newest()

    def status(self) -> Status:
        """What the archive holds; loads neither model nor indexes."""
        articles, passages, undated, oldest, newest = self._catalogue.totals()
        (grouped,) = self._catalogue.rows("SELECT COUNT(DISTINCT story), COUNT(story) FROM articles")
        ((earlier,),) = self._catalogue.rows("SELECT COUNT(*) FROM versions")
        flagged, unseen = flags.count(self._catalogue)
        return Status(
            path=self.path,
            articles=articles,
            passages=passages,
            undated=undated,
            oldest=oldest,
            newest=newest,
            model=self._catalogue.get("model") or self.model,
            vector_index=self._catalogue.get("vector_index") or "none yet",
            bytes_on_disk=sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file()),
            fingerprint=self.fingerprint,
            stories=grouped[0],
            copies=grouped[1],
            versions=earlier,
            flagged=flagged,
            unseen=unseen,
            flags=flags.some(self._catalogue, _NAMED),
        )

    def check(self, sample: int = 100) -> CheckReport:
        """Verify the archive end to end; ``sample`` passages are encoded again and compared."""
        return CheckReport(
            tuple(checks.run(self._catalogue, self._serving.current, lambda: self.encoder, sample))
        )

    def close(self) -> None:
        """Close the files; a second time does nothing."""
        self._catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _quiet(progress: Progress) -> None:
    """Nobody is watching."""
