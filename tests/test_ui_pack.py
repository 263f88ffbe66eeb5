"""Evidence packs: a whole one passes offline, and whatever was changed in one is found."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.archive import Archive
from index.articles import Article
from index.errors import SourceNotFound
from rag.answer import Answer
from rag.assistant import Assistant
from rag.evidence import Claim, Quote, number_claims
from tests.fake_desk import answered
from tests.fakes import FakeEncoder
from ui import pack_check, pack_file
from ui.cli import main
from ui.pack import BadPack, PackReport, check_pack, make_pack
from ui.pack_format import sums
from ui.payloads import answer_payload
from ui.store.conversations import Conversation, Exchange

NOW = dt.datetime(2023, 11, 9, 8, 30, tzinfo=dt.UTC)
LIMA = "Rain fell for 3 days in Lima. The mayor, Ana Ruiz, closed the port on 7 November. Nobody was hurt."
RAIN = Article(LIMA, title="Rain", date=dt.date(2023, 11, 8), url="https://example.org/rain", id="rain")
ODD = Article(
    "Naïve “quotes” 😀 fell in Oslo on Monday.", title="Ödd", date=dt.date(2023, 11, 7), id="../../Odd"
)


def told(*claims: Claim, **changes: Any) -> Answer:
    text, statements, citations = number_claims(claims)
    whole = {
        "text": text,
        "statements": statements,
        "citations": citations,
        "abstained": not citations,
        "short": None,
    }
    return answered("What happened?", **whole | changes)


def claim(
    article: Article, start: int, end: int, support: Any = "verified", said: str | None = None
) -> Claim:
    return Claim(said or article.text[start:end], (Quote(article, start, end),), support)


def talk(*answers: Answer) -> tuple[Conversation, list[Exchange]]:
    said = [
        Exchange(f"e{n}", "c", n, a.question, NOW, {"as_of": "2023-11-08"}, "answered", "", answer_payload(a))
        for n, a in enumerate(answers, start=1)
    ]
    return Conversation("c", "ann", "Rain in Lima", NOW, NOW, len(said)), said


ANSWER = told(
    claim(RAIN, 0, 29),
    claim(ODD, 0, len(ODD.text)),
    claim(RAIN, 82, len(LIMA), "unverified", "All 90 were hurt."),
)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", encoder=FakeEncoder()) as made:
        made.add([RAIN, ODD])
        yield made


@pytest.fixture
def packed(archive: Archive, tmp_path: Path) -> Path:
    path = tmp_path / "pack.zip"
    path.write_bytes(make_pack(archive, *talk(ANSWER)))
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a pack that is as it should be."""
    folder = tmp_path_factory.mktemp("whole")
    with Archive.open(folder / "archive", encoder=FakeEncoder()) as made:
        made.add([RAIN, ODD])
        (folder / "pack.zip").write_bytes(make_pack(made, *talk(ANSWER)))
    return pack_file.read_zip(folder / "pack.zip")


def rezip(path: Path, files: dict[str, bytes], *, summed: bool = True) -> Path:
    """Zip files anew; ``summed`` as a forger would who also mends the sums."""
    if summed:
        files = {name: data for name, data in files.items() if name != "SHA256SUMS"}
        files["SHA256SUMS"] = sums(files)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as into:
        for name, data in files.items():
            into.writestr(name, data)
    return path


def failed(report: PackReport) -> list[str]:
    return [check.name for check in report.checks if not check.ok]


# A pack as it should be


def test_a_pack_passes_without_its_archive_and_tells_what_was_checked(packed: Path) -> None:
    report = check_pack(packed)
    assert report.ok and report.now == ()
    assert [check.name for check in report.checks] == [
        "files",
        "articles",
        "quotes",
        "markers",
        "support",
        "page",
    ]
    assert "2 sentences borne out by their quotes; 1 marked unverified" in report.checks[4].detail


def test_the_same_conversation_makes_the_same_bytes(archive: Archive) -> None:
    assert make_pack(archive, *talk(ANSWER)) == make_pack(archive, *talk(ANSWER))


