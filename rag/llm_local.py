"""A transformers model in this process: ``hf/PATH-OR-NAME``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty
from typing import Any

from index.errors import LLMError
from rag.llms import reply_tokens

_LOADING = threading.Lock()


class LocalModel:
    """Loads at the first `stream`, then stays in memory; on the GPU where there is one."""

    def __init__(self, name: str, source: str, timeout_s: float, context_tokens: int) -> None:
        self.name = name
        self.source = source
        self.timeout_s = timeout_s
        self.context_tokens = context_tokens
        self._loaded: tuple[Any, Any] | None = None

    def stream(self, system: str, user: str) -> Iterator[str]:
        """Words as they come; closing the iterator stops the model. Raises LLMError, in one line."""
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        tokenizer, model = self._load()
        inputs = self._inputs(tokenizer, system, user).to(model.device)
        room = self._room(model, inputs["input_ids"].shape[1])
        streamer: Any = TextIteratorStreamer(
            tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=self.timeout_s
        )
        stop = threading.Event()
        failures: list[str] = []

        def generate() -> None:
            try:
                model.generate(
                    **inputs,
                    streamer=streamer,
                    max_new_tokens=room,
                    do_sample=False,
                    stopping_criteria=StoppingCriteriaList([lambda *_, **__: stop.is_set()]),
                )
            except (RuntimeError, ValueError, IndexError) as error:  # out of memory, prompt too long
                failures.append(str(error).strip().split("\n")[0][:100])
                streamer.end()

        worker = threading.Thread(target=generate, name="citedesk-llm", daemon=True)
        worker.start()
        try:
            yield from (piece for piece in streamer if piece)
        except Empty:
            raise LLMError(f"the model {self.source} wrote nothing for {self.timeout_s:g} s") from None
        finally:
            stop.set()
            worker.join(timeout=self.timeout_s)
        if failures:
            raise LLMError(f"the model {self.source} failed: {failures[0]}")

    def _room(self, model: Any, prompt_tokens: int) -> int:
        """How many tokens the reply may have; raises LLMError if the prompt alone is too long."""
        limit = getattr(model.config, "max_position_embeddings", None) or self.context_tokens
        if prompt_tokens >= limit:
            raise LLMError(
                f"the model {self.source} has a context of {limit} tokens, the question with its passages takes "
                f"{prompt_tokens}; lower CITEDESK_LLM_CONTEXT_TOKENS"
            )
        return min(reply_tokens(self.context_tokens), limit - prompt_tokens)

    def _inputs(self, tokenizer: Any, system: str, user: str) -> Any:
        if tokenizer.chat_template:
            chat = [{"role": "system", "content": system}, {"role": "user", "content": user}]
            return tokenizer.apply_chat_template(
                chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
        return tokenizer(f"{system}\n\n{user}\n\nAnswer:", return_tensors="pt")

    def _load(self) -> tuple[Any, Any]:
        with _LOADING:
            if self._loaded is None:
                import torch
                from transformers import AutoModelForCausalLM, AutoTokenizer
                from transformers.utils import logging

                hide_progress: Any = logging.disable_progress_bar
                hide_progress()

                try:
                    tokenizer = AutoTokenizer.from_pretrained(self.source)
                    model: Any = AutoModelForCausalLM.from_pretrained(self.source)
                except (OSError, ValueError) as error:
                    reason = str(error).strip().split("\n")[0][:100]
                    raise LLMError(f"the model {self.source} cannot be loaded: {reason}") from None
                model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
                self._loaded = tokenizer, model
            return self._loaded
