"""Files in, articles out; whatever is wrong is said in one line, and nothing else is lost."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.articles import Article
from index.errors import BadInput, SourceNotFound
from index.readers import read
from index.readers import text as plain
from index.reports import FileProblem
from index.sources import find

DAY = dt.date(2023, 11, 8)


def taken(path: Path) -> tuple[list[Article], list[FileProblem]]:
    items = list(read(path))
    problems = [i for i in items if isinstance(i, FileProblem)]
    assert all("\n" not in p.reason and len(p.reason) > 10 for p in problems)
    return [i for i in items if isinstance(i, Article)], problems


def one(tmp_path: Path, name: str, data: str | bytes) -> tuple[Article, list[str]]:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (article,), problems = taken(path)
    return article, [p.reason for p in problems]


def refused(tmp_path: Path, name: str, data: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    articles, (problem,) = taken(path)
    assert articles == [] and problem.source.startswith(str(path))
    return problem.reason


# --- text and the seed format -------------------------------------------------------------------


def test_the_seed_is_kept_to_the_letter(seeds: Path) -> None:
    path = next(seeds.glob("*.txt"))
    (article,), problems = taken(path)
    assert not problems and article.date == DAY and article.text == path.read_bytes().decode()
    assert article.text[article.body_start :].startswith("Russian President Vladimir Putin")


@pytest.mark.parametrize(
    ("data", "date", "body"),
    [
        (" date 2023-11-08 Kyiv spoke.", DAY, "Kyiv spoke."),
        ("\n\tdate 2023-11-08T10:30:00Z\r\n\r\nKyiv spoke.\r\n", DAY, "Kyiv spoke.\r\n"),
        ("date of birth unknown.", None, "date of birth unknown."),
        ("The date 2023-11-08 was cold.", None, "The date 2023-11-08 was cold."),
        ("\ufeff date 2023-11-08 Kyiv.", DAY, "Kyiv."),
        ("No date at all.\r\n", None, "No date at all.\r\n"),
        (" date 2023-11-08 Kyïv.".encode("utf-16"), DAY, "Kyïv."),
    ],
)
def test_a_seed_header_gives_the_date_and_stays_in_the_text(
    tmp_path: Path, data: str | bytes, date: dt.date | None, body: str
) -> None:
    article, problems = one(tmp_path, "a.txt", data)
    text = data if isinstance(data, str) else data.decode("utf-16")
    assert not problems and article.date == date
    assert article.text == text.removeprefix("\ufeff") and article.text[article.body_start :] == body


@pytest.mark.parametrize("date", ["2023-13-45", "2023-02-30", "08/11/2023", "0000-00-00"])
def test_a_date_that_is_none_is_said_and_the_article_kept(tmp_path: Path, date: str) -> None:
    article, (reason,) = one(tmp_path, "a.txt", f" date {date} Kyiv spoke.")
    assert article.date is None and article.text[article.body_start :] == "Kyiv spoke."
    assert date in reason and "2023-11-08" in reason and "kept without a date" in reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\x7fELF\x00\x00", "binary"),
        (b"caf\xe9", "not UTF-8 (byte 0xe9 at offset 3)"),
        (b"\xff\xfeh\x00\x00\x00i\x00", "a NUL at character 1"),
        (b"\xff\xfe\x00\xd8", "not UTF-16"),
        (b" date 2023-11-08 ", "no text"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refused(tmp_path, "a.txt", data)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.jsonl"])
def test_what_is_over_the_limit_is_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "LIMIT", 2**20)
    assert "over 1 MB" in refused(tmp_path, name, b"x" * 2**20 + b"yz")


@given(st.binary(max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".jsonl", ".jsonl.gz"])
def test_any_bytes_give_articles_or_problems(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(data)
    articles, problems = taken(path)
    assert articles or problems
    assert all(a.text[a.body_start :].strip() for a in articles)


# --- Markdown -----------------------------------------------------------------------------------


def test_front_matter_describes_the_article_and_stays_in_the_text(tmp_path: Path) -> None:
    front = "title: 'Kyiv: a report'\ndate: 2023-11-08\nURL: https://x.org/a\ntags: [a, b]"
    data = f"---\n{front}\n---\n\n# Head\n\nBody.\n"
    article, problems = one(tmp_path, "a.md", data)
    assert not problems and article.text == data
    assert (article.title, article.date, article.url) == ("Kyiv: a report", DAY, "https://x.org/a")
    assert article.text[article.body_start :] == "# Head\n\nBody.\n"


def test_markdown_without_front_matter_takes_its_heading_as_title(tmp_path: Path) -> None:
    article, problems = one(tmp_path, "a.markdown", "\n## A quiet week ##\n\nNothing happened.\n\n---\n")
    assert not problems and article.title == "A quiet week" and article.body_start == 0


def test_windows_line_ends_and_an_unclosed_fence(tmp_path: Path) -> None:
    article, _ = one(tmp_path, "a.md", "---\r\ndate: 2023-11-08\r\n---\r\nBody.\r\n")
    assert article.date == DAY and article.text[article.body_start :] == "Body.\r\n"
    article, problems = one(tmp_path, "b.md", "---\ntitle: never closed\n\nBody.")
    assert article.body_start == 0 and not problems


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("date: yesterday", "'yesterday'"),
        ("title: [unclosed", "not YAML on line"),
        ("- just\n- a list", "no 'key: value' lines"),
        ("a: " + "[" * 5000, "not YAML"),
        ("date: 2023-13-01", "2023-13-01"),
    ],
)
def test_bad_front_matter_is_said_and_the_article_kept(tmp_path: Path, front: str, words: str) -> None:
    article, (reason,) = one(tmp_path, "a.md", f"---\n{front}\n---\nBody.")
    assert words in reason and "kept without" in reason
    assert article.text[article.body_start :] == "Body." and article.date is None


# --- JSON lines ---------------------------------------------------------------------------------

LINES = """\
{"id": 7, "title": "Head", "date": "2023-11-08T09:00:00", "url": "https://x.org", "text": "First\\nstory."}

