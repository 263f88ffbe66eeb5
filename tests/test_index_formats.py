"""What each format gives: the text, and where title, dates, author, url and id come from."""

from __future__ import annotations

import datetime as dt
import gzip
import logging
from pathlib import Path

import pytest

from index.articles import Article
from index.errors import BadDate
from index.readers import READERS, Position, read, read_bytes
from index.readers.dating import date_from_url, read_date
from index.readers.unwrap import unwrap
from index.reports import FileProblem
from tests import sample_files as make

DAY, LATER = dt.date(2023, 11, 8), dt.date(2023, 11, 10)


def fetched(data: bytes | str, kind: str = "", url: str = "") -> tuple[list[Article], list[str]]:
    items = list(read_bytes(data if isinstance(data, bytes) else data.encode(), kind, url))
    problems = [item.reason for item in items if isinstance(item, FileProblem)]
    assert all(reason.isprintable() for reason in problems)
    return [item for item in items if isinstance(item, Article)], problems


def one(data: bytes | str, kind: str = "", url: str = "") -> Article:
    (article,), problems = fetched(data, kind, url)
    assert not problems
    return article


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "2023-11-08", "2023/11/08", "2023.11.8", "2023-11-08T23:59:00-11:00", "2023-11-08 10:00:00 UTC",
        "2023-11-08T10:00:00.123Z", "2023-11-08T10:00:00+0200", "20231108", "8 November 2023", "08 nov. 2023",
        "8th November, 2023", "November 8, 2023", "Nov 8 2023", "Wednesday, November 8, 2023 at 10:15 AM",
        "Wed, 08 Nov 2023 10:00:00 GMT", "Wed Nov  8 10:00:00 2023", "8-Nov-2023", "Nov. 8, 2023, 5:00 p.m. ET",
    ],
)  # fmt: skip
def test_dates_as_people_and_programs_write_them(written: str) -> None:
    assert read_date(written) == DAY


@pytest.mark.parametrize("written", ["13/11/2023", "11/13/2023", "13.11.2023"])
def test_a_day_above_twelve_tells_the_order(written: str) -> None:
    assert read_date(written) == dt.date(2023, 11, 13)


def test_a_date_of_two_meanings_is_not_guessed() -> None:
    with pytest.raises(BadDate, match="2023-04-03 or 2023-03-04"):
        read_date("03/04/2023")
    assert read_date("04/04/2023") == dt.date(2023, 4, 4)


@pytest.mark.parametrize(
    "written", ["yesterday", "2023", "8 Novembre 2023", "31 February 2023", "5", "November 2023", "9" * 200]
)
def test_what_is_no_day_is_not_made_one(written: str) -> None:
    with pytest.raises(BadDate):
        read_date(written)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://x.org/2023/11/08/slug", DAY),
        ("https://x.org/world/2023/nov/08/slug", DAY),
        ("https://x.org/news/slug-2023-11-08.html", DAY),
        ("https://x.org/20231108/slug", DAY),
        ("https://x.org/2023/11/slug", None),
        ("https://x.org/2023/13/08/slug", None),
        ("https://x.org/item/20231108", None),
        ("https://[bad/2023/11/08/", None),
        ("", None),
    ],
)
def test_a_date_in_an_address(url: str, day: dt.date | None) -> None:
    assert date_from_url(url) == day


# --- HTML ---------------------------------------------------------------------------------------


def meta(published: str = "", modified: str = "") -> str:
    tag = '<meta property="article:{}_time" content="{}">'
    return (tag.format("published", published) if published else "") + (
        tag.format("modified", modified) if modified else ""
    )


def test_a_page_gives_its_article_without_the_page_around_it() -> None:
    article = one(make.page(meta("2023-11-08T09:00:00+02:00", "2023-11-10")), "text/html")
    assert (article.title, article.author, article.date) == ("Kyiv spoke", "Olena Ko", DAY)
    assert (article.updated, article.url) == (LATER, "https://post.example/world/kyiv")
    paragraphs = article.text.split("\n\n")
    assert "a platform in the Black Sea. It was seized in 2015." in article.text and len(paragraphs) >= 3
    assert paragraphs[-1].endswith("went on as planned.") and "long & had" in article.text
    assert not any(word in article.text for word in ("Home", "Copyright", "secret", "<"))


@pytest.mark.parametrize(
    ("head", "date", "updated"),
    [
        ("", None, None),
        (meta(modified="2023-11-10T09:00:00Z"), None, LATER),
        (meta("2023-11-08", "2023-11-08"), DAY, None),
        ('<script type="application/ld+json">{"@graph": [{"datePublished": "2023-11-08T23:30:00-05:00", '
         '"dateModified": "2023-11-10"}]}</script>', DAY, LATER),
        ('<script type="application/ld+json">{broken</script><meta name="date" content="8 Nov 2023">', DAY, None),
        ('<time class="updated" datetime="2023-11-10">x</time><time datetime="2023-11-08T10:00">x</time>',
         DAY, LATER),
    ],
)  # fmt: skip
def test_published_and_modified_are_kept_apart(
    head: str, date: dt.date | None, updated: dt.date | None
) -> None:
    article = one(make.page(head), "text/html", "https://post.example/a")
    assert (article.date, article.updated) == (date, updated)


