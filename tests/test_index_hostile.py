"""Files made to harm or to confuse: each ends in one line with its reason, and its neighbours are indexed."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Archive
from index.articles import Article
from index.readers import READERS, Position, read, read_bytes
from index.reports import FileProblem
from tests import sample_files as make
from tests.fakes import FakeEncoder

ROOT = Path(__file__).resolve().parent.parent
GIB = 2**30


def zeros(size: int) -> bytes:
    """Gzip data that unpacks to that many zeros: as many members as it takes."""
    return gzip.compress(bytes(2**26), 1) * (size // 2**26)


def bomb_docx(size: int) -> bytes:
    packed = io.BytesIO(make.repacked(make.docx("x"), "word/document.xml", None))
    with (
        zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as parts,
        parts.open("word/document.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(size // 2**20):
            part.write(bytes(2**20))
    return packed.getvalue()


def lying_docx() -> bytes:
    """A part that says it is small and is not."""
    data = make.repacked(make.docx("x"), "word/document.xml", b" " * 50_000_000)
    return data.replace((50_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss version="2.0"><channel><item>'
    "<description>&c;</description></item></channel></rss>"
)
OUTSIDE = LAUGHS.replace('"ha"', 'SYSTEM "file:///etc/passwd"')

HOSTILE: dict[str, bytes | Callable[[], bytes]] = {
    "truncated.pdf": lambda: make.pdf(["Some words."] * 5)[:900],
    "encrypted.pdf": lambda: make.pdf(["Some words."], password="secret"),
    "random.pdf": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 2000,
    "scanned.pdf": lambda: make.pdf(["", ""]),
    "picture.pdf": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "nested.html": b"<html><body>" + b"<div>" * 100_000 + b"deep words",
    "nested300.html": b"<html><body>" + b"<div>" * 300 + b"deep words",
    "long.html": b"<p>" + b"some words " * 1_000_000,
    "hollow.html": b"<html><head><title>T</title></head><body></body></html>",
    "nul.html": b"<html><body><p>Wor\0ds.</p></body></html>",
    "bomb.docx": lambda: bomb_docx(GIB),
    "lying.docx": lying_docx,
    "no_zip.docx": b"Just words.",
    "no_document.docx": lambda: make.repacked(make.docx("x"), "word/document.xml", None),
    "other.docx": lambda: make.repacked(make.docx("x"), "[Content_Types].xml", None),
    "entities.docx": lambda: make.repacked(
        make.docx("x"), "word/document.xml", LAUGHS.replace("rss", "w").encode()
    ),
    "deep.docx": lambda: make.repacked(make.docx("x"), "word/document.xml", b"<a>" * 100_000),
    "hollow.docx": lambda: make.docx(),
    "bomb.jsonl.gz": lambda: zeros(GIB),
    "bomb.csv.gz": lambda: zeros(GIB),
    "lines.jsonl.gz": lambda: gzip.compress(b'{"text": 1}\n' * 3000),
    "cut.csv.gz": lambda: gzip.compress(b"text\n" + os.urandom(20_000).hex().encode())[:9000],
    "no_gzip.tsv.gz": b"text\n",
    "latin.txt": "café".encode("latin-1"),
    "nul.txt": b"Wor\0ds",
    "half.txt": b"\xff\xfea",
    "bom.txt": b"\xef\xbb\xbf",
    "bom.csv": b"\xff\xfe",
    "latin.md": "café".encode("latin-1"),
    "aliases.md": b"---\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b\n---\nBody.",
    "no_text.csv": b"title,date\nx,2023-11-08\n",
    "quote.csv": b'text,title\n"never closed,' + b"x\n" * 1000,
    "numbers.jsonl": b'{"text": 5}\n{"text": 6}\n',
    "latin.jsonl": '{"text": "café"}'.encode("latin-1"),
    "laughs.rss": LAUGHS.encode(),
    "laughs16.xml": LAUGHS.replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"),
    "outside.atom": OUTSIDE.encode(),
    "utf7.xml": LAUGHS.replace('"1.0"', '"1.0" encoding="utf-7"').replace("<!EN", "+ADw-!EN").encode(),
    "no_feed.xml": b"<?xml version='1.0'?><svg/>",
    "hollow.rss": b"<rss version='2.0'><channel></channel></rss>",
    "deep.rss": b"<rss version='2.0'><channel>" + b"<item>" * 20_000,
    "name\nwith\nlines.txt": b"",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every hostile file, and beside each kind a good one."""
    path = tmp_path_factory.mktemp("hostile")
    for name, data in HOSTILE.items():
        (path / name).write_bytes(data() if callable(data) else data)
    good = path / "good"
    good.mkdir()
    (good / "a.txt").write_text("Kyiv spoke in plain text.")
    (good / "a.html").write_bytes(make.page())
    (good / "a.pdf").write_bytes(make.pdf(["Kyiv spoke in a PDF."]))
    (good / "a.docx").write_bytes(make.docx("Kyiv spoke in Word."))
    (good / "a.csv").write_text("text\nKyiv spoke in a table.\n")
    (good / "a.xml").write_text(make.ATOM)
    return path


