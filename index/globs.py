"""Include and exclude patterns, matched against the path from the folder that the user named.

``*`` stands for any part of a name, ``**`` for any folders. A pattern without a slash is looked for at any
depth, one with a slash from the named folder on; one that fits a folder holds for all in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from index.errors import BadSetting


@dataclass(frozen=True, slots=True)
class Globs:
    """Which files are wanted: all, or those some ``include`` fits; never those an ``exclude`` fits.

    >>> some = Globs.of(["*.md", "wire/**/day*"], ["drafts"])
    >>> [some.take(path) for path in ("a.md", "x/a.md", "wire/2023/11/day1.txt", "x/drafts/a.md")]
    [True, True, True, False]
    """

    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def of(cls, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Self:
        """Patterns as the user writes them. Raises BadSetting for one that cannot be used."""
        if isinstance(include, str) or isinstance(exclude, str):
            raise BadSetting("include and exclude take several patterns; write them as a list: ['*.md']")
        return cls(tuple(map(_compiled, include)), tuple(map(_compiled, exclude)))

    def take(self, path: str) -> bool:
        """Whether a file is wanted, by its path from the named folder, with forward slashes."""
        fits = not self.include or any(pattern.fullmatch(path) for pattern in self.include)
        return fits and not self.shut_out(path)

    def shut_out(self, path: str) -> bool:
        """Whether a file, or a folder with all in it, is excluded."""
        return any(pattern.fullmatch(path) for pattern in self.exclude)

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)


def _compiled(pattern: str) -> re.Pattern[str]:
    anchored = "/" in pattern.rstrip("/")
    text = pattern.removeprefix("./").strip("/")
    if not text.strip():
        raise BadSetting(f"the pattern {pattern!r} fits no file; write one such as '*.md' or 'drafts/*'")
    inside = "/.*" if pattern.endswith("/") else "(?:/.*)?"
    try:
        return re.compile(("" if anchored else "(?:.*/)?") + _translated(text) + inside, re.DOTALL)
    except re.error as error:
        raise BadSetting(
            f"the pattern {pattern[:60]!r} cannot be used ({error.msg}); write one such as '*.md' or 'drafts/*'"
        ) from None


_PART = re.compile(r"(\*\*/)|(\*\*+)|(\*)|(\?)|\[(!?)(\]?[^\]/]*)\]|(.)", re.DOTALL)

_SPECIAL = re.compile(r"[\\\[\]^&~|]")


def _translated(pattern: str) -> str:
    made: list[str] = []
    for match in _PART.finditer(pattern):
        folders, any_path, part, one, negated, letters, plain = match.groups()
        if folders:
            made.append("(?:.*/)?")
        elif any_path:
            made.append(".*")
        elif part:
            made.append("[^/]*")
        elif one:
            made.append("[^/]")
        elif letters:
            made.append(("[^/" if negated else "[") + _SPECIAL.sub(r"\\\g<0>", letters) + "]")
        else:
            made.append(re.escape(plain or match[0]))
    return "".join(made)
