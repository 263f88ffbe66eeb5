"""A language model of a few kilobytes with random weights: it writes nonsense, but it runs.

Run as a program (``python tiny_model.py FOLDER``) it serves a saved one by the OpenAI chat protocol,
prints its port, and ends when its standard input does.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def make_tiny_model(folder: Path, positions: int) -> Path:
    """Save a model with its tokenizer, the words of which are the letters, and a chat template."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    vocabulary = {
        word: number for number, word in enumerate(["<unk>", "<end>", *"abcdefghijklmnopqrstuvwxyz"])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast: Any = PreTrainedTokenizerFast
    saved = fast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>", model_max_length=positions)
    saved.chat_template = "{% for m in messages %}{{ m['role'] }} : {{ m['content'] }} {% endfor %}"
    saved.save_pretrained(folder)
    config = GPT2Config(
        vocab_size=len(vocabulary),
        n_positions=positions,
        n_embd=8,
        n_layer=1,
        n_head=1,
        eos_token_id=1,
        bos_token_id=1,
    )
    torch.manual_seed(0)  # one unseeded model in some thirty ends its reply before the first word
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def main(folder: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, TextIteratorStreamer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
    torch.set_num_threads(1)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            inputs = tokenizer.apply_chat_template(
                asked["messages"], add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
            streamer: Any = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
            options = {**inputs, "streamer": streamer, "max_new_tokens": min(40, asked["max_tokens"])}
            threading.Thread(target=model.generate, kwargs={**options, "do_sample": False}).start()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for piece in streamer:
                self._event({"content": piece})
            self._event({}, "stop", {"prompt_tokens": int(inputs["input_ids"].shape[1])})
            self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, delta: Any, finish: str | None = None, usage: dict[str, int] | None = None) -> None:
            event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": asked_for}
            counts = {"completion_tokens": 0, "total_tokens": 0, **usage} if usage else None
            choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
            self.wfile.write(
                f"data: {json.dumps({**event, 'choices': choices, 'usage': counts})}\n\n".encode()
            )

    asked_for = Path(folder).name
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
