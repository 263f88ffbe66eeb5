"""The flags that commands share, before the command or after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Context, Option

if TYPE_CHECKING:
    from rag.settings import Settings

ArchiveFlag = Annotated[
    str | None, Option("--archive", metavar="DIR", help="Where the archive lies [.citedesk].")
]
ModelFlag = Annotated[
    str | None, Option("--model", metavar="NAME", help="Embedding model the archive is made with.")
]
JsonFlag = Annotated[bool, Option("--json", help="Print one JSON object.", metavar="")]
AsOfFlag = Annotated[
    str | None, Option("--as-of", metavar="DATE", help="Answer as on this day, as in 2023-11-08.")
]
SinceFlag = Annotated[str | None, Option("--since", metavar="DATE", help="Only articles from this day on.")]
UntilFlag = Annotated[str | None, Option("--until", metavar="DATE", help="Only articles up to this day.")]
LlmFlag = Annotated[
    str | None, Option("--llm", metavar="SPEC", help="extractive, openai/MODEL, ollama/MODEL, URL#MODEL.")
]
CountFlag = Annotated[str | None, Option("-k", metavar="N", help="How many passages to use.")]


def settings_of(context: Context) -> Settings:
    """The settings of this call: its own flags, then those before the command, then the rest."""
    from rag.settings import Settings, load_settings

    own = {name: value for name, value in context.params.items() if value is not None}
    flags = {**context.obj, **own}
    return load_settings(**{name: value for name, value in flags.items() if name in Settings.model_fields})


def wants_json(context: Context) -> bool:
    """Whether the result is to be printed as JSON."""
    return bool(context.params.get("json") or context.obj.get("json"))
