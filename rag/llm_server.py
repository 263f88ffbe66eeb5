"""A server that writes: one deadline, bounded retries, and one line for whatever goes wrong.

What differs from one protocol to the next is in `rag.llm_openai` and `rag.llm_anthropic`; both
clients name their errors alike.
"""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from index.errors import LLMError
from rag.budget import reply_tokens
from rag.leaving import has_left

if TYPE_CHECKING:
    from rag.llm_http import Wire

ATTEMPTS = 3
LONGEST_WAIT_S = 10.0
MAX_REPLY_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One event of a reply: words, or a sign that the model is ``alive``.

    ``last`` ends the reply; ``read`` is how many tokens the server says the prompt had, 0 if it does not.
    """

    text: str
    alive: bool = False
    last: bool = False
    read: int = 0


class _Busy(LLMError):
    """The server asks to come back later; ``after_s`` is its own wish, if it has one."""

    def __init__(self, message: str, after_s: float | None) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True)
class ModelServer(ABC):
    """A server, and the model to ask there, through LlamaIndex's client for its protocol.

    ``timeout_s`` bounds the wait for the first token, retries included, and for each further one.
    ``most_tokens`` bounds the reply; None for the usual share of ``context_tokens``.
    """

    name: str
    base: str
    model: str
    key: SecretStr | None
    timeout_s: float
    retry_wait_s: float
    context_tokens: int
    most_tokens: int | None = None

    END: ClassVar[bytes]
    KEY: ClassVar[str]
    HEADERS: ClassVar[frozenset[str]]

    def stream(self, system: str, user: str) -> Generator[str, None, int]:
        """Words as they come; returns how many tokens the server says it read, 0 if it does not say.

        Raises LLMError; 429 and 5xx are retried before the first word only.
        """
        from rag.llm_http import Wire

        sdk = self._client_library()  # outside the deadline: it may take seconds the first time
        wire = Wire(self.timeout_s, self.HEADERS)
        for attempt in range(ATTEMPTS):
            try:
                return (yield from self._exchange(sdk, wire, system, user))
            except _Busy as busy:
                wait = self.retry_wait_s * 2**attempt * random.uniform(0.5, 1.0)
                wait = wait if busy.after_s is None else busy.after_s
                if attempt + 1 == ATTEMPTS or wait > min(LONGEST_WAIT_S, wire.left()):
                    raise LLMError(str(busy)) from None
                time.sleep(wait)
        return 0

    def brief(self, timeout_s: float, most_tokens: int) -> Self:
        """The same model, for a short reply that is only worth a short wait."""
        return replace(self, timeout_s=min(timeout_s, self.timeout_s), most_tokens=most_tokens)

    @abstractmethod
    def _client_library(self) -> Any:
        """The protocol's own client, imported, and LlamaIndex's around it."""

    @abstractmethod
    def _pieces(self, http: Any, system: str, user: str) -> Iterator[Piece]:
        """Send the question over an HTTP client; what the client raises is told by the caller."""

    def _most(self) -> int:
        return self.most_tokens or reply_tokens(self.context_tokens)

    def _exchange(self, sdk: Any, wire: Wire, system: str, user: str) -> Generator[str, None, int]:
        import httpx

        seen, read, finished = 0, 0, False
        with wire.client() as http:
            try:
                for piece in self._awaited(self._pieces(http, system, user)):
                    finished, read = finished or piece.last, max(read, piece.read)
                    if piece.alive or piece.text:
                        wire.restart()
                    if piece.text:
                        seen += len(piece.text)
                        yield piece.text
                        wire.restart()
                    if seen > MAX_REPLY_CHARS:
                        raise LLMError(f"{self._who} went on for more than {MAX_REPLY_CHARS:,} characters")
            except sdk.APIStatusError as error:
                raise self._refused(error, seen) from None
            except (sdk.APITimeoutError, httpx.TimeoutException):
                raise self._silent(seen) from None
            except (sdk.APIConnectionError, httpx.HTTPError) as error:
                raise self._cut(error, wire.status) from None
            except sdk.APIError:
                raise LLMError(f"{self._who} reported an error while it wrote") from None
            except (
                ValueError,
                TypeError,
                AttributeError,
                KeyError,
                IndexError,
                RecursionError,
                httpx.InvalidURL,
            ):
                # what the clients raise, in all these ways, for a stream that is not the protocol
                raise LLMError(f"{self._who} sent what cannot be read as a reply") from None
        self._check_end(wire, seen, finished)
        return read

    def _awaited(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            if has_left.get()():
                raise LLMError(f"nobody waits for {self._who} any more")
            yield piece

    @property
    def _who(self) -> str:
        return f"the LLM at {shown_url(self.base)}"

    def _silent(self, seen: int) -> LLMError:
        if seen:
            return LLMError(f"{self._who} fell silent for {self.timeout_s:g} s in the middle of its reply")
        return LLMError(f"{self._who} did not answer within {self.timeout_s:g} s")

    def _refused(self, error: Any, seen: int) -> LLMError:
        code = int(error.status_code)
        if code < 300:  # the stream had begun, and told of an error
            code = 529 if "overloaded" in str(error.body)[:200] and not seen else 0
        if code == 429 or code >= 500:
            after = _retry_after(error.response.headers.get("retry-after"))
            what = "is busy" if code in (429, 529) else "failed"
            return _Busy(f"{self._who} {what} (HTTP {code}); try again later", after)
        if code in (401, 403):
            hint = (
                f"check {self.KEY}" if self.key else f"set {self.KEY}, OPENAI_API_BASE, and use openai/MODEL"
            )
            return LLMError(f"{self._who} refused the key (HTTP {code}); {hint}")
        if not code:
            return LLMError(f"{self._who} reported an error while it wrote")
        hints = {404: f"does it serve the model {self.model[:60]!r}?", 413: "lower CITEDESK_K"}
        return LLMError(
            f"{self._who} refused the question (HTTP {code}); {hints.get(code, 'see its own log')}"
        )

    def _cut(self, error: Exception, status: int) -> LLMError:
        if status:
            return LLMError(f"{self._who} broke off in the middle of its reply")
        reason = str(error.__cause__ or "").rpartition("] ")[2][:80] or "no connection"
        return LLMError(f"{self._who} cannot be reached ({reason}); is it running?")

    def _check_end(self, wire: Wire, seen: int, finished: bool) -> None:
        if seen == 0 and wire.content_type not in ("text/event-stream", ""):
            kind = wire.content_type[:40]
            raise LLMError(f"{self._who} sent {kind}, not a stream of words; is the address right?")
        if seen == 0:
            raise LLMError(f"{self._who} sent an empty reply")
        if not finished and self.END not in wire.tail:
            raise LLMError(f"{self._who} broke off in the middle of its reply")


def shown_url(url: str) -> str:
    """A URL without user, password and query, fit for a message.

    >>> shown_url("https://me:secret@box:8080/v1?key=1")
    'https://box:8080/v1'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a number or an HTTP date; None if the server named none."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
