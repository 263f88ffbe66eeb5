"""Gold files: what is read, what is left out, and what is said about it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from eval.gold import read_gold
from index.errors import BadInput, SourceNotFound
from rag.answer import Turn

GOOD = {"id": "q1", "question": "Who won?", "answers": ["Ann"]}


def write(path: Path, *rows: dict[str, Any] | str | bytes) -> Path:
    lines = [
        r if isinstance(r, bytes) else (r if isinstance(r, str) else json.dumps(r)).encode() for r in rows
    ]
    path.write_bytes(b"\n".join(lines))
    return path


def test_every_field_is_read(tmp_path: Path) -> None:
    full = GOOD | {
        "as_of": "2023-11-08",
        "kind": "name",
        "history": [{"question": "Who ran?", "answer": "Ann and Bob."}],
        "evidence": [{"article": "a1", "quote": "Ann won."}],
    }
    none = {"id": "q2", "question": "Who lost?", "answerable": False}
    first, second = read_gold(write(tmp_path / "g.jsonl", full, "", none)).questions
    assert (first.answers, first.as_of, first.kind) == (("Ann",), dt.date(2023, 11, 8), "name")
    assert first.history == (Turn("Who ran?", "Ann and Bob."),)
    assert (first.evidence[0].article, first.evidence[0].quote) == ("a1", "Ann won.")
    assert (second.answerable, second.answers) == (False, ())


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('{"id": "x", "question"', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('["x"]', "list, not an object"),
        (b'{"id": "\xff"}', "UTF-8"),
        ({"question": "Who?", "answers": ["a"]}, '"id" is missing'),
        ({"id": "x", "answers": ["a"]}, '"question" is missing'),
        ({"id": "x", "question": "Who?"}, '"answers" is missing'),
        ({"id": "x", "question": "  ", "answers": ["a"]}, '"question" is empty'),
        ({"id": 7, "question": "Who?", "answers": ["a"]}, '"id" is a number'),
        ({"id": "x", "question": "Who?", "answers": "a"}, '"answers" is a text, not a list'),
        ({"id": "x", "question": "Who?", "answers": ["a", 2015]}, '"answers" number 2 is a number'),
        ({"id": "x", "question": "Who?", "answers": []}, '"answers" is empty'),
        ({"id": "x", "question": "Who?", "answers": ["a"], "answerable": "no"}, '"answerable" is a text'),
        ({"id": "x", "question": "Who?", "answers": ["a"], "answerable": False}, "remove one"),
        ({"id": "x", "question": "Who?", "answers": ["a"], "as_of": "2023-13-01"}, "2023-13-01"),
        ({"id": "x", "question": "Who?", "answers": ["a"], "history": [["q", "a"]]}, '"history" number 1'),
        (
            {"id": "x", "question": "Who?", "answers": ["a"], "evidence": [{"article": "a"}]},
            '"quote" is missing',
        ),
        (GOOD, "taken by line 1"),
    ],
)
def test_a_bad_line_is_told_by_number_and_the_rest_is_used(
    tmp_path: Path, row: dict[str, Any] | str | bytes, words: str
) -> None:
    gold = read_gold(write(tmp_path / "g.jsonl", GOOD, row, GOOD | {"id": "q9"}))
    assert [q.id for q in gold.questions] == ["q1", "q9"]
    (problem,) = gold.problems
    assert str(problem).startswith("line 2: ")
    assert words in problem.reason
    assert "\n" not in problem.reason


@pytest.mark.parametrize("content", ["", "\n \n", "{", '{"id": "x"}'])
def test_a_file_without_a_usable_question_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadInput, match="no usable gold question"):
        read_gold(write(tmp_path / "g.jsonl", content))


def test_a_path_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="no gold file"):
        read_gold(tmp_path / "none.jsonl")
    with pytest.raises(BadInput, match="cannot be read"):
        read_gold(tmp_path)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "g.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n")
    assert not read_gold(path).problems


def test_the_projects_own_gold_covers_every_kind_and_quotes_the_article_to_the_letter(seeds: Path) -> None:
    gold = read_gold(Path(__file__).parent.parent / "eval" / "gold" / "seeds.jsonl")
    text = (seeds / "000_8b4234a4033eca48.txt").read_bytes().decode()
    assert not gold.problems
    assert len(gold.questions) >= 40
    assert sum(not q.answerable for q in gold.questions) >= 10
    assert sum(bool(q.history) for q in gold.questions) >= 5
    assert sum(q.as_of is not None for q in gold.questions) >= 3
    for question in gold.questions:
        assert bool(question.evidence) == question.answerable, question.id
        for evidence in question.evidence:
            assert text.count(evidence.quote) == 1, question.id
