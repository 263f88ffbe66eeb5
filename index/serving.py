"""Reading from an archive: every search on one state, whatever is written meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from index import derived, outlets, publications
from index.articles import ScoredPassage
from index.catalogue import Catalogue
from index.search import Query, rank
from index.shelves import ANYWHERE, EVERYWHERE, Selection, Shelves

_TRIES = 5
_CHOSEN_MOST = 200


class Serving:
    """The catalogue and the indexes of its present state, loaded when they are first needed."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._derived: derived.Derived | None = None
        self._contents = (-1, "")
        self._chosen: tuple[int, dict[Selection, Shelves | None]] = (-1, {})
        self.loading = threading.RLock()
        """Taken before the catalogue's lock, everywhere."""

    def current(self) -> derived.Derived:
        """The indexes of the present state."""
        with self.loading:
            self._derived = derived.current(self._folder, self._catalogue, self._derived)
            return self._derived

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Every search and every article read inside is of one state."""
        with self.loading:
            self.current()
            with self._catalogue.snapshot():
                yield

    def search(self, asked: Query, k: int, where: Selection = ANYWHERE) -> list[ScoredPassage]:
        """The ``k`` best passages of some sources; texts, dates and both rankings are of one state."""
        for left in reversed(range(_TRIES)):
            indexes = self.current()
            with self._catalogue.snapshot():
                now = publications.latest(self._catalogue)
                if not now or now.number != indexes.publication.number:
                    if left:
                        continue
                    indexes = derived.within(self._folder, self._catalogue, indexes)
                shelves = self.shelves(where)
                return rank(self._catalogue, indexes, replace(asked, shelves=shelves), k) if shelves else []
        raise AssertionError("unreachable")

    def shelves(self, where: Selection) -> Shelves | None:
        """The shelves of a selection, found once for each published state; None for none. Raises UnknownSource."""
        if not where:
            return EVERYWHERE
        with self._catalogue.snapshot():
            published = publications.latest(self._catalogue)
            number = published.number if published else 0
            if self._chosen[0] != number or len(self._chosen[1]) > _CHOSEN_MOST:
                self._chosen = (number, {})
            chosen = self._chosen[1]
            if where not in chosen:
                chosen[where] = outlets.choose(self._catalogue, where)
            return chosen[where]

    def content(self) -> str:
        """A hash of the articles, made anew only after a change."""
        published = publications.latest(self._catalogue)
        number = published.number if published else 0
        said = self._catalogue.get("content") or ""
        if said.startswith(f"{number}:"):
            return said.partition(":")[2]
        if self._contents[0] != number:
            self._contents = (number, self._catalogue.content())
        return self._contents[1]