def test_the_address_dates_a_page_that_does_not_say() -> None:
    assert one(make.page(), "text/html", "https://post.example/2023/11/08/a").date == DAY
    assert one(make.page(meta("2023-11-10")), "text/html", "https://post.example/2023/11/08/a").date == LATER


def test_a_page_with_a_date_of_two_meanings_is_undated_and_says_so() -> None:
    (article,), (reason,) = fetched(make.page('<meta name="date" content="03/04/2023">'), "text/html")
    assert article.date is None and "03/04/2023" in reason


def test_a_page_may_not_claim_an_address_on_another_site() -> None:
    assert one(make.page(), "text/html", "https://www.post.example/x?utm=1").url.endswith("/world/kyiv")  # type: ignore[union-attr]
    assert one(make.page(), "text/html", "https://evil.example/x").url == "https://evil.example/x"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('<html><head><meta charset="iso-8859-2"></head><body><p>łódź</p>'.encode("iso-8859-2"), ""),
        ("<html><body><p>łódź</p>".encode("iso-8859-2"), "text/html; charset=ISO-8859-2"),
        ("<html><body><p>łódź</p>".encode(), "text/html"),
        ("<html><body><p>łódź</p>".encode("utf-16"), "text/html"),
        ("\ufeff<html><head><meta charset=latin-1></head><body><p>łódź</p>".encode(), "text/html"),
        ("<html><head><meta charset=punycode></head><body><p>łódź</p>".encode(), "text/html"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_declares(data: bytes, kind: str) -> None:
    assert one(data, kind or "text/html").text == "łódź"


def test_signs_that_the_declared_encoding_lacks_are_said() -> None:
    data = b'<html><head><meta charset="utf-8"></head><body><p>caf\xe9 today</p></body></html>'
    (article,), (reason,) = fetched(data, "text/html")
    assert article.text == "caf\ufffd today" and "1 characters are not utf-8" in reason


def test_a_page_of_a_few_words_and_one_without() -> None:
    assert (
        one("<html><head><title>T</title></head><body><p>Kyiv spoke.</p>", "text/html").text == "Kyiv spoke."
    )
    articles, (reason,) = fetched("<html><body><script>x()</script><img src=a></body>", "text/html")
    assert not articles and "no article text" in reason


# --- PDF ----------------------------------------------------------------------------------------


def test_a_pdf_is_read_as_running_text_with_its_properties() -> None:
    first = (
        "The Post, page 1\nUkraine announced that it has recaptured a plat-\nform in the Black Sea, which "
        "was seized\nin 2015.\nThe well-\nknown operation was long; well-known, too,\nwere its stages, "
        "prepared with care and"
    )
    about = {"/Title": "Kyiv", "/Author": "Olena Ko", "/CreationDate": "D:20231108230000-05'00'",
             "/ModDate": "D:20231110"}  # fmt: skip
    data = make.pdf([first, "The Post, page 2\npatience.", "The Post, page 3\nAnother story follows."], about)
    article = one(data, "application/pdf", "https://x.org/a")
    assert article.text.split("\n\n")[:2] == [
        "Ukraine announced that it has recaptured a platform in the Black Sea, which was seized in 2015.",
        "The well-known operation was long; well-known, too, were its stages, prepared with care and patience.",
    ]
    assert (article.title, article.author, article.date, article.updated) == ("Kyiv", "Olena Ko", DAY, LATER)


@pytest.mark.parametrize(
    ("pages", "text"),
    [
        (["One two three four five.\nSix seven eight nine.\nEnd.\nNew one begins here."], None),
        (["• first\n• second"], "• first\n\n• second"),
        (["A title\n\nbody of it"], "A title\n\nbody of it"),
        ([""], ""),
        (["co-\nOperate"], "co- Operate"),
    ],
)
def test_lines_are_joined_into_paragraphs(pages: list[str], text: str | None) -> None:
    found = unwrap(pages)
    assert found.split() == " ".join(pages).split()
    assert text is None or found == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make.pdf(["Words."], password="secret"), "encrypted with a password"),
        (make.pdf(["", ""]), "2 pages, only pictures; run OCR"),
        (make.pdf(["Words."])[:400], "cannot be read as PDF"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(data: bytes, words: str) -> None:
    articles, (reason,) = fetched(data, "application/pdf")
    assert not articles and words in reason


def test_a_pdf_without_a_user_password_opens_as_in_a_viewer() -> None:
    assert one(make.pdf(["Words here."], password=""), "application/pdf").text == "Words here."


def test_a_pdf_has_a_limit_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.readers.pdf.PAGE_LIMIT", 2)
    assert "3 pages; the limit is 2" in fetched(make.pdf(["a"] * 3), "application/pdf")[1][0]


def test_a_pdf_has_a_limit_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.readers.pdf.TIME_LIMIT_S", -1)
    assert "-1 seconds, the limit, at page 1 of 1" in fetched(make.pdf(["a"]), "application/pdf")[1][0]


# --- Word ---------------------------------------------------------------------------------------


def test_a_word_document_keeps_paragraphs_and_tables_in_order() -> None:
    data = make.docx("Kyiv spoke.", "It was long.", rows=[["Year", "Rigs"], ["2015", "4"]], title="A report")
    article = one(data, "", "https://x.org/a.docx")
    assert article.text == "Kyiv spoke.\n\nIt was long.\n\nYear | Rigs\n\n2015 | 4"
    assert article.title == "A report" and article.author == "" and article.date is None


def test_tracked_insertions_count_and_deletions_do_not() -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = (
        f"<w:document {space}><w:body><w:p><w:r><w:t>Four </w:t></w:r>"
        "<w:del><w:r><w:delText>five </w:delText></w:r></w:del><w:ins><w:r><w:t>six</w:t></w:r></w:ins></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Seven</w:t><w:br/><w:t>eight</w:t></w:r></w:p></w:sdtContent>"
        "</w:sdt></w:body></w:document>"
    )
    data = make.repacked(make.docx("x"), "word/document.xml", body.encode())
    assert one(data, "", "a.docx").text == "Four six\n\nSeven\neight"


# --- tables -------------------------------------------------------------------------------------

HEAD = "id,title,date,updated,author,url,text\n"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "B.CSV"])
def test_a_table_has_the_columns_of_json_lines(tmp_path: Path, name: str) -> None:
    table = HEAD + '7,Head,2023-11-08,2023-11-10,Olena Ko,https://x.org/a,"First, ""said""\nstory."\n,,,,,,\n'
    if ".tsv" in name:
        table = table.replace(",", "\t").replace("First\t", "First,")
    path = tmp_path / name
    path.write_bytes(gzip.compress(table.encode()) if name.endswith("gz") else table.encode())
    (article,) = read(path)
    assert isinstance(article, Article) and article.text == 'First, "said"\nstory.'
    assert (article.id, article.title, article.date, article.updated) == ("7", "Head", DAY, LATER)
    assert (article.author, article.url) == ("Olena Ko", "https://x.org/a")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_other_names_of_columns(encoding: str, delimiter: str) -> None:
    rows = [
        ["", "HEADLINE", "Pub Date", "Link", "Body"],
        ["0", "Head", "8 November 2023", "https://x.org/a", "Über."],
    ]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    article = one(data, "text/csv")
    assert (article.text, article.title, article.date) == ("Über.", "Head", DAY)


