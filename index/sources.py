"""From what the user names (files, folders) to the list of files to read."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import BadInput, SourceNotFound
from index.globs import Globs
from index.readers import READERS, suffix
from index.reports import FileProblem

CATALOGUE = "catalogue.sqlite"
_ALL = Globs()


@dataclass(frozen=True, slots=True)
class Found:
    """What one source holds: files in order of name, and what was passed over and why.

    ``unreadable`` are files and folders that are there but cannot be opened now: what was read
    from them before stays.
    """

    root: Path
    files: tuple[Path, ...]
    problems: tuple[FileProblem, ...]
    unreadable: tuple[Path, ...] = ()


def find(sources: Sequence[str | Path], wanted: Globs = _ALL) -> list[Found]:
    """Look up every source before any work is done.

    Folders are searched to the bottom, symbolic links followed once. Names that start with a dot
    and citedesk's own archives are left out, as are files that are not ``wanted`` and those whose
    ending no reader knows (reported with their number).

    Raises SourceNotFound for a path that does not exist, BadInput for a web address.
    """
    return [_find(root, wanted) for root in dict.fromkeys(map(root_of, sources))]


def is_address(source: str | Path) -> bool:
    """Whether a source is a web address and no path; a Path may have lost one of the slashes.

    >>> is_address("https://example.com/feed"), is_address(Path("HTTP://example.com")), is_address("news/")
    (True, True, False)
    """
    return re.match(r"\s*https?:/", str(source), re.IGNORECASE) is not None


def root_of(source: str | Path) -> Path:
    """The real path of a file or folder. Raises SourceNotFound, or BadInput for a web address."""
    name = str(source)
    if is_address(source):
        raise BadInput(f"{name[:80]!r} is a web address, not a file or folder; name it to citedesk index")
    if "\0" in name or not name.strip():
        raise SourceNotFound(f"{name[:80]!r} is no path; name a file or a folder")
    try:
        found = Path(name).expanduser().resolve(strict=True)
        str(found).encode()
        return found
    except FileNotFoundError:
        trouble = f"does not exist (looked in {Path.cwd()}); check the spelling"
    except UnicodeEncodeError:
        trouble = "has a name that is not UTF-8; rename it"
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "a link that leads to itself"
        trouble = f"cannot be opened ({reason}); check the path and its permissions"
    raise SourceNotFound(f"{_shown(Path(name[:200]))!r} {trouble}")


def _find(root: Path, wanted: Globs) -> Found:
    if not root.is_dir():
        if not wanted.take(root.name):
            return Found(root, (), ())
        trouble = _unfit(root)
        if trouble:
            return Found(root, (), (FileProblem(str(root), trouble),), (root,))
        return Found(root, (root,), ())
    files: list[Path] = []
    unreadable: list[tuple[Path, str]] = []
    unknown = Counter[str]()
    for path in sorted(_walk(root, unreadable, wanted)):
        if trouble := _unfit(path):
            unreadable.append((path, trouble))
        elif suffix(path) in READERS:
            files.append(path)
        else:
            unknown[suffix(path)] += 1
    problems = [FileProblem(_shown(path), trouble) for path, trouble in unreadable]
    for ending, number in sorted(unknown.items()):
        some = "1 file" if number == 1 else f"{number:,} files"
        kind = f"ending in {ending!r}" if ending else "without an ending"
        problems.append(
            FileProblem(str(root), f"{some} {kind} not read; citedesk reads {', '.join(READERS)}")
        )
    if not files:
        left = " that the include and exclude patterns leave" if wanted else ""
        problems.append(
            FileProblem(str(root), f"folder holds no article{left}; citedesk reads {', '.join(READERS)}")
        )
    return Found(root, tuple(files), tuple(problems), tuple(path for path, _ in unreadable))


def _walk(root: Path, unreadable: list[tuple[Path, str]], wanted: Globs) -> Iterator[Path]:
    folders, visited = [root], set[tuple[int, int]]()
    while folders:
        folder = folders.pop()
        try:
            info = folder.stat()
            entries = {path: path.is_dir() for path in folder.iterdir()}
        except OSError as error:
            unreadable.append((folder, f"folder cannot be read ({error.strerror}); check its permissions"))
            continue
        if (info.st_dev, info.st_ino) in visited or any(path.name == CATALOGUE for path in entries):
            continue
        visited.add((info.st_dev, info.st_ino))
        visible = [path for path in entries if not path.name.startswith(".")]
        inner = [path for path in visible if entries[path] and not wanted.shut_out(_below(root, path))]
        linked = [path for path in inner if path.is_symlink()]  # last: a folder goes by its real name
        folders = linked + folders + [path for path in inner if not path.is_symlink()]
        yield from (path for path in visible if not entries[path] and wanted.take(_below(root, path)))


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _unfit(path: Path) -> str:
    """Why a path cannot be read as a file, or nothing. It is never opened: a pipe would block."""
    try:
        mode = path.stat().st_mode
        str(path).encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8; rename it"
    except OSError as error:
        return f"cannot be read ({error.strerror}); check that the link leads somewhere"
    return "" if stat.S_ISREG(mode) else "is a pipe, socket or device, not a file; citedesk reads files"
