"""LLMs: one place that turns a spec such as ``ollama/llama3.2`` into something that streams words.

Nothing is imported, opened or sent until the first word is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from index.errors import BadSetting
from rag.settings import Settings

FORMS = "extractive, openai/MODEL, anthropic/MODEL, ollama/MODEL, http(s)://HOST/v1#MODEL, hf/PATH-OR-NAME"


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
    if kind == "anthropic" and model:
        return _anthropic(spec, model, settings)
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


def _anthropic(spec: str, model: str, settings: Settings) -> LLM:
    from rag.llm_anthropic import AnthropicServer

    if not settings.anthropic_api_key:
        raise BadSetting(f"LLM {spec[:60]!r} needs a key; set ANTHROPIC_API_KEY")
    try:
        version("llama-index-llms-anthropic")
    except PackageNotFoundError:
        raise BadSetting(
            f"LLM {spec[:60]!r} needs a package that is not there; pip install 'citedesk[anthropic]'"
        ) from None
    return AnthropicServer(
        name=spec,
        base=settings.anthropic_api_base.removesuffix("/v1"),
        model=model,
        key=settings.anthropic_api_key,
        timeout_s=settings.llm_timeout_s,
        retry_wait_s=settings.llm_retry_wait_s,
        context_tokens=settings.llm_context_tokens,
    )


def _server(spec: str, base: str, model: str, key: SecretStr | None, settings: Settings) -> LLM:
    from rag.llm_openai import CompatibleServer

    return CompatibleServer(
        name=spec,
        base=base,
        model=model,
        key=key,
        timeout_s=settings.llm_timeout_s,
        retry_wait_s=settings.llm_retry_wait_s,
        context_tokens=settings.llm_context_tokens,
    )