def test_a_bad_row_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"date,text,title\n2023-11-08,One.,a\n,,b\n03/04/2023,Two.,c\n,a,b,c,d\n,caf\xe9,x\n,nul \0,x\n"
        b',"x"y,z\n2023-11-08,Three.,d\n,"never closed\n'
    )
    items = list(read(path))
    assert [item.text for item in items if isinstance(item, Article)] == ["One.", "Two.", "Three."]
    said = {item.source: item.reason for item in items if isinstance(item, FileProblem)}
    for line, words in {
        3: "'text' is empty", 4: "may be 2023-04-03", 5: "5 cells, the header 3", 6: "byte 0xe9", 7: "NUL",
        8: "no table row", 10: "opens a quote",
    }.items():  # fmt: skip
        assert words in said[f"{path}:{line}"]
    assert len(said) == 7


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("title,date\na,b\n", "no text column (its first row is 'title,date')"),
        ("", "empty"),
        ("title,text\n", "a header and 0 rows"),
        ("just words", "no text column"),
        ('title\ttext\na\t"b"c\n', "'\\t' expected after"),
    ],
)
def test_a_table_without_text_says_so(data: str, words: str) -> None:
    articles, (reason,) = fetched(data, "text/csv")
    assert not articles and words in reason


# --- JSON lines and Markdown --------------------------------------------------------------------


def test_json_lines_tell_author_and_revision() -> None:
    line = '{"text": "Words.", "date": "2023-11-08", "updated": "10 Nov 2023", "author": ["A", "B"]}'
    article = one(line, "application/x-ndjson")
    assert (article.date, article.updated, article.author) == (DAY, LATER, "A, B")
    assert one('{"text": "Words.", "url": "https://x.org/2023/11/08/a"}', "application/jsonl").date == DAY


