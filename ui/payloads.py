"""What ``--json`` prints and REST returns, so that both say the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.answer import Answer, ArticleRef, Citation, PassageRef, Statement
from ui.sources import FindArticle

if TYPE_CHECKING:
    from index.articles import ScoredPassage
    from index.reports import CheckReport, Status, SyncReport


def answer_payload(answer: Answer) -> dict[str, Any]:
    """The answer as plain values; dates are ISO strings."""
    return dataclasses.asdict(answer)


def answer_of(payload: dict[str, Any]) -> Answer:
    """The answer that `answer_payload` made plain, possibly in another process."""
    return Answer(
        **payload
        | {
            "statements": tuple(
                Statement(**each | {"citations": tuple(each["citations"])}) for each in payload["statements"]
            ),
            "citations": tuple(
                Citation(**each | {"article": ArticleRef(**each["article"])}) for each in payload["citations"]
            ),
            "passages": tuple(PassageRef(**each) for each in payload["passages"]),
        }
    )


def search_payload(query: str, found: Sequence[ScoredPassage], find: FindArticle) -> dict[str, Any]:
    """The ranked passages of a search, each with its article."""
    return {
        "query": query,
        "passages": [
            {
                "article": dataclasses.asdict(find(s.passage.article_id)),
                "start": s.passage.start,
                "end": s.passage.end,
                "text": s.passage.text,
                "score": float(s.score),
                "dense": float(s.dense),
                "lexical": float(s.lexical),
            }
            for s in found
        ],
    }


def report_payload(report: Status | SyncReport | CheckReport) -> dict[str, Any]:
    """A report's fields as plain values."""
    values: dict[str, Any] = plain(report)
    return values


def plain(value: Any) -> Any:
    """Dataclasses as objects, dates as ISO strings, paths as strings, all the way down.

    >>> plain({"newest": dt.date(2023, 11, 8), "path": Path("a")})
    {'newest': '2023-11-08', 'path': 'a'}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(dataclasses.asdict(value))
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value
