"""What a cold start loads: heavy libraries must wait until they are needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from ui.cli import main

NEVER_FOR_A_QUESTION = {
    "torch", "sentence_transformers", "transformers", "gradio", "llama_index", "fastapi", "uvicorn", "onnx",
    "pandas", "scipy", "httpx", "watchfiles", "trafilatura", "feedparser", "pypdf", "docx", "mcp", "mcp_types",
}  # fmt: skip
NEVER_FOR_HELP = NEVER_FOR_A_QUESTION | {"onnxruntime", "faiss", "numpy", "tantivy", "tokenizers"}

SCRIPT = """
import json, sys
from ui.cli import main
status = main(sys.argv[1:])
loaded = sorted({name.partition(".")[0] for name in sys.modules})
sys.stderr.write(json.dumps({"status": status, "loaded": loaded}))
"""


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules in memory after the command, in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    report = json.loads(done.stderr)
    assert report["status"] == 0
    return set(report["loaded"])


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["serve", "--help"], ["mcp", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_by(*arguments) & NEVER_FOR_HELP == set()


def test_a_question_loads_only_what_answers_it(tmp_path: Path, seeds: Path) -> None:
    archive = str(tmp_path / "archive")
    assert main(["index", str(seeds), "--archive", archive]) == 0
    loaded = loaded_by("ask", "What did Ukraine recapture in the Black Sea?", "--archive", archive)
    assert "onnxruntime" in loaded, "the question was really answered"
    assert loaded & NEVER_FOR_A_QUESTION == set()
