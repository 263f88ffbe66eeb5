"""The folder of real news and questions, which is not part of this repository."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

from index.errors import SourceNotFound

DATA = Path(os.environ.get("CITEDESK_DATA", "../shared/data"))


def source(folder: str, name: str) -> Path:
    """A file of the data. Raises SourceNotFound if it is not there."""
    path = DATA / folder / name
    if not path.is_file():
        raise SourceNotFound(f"no data at {path}; set CITEDESK_DATA to the folder that has {folder}/")
    return path


def rows(folder: str, name: str) -> list[dict[str, Any]]:
    """The lines of a .jsonl.gz file, in file order. Raises SourceNotFound if it is not there."""
    with gzip.open(source(folder, name), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
