"""What the README shows is what happens."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from index import Archive
from rag.settings import load_settings
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


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^    citedesk ([a-z]+)", README, re.MULTILINE))))
def test_every_command_that_is_named_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "Usage: citedesk" in capsys.readouterr().out


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", README, re.DOTALL))
def test_every_setting_that_is_shown_can_be_set(block: str, tmp_path: Path) -> None:
    (tmp_path / "citedesk.toml").write_text(block, "utf-8")
    settings = load_settings()
    assert tomllib.loads(block).keys() <= settings.model_dump().keys()


def test_the_configuration_of_a_desktop_client_starts_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    block = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert block
    entry = json.loads(block[1])["mcpServers"]["citedesk"]
    served: list[str] = []
    monkeypatch.setattr("ui.mcp.require_mcp", lambda: None)
    monkeypatch.setattr("ui.mcp.serve_stdio", lambda desk: served.append(str(desk.archive.path)))
    arguments = [".citedesk" if each.startswith("/") else each for each in entry["args"]]
    assert entry["command"] == "citedesk" and main(arguments) == 0
    assert served == [".citedesk"]
