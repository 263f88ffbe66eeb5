"""Asked of some sources only, an answer rests on nothing else, whatever its shape."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Archive, Article
from index.errors import UnknownSource
from rag import NO_ANSWER, Answer, Assistant, Draft
from rag.llamaindex import ArchiveRetriever, query_engine
from tests.fakes import ScriptedLLM

PLATFORM = "What did Ukraine recapture in the Black Sea?"


def told(host: str, n: int, day: str, text: str) -> Article:
    return Article(text, date=day, url=f"https://www.{host}/{n}", id=f"{host}-{n}")  # type: ignore[arg-type]


NEWS = [
    told(
        "cnn.com",
        1,
        "2023-11-08",
        "Ukraine announced that it has recaptured a gas platform in the Black Sea.",
    ),
    told("cnn.com", 2, "2023-11-10", "Ukraine said that its navy sank two landing ships near Crimea."),
    told(
        "bbc.co.uk",
        1,
        "2023-11-09",
        "Ukraine announced that it has recaptured four oil platforms in the Black Sea.",
    ),
    told(
        "bbc.co.uk",
        2,
        "2023-11-11",
        "Russia said that it shot down nine drones over the Black Sea near Crimea.",
    ),
    told("bbc.co.uk", 3, "2023-11-12", "Ukraine and Russia exchanged prisoners of war near the Black Sea."),
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "drafts").mkdir()
    (folder / "drafts" / "a.txt").write_text(
        " date 2023-11-12 Ukraine announced that it has recaptured nine platforms in the Black Sea.", "utf-8"
    )
    with Archive.open(folder / "archive") as opened:
        opened.add(NEWS)
        opened.sync(folder / "drafts")
        yield opened


@pytest.fixture
def desk(archive: Archive) -> Assistant:
    return Assistant.open(archive)


def shown(answer: Answer) -> set[str]:
    """Hosts, or ids without one, of all that an answer cites or was made from."""
    ids = {c.article.id for c in answer.citations} | {p.article_id for p in answer.passages}
    return {article_id.rsplit("-", 1)[0] for article_id in ids}


@pytest.mark.parametrize(
    "question",
    [
        PLATFORM,
        "Which platforms were recaptured?",
        "Did Ukraine recapture a platform in the Black Sea?",
        "What did Ukraine and Russia say about the Black Sea?",
        "What is the latest news about the Black Sea?",
        "Give me a timeline of the Black Sea since November 8.",
        "What did Ukraine recapture in the Black Sea, and what did Russia say?",
        "What happened near Crimea in November 2023?",
    ],
)
@pytest.mark.parametrize("asked", [{"include": ["cnn.com"]}, {"exclude": ["bbc.co.uk", "drafts/"]}])
def test_nothing_comes_from_elsewhere(desk: Assistant, question: str, asked: dict[str, list[str]]) -> None:
    assert shown(desk.ask(question, **asked)) <= {"cnn.com"}  # type: ignore[arg-type]


def test_each_source_gives_its_own_answer(desk: Assistant) -> None:
    one, other = desk.ask(PLATFORM, include=["cnn.com"]), desk.ask(PLATFORM, include=["bbc.co.uk"])
    assert "a gas platform" in one.text and "four oil platforms" in other.text
    assert "nine platforms" in desk.ask(PLATFORM, include=["drafts"]).text
    both = desk.ask(PLATFORM, include=["cnn.com", "bbc.co.uk"], exclude=["cnn.com"])
    assert shown(both) == {"bbc.co.uk"}


def test_the_ways_of_asking_agree(desk: Assistant) -> None:
    *_, streamed = desk.stream(PLATFORM, exclude=["bbc.co.uk", "drafts/"])
    awaited = asyncio.run(desk.aask(PLATFORM, include=["cnn.com"]))
    assert isinstance(streamed, Answer) and streamed.text == awaited.text
    assert not awaited.abstained


def test_search_is_kept_to_the_sources(desk: Assistant) -> None:
    found = desk.search("Black Sea platform", include=["bbc.co.uk"], since="2023-11-10")
    assert {hit.passage.article_id for hit in found} == {"bbc.co.uk-2", "bbc.co.uk-3"}
    assert desk.search("Black Sea", include=["cnn.com"], exclude=["cnn.com"]) == []


def test_an_llm_sees_nothing_from_elsewhere(archive: Archive) -> None:
    llm = ScriptedLLM(["Ukraine has recaptured a gas platform in the Black Sea [1]."])
    answer = Assistant.open(archive, llm=llm).ask(PLATFORM, include=["cnn.com"])
    ((_, prompt),) = llm.asked
    assert "gas platform" in prompt and "four oil" not in prompt and "nine platforms" not in prompt
    assert shown(answer) == {"cnn.com"} and not answer.abstained
    assert Assistant.open(archive, llm=llm).without_llm().ask(PLATFORM).model == "extractive"


def test_a_refusal_says_that_nothing_is_in_range(desk: Assistant) -> None:
    answer = desk.ask(PLATFORM, include=["drafts/"], until="2023-11-09")
    assert answer.abstained and answer.text == NO_ANSWER and not answer.passages
    assert answer.reason is not None
    assert answer.reason.startswith(
        "nothing from drafts/ published 2023-11-09 is in the archive, which holds 6"
    )
    answer = desk.ask(PLATFORM, include=["cnn.com"], exclude=["cnn.com"])
    assert str(answer.reason).startswith("nothing from cnn.com, not from cnn.com is in the archive")


def test_an_unknown_source_is_refused_before_any_work(archive: Archive) -> None:
    llm = ScriptedLLM()
    desk = Assistant.open(archive, llm=llm)
    for asked in ({"include": ["cnn.con"]}, {"exclude": ["cnn.con"]}):
        with pytest.raises(UnknownSource, match=r"'cnn.con'; near it are cnn\.com"):
            desk.ask(PLATFORM, **asked)  # type: ignore[arg-type]
    with pytest.raises(UnknownSource):
        desk.search(PLATFORM, include=["cnn.con"])
    assert not llm.asked


def test_drafts_of_a_stream_are_of_the_sources_too(desk: Assistant) -> None:
    for item in desk.stream("What is the latest news about the Black Sea?", include=["bbc.co.uk"]):
        if isinstance(item, Draft):
            assert "gas platform" not in item.text and "landing ships" not in item.text


@pytest.mark.parametrize("source", ["assistant", "archive"])
def test_llamaindex_takes_them_too(desk: Assistant, source: str) -> None:
    given = desk if source == "assistant" else desk.archive
    nodes = ArchiveRetriever(given, include=["cnn.com"]).retrieve(PLATFORM)
    assert {node.node.metadata["article_id"] for node in nodes} == {"cnn.com-1", "cnn.com-2"}
    response = query_engine(desk, exclude=["cnn.com", "drafts/"]).query(PLATFORM)
    assert "four oil platforms" in str(response)


def test_the_command_takes_sources(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    from ui.cli import main

    folder = str(Path(archive.path))
    assert main(["ask", PLATFORM, "--source", "cnn.com", "--archive", folder]) == 0
    assert "gas platform" in (said := capsys.readouterr().out) and "oil platforms" not in said
    flags = ["--not-source", "cnn.com", "--not-source", "drafts/", "--archive", folder]
    assert main(["search", "platform", *flags]) == 0
    assert "gas platform" not in (said := capsys.readouterr().out) and "oil platforms" in said
    assert main(["ask", PLATFORM, "--source", "cnn.con", "--archive", folder]) == 2
    assert capsys.readouterr().err.startswith("error: no article is from 'cnn.con'; near it are cnn.com")


def test_a_conversation_stays_with_its_sources(
    archive: Archive, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    from ui.cli import main

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PLATFORM}\n"))
    assert main(["chat", "--source", "bbc.co.uk", "--archive", str(archive.path)]) == 0
    assert "four oil platforms" in capsys.readouterr().out
