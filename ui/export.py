"""A conversation to take away: as Markdown, and as one page of HTML that needs nothing else.

Both show every answer with its footnotes: the exact quote, the article's title, date, address and id, and where in the
article's text the quote stands. Whatever comes from an article, a question or a model is shown as the text it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ui import export_html, export_markdown
from ui.export_parts import Told, moment, tell, title, version
from ui.store.conversations import Conversation, Exchange


def as_markdown(
    conversation: Conversation, exchanges: Sequence[Exchange], *, exported: dt.datetime | None = None
) -> str:
    """The conversation as Markdown with footnotes, as GitHub, Pandoc and most editors read them.

    ``exported`` is the present moment unless given.

    >>> now = dt.datetime(2023, 11, 8, 9, 5, tzinfo=dt.UTC)
    >>> as_markdown(Conversation("c", "ann", "*Rain*", now, now, 0), [], exported=now).splitlines()[0]
    '# \\\\*Rain\\\\*'
    """
    return export_markdown.document(title(conversation), _about(exported), _told(exchanges))


def as_html(
    conversation: Conversation, exchanges: Sequence[Exchange], *, exported: dt.datetime | None = None
) -> str:
    """The conversation as one HTML page: nothing in it is loaded from elsewhere, and nothing runs.

    ``exported`` is the present moment unless given.
    """
    return export_html.page(title(conversation), _about(exported), _told(exchanges))


def packed_html(conversation: Conversation, exchanges: Sequence[Exchange], made_by: str) -> str:
    """The page of an evidence pack, which says the same whenever it is made of the same."""
    about = f"As it stood on {moment(conversation.updated)} · citedesk {made_by}"
    return export_html.page(title(conversation), about, _told(exchanges))


def _about(exported: dt.datetime | None) -> str:
    return f"Exported {moment(exported or dt.datetime.now(dt.UTC))} · citedesk {version()}"


def _told(exchanges: Sequence[Exchange]) -> list[Told]:
    return [tell(exchange, number) for number, exchange in enumerate(exchanges, start=1)]