def test_front_matter_tells_author_and_revision_under_its_usual_names() -> None:
    front = "---\npubDate: Wed, 08 Nov 2023 10:00:00 GMT\nlastmod: 2023-11-10\nauthors: [A, B]\n---\nBody."
    article = one(front, "text/markdown")
    assert (article.date, article.updated, article.author) == (DAY, LATER, "A, B")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv"])
def test_a_long_file_tells_how_far_it_is(tmp_path: Path, name: str) -> None:
    rows = [f'{{"text": "Story {i}."}}\n' for i in range(1000)]
    if ".csv" in name:
        rows = ["text\n"] + [f"Story {i}.\n" for i in range(1000)]
    data = "".join(rows).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    positions = [item.done_bytes for item in read(path) if isinstance(item, Position)]
    assert len(positions) == 10 and positions == sorted(positions)
    assert 0 < positions[-1] <= path.stat().st_size


# --- feeds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/rss+xml", "text/xml", "text/html", ""])
def test_each_entry_of_a_feed_is_an_article(kind: str) -> None:
    (article,), (reason,) = fetched(make.RSS, kind, "https://post.example/feed")
    assert article.text == "Ukraine announced it.\n\nTwice."
    assert (article.title, article.author, article.date) == ("Kyiv & Odesa", "Olena Ko", DAY)
    assert article.url == "https://post.example/a" and article.updated is None
    assert "'Only a title'" in reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_atom_keeps_published_and_updated_apart(encoding: str) -> None:
    article = one(make.ATOM.encode(encoding), "application/atom+xml", "https://post.example/feed")
    assert (article.date, article.updated, article.author) == (DAY, LATER, "Olena Ko")
    assert (article.title, article.text) == ("Kyiv spoke", "Plain\n\nwords")


def test_an_entry_revised_keeps_its_id_if_its_guid_is_its_own() -> None:
    revised = make.RSS.replace("Twice.", "Thrice.")
    assert fetched(make.RSS)[0][0].id == fetched(revised)[0][0].id
    bare = [text.replace("https://post.example/?p=1", "1") for text in (make.RSS, revised)]
    assert fetched(bare[0])[0][0].id != fetched(bare[1])[0][0].id


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    (article,), reasons = fetched(make.RSS.replace("</channel></rss>", ""), "application/rss+xml")
    assert article.title == "Kyiv & Odesa" and "not well-formed" in reasons[0]
    assert "no RSS or Atom feed" in fetched("<?xml version='1.0'?><svg/>", "", "a.xml")[1][0]


# --- downloads ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind", "url"),
    [
        (b" date 2023-11-08 Kyiv spoke.", "text/plain", "https://x.org/a"),
        (b"Kyiv spoke.", "", "https://x.org/a.txt"),
        (b'{"text": "Kyiv spoke."}', "text/plain", "https://x.org/a.jsonl"),
        (gzip.compress(b'{"text": "Kyiv spoke."}'), "application/gzip", "https://x.org/a.jsonl.gz?x=1"),
        (b'{"text": "Kyiv spoke."}', "", "https://x.org/a"),
        (b"<!doctype html><body><p>Kyiv spoke.</p>", "application/octet-stream", "https://x.org/"),
        (make.pdf(["Kyiv spoke."]), "text/html", "https://x.org/a"),
        (make.docx("Kyiv spoke."), "", "https://x.org/a"),
        ("Kyiv spoke. é".encode("latin-1"), "text/plain; charset=iso-8859-1", "https://x.org/a"),
    ],
)
def test_the_format_of_a_download_is_found(data: bytes, kind: str, url: str) -> None:
    article = one(data, kind, url)
    assert "Kyiv spoke." in article.text and article.url == url
    assert article.id == Article(**{name: getattr(article, name) for name in ("text", "title", "date", "url",
                                                                            "body_start")}).id  # fmt: skip


@pytest.mark.parametrize(("data", "kind"), [(b"\x89PNG\0", "image/png"), (b"\0\1\2", ""), (b"", "text/html")])
def test_a_download_of_another_kind_is_said(data: bytes, kind: str) -> None:
    articles, (reason,) = fetched(data, kind, "https://x.org/a")
    assert not articles and (kind in reason or "not known" in reason or "empty" in reason)


def test_parsers_say_nothing_in_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    for data in (
        make.pdf(["a"])[:-200],
        b"%PDF-1.4 junk",
        b"<html>",
        make.RSS[:-40].encode(),
        b"PK\3\4word/",
    ):
        for suffix in READERS:
            list(read_bytes(data, "", f"https://x.org/a{suffix}"))
    logging.getLogger("pypdf").warning("told as a problem instead")
    assert capfd.readouterr() == ("", "")
