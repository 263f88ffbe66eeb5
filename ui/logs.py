"""Logs: one line a request, as text or as JSON; nothing that was asked or answered, unless the operator wants it.

Whatever a client chose is written such that it cannot end a line or begin another field.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.people import Person, person_in

if TYPE_CHECKING:
    from rag.settings import Settings

LOGGER = logging.getLogger("citedesk")
LOGGER.addHandler(logging.NullHandler())  # without a log, not even warnings are printed
_LONGEST = 200
_PLAIN = re.compile(r"[A-Za-z0-9_./:@{}+-]+")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being served, in its own task."""


class LineFormatter(logging.Formatter):
    """A record as one line: time, level, what happened, and its fields.

    >>> made = logging.makeLogRecord({"msg": "request", "created": 0, "levelname": "INFO"})
    >>> made.fields = {"path": "/a\\nb", "status": 404}
    >>> LineFormatter("text").format(made)
    '1970-01-01T00:00:00.000Z INFO request path="/a\\\\nb" status=404'
    """

    def __init__(self, style: str, *, content: bool = False) -> None:
        super().__init__()
        self._as_json = style == "json"
        self._content = content

    def formatException(self, ei: Any) -> str:
        """Where something went wrong; what it said of it may quote a question or an article."""
        if self._content:
            return super().formatException(ei)
        kinds: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None and len(kinds) < 5:
            where = traceback.extract_tb(error.__traceback__)
            calls = " < ".join(
                f"{Path(call.filename).name}:{call.lineno} {call.name}" for call in where[::-1]
            )
            kinds.append(f"{type(error).__name__} at {calls}")
            error = error.__cause__ or error.__context__
        return "; after ".join(kinds)

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        head = {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z",
            "level": record.levelname,
            "event": record.getMessage(),
        }
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if (known := request_id.get()) and "request_id" not in fields:
            fields["request_id"] = known
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        if self._as_json:
            return json.dumps({**head, **fields}, default=str)
        event = head["event"] if _PLAIN.fullmatch(head["event"]) else json.dumps(head["event"])
        told = (f"{name}={_shown(value)}" for name, value in fields.items())
        return " ".join((head["time"], head["level"], event, *told))


def _shown(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def logging_for(settings: Settings) -> dict[str, Any] | None:
    """A configuration for `logging.config` such that all lines go to stdout; None if no log is wanted."""
    if settings.log_format == "off":
        return None
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": LineFormatter, "style": settings.log_format, "content": settings.log_content}
        },
        "handlers": {
            "out": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}
        },
        "root": {"level": "WARNING", "handlers": ["out"]},
        "loggers": {LOGGER.name: {"level": "INFO"}},
    }


class RequestLine:
    """What the log says of one request, when it is done."""

    def __init__(self, scope: Mapping[str, Any], number: str) -> None:
        self._scope = scope
        self._number = number
        self._began = time.perf_counter()
        self.status = 500  # unless the response says otherwise

    def write(self) -> None:
        """Say it: the pattern of the route, as the path may hold anything; the path only if no route took it."""
        route = getattr(self._scope.get("route"), "path", None) or self._scope["path"][:_LONGEST]
        LOGGER.info(
            "request",
            extra={
                "fields": {
                    "request_id": self._number,
                    "method": self._scope["method"][:20],
                    "route": route,
                    "status": self.status,
                    "ms": round((time.perf_counter() - self._began) * 1000),
                    "person": person_in(self._scope).name,
                }
            },
        )


def log_question(settings: Settings, person: Person, question: str) -> None:
    """Say what was asked, if the operator wants to know."""
    if settings.log_content:
        LOGGER.info("question", extra={"fields": {"person": person.name, "question": question}})
