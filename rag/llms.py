"""LLMs: one place that turns a spec such as ``ollama/llama3.2`` into something that streams words.

Nothing is imported, opened or sent until the first word is asked for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from index.errors import BadSetting, LLMError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.llm_http import Wire

FORMS = "extractive, openai/MODEL, ollama/MODEL, http(s)://HOST/v1#MODEL, hf/PATH-OR-NAME"
ATTEMPTS = 3
LONGEST_WAIT_S = 10.0
MAX_REPLY_CHARS = 20_000
NO_KEY = "none"


class LLM(Protocol):
    """A model that writes: ``name`` is its spec, without secrets."""

    @property
    def name(self) -> str:
        """The spec it was made from."""
        ...

    def stream(self, system: str, user: str) -> Iterator[str]:
        """Words as they come; closing the iterator stops the model. Raises LLMError, in one line."""
        ...


def load_llm(spec: str, settings: Settings) -> LLM | None:
    """The LLM of a spec, or None for ``extractive``. Cheap: the model is met at the first `stream`.

    Raises BadSetting for a spec of no known form, or a key that is missing.

    >>> load_llm("extractive", Settings()) is None
    True
    >>> load_llm("ollama/llama3.2", Settings()).name
    'ollama/llama3.2'
    """
    spec = spec.strip()
    if spec == "extractive":
        return None
    kind, _, model = spec.partition("/")
    if spec.startswith(("http://", "https://")):
        return _server_by_url(spec, settings)
    if kind == "ollama" and model:
        return _server(spec, settings.ollama_base_url.removesuffix("/v1") + "/v1", model, None, settings)
    if kind == "openai" and model:
        if not settings.openai_api_key:
            raise BadSetting(f"LLM {spec[:60]!r} needs a key; set OPENAI_API_KEY")
        return _server(spec, settings.openai_api_base, model, settings.openai_api_key, settings)
    if kind == "hf" and model:
        from rag.llm_local import LocalModel

        return LocalModel(spec, model, settings.llm_timeout_s, settings.llm_context_tokens)
    raise BadSetting(f"unknown LLM {spec[:60]!r}; use one of: {FORMS}")


def _server_by_url(spec: str, settings: Settings) -> LLM:
    try:
        url = urlsplit(spec)
        port_is_fine = url.port is None or url.port > 0
    except ValueError:
        port_is_fine = False
    if not port_is_fine or not url.hostname:
        raise BadSetting("LLM address has no usable host or port; write http(s)://HOST:PORT/v1#MODEL")
    if url.username is not None or url.query:
        raise BadSetting(
            "LLM address holds a password or a query; set OPENAI_API_BASE and OPENAI_API_KEY instead, "
            "and use openai/MODEL"
        )
    if not url.fragment:
        raise BadSetting(f"LLM address {spec[:60]!r} names no model; write {spec[:60]}#MODEL")
    base = f"{url.scheme}://{url.netloc}{url.path.rstrip('/') or '/v1'}"
    # The user's OpenAI key is for the host it was set for, and for no other.
    key = settings.openai_api_key if base == settings.openai_api_base else None
    return _server(spec, base, url.fragment, key, settings)


def _server(spec: str, base: str, model: str, key: SecretStr | None, settings: Settings) -> LLM:
    return CompatibleServer(
        name=spec,
        base=base,
        model=model,
        key=key,
        timeout_s=settings.llm_timeout_s,
        retry_wait_s=settings.llm_retry_wait_s,
        context_tokens=settings.llm_context_tokens,
    )


def shown_url(url: str) -> str:
    """A URL without user, password and query, fit for a message.

    >>> shown_url("https://me:secret@box:8080/v1?key=1")
    'https://box:8080/v1'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _Busy(LLMError):
    """The server asks to come back later; ``after_s`` is its own wish, if it has one."""

    def __init__(self, message: str, after_s: float | None) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True)
