"""Every marker form and fault of a table of scripted model outputs gives exactly the answer it should.

The expected answers in the table were written by rule, not by running the code: sentences in the
model's order, numbers from 1 in order of first use, one number for each distinct quoted span.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from index.errors import LLMError
from rag.answer import Citation
from rag.evidence import Claim, Evidence, number_claims
from rag.write import write
from tests.fakes import ScriptedLLM

DAY = dt.date(2023, 11, 8)
TABLE = Path(__file__).with_name("scripted_outputs.jsonl")
ROWS: list[dict[str, Any]] = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
NUMBER = re.compile(r"\[(\d+)\]")
MARKUP = re.compile(
    r"[*`#|<>{}~^†【】［］（）]|\[\^|\]\(|https?:|www\.|evil|&\w+;|think|[¹²³⁰⁴-⁹]|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]",
    re.IGNORECASE,
)


def drafts(evidence: Sequence[Evidence], pieces: Sequence[str]) -> tuple[list[str], list[Claim], str]:
    """All that a reader sees on the way, the claims, and why there is no answer if there is none."""
    seen: list[str] = []
    claims: list[Claim] = []
    try:
        for claim in write("What happened?", evidence, ScriptedLLM(pieces), as_of=DAY):
            claims.append(claim)
            seen.append(number_claims(claims)[0])
    except LLMError as error:
        return seen, claims, str(error)
    return seen, claims, ""


def assert_clean(draft: str) -> None:
    """No marker but those of the final numbering, no half of one, no markup."""
    numbers = [int(n) for n in NUMBER.findall(draft)]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(set(numbers)) + 1))
    words = re.sub(r"\[(?:sic|an oil and gas platform)\]", "", NUMBER.sub("", draft))
    assert "[" not in words and "]" not in words, draft
    assert not MARKUP.search(words), draft


def assert_cited(citations: Sequence[Citation], quotes: dict[str, Any], evidence: Sequence[Evidence]) -> None:
    """Each quote is an exact span of the passage it must be from."""
    assert [str(c.number) for c in citations] == list(quotes)
    for citation, wanted in zip(citations, quotes.values(), strict=True):
        passage = evidence[wanted["passage"] - 1].passage
        assert passage.start <= citation.start < citation.end <= passage.end
        assert evidence[0].article.text[citation.start : citation.end] == citation.quote
        assert wanted["holds"] in citation.quote


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_scripted_output_gives_the_exact_answer(row: dict[str, Any], evidence: list[Evidence]) -> None:
    reply, expected = row["reply"], row["expected"]
    for size in (1, 3, len(reply) or 1):
        pieces = [reply[at : at + size] for at in range(0, len(reply), size)]
        seen, claims, error = drafts(evidence, pieces)
        for draft in seen:
            assert_clean(draft)
            assert expected is None or expected.startswith(draft)
        if expected is None:
            assert row["error"] in error and "\n" not in error, f"{size} at a time"
            continue
        text, statements, citations = number_claims(claims)
        assert (text, error) == (expected, ""), f"{size} at a time"
        assert all(text[s.start : s.end] == s.text and s.support == "verified" for s in statements)
        assert_cited(citations, row["quotes"], evidence)


def test_table_is_whole() -> None:
    assert len(ROWS) >= 300
    assert len({row["id"] for row in ROWS}) == len(ROWS) == len({row["reply"] for row in ROWS})
