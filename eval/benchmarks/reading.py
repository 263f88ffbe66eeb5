"""How well the shipped reader reads: exact match and F1 on XQuAD English.

    python -m eval.benchmarks.reading

1,190 questions with their paragraphs (Artetxe et al., ACL 2020), scored as SQuAD is. Needs the folder
named by ``CITEDESK_DATA``.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path

from eval.metrics import exact_match, f1
from rag.reader import MODEL, Reader

DATA = Path(os.environ.get("CITEDESK_DATA", "../shared/data"))


def main() -> None:
    """Read every question and print the means."""
    path = DATA / "reading" / "dev-xquad-en.jsonl.gz"
    if not path.exists():
        print(f"no data at {path}: set CITEDESK_DATA to the folder that has reading/")
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    reader = Reader.load()
    began = time.perf_counter()
    found = [reader.read(row["question"], [row["context"]])[0].text for row in rows]
    seconds = time.perf_counter() - began
    exact = sum(exact_match(text, row["answers"]) for text, row in zip(found, rows, strict=True)) / len(rows)
    overlap = sum(f1(text, row["answers"]) for text, row in zip(found, rows, strict=True)) / len(rows)
    print(f"{MODEL.name}: EM {100 * exact:.1f}, F1 {100 * overlap:.1f} (n {len(rows)}), {seconds:.0f} s")


if __name__ == "__main__":
    main()
