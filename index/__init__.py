"""Articles in, a searchable archive out. Knows nothing of questions.

    from index import Archive, Article

    with Archive.open(".citedesk") as archive:
        archive.sync("seeds/")
        archive.search("oil platform", k=3)

``Archive`` is imported when first asked for, so that ``import index`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from index.articles import ALWAYS, Article, DateRange, Passage, ScoredPassage, parse_date
from index.reports import (
    CheckReport,
    CheckResult,
    FileProblem,
    FlaggedArticle,
    Outlet,
    Progress,
    Status,
    SyncReport,
)

if TYPE_CHECKING:
    from index.archive import Archive

__all__ = [
    "ALWAYS",
    "Archive",
    "Article",
    "CheckReport",
    "CheckResult",
    "DateRange",
    "FileProblem",
    "FlaggedArticle",
    "Outlet",
    "Passage",
    "Progress",
    "ScoredPassage",
    "Status",
    "SyncReport",
    "parse_date",
]


def __getattr__(name: str) -> object:
    if name == "Archive":
        return import_module("index.archive").Archive
    raise AttributeError(f"module 'index' has no attribute {name!r}")
