"""Evidence packs: a conversation with every article it cites, in one zip that anybody can check offline.

::

    pack.json             versions, archive, conversation, each answer whole, where each quote stands
    articles/ID.json      the full text of each cited article, as it was cited
    conversation.html     the conversation to read and print
    SHA256SUMS            of the files above, for ``citedesk check`` and ``sha256sum --check``

A pack shows that its quotes stand in its articles. That these are the articles of an archive, only the archive can
show: whoever writes articles of their own can pack them. So keep the archive, and check the pack against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from index.errors import ArticleNotFound
from index.passages import CHUNKING
from index.schema import VERSION
from rag.answer import Citation
from rag.evidence import article_ref
from ui.export_parts import version
from ui.pack_check import Comparison, PackReport, check_pack
from ui.pack_file import write_zip
from ui.pack_format import (
    FORMAT,
    LAYOUT,
    PACK,
    PAGE,
    SUMS,
    BadPack,
    Pack,
    article_file,
    json_bytes,
    sha256,
    sums,
)
from ui.pack_opened import answers_of, packed_page
from ui.payloads import answer_of
from ui.store.conversations import Conversation, Exchange

if TYPE_CHECKING:
    from index.archive import Archive
    from index.articles import Article

__all__ = ["BadPack", "Comparison", "PackReport", "check_pack", "make_pack"]


def make_pack(archive: Archive, conversation: Conversation, exchanges: Sequence[Exchange]) -> bytes:
    """The zip of a conversation: the same conversation and archive always make the same bytes.

    An article that is no longer in the archive is missing from the pack, and `check_pack` will say so. Answers that
    were not finished are told without what had been said. Raises BadPack if it would be larger than a pack may be.
    """
    articles = _Articles(archive)
    packed = {
        "format": FORMAT,
        "layout": LAYOUT,
        "citedesk": version(),
        "archive": _archive(archive),
        "conversation": {
            "id": conversation.id,
            "title": conversation.title,
            "created": conversation.created.isoformat(),
            "updated": conversation.updated.isoformat(),
        },
        "exchanges": [_exchange(each, articles) for each in exchanges],
    }
    data = json_bytes(packed)
    pack = Pack.of(data)
    files = {PACK: data, PAGE: packed_page(pack, answers_of(pack)), **articles.files}
    return write_zip(files | {SUMS: sums(files)})


def _archive(archive: Archive) -> dict[str, Any]:
    status = archive.status()
    return {
        "fingerprint": status.fingerprint,
        "model": status.model,
        "vectors": status.vector_index,
        "schema_version": VERSION,
        "passages": CHUNKING,
    }


def _exchange(exchange: Exchange, articles: _Articles) -> dict[str, Any]:
    cited = answer_of(exchange.answer).citations if exchange.answer else ()
    return {
        "id": exchange.id,
        "place": exchange.place,
        "question": exchange.question,
        "created": exchange.created.isoformat(),
        "asked": exchange.asked,
        "state": exchange.state,
        "problem": exchange.problem,
        "answer": exchange.answer,
        "citations": [articles.pack(each) for each in cited],
    }


class _Articles:
    """The cited articles, each version once, as files of the pack."""

    def __init__(self, archive: Archive) -> None:
        self.files: dict[str, bytes] = {}
        self._archive = archive
        self._places: dict[tuple[str, bytes], str] = {}
        self._versions: dict[str, int] = {}

    def pack(self, citation: Citation) -> dict[str, Any]:
        """Pack the article of a citation, and tell where the quote stands."""
        article = self._cited(citation)
        return {
            "number": citation.number,
            "article": citation.article.id,
            "start": citation.start,
            "end": citation.end,
            "quote": citation.quote,
            "sha256": sha256(article.text) if article else None,
            "file": self._file(citation.article.id, article) if article else None,
        }

    def _cited(self, citation: Citation) -> Article | None:
        """The version that was cited; else the newest that says the same at the same place."""
        key, start, end = citation.article.id, citation.start, citation.end
        try:
            for article in (each.article for each in self._archive.versions(key)):
                if article.text[start:end] == citation.quote and article_ref(article) == citation.article:
                    return article
            return self._archive.cited(key, start, end, citation.quote).article
        except ArticleNotFound:
            return None

    def _file(self, key: str, article: Article) -> str:
        ref = article_ref(article)
        data = json_bytes(
            {"id": ref.id, "title": ref.title, "date": ref.date, "url": ref.url, "text": article.text}
        )
        if (key, data) not in self._places:
            self._versions[key] = self._versions.get(key, 0) + 1
            name = article_file(key, self._versions[key])
            self._places[key, data] = name
            self.files[name] = data
        return self._places[key, data]
