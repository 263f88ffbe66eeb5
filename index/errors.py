"""Everything that citedesk raises on purpose, as one tree.

::

    CitedeskError
    |-- BadInput             the user gave something that cannot be used (exit status 2)
    |   |-- SourceNotFound   a path that is not there
    |   |-- UnknownSource    a source that no article is from
    |   |-- BadArticle       one article or file that cannot be read
    |   |-- FetchFailed      a web address that cannot or may not be fetched
    |   |-- BadDate          a date that is no date
    |   |-- BadQuestion      empty, or too long
    |   `-- BadSetting       an unknown setting, or a value it cannot take
    |-- ArchiveError         the archive cannot do this
    |   |-- ArchiveNotFound  nothing has been made there yet
    |   |-- ArchiveEmpty     nothing has been indexed yet
    |   |-- ArchiveMismatch  made by another model or version
    |   |-- ArchiveDamaged   the catalogue cannot be read
    |   |-- ArchiveLocked    another process is writing
    |   `-- ArticleNotFound  no article has this id
    |-- ModelError           weights that are missing or are not what they should be
    `-- LLMError             the LLM did not answer, or its answer cannot be used

Each message is one line: the value, the limit and the remedy.
"""

from __future__ import annotations


class CitedeskError(Exception):
    """Base of every error that citedesk raises on purpose.

    >>> str(BadDate("date '2023-13-01' is no calendar date; write it as 2023-11-08"))
    "date '2023-13-01' is no calendar date; write it as 2023-11-08"
    """


class BadInput(CitedeskError):
    """The user gave something that cannot be used."""


class SourceNotFound(BadInput):
    """A path that is not there."""


class UnknownSource(BadInput):
    """A source that no article is from."""


class BadArticle(BadInput):
    """One article or file that cannot be read; the rest goes on."""


class FetchFailed(BadInput):
    """A web address that cannot or may not be fetched; the rest goes on.

    ``status`` is what its server answered, None if it came to no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class BadDate(BadInput):
    """A date that is no date."""


class BadQuestion(BadInput):
    """An empty or overlong question."""


class BadSetting(BadInput):
    """An unknown setting, or a value that it cannot take."""


class ArchiveError(CitedeskError):
    """The archive cannot do this."""


class ArchiveNotFound(ArchiveError):
    """There is no archive at this path yet."""


class ArchiveEmpty(ArchiveError):
    """Nothing has been indexed yet."""


class ArchiveMismatch(ArchiveError):
    """The archive was made by another model or version."""


class ArchiveDamaged(ArchiveError):
    """The catalogue cannot be read."""


class ArchiveLocked(ArchiveError):
    """Another process is writing to this archive."""


class ArticleNotFound(ArchiveError):
    """No article has this id."""


class ModelError(CitedeskError):
    """Model weights are missing or are not what they should be."""


class LLMError(CitedeskError):
    """The LLM did not answer, or its answer cannot be used."""
