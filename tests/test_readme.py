"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from index import Archive
from ui.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def _in_a_folder_with_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Archive.open(".citedesk") as archive:
        archive.sync(ROOT / "seeds")


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code
    exec(compile(code[1], "README.md", "exec"), {})
    shown = capsys.readouterr().out
    for said in re.findall(r"print\(.*?\)\s+# (.*)", code[1]):
        assert all(part in shown for part in said.split(" ... ")), said


@pytest.mark.parametrize("question", re.findall(r'\$ citedesk ask "(.*?)"', README))
def test_the_command_line_examples_print_what_is_shown(
    question: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ask", question])
    printed = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    after = README.split(f'$ citedesk ask "{question}"\n', 1)[1]
    shown = [line.strip() for line in re.split(r"\n\n(?!    )|\n    \$", after, maxsplit=1)[0].splitlines()]
    flat = " ".join(printed)
    for line in filter(None, shown):
        assert line in flat, line
