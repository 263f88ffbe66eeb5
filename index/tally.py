"""What a run did, counted in articles."""

from __future__ import annotations

from dataclasses import dataclass, field

from index.ledger import Put
from index.reports import FileProblem, SyncReport


@dataclass(slots=True)
class Tally:
    """Ids of articles by what became of them."""

    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    problems: list[FileProblem] = field(default_factory=list)
    flagged: set[str] = field(default_factory=set)

    def told(self, article_id: str, put: Put) -> None:
        """An article was stored; whether it is new or replaces another, its file's end will tell."""
        self.seen.add(article_id)
        if put.flagged:
            self.flagged.add(article_id)
        if put.outcome == "changed" and article_id not in self.added:
            self.changed.add(article_id)

    def keep(self, article_ids: set[str], problems: list[FileProblem]) -> None:
        """A file or address is as it was."""
        self.seen |= article_ids
        self.problems += problems

    def edited(self, article_ids: set[str]) -> None:
        """These took the place of others: changed, not added."""
        self.changed |= article_ids
        self.added -= article_ids

    def report(self, encoded: int, seconds: float) -> SyncReport:
        """The numbers, each article in one of them."""
        back = self.removed & self.added  # removed here, added there: it never left
        moved = self.moved - self.added - self.changed
        return SyncReport(
            added=len(self.added - back),
            changed=len(self.changed),
            removed=len(self.removed - back),
            moved=len(moved),
            flagged=len(self.flagged),
            unchanged=len((self.seen - self.added - self.changed - moved) | back),
            passages=encoded,
            problems=tuple(self.problems),
            seconds=seconds,
        )
