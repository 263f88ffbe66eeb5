"""The folders of the indexes on disk: written once, then proved whole before every use."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index.publications import Mark

_STAMP = "stamp.json"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a folder holds: the state and rules it was made by, its passages, each file's size and hash."""

    mark: Mark
    rules: str
    size: int
    files: dict[str, tuple[int, str]]


def fresh(archive: Path, kind: str) -> Path:
    """A new empty folder for an index of this kind."""
    folder = archive / f"{kind}-{secrets.token_hex(8)}"
    folder.mkdir()
    return folder


def seal(folder: Path, mark: Mark, rules: str, known: Stamp | None = None, size: int = 0) -> None:
    """Write the stamp of a complete folder, on disk before this returns.

    Files that ``known`` lists under the same name are taken over: index files never change once written.
    """
    files: dict[str, tuple[int, str]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == _STAMP:
            continue
        old = known.files.get(path.name) if known and path.suffix != ".json" else None
        if old and old[0] == path.stat().st_size:
            files[path.name] = old
        else:
            _sync(path)
            files[path.name] = _hashed(path)
    said = {"mark": asdict(mark), "rules": rules, "size": size, "files": files}
    stamp = folder / _STAMP
    stamp.write_text(json.dumps(said), "utf-8")
    _sync(stamp)
    _sync(folder)


def opened(folder: Path, rules: str) -> Stamp | None:
    """The stamp of a folder whose files are all as they were sealed; None of any other."""
    try:
        read: dict[str, Any] = json.loads((folder / _STAMP).read_text("utf-8"))
        if read["rules"] != rules:
            return None
        mark, held = Mark(**read["mark"]), int(read["size"])
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in read["files"].items()}
        if any(_hashed(folder / name) != said for name, said in files.items()):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Stamp(mark, rules, held, files)


def sweep(archive: Path, kinds: Iterable[str], kept: set[str]) -> None:
    """Delete the index folders that no publication points to any more."""
    for kind in kinds:
        for folder in archive.glob(f"{kind}-*"):
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def link(source: Path, target: Path, names: Iterable[str]) -> None:
    """The same files in another folder, without copying them where the disk can."""
    for name in names:
        if name.endswith(".json"):
            shutil.copyfile(source / name, target / name)  # the only files that are ever written again
            continue
        try:
            os.link(source / name, target / name)
        except OSError:
            shutil.copyfile(source / name, target / name)


_HASHES: dict[tuple[int, int, int, int], str] = {}
"""By device, inode, size and time of change: a linked file is not read again for each of its names."""


def _hashed(path: Path) -> tuple[int, str]:
    """Size and XXH3 of a file, at the speed of memory; remembered for as long as the file is the same."""
    import xxhash

    info = path.stat()
    key = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)
    if key not in _HASHES:
        digest = xxhash.xxh3_64()
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
        _HASHES[key] = digest.hexdigest()
    return info.st_size, _HASHES[key]


def _sync(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # some systems cannot open a folder
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
