"""citedesk inside a LlamaIndex program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.retrievers import BaseRetriever

from index import Archive
from index.errors import ArchiveEmpty
from rag import NO_ANSWER, Assistant
from rag.llamaindex import ArchiveRetriever, query_engine

QUESTION = "What did Ukraine recapture in the Black Sea?"


@pytest.fixture(scope="module")
def desk(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Archive.open(tmp_path_factory.mktemp("archive")) as archive:
        archive.sync(seeds)
        yield Assistant.open(archive)


@pytest.mark.parametrize("source", ["assistant", "archive"])
def test_retriever_gives_exact_passages(desk: Assistant, source: str) -> None:
    retriever = ArchiveRetriever(desk if source == "assistant" else desk.archive, k=3)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.retrieve(QUESTION)
    assert 0 < len(found) <= 3 and "platform" in found[0].node.get_content()
    assert [n.score for n in found] == sorted((n.score or 0.0 for n in found), reverse=True)
    for each in found:
        meta = each.node.metadata
        article = desk.archive.article(meta["article_id"])
        assert article.text[meta["start_char_idx"] : meta["end_char_idx"]] == each.node.get_content()
        assert meta["date"] == "2023-11-08"
        assert each.node.node_id == f"{article.id}:{meta['start_char_idx']}-{meta['end_char_idx']}"


def test_query_engine_cites_by_source_nodes(desk: Assistant) -> None:
    engine = query_engine(desk)
    assert isinstance(engine, BaseQueryEngine)
    response = engine.query(QUESTION)
    numbers = {int(n) for n in re.findall(r"\[(\d+)\]", str(response))}
    assert numbers == set(range(1, len(response.source_nodes) + 1)) and numbers
    assert "platform" in response.source_nodes[0].node.get_content()
    assert response.metadata is not None and response.metadata["answer"]["abstained"] is False


def test_query_engine_declines(desk: Assistant) -> None:
    response = query_engine(desk).query("Who won the 2022 World Cup?")
    assert str(response) == NO_ANSWER and response.source_nodes == []
    assert response.metadata is not None and response.metadata["answer"]["reason"]


def test_empty_archive_says_so(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive, pytest.raises(ArchiveEmpty):
        ArchiveRetriever(archive).retrieve(QUESTION)
