"""Files and addresses on their way in: which articles each holds now, and what becomes of those it lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from index import ledger, readers, twins
from index.articles import Article
from index.catalogue import Catalogue
from index.intake import Intake
from index.ledger import KnownFile, Put
from index.reports import FileProblem
from index.succession import Likeness, Traits, successors, traits
from index.tally import Tally

_BREATH = 64  # articles between two looks at the line


@dataclass(slots=True)
class Source:
    """A file or address being read: what it held before, what it holds now.

    What a feed (``rolls``) no longer lists stays, as does what an address held that holds nothing now
    (``remote``): it may be the server's trouble.
    """

    name: str
    now: KnownFile
    before: set[str]
    rolls: bool = False
    remote: bool = False
    held: set[str] = field(default_factory=set)
    added: dict[str, Traits] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)

    def lost(self) -> set[str]:
        """Articles it held and holds no longer."""
        return self.before - self.held

    def clings(self) -> bool:
        """Whether what it lost stays in the archive."""
        return self.rolls or (self.remote and not self.held)


class Reading:
    """What one run reads.

    Articles that a source lost without another in their place leave at the end of the run: until then
    another source may turn out to hold them.
    """

    def __init__(self, catalogue: Catalogue, intake: Intake, tally: Tally, unread: Iterable[str]) -> None:
        self._catalogue = catalogue
        self._intake = intake
        self._tally = tally
        self.unread = set(unread)
        self._left: set[tuple[str, str]] = set()
        self._leaving: dict[str, set[str]] = {}
        self._ends: dict[str, Source] = {}
        self._new: dict[str, Traits] = {}
        self._arrived: set[str] = set()

    def take(self, source: Source, items: Iterable[readers.Item], at: Callable[[int], None]) -> None:
        """Read a source to its end; ``at`` hears how many bytes of it are done."""
        self.unread.discard(source.name)
        # Cut short, it is read again; its articles are known to be its own.
        begun = KnownFile(-1, 0, source.now.digest)
        self._intake.then(lambda: ledger.write_file(self._catalogue, source.name, begun, []))
        for number, item in enumerate(items, 1):
            if isinstance(item, readers.Position):
                at(item.done_bytes)
            elif isinstance(item, FileProblem):
                source.problems.append(item)
            else:
                self._put(item, source)
            if number % _BREATH == 0:
                self._intake.breathe()
        if not source.clings():
            self._left |= {(article_id, source.name) for article_id in source.lost()}
        self._intake.then(lambda: self._end(source))

    def _put(self, given: Article, source: Source) -> None:
        article, is_twin = self._own(given, source)
        source.held.add(article.id)

        def told(put: Put) -> None:
            self._tally.told(article.id, put)
            if is_twin:
                twins.alias(self._catalogue, given.id, article.id)
            if put.outcome == "added" and article.id in source.before:
                self._tally.changed.add(article.id)
            elif put.outcome == "added":
                source.added[article.id] = traits(article)
            elif article.id not in source.before:
                self._arrived.add(article.id)

        self._intake.put(article, source.name, told)

    def _own(self, article: Article, source: Source) -> tuple[Article, bool]:
        """The article under the id it is stored by, and whether that is the id of a twin with the same text.

        Mostly it is its own; if another article holds that already, one made from its text.
        """
        digest, known = article.digest(), self._intake.digest_of(article.id)
        if known == digest:
            return article, False
        if known is None:
            twin = self._intake.same_as(digest)
            return (article.with_id(twin), True) if twin else (article, False)
        holders = self._intake.origins_of(article.id) - {source.name} - self.unread
        holders = {path for path in holders if (article.id, path) not in self._left}
        if not holders:
            return article, False
        if article.id in source.before and twins.has_twins(self._catalogue, article.id):
            self._intake.then(lambda: twins.give_to_twin(self._catalogue, article.id, source.name))
            return article, False
        holder = sorted(holders)[-1] or "an article added directly"
        source.problems.append(
            FileProblem(
                source.name,
                f"id {article.id[:40]!r} belongs to another article ({holder}); kept under an id of its own: "
                "give each article its own id",
            )
        )
        return article.with_id(digest[:16]), False

    def _end(self, source: Source) -> None:
        """The whole source is read: what it held before and holds no longer was replaced, or leaves."""
        lost = source.lost()
        old = {i: traits(self._catalogue.article(i)) for i in sorted(lost)} if source.added else {}
        only = len(source.before) == len(source.held) == 1
        by: Likeness = "address" if source.rolls else "place" if only else "rest"
        replaced = successors(old, source.added, by)
        edited = self._drop(source.name, replaced.keys(), replaced)
        self._tally.added |= source.added.keys() - edited
        self._new |= {i: source.added[i] for i in source.added.keys() - edited}
        self._tally.problems += source.problems
        rest = lost - replaced.keys()
        if rest and not source.clings():
            self._leaving[source.name] = rest
            self._ends[source.name] = source
            return
        self._tally.seen |= rest
        ledger.write_file(self._catalogue, source.name, source.now, source.problems)

    def _drop(self, name: str, article_ids: Iterable[str], replaced: Mapping[str, str]) -> set[str]:
        """Take articles from a source; the ids of those that took the place of some that are gone."""
        ids = set(article_ids)
        gone = ledger.drop(self._catalogue, name, ids, replaced)
        self._intake.loosen(gone.loose)
        edited = {replaced[old] for old in gone.ids if old in replaced}
        self._tally.edited(edited)
        self._tally.removed |= gone.ids - replaced.keys()
        self._tally.moved |= (ids - gone.ids) & self._arrived
        return edited

    def finish(self, missing: Iterable[str]) -> None:
        """After the last source: let go of what was lost, and of the files that are gone."""
        names = sorted(missing)
        self._intake.then(lambda: self._part(names))

    def _part(self, missing: list[str]) -> None:
        self._leaving |= {name: ledger.articles_from(self._catalogue, name) for name in missing}
        old: dict[str, Traits] = {}
        if self._new:  # a file may have been renamed and edited at once
            old = {i: traits(self._catalogue.article(i)) for ids in self._leaving.values() for i in ids}
        replaced = successors(old, self._new, "title")
        for name, ids in self._leaving.items():
            self._drop(name, ids, replaced)
            if source := self._ends.get(name):
                ledger.write_file(self._catalogue, name, source.now, source.problems)
            else:
                ledger.forget_file(self._catalogue, name)
