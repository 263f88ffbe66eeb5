"""RealTimeQA (Kasai et al., 2023): weekly news questions, and the articles a web search returned for them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from eval.benchmarks.xquad import DATA
from index.errors import SourceNotFound

PERIODS = ("2022h2", "2023h1", "2023h2", "2024h1", "2024h2")


def source(kind: str, period: str) -> Path:
    """The file of the "articles" or "questions" of a period. Raises SourceNotFound if it is not there."""
    path = DATA / "realtimeqa" / f"{kind}-{period}.jsonl.gz"
    if not path.is_file():
        raise SourceNotFound(f"no data at {path}; set CITEDESK_DATA to the folder that has realtimeqa/")
    return path


def rows(kind: str, period: str) -> list[dict[str, Any]]:
    """The lines of that file. Raises SourceNotFound if it is not there."""
    with gzip.open(source(kind, period), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
