"""Settings: which source wins, and what each mistake says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from index.errors import BadSetting
from rag.settings import load_settings

SECRET = "sk-very-secret-1234567890"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def complaint(**flags: object) -> str:
    with pytest.raises(BadSetting) as caught:
        load_settings(**flags)
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message and SECRET not in repr(caught.value.__context__)
    return message


def test_defaults() -> None:
    settings = load_settings()
    assert settings.archive == Path(".citedesk")
    assert (settings.llm, settings.k, settings.host, settings.port) == ("extractive", 10, "127.0.0.1", 7860)
    assert settings.as_of is None and settings.openai_api_key is None
    assert settings.ollama_base_url == "http://127.0.0.1:11434"


def test_flag_then_environment_then_file_then_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "citedesk.toml").write_text("k = 3\nport = 1000\nas_of = 2023-11-08\n")
    assert (load_settings().k, load_settings().as_of) == (3, dt.date(2023, 11, 8))
    monkeypatch.setenv("CITEDESK_K", "4")
    assert load_settings().k == 4
    assert load_settings(k=5).k == 5
    assert load_settings(k=None).k == 4, "a flag that is None was not given"
    assert load_settings().port == 1000


def test_usual_names_are_honoured_after_our_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "citedesk.toml").write_text('host = "10.0.0.1"\n')
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "8000")
    monkeypatch.setenv("OPENAI_API_BASE", "http://gateway/v1/")
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://box:11434")
    settings = load_settings()
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)
    assert (settings.openai_api_base, settings.ollama_base_url) == ("http://gateway/v1", "http://box:11434")
    monkeypatch.setenv("CITEDESK_PORT", "9000")
    assert load_settings().port == 9000


def test_plain_host_variable_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "build-box")
    monkeypatch.setenv("MODEL", "other")
    settings = load_settings()
    assert (settings.host, settings.model) == ("127.0.0.1", "all-MiniLM-L6-v2")


def test_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEDESK_LLM", "")
    monkeypatch.setenv("CITEDESK_AS_OF", " ")
    assert load_settings().llm == "extractive"


def test_unknown_key_in_file_names_the_nearest(folder: Path) -> None:
    (folder / "citedesk.toml").write_text('archiv = "x"\n')
    message = complaint()
    assert "'archiv'" in message and "citedesk.toml" in message and "'archive'" in message


def test_unknown_key_far_from_all_lists_the_known(folder: Path) -> None:
    (folder / "citedesk.toml").write_text("zzzz = 1\n")
    message = complaint()
    assert "llm_timeout_s" in message and "remove it" in message


def test_unknown_table_in_file(folder: Path) -> None:
    (folder / "citedesk.toml").write_text("[server]\nport = 1\n")
    assert "'server'" in complaint()


def test_unknown_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEDESK_ARCHVE", "x")
    assert "did you mean 'CITEDESK_ARCHIVE'" in complaint()


def test_data_and_cache_variables_are_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEDESK_DATA", "/data")
    monkeypatch.setenv("CITEDESK_CACHE", "/cache")
    assert load_settings().k == 10


def test_unknown_flag() -> None:
    assert "did you mean 'archive'" in complaint(archve="x")


@pytest.mark.parametrize("value", ["0", "51", "many", "1.5", "9" * 5000])
def test_bad_number_in_environment(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEDESK_K", value)
    message = complaint()
    assert message.startswith("CITEDESK_K") and value[:20] in message and len(message) < 250
    assert "unset CITEDESK_K" in message


def test_bad_value_names_its_source(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "citedesk.toml").write_text("port = 700000\n")
    assert "port in citedesk.toml 700000" in complaint() and "65535" in complaint()
    assert complaint(port="http").startswith("port 'http'")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "x")
    assert complaint().startswith("GRADIO_SERVER_PORT 'x'")


@pytest.mark.parametrize("name", ["as_of", "since", "until"])
def test_bad_date(name: str) -> None:
    message = complaint(**{name: "2023-13-01"})
    assert "2023-13-01" in message and "2023-11-08" in message


def test_url_without_scheme_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", f"user:{SECRET}@box:11434")
    message = complaint()
    assert message.startswith("OLLAMA_BASE_URL") and "http://" in message


@pytest.mark.parametrize("content", [b"k = \n", b"k = 3\n???\n", b"\xff\xfe\x00"])
def test_broken_file(content: bytes, folder: Path) -> None:
    (folder / "citedesk.toml").write_bytes(content)
    assert "citedesk.toml" in complaint()


def test_broken_file_names_the_line(folder: Path) -> None:
    (folder / "citedesk.toml").write_text("k = 3\nport = = 4\n")
    assert "line 2" in complaint()


def test_file_that_is_a_folder(folder: Path) -> None:
    (folder / "citedesk.toml").mkdir()
    assert "cannot be read" in complaint()


def test_secrets_are_never_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    settings = load_settings()
    assert settings.openai_api_key is not None and settings.openai_api_key.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    complaint(k=99)
    monkeypatch.delenv("OPENAI_API_KEY")
    (folder / "citedesk.toml").write_text(f'openai_api_key = ["{SECRET}"]\n')
    assert "openai_api_key" in complaint()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().k = 3
