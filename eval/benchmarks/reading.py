"""How well the shipped reader reads: exact match and F1 on XQuAD English.

    python -m eval.benchmarks.reading

1,190 questions with their paragraphs (Artetxe et al., ACL 2020), scored as SQuAD is. Needs the folder
named by ``CITEDESK_DATA``.
"""

from __future__ import annotations

import sys
import time

from eval.benchmarks.xquad import xquad
from eval.metrics import exact_match, f1
from index.errors import SourceNotFound
from rag.reader import MODEL, Reader


def main() -> None:
    """Read every question and print the means."""
    rows = xquad()
    reader = Reader.load()
    began = time.perf_counter()
    found = [reader.read(row["question"], [row["context"]])[0].text for row in rows]
    seconds = time.perf_counter() - began
    exact = sum(exact_match(text, row["answers"]) for text, row in zip(found, rows, strict=True)) / len(rows)
    overlap = sum(f1(text, row["answers"]) for text, row in zip(found, rows, strict=True)) / len(rows)
    print(f"{MODEL.name}: EM {100 * exact:.1f}, F1 {100 * overlap:.1f} (n {len(rows)}), {seconds:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except SourceNotFound as error:
        sys.exit(str(error))
