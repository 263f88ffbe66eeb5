"""XQuAD English (Artetxe et al., ACL 2020): questions with paragraphs that the reader was not trained on."""

from __future__ import annotations

from typing import Any

from eval.benchmarks import data


def xquad() -> list[dict[str, Any]]:
    """The 1,190 questions, each with its ``context`` and ``answers``, in file order.

    Raises SourceNotFound if the data folder is not there.
    """
    return data.rows("reading", "dev-xquad-en.jsonl.gz")