def taken(path: Path) -> tuple[list[Article], list[FileProblem]]:
    items = [item for item in read(path) if not isinstance(item, Position)]
    problems = [item for item in items if isinstance(item, FileProblem)]
    for problem in problems:
        assert problem.reason.isprintable() and 10 < len(problem.reason) < 400, problem
        assert problem.source.isprintable() and problem.source.encode()
    return [item for item in items if isinstance(item, Article)], problems


@pytest.mark.parametrize("name", HOSTILE)
def test_each_ends_in_a_line_with_its_reason(folder: Path, name: str) -> None:
    articles, problems = taken(folder / name)
    assert problems and len(problems) <= 1001
    assert sum(len(article.text) for article in articles) < 1000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nested.html", "100,002 tags; the limit is 50,000"),
        ("nested300.html", "Excessive depth in document: 256"),
        ("long.html", "the limit for a page is 10,000,000"),
        ("bomb.docx", "1,024 MB in one part; the limit is 32 MB"),
        ("bomb.jsonl.gz", "over 200 times its size"),
        ("bomb.csv.gz", "over 200 times its size"),
        ("encrypted.pdf", "password"),
        ("scanned.pdf", "OCR"),
        ("picture.pdf", "is no PDF"),
        ("no_zip.docx", "not a zip file"),
        ("other.docx", "no Word document"),
        ("laughs.rss", "XML entities"),
        ("laughs16.xml", "XML entities"),
        ("outside.atom", "XML entities"),
        ("no_text.csv", "no text column"),
    ],
)
def test_the_reason_names_value_and_limit(folder: Path, name: str, words: str) -> None:
    articles, (problem,) = taken(folder / name)
    assert not articles and words in problem.reason


def test_problems_past_a_thousand_are_counted(folder: Path) -> None:
    _, problems = taken(folder / "lines.jsonl.gz")
    assert len(problems) == 1001 and "problems more" in problems[-1].reason


def test_a_folder_of_them_is_synced_past_all_of_them(folder: Path, tmp_path: Path) -> None:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        report = archive.sync(folder)
        said = {problem.source for problem in report.problems}
        for name in HOSTILE:
            shown = name.replace("\n", "\\n")
            assert any(f"/{shown}" in source or f"/{name}" in source for source in said), name
        assert all(problem.reason.isprintable() for problem in report.problems)
        assert len(archive.search("Kyiv spoke", 20)) >= 5
        again = archive.sync(folder)
        assert again.total == report.total and not again.added and not again.changed


# --- files that are no ordinary files -----------------------------------------------------------


@pytest.mark.parametrize("suffix", READERS)
def test_a_gigabyte_of_nothing_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sparse{suffix}"
    path.touch()
    os.truncate(path, GIB)
    articles, problems = taken(path)
    assert not articles and len(problems) == 1


