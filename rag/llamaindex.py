"""The same retrieval and the same answers inside a LlamaIndex program.

    from rag import Assistant
    from rag.llamaindex import ArchiveRetriever, query_engine

    with Assistant.open(".citedesk") as desk:
        nodes = ArchiveRetriever(desk, k=5).retrieve("oil platform")
        response = query_engine(desk).query("What did Ukraine recapture in the Black Sea?")

Imports LlamaIndex, which takes seconds; nothing else in citedesk imports this module.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.archive import Archive
from index.articles import Article
from rag.answer import Answer, Citation
from rag.assistant import Assistant


class ArchiveRetriever(BaseRetriever):
    """Passages of an archive as LlamaIndex nodes, best first; at most ``k``, of some sources (see `Archive.search`).

    A node's text is the passage, its id the passage's id; its metadata hold ``article_id``, ``title``,
    ``date`` (ISO), ``url``, ``start_char_idx`` and ``end_char_idx``, such that
    ``archive.article(article_id).text[start_char_idx:end_char_idx] == node.text``. Raises ArchiveEmpty.
    """

    def __init__(
        self,
        source: Archive | Assistant,
        k: int = 10,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self._source = source
        self._archive = source.archive if isinstance(source, Assistant) else source
        self._k = k
        self._include, self._exclude = include, exclude

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._source.search(
            query_bundle.query_str, k=self._k, include=self._include, exclude=self._exclude
        )
        nodes = []
        for each in found:
            passage = each.passage
            article = self._archive.article(passage.article_id)
            node = _node(passage.id, passage.text, article, passage.start, passage.end)
            nodes.append(NodeWithScore(node=node, score=each.score))
        return nodes


class AssistantQueryEngine(CustomQueryEngine):
    """`Assistant.ask` as a LlamaIndex query engine; make one with `query_engine`."""

    assistant: Any
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def custom_query(self, query_str: str) -> Response:
        """The cited answer; see `query_engine`."""
        answer: Answer = self.assistant.ask(query_str, include=self.include, exclude=self.exclude)
        sources = [self._source(citation) for citation in answer.citations]
        return Response(
            response=answer.text, source_nodes=sources, metadata={"answer": dataclasses.asdict(answer)}
        )

    def _source(self, citation: Citation) -> NodeWithScore:
        article = self.assistant.archive.article(citation.article.id)
        name = f"{article.id}:{citation.start}-{citation.end}"
        node = _node(name, citation.quote, article, citation.start, citation.end)
        node.metadata["number"] = citation.number
        return NodeWithScore(node=node, score=1.0)


def query_engine(
    assistant: Assistant, *, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> BaseQueryEngine:
    """A query engine whose response is the cited answer, from some sources (see `Assistant.ask`).

    ``source_nodes[n - 1]`` is the exact quote behind marker ``[n]``; ``metadata["answer"]`` is the
    whole answer in its JSON form, with ``abstained`` and ``reason``. Raises what `Assistant.ask` does.
    """
    return AssistantQueryEngine(
        assistant=assistant,
        include=tuple(include),
        exclude=tuple(exclude),
        callback_manager=CallbackManager([]),
    )


def _node(name: str, text: str, article: Article, start: int, end: int) -> TextNode:
    where = {
        "article_id": article.id,
        "title": article.title,
        "date": article.date.isoformat() if article.date else None,
        "url": article.url,
        "start_char_idx": start,
        "end_char_idx": end,
    }
    return TextNode(
        id_=name,
        text=text,
        metadata=where,
        start_char_idx=start,
        end_char_idx=end,
        excluded_embed_metadata_keys=["article_id", "url", "start_char_idx", "end_char_idx"],
        excluded_llm_metadata_keys=["article_id", "url", "start_char_idx", "end_char_idx"],
    )
