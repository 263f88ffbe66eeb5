"""Models that are asked by Anthropic's Messages protocol: ``anthropic/MODEL``, an extra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.errors import LLMError
from rag.llm_server import ModelServer, Piece


class AnthropicServer(ModelServer):
    """A server that speaks the Messages protocol, through LlamaIndex's client."""

    END = b"message_stop"
    KEY = "ANTHROPIC_API_KEY"
    HEADERS = frozenset({"x-api-key", "anthropic-version"})

    def _client_library(self) -> Any:
        import anthropic
        import llama_index.llms.anthropic  # noqa: F401

        return anthropic

    def _pieces(self, http: Any, system: str, user: str) -> Iterator[Piece]:
        from anthropic import Anthropic as Client
        from llama_index.core.llms import ChatMessage, LLMMetadata
        from llama_index.llms.anthropic import Anthropic

        facts = LLMMetadata(context_window=self.context_tokens, is_chat_model=True, model_name=self.model)

        class AnyModel(Anthropic):  # type: ignore[misc]
            metadata = property(lambda _: facts)  # its own knows only the models of its day

        assert self.key is not None
        key = self.key.get_secret_value()
        try:
            model = AnyModel(
                model=self.model, max_tokens=self._most(), temperature=0.0, base_url=self.base, api_key=key
            )
        except ImportError:  # it makes a client of its own at once, which reads the proxies it never uses
            raise LLMError(
                f"{self._who} cannot be asked while ALL_PROXY names a SOCKS proxy; unset it"
            ) from None
        # LlamaIndex takes no HTTP client here, so its own gives way to one over our wire.
        model._client = Client(
            api_key=key, base_url=self.base, timeout=self.timeout_s, max_retries=0, http_client=http
        )
        messages = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]
        for part in model.stream_chat(messages):
            more = part.message.additional_kwargs
            yield Piece(
                part.delta or "", alive=bool(more.get("thinking_delta")), last=bool(more.get("stop_reason"))
            )