@pytest.mark.parametrize("suffix", READERS)
def test_an_empty_file_a_pipe_a_folder_and_a_loop(tmp_path: Path, suffix: str) -> None:
    empty, pipe, loop = (tmp_path / f"{name}{suffix}" for name in ("empty", "pipe", "loop"))
    empty.touch()
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    (tmp_path / f"folder{suffix}").mkdir()
    assert len(taken(empty)[1]) == 1
    assert "pipe" in taken(pipe)[1][0].reason and "folder" in taken(tmp_path / f"folder{suffix}")[1][0].reason
    with pytest.raises(OSError):
        taken(loop)


def test_names_that_are_not_utf8_are_shown_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9\n.txt")
    try:
        path.write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (problem,) = taken(path)[1]
    assert problem.source.endswith("\\n.txt")


def test_ten_thousand_empty_files_are_each_told(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number}.txt").touch()
    assert sum(len(list(read(path))) for path in tmp_path.iterdir()) == 10_000


def test_memory_stays_bounded(folder: Path) -> None:
    """One process reads them all under a limit of address space that any one of them would break."""
    script = """
import json, re, resource, sys
from pathlib import Path
from index.readers import read
resource.setrlimit(resource.RLIMIT_AS, (1536 * 2**20, 1536 * 2**20))
problems = {}
for path in Path(sys.argv[1]).iterdir():
    if path.is_file():
        problems[path.name] = [item.reason for item in read(path) if hasattr(item, "reason")][:1]
status = Path("/proc/self/status")  # getrusage tells the peak of the process that started this one, if higher
peak = (int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) if status.exists()
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(json.dumps([peak // 1024, problems]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr[-2000:]
    peak, problems = json.loads(done.stdout)
    assert peak < 400 and len(problems) == len(HOSTILE)
    assert all(said and "MemoryError" not in said[0] for said in problems.values())


# --- arbitrary bytes ----------------------------------------------------------------------------

VALID = {
    ".txt": b" date 2023-11-08 Kyiv spoke.",
    ".md": b"---\ntitle: T\ndate: 2023-11-08\nauthors: [a, b]\n---\n# Head\n\nBody.\n",
    ".html": make.page('<meta property="article:published_time" content="2023-11-08">'),
    ".pdf": make.pdf(["Kyiv spoke.\nTwice.", "More."], {"/Title": "T", "/CreationDate": "D:20231108"}),
    ".docx": make.docx("Kyiv spoke.", rows=[["a", "b"]]),
    ".rss": make.RSS.encode(),
    ".atom": make.ATOM.encode(),
    ".jsonl": b'{"id": "a", "text": "Kyiv spoke.", "date": "2023-11-08"}\n{"text": "Twice."}\n',
    ".jsonl.gz": gzip.compress(b'{"text": "Kyiv spoke."}\n' * 20, mtime=0),
    ".csv": b'date,title,text\n2023-11-08,T,"Kyiv\nspoke."\n,,Twice.\n',
    ".csv.gz": gzip.compress(b"text\nKyiv spoke.\n" * 20, mtime=0),
    ".tsv": b"date\ttext\n2023-11-08\tKyiv spoke.\n",
}
_FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def sound(data: bytes, suffix: str, kind: str = "") -> None:
    items = list(read_bytes(data, kind, f"https://x.org/a{suffix}"))
    assert items
    for item in items:
        if isinstance(item, FileProblem):
            assert item.reason.isprintable() and len(item.reason) < 400
        else:
            assert item.text[item.body_start :].strip() and item.text.encode()


@given(data=st.binary(max_size=200))
@_FUZZ
@pytest.mark.parametrize("suffix", VALID)
def test_any_bytes_give_articles_or_problems(suffix: str, data: bytes) -> None:
    sound(data, suffix)


@given(data=st.data())
@_FUZZ
@pytest.mark.parametrize("suffix", VALID)
def test_damaged_files_give_articles_or_problems(suffix: str, data: st.DataObject) -> None:
    content = bytearray(VALID[suffix])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 4) | st.integers(0, len(content)))
        content[at : at + cut] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"<", b">", b'"', b"\0", b"<<"])
        )
    sound(bytes(content), suffix)


@given(data=st.binary(max_size=100), kind=st.text(max_size=30), url=st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_download_gives_articles_or_problems(data: bytes, kind: str, url: str) -> None:
    assert list(read_bytes(data, kind, url))
