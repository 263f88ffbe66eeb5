"""A transformers model in this process: ``hf/PATH-OR-NAME``."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from queue import Empty
from typing import Any, Self

from index.errors import LLMError
from rag.budget import Budget, reply_tokens

_LOADING = threading.Lock()


class LocalModel:
    """Loads at the first `stream`, then stays in memory; on the GPU where there is one."""

    def __init__(self, name: str, source: str, timeout_s: float, context_tokens: int) -> None:
        self.name = name
        self.source = source
        self.timeout_s = timeout_s
        self.context_tokens = context_tokens
        self._most_tokens: int | None = None
        self._loaded: list[tuple[Any, Any]] = []  # one or none, shared with what `brief` gives

    def budget(self) -> Budget:
        """The model's own context, as far as the settings allow, counted by its own tokenizer.

        Loads the model; raises LLMError if that fails.
        """
        tokenizer, model = self._load()

        def count(system: str, user: str) -> int:
            return int(self._inputs(tokenizer, system, user)["input_ids"].shape[1])

        return Budget(self._limit(tokenizer, model), count)

    def brief(self, timeout_s: float, most_tokens: int) -> Self:
        """The same model, for a short reply that is only worth a short wait."""
        other = copy.copy(self)
        other.timeout_s = min(timeout_s, self.timeout_s)
        other._most_tokens = most_tokens
        return other

    def stream(self, system: str, user: str) -> Iterator[str]:
        """Words as they come; closing the iterator stops the model. Raises LLMError, in one line."""
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        tokenizer, model = self._load()
        inputs = self._inputs(tokenizer, system, user).to(model.device)
        room = self._room(self._limit(tokenizer, model), inputs["input_ids"].shape[1])
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

    def _limit(self, tokenizer: Any, model: Any) -> int:
        """The context in tokens: what the settings, the model and its tokenizer all allow."""
        own = (getattr(model.config, "max_position_embeddings", None), tokenizer.model_max_length)
        return min(self.context_tokens, *(int(limit) for limit in own if limit))

    def _room(self, limit: int, prompt_tokens: int) -> int:
        """How many tokens the reply may have; raises LLMError if the prompt alone is too long."""
        if prompt_tokens >= limit:
            raise LLMError(
                f"the model {self.source} has a context of {limit} tokens, the question with its passages takes "
                f"{prompt_tokens}; lower CITEDESK_K"
            )
        return min(self._most_tokens or reply_tokens(limit), limit - prompt_tokens)

    def _inputs(self, tokenizer: Any, system: str, user: str) -> Any:
        quietly = {"verbose": False}  # a prompt that is too long is ours to tell
        if tokenizer.chat_template:
            chat = [{"role": "system", "content": system}, {"role": "user", "content": user}]
            return tokenizer.apply_chat_template(
                chat,
                add_generation_prompt=True,
                return_tensors="pt",
                return_dict=True,
                tokenizer_kwargs=quietly,
            )
        return tokenizer(f"{system}\n\n{user}\n\nAnswer:", return_tensors="pt", **quietly)

    def _load(self) -> tuple[Any, Any]:
        with _LOADING:
            if not self._loaded:
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
                self._loaded.append((tokenizer, model))
            return self._loaded[0]
