"""An evidence pack as a zip: the same bytes for the same files, and opened as if an enemy had made it."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

from index.errors import SourceNotFound
from ui.pack_format import (
    ARTICLE,
    LARGEST_FILE,
    LARGEST_PACK,
    MOST_FILES,
    PACK,
    PAGE,
    SUMS,
    BadPack,
)

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def write_zip(files: dict[str, bytes]) -> bytes:
    """The files in order of name, stored as they are, so that no version of a compressor changes a byte.

    Raises BadPack if there are more of them, or larger ones, than `read_zip` takes.
    """
    total = sum(map(len, files.values()))
    largest = max(files, key=lambda name: len(files[name]))
    if len(files) > MOST_FILES or total > LARGEST_PACK or len(files[largest]) > LARGEST_FILE:
        raise BadPack(
            f"the conversation makes a pack of {len(files):,} files and {total / 1e6:,.0f} MB, its largest "
            f"{len(files[largest]) / 1e6:,.0f} MB; the limits are {MOST_FILES:,} files, {LARGEST_PACK / 1e6:,.0f} MB "
            f"and {LARGEST_FILE / 1e6:,.0f} MB a file; ask in a new conversation what the pack is to show"
        )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as into:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            into.writestr(entry, data)
    return made.getvalue()


def read_zip(path: Path) -> dict[str, bytes]:
    """The files of a pack by name; each name is one that a pack has, and each size within the limits.

    Nothing is written anywhere. Raises SourceNotFound, or BadPack in one line.
    """
    if not path.exists():
        raise SourceNotFound(f"there is no pack at {path}; name the .zip that was exported")
    if not path.is_file():
        raise BadPack("it is no file; name the .zip that was exported")
    if (size := path.stat().st_size) > LARGEST_PACK + 100 * MOST_FILES:
        raise BadPack(f"it has {size / 1e6:,.0f} MB, the limit is {LARGEST_PACK / 1e6:,.0f} MB")
    raw = path.read_bytes()
    if (entries_said := raw.count(b"PK\x01\x02")) > MOST_FILES:  # before a list is made of them
        raise BadPack(f"it has {entries_said:,} files, the limit is {MOST_FILES:,}")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as pack:
            entries = pack.infolist()
            _refuse(entries)
            return {entry.filename: _read(pack, entry) for entry in entries}
    except BadPack:
        raise
    except _BROKEN as error:
        raise BadPack(
            f"it is no whole zip file ({' '.join(str(error).split())[:120]}); export it again"
        ) from None


def _refuse(entries: list[zipfile.ZipInfo]) -> None:
    """Whatever a pack of ours would not have. Raises BadPack."""
    if min((entry.header_offset for entry in entries), default=0) > 0:
        raise BadPack("something stands before the zip in the same file; export it again")
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        if name not in (PACK, PAGE, SUMS) and not ARTICLE.fullmatch(name):
            raise BadPack(f"it has a file {name[:60]!r}, which is none of a pack's; export it again")
        if name.lower() in seen:
            raise BadPack(f"it has the file {name[:60]!r} twice, so that nobody knows which one counts")
        seen.add(name.lower())
        if entry.flag_bits & 1:
            raise BadPack(f"its file {name[:60]!r} has a password; a pack has none")
        if entry.file_size > LARGEST_FILE:
            raise BadPack(
                f"its file {name[:60]!r} unpacks to {entry.file_size / 1e6:,.0f} MB, "
                f"the limit is {LARGEST_FILE / 1e6:,.0f} MB"
            )
    if (total := sum(entry.file_size for entry in entries)) > LARGEST_PACK:
        raise BadPack(f"it unpacks to {total / 1e6:,.0f} MB, the limit is {LARGEST_PACK / 1e6:,.0f} MB")
    if missing := [name for name in (PACK, PAGE, SUMS) if name not in seen and name.lower() not in seen]:
        raise BadPack(f"it has no {missing[0]}, so it is no evidence pack; export the conversation again")


def _read(pack: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # One byte more than it is said to have: a file that is larger than it says is found, and not unpacked.
    with pack.open(entry) as opened:
        data = opened.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise BadPack(f"its file {entry.filename[:60]!r} has not the size that it says; export it again")
    return data