def test_a_pack_holds_what_a_stranger_needs_and_not_who_asked(whole: dict[str, bytes]) -> None:
    assert set(whole) >= {"pack.json", "conversation.html", "SHA256SUMS", "articles/rain.json"}
    pack = json.loads(whole["pack.json"])
    assert pack["archive"].keys() == {"fingerprint", "model", "vectors", "schema_version", "passages"}
    assert (
        pack["exchanges"][0]["answer"]["passages"] and pack["exchanges"][0]["answer"]["model"] == "extractive"
    )
    assert json.loads(whole["articles/rain.json"]) == {
        "id": "rain", "title": "Rain", "date": "2023-11-08", "url": "https://example.org/rain", "text": LIMA
    }  # fmt: skip
    assert not any(b"ann" in data for data in whole.values()), "the owner is not told"


def test_ids_cannot_lead_out_of_the_pack_and_a_tool_can_unpack_it_anywhere(packed: Path) -> None:
    names = zipfile.ZipFile(packed).namelist()
    assert names == sorted(names) and not any(".." in name or name.startswith("/") for name in names)


def test_a_real_answer_of_the_seed_article_passes(seeds: Path, tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive") as made:
        made.sync(seeds)
        desk = Assistant.open(made)
        said = [
            desk.ask(q)
            for q in ("What did Ukraine recapture in the Black Sea?", "Who won the Tour de France?")
        ]
        (tmp_path / "p.zip").write_bytes(make_pack(made, *talk(*said)))
        report = check_pack(tmp_path / "p.zip", made)
    assert report.ok, report
    assert {each.verdict for each in report.now} == {"same"}


def test_a_pack_that_was_unpacked_and_zipped_again_still_passes(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    assert check_pack(rezip(tmp_path / "again.zip", whole, summed=False)).ok


def test_brackets_that_an_article_has_of_its_own_are_no_markers(archive: Archive, tmp_path: Path) -> None:
    cited = Article("The law [2] was passed in Lima [1] on Monday.", id="law", date=dt.date(2023, 11, 8))
    archive.add([cited])
    (tmp_path / "p.zip").write_bytes(make_pack(archive, *talk(told(claim(cited, 0, len(cited.text))))))
    assert check_pack(tmp_path / "p.zip").ok


def test_questions_without_an_answer_are_told_as_such(archive: Archive, tmp_path: Path) -> None:
    conversation, said = talk(ANSWER)
    said.append(Exchange("e2", "c", 2, "And then?", NOW, {}, "stopped", "Half of"))
    (tmp_path / "p.zip").write_bytes(make_pack(archive, conversation, said))
    assert check_pack(tmp_path / "p.zip").ok
    assert b"Half of" not in (tmp_path / "p.zip").read_bytes()


def test_an_empty_conversation_makes_a_pack(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(make_pack(archive, *talk()))
    assert check_pack(tmp_path / "p.zip").ok


def test_the_layout_is_raised_when_the_page_changes(whole: dict[str, bytes]) -> None:
    """Old packs are compared with the page as it is made now. If this fails: LAYOUT in ui/pack_format.py + 1."""
    page = whole["conversation.html"].replace(json.loads(whole["pack.json"])["citedesk"].encode(), b"VERSION")
    assert (json.loads(whole["pack.json"])["layout"], hashlib.sha256(page).hexdigest()[:8]) == (1, "db8fa5e8")


# When the archive has moved on


def test_an_edited_article_is_packed_as_it_was_cited(archive: Archive, tmp_path: Path) -> None:
    archive.add(
        [Article(LIMA.replace("3 days", "4 days"), title="Rain", date=RAIN.date, url=RAIN.url, id="rain")]
    )
    (tmp_path / "p.zip").write_bytes(make_pack(archive, *talk(ANSWER)))
    assert check_pack(tmp_path / "p.zip").ok
    assert b"3 days" in pack_file.read_zip(tmp_path / "p.zip")["articles/rain.json"]


def test_two_versions_of_an_article_can_be_cited_in_one_conversation(
    archive: Archive, tmp_path: Path
) -> None:
    newer = Article(LIMA.replace("3 days", "4 days"), title="Rain", date=RAIN.date, url=RAIN.url, id="rain")
    archive.add([newer])
    (tmp_path / "p.zip").write_bytes(make_pack(archive, *talk(ANSWER, told(claim(newer, 0, 29)))))
    report = check_pack(tmp_path / "p.zip", archive)
    assert report.ok, report
    assert "articles/rain~2.json" in pack_file.read_zip(tmp_path / "p.zip")
    assert [each.verdict for each in report.now] == ["changed", "same", "same", "same"]


def test_changed_and_gone_is_told_and_no_fault_of_the_pack(archive: Archive, packed: Path) -> None:
    archive.remove(["../../Odd"])
    archive.add([Article("Something else.", title="Rain", date=RAIN.date, id="rain")])
    report = check_pack(packed, archive)
    assert report.ok
    assert [(each.number, each.verdict) for each in report.now] == [
        (1, "changed"),
        (2, "gone"),
        (3, "changed"),
    ]


def test_a_quote_whose_article_was_gone_when_packed_cannot_pass(archive: Archive, tmp_path: Path) -> None:
    archive.remove(["rain"])
    (tmp_path / "p.zip").write_bytes(make_pack(archive, *talk(ANSWER)))
    report = check_pack(tmp_path / "p.zip")
    assert failed(report) == ["articles", "quotes"]
    assert "gone from the archive" in report.checks[1].detail


# Forged packs, with sums that fit

Change = Callable[[dict[str, Any]], None]


def answer_in(pack: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = pack["exchanges"][0]["answer"]
    return answer


def both(pack: dict[str, Any], **changes: Any) -> None:
    """Change a citation wherever it is told of."""
    answer_in(pack)["citations"][0].update(changes)
    pack["exchanges"][0]["citations"][0].update(changes)


def put(pack: dict[str, Any], *path: Any, value: Any) -> None:
    at: Any = pack
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value


def restate(pack: dict[str, Any], old: str, new: str) -> None:
    """Change the words of an answer, and its offsets with them."""
    answer = answer_in(pack)
    at = 0
    for each in answer["statements"]:
        each["text"] = each["text"].replace(old, new)
        each["start"], each["end"] = at, at + len(each["text"])
        at = each["end"] + 1
    answer["text"] = " ".join(each["text"] for each in answer["statements"])


FORGED: dict[str, tuple[Change, set[str]]] = {
    "another quote": (lambda p: both(p, quote="Rain fell for 9 days in Lima."), {"quotes", "support"}),
    "a shifted quote": (lambda p: both(p, start=1, end=30), {"quotes"}),
    "a quote of nothing": (lambda p: both(p, start=0, end=0, quote=""), {"quotes", "support"}),
    "offsets from the end": (lambda p: both(p, start=-98, end=-69), {"quotes"}),
    "offsets of the list alone": (lambda p: put(p, "exchanges", 0, "citations", 0, "start", value=1), {"quotes"}),
    "a citation that is not listed": (lambda p: p["exchanges"][0]["citations"].pop(), {"quotes", "articles"}),
    "another sentence": (lambda p: restate(p, "3 days", "30 days"), {"support"}),
    "a negated sentence": (lambda p: restate(p, "Rain fell", "Rain never fell"), {"support"}),
    "a badge taken off": (lambda p: put(answer_in(p), "statements", 2, "support", value="verified"), {"support"}),
    "a marker too many": (lambda p: restate(p, " [1]", " [1][2]"), {"markers"}),
    "a marker changed": (lambda p: restate(p, " [2]", " [1]"), {"markers"}),
    "a marker gone": (lambda p: restate(p, " [2]", ""), {"markers"}),
    "words between sentences": (
        lambda p: put(answer_in(p), "text", value=answer_in(p)["text"] + " Sure!"), {"markers"}
    ),
    "a short answer from nowhere": (lambda p: put(answer_in(p), "short", value="Peru"), {"markers"}),
    "numbers out of order": (lambda p: both(p, number=7), {"markers", "support"}),
    "a refusal that cites": (lambda p: put(answer_in(p), "abstained", value=True), {"markers"}),
    "a title that the article has not": (
        lambda p: put(answer_in(p), "citations", 0, "article", "title", value="Scandal"), {"articles"}
    ),
    "a date that the article has not": (
        lambda p: put(answer_in(p), "citations", 0, "article", "date", value="2001-01-01"), {"articles"}
    ),
    "another hash": (lambda p: put(p, "exchanges", 0, "citations", 0, "sha256", value="0" * 64), {"articles"}),
    "a later layout, so that the page is not compared": (lambda p: put(p, "layout", value=2), {"page"}),
    "an earlier one, likewise": (lambda p: put(p, "layout", value=0), {"page"}),
    "an answer to another question": (lambda p: put(p, "exchanges", 0, "question", value="Who did it?"), {"markers"}),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_pack_whose_sums_fit_is_found(what: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    change, names = FORGED[what]
    pack = json.loads(whole["pack.json"])
    change(pack)
    report = check_pack(rezip(tmp_path / "p.zip", {**whole, "pack.json": json.dumps(pack).encode()}))
    assert names <= set(failed(report)), report.checks
    assert all("\n" not in check.detail and len(check.detail) < 500 for check in report.checks)


def test_a_page_that_shows_other_words_than_the_pack_is_found(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    page = whole["conversation.html"].replace(b"3 days", b"9 days")
    assert failed(check_pack(rezip(tmp_path / "p.zip", {**whole, "conversation.html": page}))) == ["page"]


def test_a_page_of_another_layout_is_not_compared_and_says_so(
    whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_check, "LAYOUT", 99)
    report = check_pack(rezip(tmp_path / "p.zip", whole))
    assert report.ok and "not compared" in report.checks[5].detail


def test_an_article_that_nothing_cites_is_found(whole: dict[str, bytes], tmp_path: Path) -> None:
    more = {**whole, "articles/more.json": whole["articles/rain.json"]}
    assert failed(check_pack(rezip(tmp_path / "p.zip", more))) == ["articles"]


@pytest.mark.parametrize("name", ["pack.json", "conversation.html", "articles/rain.json", "SHA256SUMS"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_of_any_file_is_found(
    name: str, whole: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    raw = bytearray(whole[name])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    assert not check_pack(rezip(tmp_path / "p.zip", {**whole, name: bytes(raw)}, summed=False)).ok


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_letter_of_a_quote_or_its_text_is_found_although_the_sums_fit(
    whole: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    """Within a quoted span: elsewhere an article without its sums is as true as another, unless the hash tells."""
    files = dict(whole)
    letter = data.draw(st.characters(exclude_categories=["Cs"]))
    if data.draw(st.booleans()):
        article = json.loads(files["articles/rain.json"])
        at = data.draw(st.integers(0, len(LIMA) - 1))
        article["text"] = article["text"][:at] + letter + article["text"][at + 1 :]
        changed = article["text"] != LIMA
        files["articles/rain.json"] = json.dumps(article).encode()
    else:
        pack = json.loads(files["pack.json"])
        quote = answer_in(pack)["citations"][0]["quote"]
        at = data.draw(st.integers(0, len(quote) - 1))
        changed = letter != quote[at]
        both(pack, quote=quote[:at] + letter + quote[at + 1 :])
        files["pack.json"] = json.dumps(pack).encode()
    assert check_pack(rezip(tmp_path / "p.zip", files)).ok is not changed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(-(10**20), 10**20), end=st.integers(-200, 200), everywhere=st.booleans())
def test_any_changed_offset_is_found_although_the_sums_fit(
    whole: dict[str, bytes], tmp_path: Path, start: int, end: int, everywhere: bool
) -> None:
    pack = json.loads(whole["pack.json"])
    if everywhere:
        both(pack, start=start, end=end)
    else:
        answer_in(pack)["citations"][0].update(start=start, end=end)
    report = check_pack(rezip(tmp_path / "p.zip", {**whole, "pack.json": json.dumps(pack).encode()}))
    assert report.ok is ((start, end) == (0, 29))


# Packs that mean harm: one clear line


def zipped(path: Path, *entries: tuple[str, bytes]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as into:
        warnings.simplefilter("ignore")
        for name, data in entries:
            into.writestr(name, data)
    return path


def lying(path: Path, whole: dict[str, bytes]) -> Path:
    """A bomb that says it is small."""
    zipped(path, *{**whole, "articles/big.json": b"0" * 50_000_000}.items())
    raw = bytearray(path.read_bytes())
    for at in (i for i in range(len(raw)) if raw[i : i + 4] == b"PK\x01\x02"):
        length = struct.unpack("<H", raw[at + 28 : at + 30])[0]
        if raw[at + 46 : at + 46 + length] == b"articles/big.json":
            raw[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(raw)
    return path


def deep(whole: dict[str, bytes]) -> dict[str, bytes]:
    return {**whole, "pack.json": b"[" * 200_000 + b"]" * 200_000}


HOSTILE: dict[str, tuple[Callable[[Path, dict[str, bytes]], Path], str]] = {
    "no zip": (lambda p, w: p.write_bytes(b"hello") and p, "no whole zip"),
    "an empty file": (lambda p, w: (p.touch(), p)[1], "no whole zip"),
    "a folder": (lambda p, w: p.parent, "no file"),
    "an empty zip": (lambda p, w: zipped(p), "no pack.json"),
    "cut short": (lambda p, w: p.write_bytes(rezip(p, w).read_bytes()[:-30]) and p, "no whole zip"),
    "a path out": (lambda p, w: zipped(p, *w.items(), ("../../etc/passwd", b"x")), "none of a pack's"),
    "an absolute path": (lambda p, w: zipped(p, *w.items(), ("/etc/passwd", b"x")), "none of a pack's"),
    "a path within": (lambda p, w: zipped(p, *w.items(), ("articles/../pack.json", b"x")), "none of a pack's"),
    "a backslash": (lambda p, w: zipped(p, *w.items(), ("articles\\\\x.json", b"x")), "none of a pack's"),
    "a program": (lambda p, w: zipped(p, *w.items(), ("run.exe", b"x")), "none of a pack's"),
    "a file twice": (lambda p, w: zipped(p, *w.items(), ("pack.json", w["pack.json"])), "twice"),
    "a file twice but for case": (lambda p, w: zipped(p, *w.items(), ("articles/RAIN.json", b"{}")), "twice"),
    "a bomb": (lambda p, w: zipped(p, *w.items(), ("articles/big.json", bytes(97_000_000))), "97 MB"),
    "a bomb that lies": (lying, "no whole zip"),
    "too many files": (lambda p, w: p.write_bytes(b"PK\x01\x02" * 60_000) and p, "60,000 files"),
    "a program before the zip": (
        lambda p, w: p.write_bytes(b"#!/bin/sh\n" + rezip(p, w).read_bytes()) and p, "before the zip"
    ),
    "no json": (lambda p, w: rezip(p, {**w, "pack.json": b"{,"}), "pack.json"),
    "other json": (lambda p, w: rezip(p, {**w, "pack.json": b"[1, 2]"}), "pack.json"),
    "deep json": (lambda p, w: rezip(p, deep(w)), "nested too deeply"),
    "no utf-8": (lambda p, w: rezip(p, {**w, "articles/rain.json": b"\xff\xfe"}), "no UTF-8"),
    "half a surrogate pair": (
        lambda p, w: rezip(p, {**w, "articles/rain.json": w["articles/rain.json"].replace(b"Rain", b"\\ud800")}),
        "articles/rain.json",
    ),
    "a huge number": (
        lambda p, w: rezip(p, {**w, "pack.json": w["pack.json"].replace(b'"layout": 1', b'"layout": ' + b"9" * 9999)}),
        "pack.json",
    ),
    "a name twice in json": (lambda p, w: rezip(p, {**w, "pack.json": b'{"a": 1, "a": 2}'}), "twice"),
    "no number": (lambda p, w: rezip(p, {**w, "pack.json": b'{"a": NaN}'}), "no number"),
    "a later format": (
        lambda p, w: rezip(p, {**w, "pack.json": w["pack.json"].replace(b'"format": 1', b'"format": 2')}), "format"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_pack_is_refused_in_one_line(
    what: str, whole: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, said = HOSTILE[what]
    path = make(tmp_path / "p.zip", whole)
    assert main(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and said in out and len(out) < 400, out


def test_names_with_a_nul_are_refused(whole: dict[str, bytes], tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", *whole.items(), ("articles/x.json~hidden", b"x"))
    path.write_bytes(path.read_bytes().replace(b"x.json~hidden", b"x.json\0hidden"))
    (refused,) = check_pack(path).checks
    assert "none of a pack's" in refused.detail and "\0" not in refused.detail


WRONG = [
    None,
    True,
    -1,
    1.5,
    "x",
    "2023-13-45",
    [],
    {},
    [None],
    {"a": []},
    "\0",
    "0001-01-01T00:00:00+14:00",
    10**30,
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), wrong=st.sampled_from(WRONG), gone=st.booleans())
def test_a_wrong_type_anywhere_is_told_and_never_a_crash(
    whole: dict[str, bytes], tmp_path: Path, data: st.DataObject, wrong: Any, gone: bool
) -> None:
    name = data.draw(st.sampled_from(["pack.json", "articles/rain.json"]))
    made = json.loads(whole[name])
    path = data.draw(st.sampled_from(list(places(made))))
    if gone:
        at = made
        for key in path[:-1]:
            at = at[key]
        del at[path[-1]]
    else:
        put(made, *path, value=wrong)
    report = check_pack(rezip(tmp_path / "p.zip", {**whole, name: json.dumps(made).encode()}))
    assert all("\n" not in check.detail and len(check.detail) < 600 for check in report.checks)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_zip_is_told_and_never_a_crash(packed: Path, tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(packed.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "bad.zip").write_bytes(raw)
    check_pack(tmp_path / "bad.zip")


def test_a_conversation_that_is_too_large_to_pack_says_so(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_file, "LARGEST_PACK", 5000)
    with pytest.raises(BadPack, match="the limits are"):
        make_pack(archive, *talk(ANSWER))


# On the command line


def test_check_without_a_pack_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceNotFound):
        check_pack(tmp_path / "none.zip")
    assert main(["check", str(tmp_path / "none.zip")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_check_prints_a_table_and_with_an_archive_what_has_changed(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Archive.open(tmp_path / "archive") as made:
        made.sync(seeds)
        answer = Assistant.open(made).ask("What did Ukraine recapture in the Black Sea?")
        (tmp_path / "p.zip").write_bytes(make_pack(made, *talk(answer)))
        assert main(["check", str(tmp_path / "p.zip"), "--archive", str(tmp_path / "archive")]) == 0
        assert "1 of 1 sources still say the same" in capsys.readouterr().out
        made.remove([answer.citations[0].article.id])
    assert main(["check", str(tmp_path / "p.zip"), "--archive", str(tmp_path / "archive")]) == 0
    out = capsys.readouterr().out
    assert (
        out.count("\nok ") == 6 and "1 of 1 sources gone since" in out and "question 1, source 1: gone" in out
    )
    assert main(["--json", "check", str(tmp_path / "p.zip")]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_pack_cannot_command_the_terminal(
    tmp_path: Path, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation = Conversation("c", "ann", "\x1b[2Jevil\n\nok  all is well", NOW, NOW, 1)
    (tmp_path / "p.zip").write_bytes(make_pack(archive, conversation, talk(ANSWER)[1]))
    main(["check", str(tmp_path / "p.zip")])
    out = capsys.readouterr().out
    assert "\x1b" not in out and out.count("\n") == 7
