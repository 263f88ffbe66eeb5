"""Reading from an archive: every search on one state, whatever is written meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index import derived, publications
from index.articles import ScoredPassage
from index.catalogue import Catalogue
from index.search import Query, rank

_TRIES = 5


class Serving:
    """The catalogue and the indexes of its present state, loaded when they are first needed."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._derived: derived.Derived | None = None
        self._contents = (-1, "")
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

    def search(self, asked: Query, k: int) -> list[ScoredPassage]:
        """The ``k`` best passages; texts, dates and both rankings are of one state."""
        for left in reversed(range(_TRIES)):
            indexes = self.current()
            with self._catalogue.snapshot():
                now = publications.latest(self._catalogue)
                if not now or now.number != indexes.publication.number:
                    if left:
                        continue
                    indexes = derived.within(self._folder, self._catalogue, indexes)
                return rank(self._catalogue, indexes, asked, k)
        raise AssertionError("unreachable")

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
