"""The tables, and the one way to open them: SQLite in a file, or PostgreSQL by URL when several servers share it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.types import TypeDecorator

from index.errors import BadSetting

_READS = "citedesk_reads"
BUSY_S = 15  # how long a writer waits for another


class Moment(TypeDecorator[dt.datetime]):
    """A point in time, stored in UTC, which SQLite would forget."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """To UTC without a zone."""
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """From UTC."""
        return value.replace(tzinfo=dt.UTC) if value else None


metadata = sa.MetaData()

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("updated", Moment, nullable=False),
    sa.Index("conversations_by_owner", "owner", "updated"),
)

exchanges = sa.Table(
    "exchanges",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column(
        "conversation", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("asked", sa.JSON, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("draft", sa.Text, nullable=False),
    sa.Column("answer", sa.JSON(none_as_null=True)),
    sa.Column("problem", sa.Text),
    sa.Column("server", sa.String(200), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.UniqueConstraint("conversation", "place"),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("exchange", sa.String(32), sa.ForeignKey("exchanges.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("good", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("role", sa.String(12), nullable=False),
    sa.Column("password", sa.String(200), nullable=False),  # its argon2 hash
    sa.Column("created", Moment, nullable=False),
)

passes = sa.Table(  # API keys and browser sessions: what lets a user in without a password
    "passes",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column(
        "user", sa.String(60), sa.ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("start", sa.String(12), nullable=False),  # by which a key is recognised in a list
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment),
)


def open_store(url: str | Path) -> Engine:
    """An engine with all tables in place, for a database URL or the path of an SQLite file.

    Raises BadSetting if the URL cannot be understood or the database cannot be reached.
    """
    text = f"sqlite:///{url}" if isinstance(url, Path) else url
    try:
        named = make_url(text)
        engine = (
            _sqlite(text)
            if named.get_backend_name() == "sqlite"
            else sa.create_engine(text, pool_pre_ping=True, hide_parameters=True)
        )
        metadata.create_all(engine)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise BadSetting(
            "database is no URL that can be used; write it as postgresql+psycopg://USER:PASSWORD@HOST/NAME"
            " (pip install 'citedesk[postgres]') or sqlite:///FILE"
        ) from None
    except SQLAlchemyError as error:
        shown = named.render_as_string(hide_password=True)
        reason = " ".join(str(getattr(error, "orig", error)).split())[:200]
        raise BadSetting(
            f"the database {shown} cannot be used: {reason}; is it running, and may you write?"
        ) from None
    return engine


def reading(engine: Engine) -> Engine:
    """The same database, for transactions that only read: in SQLite they wait for no writer."""
    return engine.execution_options(**{_READS: True})


def _sqlite(url: str) -> Engine:
    # What was asked must not get into a log by way of an error.
    engine = sa.create_engine(
        url, connect_args={"timeout": BUSY_S, "check_same_thread": False}, hide_parameters=True
    )

    @sa.event.listens_for(engine, "connect")
    def prepared(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin when we say so, below
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get(_READS)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
