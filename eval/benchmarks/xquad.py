"""XQuAD English (Artetxe et al., ACL 2020): questions with paragraphs that the reader was not trained on."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

from index.errors import SourceNotFound

DATA = Path(os.environ.get("CITEDESK_DATA", "../shared/data"))


def xquad() -> list[dict[str, Any]]:
    """The 1,190 questions, each with its ``context`` and ``answers``, in file order.

    Raises SourceNotFound if the data folder is not there.
    """
    path = DATA / "reading" / "dev-xquad-en.jsonl.gz"
    if not path.exists():
        raise SourceNotFound(f"no data at {path}; set CITEDESK_DATA to the folder that has reading/")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
