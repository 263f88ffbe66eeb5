"""Servers that speak the OpenAI chat protocol: OpenAI, Ollama, llama.cpp, vLLM, LM Studio and others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.llm_server import ModelServer, Piece

NO_KEY = "none"


class CompatibleServer(ModelServer):
    """Any server that speaks the OpenAI chat protocol, through LlamaIndex's client."""

    END = b"[DONE]"
    KEY = "OPENAI_API_KEY"
    HEADERS = frozenset({"authorization"})

    def _client_library(self) -> Any:
        import llama_index.llms.openai_like  # noqa: F401
        import openai

        return openai

    def _pieces(self, http: Any, system: str, user: str) -> Iterator[Piece]:
        from llama_index.core.llms import ChatMessage
        from llama_index.llms.openai_like import OpenAILike

        # A server without a key is the user's own, and such a one may cut a long prompt without a
        # word: it is asked how much it read. Of hosted ones some refuse the question, and none cuts.
        asked = {} if self.key else {"stream_options": {"include_usage": True}}
        client = OpenAILike(
            model=self.model,
            api_base=self.base,
            api_key=self.key.get_secret_value() if self.key else NO_KEY,
            is_chat_model=True,
            context_window=self.context_tokens,
            max_tokens=self._most(),
            temperature=0.0,
            timeout=self.timeout_s,
            max_retries=0,  # `stream` retries, within its own deadline
            http_client=http,
            additional_kwargs=asked,
        )
        messages = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]
        for part in client.stream_chat(messages):
            yield Piece(
                part.delta or "",
                alive=bool(part.additional_kwargs.get("thinking_delta")),
                last=_is_last(part.raw),
                read=_prompt_tokens(part.raw),
            )


def _is_last(raw: Any) -> bool:
    return any(getattr(choice, "finish_reason", None) for choice in getattr(raw, "choices", None) or ())


def _prompt_tokens(raw: Any) -> int:
    count = getattr(getattr(raw, "usage", None), "prompt_tokens", None)
    return count if isinstance(count, int) else 0
