"""Between citedesk and the parsers of others: whatever they raise or print becomes one line."""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import BadArticle


@contextmanager
def guarded(kind: str, *loggers: str) -> Iterator[None]:
    """Turn any error of a foreign parser into BadArticle, and keep its warnings out of the terminal.

    >>> with guarded("PDF"):
    ...     raise KeyError("/Root")
    Traceback (most recent call last):
    index.errors.BadArticle: cannot be read as PDF (KeyError: '/Root'); open it and save it anew
    """
    for name in loggers:
        _silence(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (BadArticle, GeneratorExit):
        raise
    # Damaged input makes parsers raise errors of every kind, IndexError and RecursionError among them.
    except Exception as error:  # noqa: BLE001
        said = " ".join(str(error).split())[:100]
        told = f"{type(error).__name__}: {said}" if said else type(error).__name__
        raise BadArticle(f"cannot be read as {kind} ({told}); open it and save it anew") from None


@functools.cache
def _silence(name: str) -> None:
    """What goes wrong is told as a problem of the file; a parser's own complaints would only repeat it."""
    logger = logging.getLogger(name)
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
