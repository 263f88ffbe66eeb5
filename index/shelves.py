"""Shelves: by what a search is kept to some sources.

Articles of the same sources share a shelf, whose number is stored beside each of their passages in both indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Selection:
    """The names of the sources to look in, all if there are none, and of those to leave out.

    >>> str(Selection(("cnn.com",), ("drafts/",))), bool(ANYWHERE)
    ('from cnn.com, not from drafts/', False)
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, include: Sequence[str], exclude: Sequence[str]) -> Selection:
        """From names in any sequence; a single string is one name."""
        one, other = ((names,) if isinstance(names, str) else tuple(names) for names in (include, exclude))
        return cls(one, other)

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)

    def __str__(self) -> str:
        wanted = f"from {' or '.join(self.include)}" if self.include else ""
        unwanted = f"not from {' or '.join(self.exclude)}" if self.exclude else ""
        return ", ".join(part for part in (wanted, unwanted) if part)


ANYWHERE = Selection()


@dataclass(frozen=True, slots=True)
class Shelves:
    """The numbers of some shelves, or with ``but`` all but these.

    >>> Shelves((2, 3)).mask(np.array([1, 2, 3, 9])).tolist()
    [False, True, True, False]
    >>> Shelves((2, 3), but=True).mask(np.array([1, 2, 3, 9])).tolist()
    [True, False, False, True]
    """

    numbers: tuple[int, ...]
    but: bool = False

    def mask(self, shelves: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of these shelves are meant."""
        most = max([*self.numbers, int(shelves.max(initial=0))])
        meant = np.full(most + 1, self.but)
        meant[list(self.numbers)] = not self.but
        found: NDArray[np.bool_] = meant[shelves]
        return found


EVERYWHERE = Shelves((), but=True)