class CompatibleServer:
    """Any server that speaks the OpenAI chat protocol, through LlamaIndex's client.

    ``timeout_s`` bounds the wait for the first token, retries included, and for each further one.
    """

    name: str
    base: str
    model: str
    key: SecretStr | None
    timeout_s: float
    retry_wait_s: float
    context_tokens: int

    def stream(self, system: str, user: str) -> Iterator[str]:
        """Words as they come. Raises LLMError; 429 and 5xx are retried before the first word only."""
        from rag.llm_http import Wire

        _import_client()  # outside the deadline: it may take seconds the first time
        wire = Wire(self.timeout_s)
        for attempt in range(ATTEMPTS):
            try:
                yield from self._exchange(wire, system, user)
                return
            except _Busy as busy:
                wait = self.retry_wait_s * 2**attempt * random.uniform(0.5, 1.0)
                wait = wait if busy.after_s is None else busy.after_s
                if attempt + 1 == ATTEMPTS or wait > min(LONGEST_WAIT_S, wire.left()):
                    raise LLMError(str(busy)) from None
                time.sleep(wait)

    def _exchange(self, wire: Wire, system: str, user: str) -> Iterator[str]:
        import httpx
        import openai
        from llama_index.core.llms import ChatMessage

        messages = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]
        seen, finished = 0, False
        with wire.client() as http:
            try:
                for part in self._client(http).stream_chat(messages):
                    finished = finished or _is_last(part.raw)
                    if part.delta or part.additional_kwargs.get("thinking_delta"):
                        wire.restart()
                    if part.delta:
                        seen += len(part.delta)
                        yield part.delta
                        wire.restart()
                    if seen > MAX_REPLY_CHARS:
                        raise LLMError(f"{self._who} went on for more than {MAX_REPLY_CHARS:,} characters")
            except openai.APIStatusError as error:
                raise self._refused(error) from None
            except (openai.APITimeoutError, httpx.TimeoutException):
                raise self._silent(seen) from None
            except (openai.APIConnectionError, httpx.HTTPError) as error:
                raise self._cut(error, wire.status) from None
            except openai.APIError:
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
                # what the client raises, in all these ways, for a stream that is not the protocol
                raise LLMError(f"{self._who} sent what cannot be read as a reply") from None
        self._check_end(wire, seen, finished)

    def _client(self, http: Any) -> Any:
        from llama_index.llms.openai_like import OpenAILike

        return OpenAILike(
            model=self.model,
            api_base=self.base,
            api_key=self.key.get_secret_value() if self.key else NO_KEY,
            is_chat_model=True,
            context_window=self.context_tokens,
            max_tokens=reply_tokens(self.context_tokens),
            temperature=0.0,
            timeout=self.timeout_s,
            max_retries=0,  # `stream` retries, within its own deadline
            http_client=http,
        )

    @property
    def _who(self) -> str:
        return f"the LLM at {shown_url(self.base)}"

    def _silent(self, seen: int) -> LLMError:
        if seen:
            return LLMError(f"{self._who} fell silent for {self.timeout_s:g} s in the middle of its reply")
        return LLMError(f"{self._who} did not answer within {self.timeout_s:g} s")

    def _refused(self, error: Any) -> LLMError:
        code = int(error.status_code)
        if code == 429 or code >= 500:
            after = _retry_after(error.response.headers.get("retry-after"))
            what = "is busy" if code == 429 else "failed"
            return _Busy(f"{self._who} {what} (HTTP {code}); try again later", after)
        if code in (401, 403):
            hint = (
                "check OPENAI_API_KEY"
                if self.key
                else "set OPENAI_API_KEY, OPENAI_API_BASE, and use openai/MODEL"
            )
            return LLMError(f"{self._who} refused the key (HTTP {code}); {hint}")
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
        if not finished and b"[DONE]" not in wire.tail:
            raise LLMError(f"{self._who} broke off in the middle of its reply")


def reply_tokens(context_tokens: int) -> int:
    """How much of the context is kept for the reply.

    >>> reply_tokens(4096), reply_tokens(1024)
    (800, 256)
    """
    return min(800, context_tokens // 4)


def _import_client() -> None:
    import llama_index.llms.openai_like  # noqa: F401


def _is_last(raw: Any) -> bool:
    return any(getattr(choice, "finish_reason", None) for choice in getattr(raw, "choices", None) or ())


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