{"text": "Broken",
{"text": 5}
{"title": "no text"}
["text"]
{"text": "  "}
{"text": "Dated oddly.", "date": "soon"}
{"text": "Half \\ud800 a pair."}
{"text": "Last.", "extra": {"ignored": true}, "title": null}
{"text": "Nested", "title": ["x"]}
"""


@pytest.mark.parametrize("name", ["wire.jsonl", "wire.jsonl.gz", "WIRE.JSONL"])
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = b"\xef\xbb\xbf" + LINES.encode() + b'{"text": "caf\xe9"}\n'
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    articles, problems = taken(path)
    assert [a.text for a in articles] == ["First\nstory.", "Dated oddly.", "Last."]
    assert (articles[0].id, articles[0].title, articles[0].date) == ("7", "Head", DAY)
    assert articles[0].url == "https://x.org" and articles[1].date is None
    said = {p.source.rpartition(":")[2]: p.reason for p in problems}
    for line, words in {
        "3": "not JSON", "4": "'text' is a number", "5": "'text' is missing", "6": "a list, not an object",
        "7": "empty", "8": "'soon'", "11": "'title' is a list", "12": "byte 0xe9",
    }.items():  # fmt: skip
        assert words in said[line]
    assert any("surrogate" in p.reason for p in problems) and len(problems) == 9


def test_an_id_used_twice_is_said_and_both_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "x", "text": "One."}\n{"id": "x", "text": "Two."}\n{"id": "x", "text": "One."}\n')
    articles, (problem,) = taken(path)
    assert problem.source == f"{path}:2" and "line 1" in problem.reason
    assert {a.text: a.id == "x" for a in articles} == {"One.": True, "Two.": False}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'{"text": ' + b"[" * 100_000, "nested too deep"),
        (b'{"text": ' + b"1" * 10_000 + b"}", "number too long"),
    ],
)
def test_hostile_lines_are_refused_in_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refused(tmp_path, "a.jsonl", data)


def test_gzip_cut_short_keeps_what_came_before(tmp_path: Path) -> None:
    line = b'{"text": "%s"}\n' % os.urandom(3000).hex().encode()
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(line * 50)[:-3000])
    articles, problems = taken(path)
    assert "gzip data is damaged" in problems[-1].reason and len(articles) + len(problems) >= 1
    path.write_bytes(b"no gzip")
    assert "gzip" in taken(path)[1][0].reason


# --- finding files ------------------------------------------------------------------------------


def test_a_folder_is_searched_to_the_bottom_in_order(tmp_path: Path) -> None:
    for name in ["b.txt", "a/z.MD", "a/deep/er/x.jsonl", ".hidden.txt", ".git/y.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Words.")
    (found,) = find([tmp_path])
    assert [p.relative_to(tmp_path).as_posix() for p in found.files] == [
        "a/deep/er/x.jsonl",
        "a/z.MD",
        "b.txt",
    ]
    assert not found.problems


def test_unknown_endings_are_counted_and_named(tmp_path: Path) -> None:
    for name in ["a.jpg", "b.JPG", "c.mp3", "README", "d.txt"]:
        (tmp_path / name).write_text("Words.")
    (found,) = find([tmp_path])
    reasons = [p.reason for p in found.problems]
    assert [p.name for p in found.files] == ["d.txt"] and len(reasons) == 3
    assert any("2 files ending in '.jpg'" in r for r in reasons)
    assert any("1 file without an ending" in r for r in reasons) and all(".jsonl" in r for r in reasons)


def test_a_named_file_of_unknown_ending_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.odt").write_text("x")
    (problem,) = read(tmp_path / "a.odt")
    assert isinstance(problem, FileProblem) and "'.odt'" in problem.reason


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    (found,) = find([tmp_path])
    assert not found.files and "no article" in found.problems[0].reason


def test_pipes_loops_broken_links_and_folders_named_as_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "gone")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "folder.txt" / "in.txt").write_text("Words.")
    (tmp_path / "good.txt").write_text("Words.")
    (found,) = find([tmp_path])
    assert [p.name for p in found.files] == ["in.txt", "good.txt"]
    assert sorted(Path(p.source).name for p in found.problems) == ["broken.txt", "pipe.txt", "self.txt"]
    (pipe,) = find([tmp_path / "pipe.txt"])
    assert "pipe" in pipe.problems[0].reason and not pipe.files


def test_an_archive_inside_the_folder_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "catalogue.sqlite").write_bytes(b"")
    (tmp_path / "desk" / "notes.txt").write_text("Not an article.")
    (tmp_path / "a.txt").write_text("Words.")
    assert [p.name for p in find([tmp_path])[0].files] == ["a.txt"]


def test_a_folder_that_cannot_be_listed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "a.txt").write_text("Words.")
    real = Path.iterdir

    def refuse(self: Path) -> object:
        if self.name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    (found,) = find([tmp_path])
    assert found.unreadable == (tmp_path / "locked",) and "Permission denied" in found.problems[0].reason
    assert [p.name for p in found.files] == ["a.txt"]


@pytest.mark.parametrize("name", ["nowhere", "", "  ", "a\0b", "x" * 5000, "no/such/folder/"])
def test_a_path_that_is_not_there(name: str) -> None:
    with pytest.raises(SourceNotFound) as caught:
        find([name])
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "name", ["https://example.com/a", "HTTP://example.com", Path("https://example.com/a")]
)
def test_a_web_address_is_said_to_be_one(name: str | Path) -> None:
    with pytest.raises(BadInput, match="web address"):
        find([name])


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (tmp_path / name).write_text("Words.")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (found,) = find([tmp_path])
    assert not found.files and any("rename" in p.reason for p in found.problems)
    for problem in found.problems:
        problem.source.encode()
    with pytest.raises(SourceNotFound, match="rename"):
        find([tmp_path / name])
