"""Settings: the only reader of the environment.

For each setting, the first of these that names it counts: flag, environment, ``citedesk.toml`` in the
working directory, default. The variable of a setting is ``CITEDESK_`` and its name in capitals; a few
names that other programs have made usual (OPENAI_API_KEY, OLLAMA_BASE_URL, GRADIO_SERVER_PORT, ...)
are honoured after it. An unknown name is an error, so that a slip of the pen is not silently ignored.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from index.articles import parse_date
from index.encoder import DEFAULT_MODEL
from index.errors import BadDate, BadSetting

FILE = Path("citedesk.toml")
PREFIX = "CITEDESK_"
ELSEWHERE = {"CITEDESK_DATA", "CITEDESK_CACHE"}
"""Variables with our prefix that are no settings: where test data and the model cache lie."""

USUAL_NAMES = {
    "openai_api_key": "OPENAI_API_KEY",
    "openai_api_base": "OPENAI_API_BASE",
    "anthropic_api_key": "ANTHROPIC_API_KEY",
    "anthropic_api_base": "ANTHROPIC_BASE_URL",
    "ollama_base_url": "OLLAMA_BASE_URL",
    "host": "GRADIO_SERVER_NAME",
    "port": "GRADIO_SERVER_PORT",
}


def _day(value: object) -> object:
    try:
        return parse_date(value) if isinstance(value, str | dt.date) else value
    except BadDate:
        raise ValueError("this is no calendar date, write it as 2023-11-08") from None


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("a URL should begin with http:// or https://")
    return value.rstrip("/")


def _names(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
"""Several names: a list in the file, with commas between them elsewhere."""
Day = Annotated[dt.date | None, BeforeValidator(_day)]
Url = Annotated[str, AfterValidator(_http_url)]


class Settings(BaseSettings):
    """Every setting with its default. Make one with `load_settings`, which words the errors.

    >>> Settings(k=3).k, Settings(openai_api_key="sk-secret").openai_api_key
    (3, SecretStr('**********'))
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, protected_namespaces=()
    )

    archive: Path = Path(".citedesk")
    model: str = Field(DEFAULT_MODEL, min_length=1)
    llm: str = Field("extractive", min_length=1)
    k: int = Field(10, ge=1, le=50, description="passages an answer is made from")
    as_of: Day = None
    since: Day = None
    until: Day = None
    tolerated_error: float | None = Field(
        None, gt=0, le=1, description="share of the answers that may be wrong; what is less sure is withheld"
    )
    unsupported: Literal["drop", "strike"] = Field(
        "drop", description="what becomes of a sentence of the LLM that the archive does not bear out"
    )
    llm_timeout_s: float = Field(30.0, gt=0, le=3600, description="for the first and each further token")
    llm_retry_wait_s: float = Field(0.5, ge=0, le=60, description="doubled at each retry")
    llm_context_tokens: int = Field(4096, ge=512)
    llms: Names = Field((), description="LLM specs that people may choose from in the browser and by the API")
    database: str | None = Field(
        None, min_length=1, description="URL of what a server remembers; a file in the archive by default"
    )
    answers_at_once: int = Field(
        8, ge=1, le=1000, description="answers a server works on; further questions wait for their turn"
    )
    fetch_private: bool = Field(
        False,
        description="whether addresses of this machine and of private networks may be added in the browser",
    )
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(7860, ge=0, le=65535)
    auth: bool = Field(False, description="whether everybody who asks the server must be a user of it")
    allowed_hosts: Names = Field((), description="names that the server goes by, beside localhost and host")
    rate_per_minute: int = Field(0, ge=0, description="requests that a person may make; 0 for any number")
    max_request_mb: float = Field(1.0, gt=0, le=1000, description="of a request that uploads nothing")
    max_upload_mb: float = Field(64.0, gt=0, le=10_000, description="of a request that adds articles")
    log_format: Literal["off", "text", "json"] = Field(
        "off", description="one line on stdout for each request"
    )
    log_content: bool = Field(False, description="whether the log also says what was asked")
    openai_api_key: SecretStr | None = None
    openai_api_base: Url = "https://api.openai.com/v1"
    anthropic_api_key: SecretStr | None = None
    anthropic_api_base: Url = "https://api.anthropic.com"
    ollama_base_url: Url = "http://127.0.0.1:11434"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flag, then environment, then file; the default comes last by itself."""
        return init_settings, _Layer(cls, _environment()[0]), _Layer(cls, _file())


class _Layer(PydanticBaseSettingsSource):
    """Values that have been read already."""

    def __init__(self, settings_cls: type[BaseSettings], values: dict[str, Any]) -> None:
        super().__init__(settings_cls)
        self.values = values

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self.values


def load_settings(**flags: Any) -> Settings:
    """The settings now in force; a flag that is None was not given.

    Raises BadSetting, in one line, for an unknown name, a value that cannot be taken, or a
    ``citedesk.toml`` that is not TOML.

    >>> load_settings(k=12, llm=None).k
    12
    """
    given = {name: value for name, value in flags.items() if value is not None}
    _refuse_unknown(given, "", "")
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    raise BadSetting(_complaint(str(first["loc"][0]), first["msg"], given))


def _complaint(name: str, message: str, flags: dict[str, Any]) -> str:
    values, variables = _environment()
    if name in flags:
        value, place, remedy = flags[name], name, "give another value"
    elif name in values:
        value, place, remedy = values[name], variables[name], f"change or unset {variables[name]}"
    else:
        value, place, remedy = _file().get(name), f"{name} in {FILE}", f"change it in {FILE.absolute()}"
    secret = name.endswith(("_key", "_base", "_url", "database"))  # an address may hold a password
    shown = "" if secret else f" {_short(value)}"
    reason = message.removeprefix("Value error, ").replace("Input should", "it should")
    return f"{place}{shown} cannot be used: {reason}; {remedy}"


def _short(value: object) -> str:
    text = repr(value if isinstance(value, str | int | float | bool) else str(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _environment() -> tuple[dict[str, str], dict[str, str]]:
    """Settings from the environment, and the variable that gave each; an empty variable is not set."""
    values: dict[str, str] = {}
    variables: dict[str, str] = {}
    for name in Settings.model_fields:
        for variable in (PREFIX + name.upper(), USUAL_NAMES.get(name, "")):
            if name not in values and (value := os.environ.get(variable, "").strip()):
                values[name], variables[name] = value, variable
    ours = [v[len(PREFIX) :].lower() for v in os.environ if v.startswith(PREFIX) and v not in ELSEWHERE]
    _refuse_unknown(ours, PREFIX, "")
    return values, variables


def _file() -> dict[str, Any]:
    try:
        values = tomllib.loads(FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise BadSetting(
            f"{FILE.absolute()} cannot be read: {reason}; make it readable or remove it"
        ) from None
    except UnicodeDecodeError:
        raise BadSetting(f"{FILE.absolute()} is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        reason = " ".join(str(error).split())
        raise BadSetting(f"{FILE.absolute()} is not TOML: {reason}; mend that line") from None
    _refuse_unknown(values, "", f" in {FILE.absolute()}")
    return values


def _refuse_unknown(names: Iterable[str], prefix: str, place: str) -> None:
    known = list(Settings.model_fields)
    for name in names:
        if name in known:
            continue
        written = (prefix + name.upper() if prefix else name)[:60]
        near = difflib.get_close_matches(name[:60], known, n=1)
        if near:
            meant = prefix + near[0].upper() if prefix else near[0]
            raise BadSetting(f"unknown setting {written!r}{place}; did you mean {meant!r}?")
        remedy = "unset it" if prefix else "remove it"
        raise BadSetting(f"unknown setting {written!r}{place}; known are {', '.join(known)}; {remedy}")
