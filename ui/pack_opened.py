"""An evidence pack opened: every file read, every type checked, every citation beside its article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rag.answer import Answer, Citation
from ui.export import packed_html
from ui.pack_format import PACK, Pack, PackedArticle, PackedCitation, PackedExchange, answer, read, sha256


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation with its article as packed; ``where`` names it to a reader."""

    where: str
    turn: int
    citation: Citation
    packed: PackedCitation | None
    article: PackedArticle | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A pack whose every type is right: articles and SHA-256 of their texts by file, answers by question."""

    files: dict[str, bytes]
    pack: Pack
    articles: dict[str, PackedArticle]
    hashes: dict[str, str]
    answers: dict[int, Answer]
    cited: tuple[Cited, ...]


def packed_page(pack: Pack, answers: Mapping[int, Answer]) -> bytes:
    """The page of a pack, from ``pack.json`` and its `answers_of` alone."""
    exchanges = [
        each.exchange(pack.conversation.id, answers.get(turn))
        for turn, each in enumerate(pack.exchanges, start=1)
    ]
    page = packed_html(pack.conversation.conversation(len(exchanges)), exchanges, pack.citedesk)
    return page.encode("utf-8", "replace")


def open_pack(files: dict[str, bytes]) -> Opened:
    """Everything read, and every type checked. Raises BadPack."""
    pack = Pack.of(files[PACK])
    articles = {
        name: read(PackedArticle, data, name) for name, data in files.items() if name.startswith("articles/")
    }
    answers = answers_of(pack)
    cited = [each for turn, said in answers.items() for each in _cited(turn, said, pack, articles)]
    hashes = {name: sha256(article.text) for name, article in articles.items()}
    return Opened(files, pack, articles, hashes, answers, tuple(cited))


def answers_of(pack: Pack) -> dict[int, Answer]:
    """The answers by the number of their question. Raises BadPack."""
    return {
        turn: answer(each.answer, f"question {turn}")
        for turn, each in enumerate(pack.exchanges, start=1)
        if each.answer is not None
    }


def _cited(turn: int, said: Answer, pack: Pack, articles: dict[str, PackedArticle]) -> Iterator[Cited]:
    exchange: PackedExchange = pack.exchanges[turn - 1]
    for at, citation in enumerate(said.citations):
        packed = exchange.citations[at] if at < len(exchange.citations) else None
        article = articles.get(packed.file or "") if packed else None
        where = f"question {turn}, source {citation.number}"
        yield Cited(where, turn, citation, packed, article)
