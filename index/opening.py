"""Before an archive is used: is there one, and was it made by the same model and rules?"""

from __future__ import annotations

from pathlib import Path

from index.catalogue import Catalogue
from index.encoder import Encoder
from index.errors import ArchiveDamaged, ArchiveMismatch, ArchiveNotFound
from index.passages import CHUNKING
from index.schema import VERSION
from index.sources import CATALOGUE

_LATER = "install a later citedesk, or index your articles into a new folder with --archive"
_MIGRATE = "make it anew from its own articles: citedesk index --migrate --archive {}"


def refuse_others(folder: Path, catalogue: Catalogue, model: str) -> None:
    """Raise ArchiveMismatch if another version or another model made the archive."""
    for what, ours in [("schema", VERSION), ("chunking", CHUNKING)]:
        theirs = catalogue.get(what)
        if theirs and theirs != ours:
            raise ArchiveMismatch(
                f"archive {folder} has {what} version {theirs}, this citedesk makes version {ours}; "
                + (_LATER if theirs.isdigit() and int(theirs) > int(ours) else _MIGRATE.format(folder))
            )
    if not catalogue.get("schema"):
        raise ArchiveDamaged(
            f"archive {folder} is damaged (no schema version in {CATALOGUE}); "
            "delete the folder and index your articles again"
        )
    if (theirs := catalogue.get("model")) and theirs != model:
        raise ArchiveMismatch(
            f"archive {folder} was made with model {theirs}, this is {model}; use --model {theirs}, or "
            + _MIGRATE.format(folder)
        )


def verify(folder: Path, catalogue: Catalogue, encoder: Encoder) -> None:
    """Raise ArchiveMismatch if the weights differ, whatever the model is called."""
    if (theirs := catalogue.get("encoder")) and theirs != encoder.fingerprint:
        raise ArchiveMismatch(
            f"archive {folder} was made with model {theirs}, this is {encoder.fingerprint}; "
            f"install that version of the model, or {_MIGRATE.format(folder)}"
        )


def make(folder: Path, create: bool) -> None:
    """See that the folder holds an archive or can become one. Raises ArchiveNotFound, ArchiveDamaged."""
    catalogue = folder / CATALOGUE
    if catalogue.is_file() and catalogue.stat().st_size:
        return
    if folder.exists() and not folder.is_dir():
        raise ArchiveNotFound(
            f"{str(folder)!r} is a file, an archive is a folder; name another with --archive"
        )
    held = _names(folder)
    if any(name == "lexical" or name.startswith("dense-") for name in held):
        raise ArchiveDamaged(
            f"archive {folder} is damaged ({CATALOGUE} is missing or empty); put the file back from a backup, "
            "or delete the folder and index your articles again"
        )
    if not create:
        raise ArchiveNotFound(f"no archive at {str(folder)!r} yet; make one: citedesk index PATH")
    if any(not name.startswith((CATALOGUE, "writer.lock")) for name in held):
        raise ArchiveNotFound(
            f"folder {str(folder)!r} holds other files, no archive; name a new or empty folder with --archive"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveNotFound(
            f"archive {str(folder)!r} cannot be made ({error.strerror}); name another folder with --archive"
        ) from None


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()] if folder.is_dir() else []
    except OSError as error:
        raise ArchiveNotFound(
            f"folder {str(folder)!r} cannot be read ({error.strerror}); check its permissions"
        ) from None
