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
    str | None,
    Option(
        "--llm",
        metavar="SPEC",
        help="extractive, openai/MODEL, anthropic/MODEL, ollama/MODEL, URL#MODEL, hf/PATH.",
    ),
]
CountFlag = Annotated[str | None, Option("-k", metavar="N", help="How many passages to use.")]

SourceFlag = Annotated[
    list[str] | None,
    Option(
        "--source",
        metavar="NAME",
        help="Only from this source: a site as cnn.com, a folder as drafts/ or a file (may be given several times).",
    ),
]
NotSourceFlag = Annotated[
    list[str] | None,
    Option("--not-source", metavar="NAME", help="Not from this source (may be given several times)."),
]

EVERY_MIN = 15.0

_PATTERNS = (
    " (may be given several times). * stands for any part of a name, ** for any folders; without a slash the "
    "pattern is looked for at any depth, with one from PATH on. Articles of files left out are removed from "
    "the archive."
)

IncludeFlag = Annotated[
    list[str] | None,
    Option("--include", metavar="GLOB", help="Of folders, read only files that fit, as '*.md'" + _PATTERNS),
]
ExcludeFlag = Annotated[
    list[str] | None,
    Option(
        "--exclude",
        metavar="GLOB",
        help="Leave out files that fit, as 'drafts/*'; see --include for patterns.",
    ),
]
WatchFlag = Annotated[
    bool, Option("--watch", help="Go on until Ctrl-C: take up changes as they happen.", metavar="")
]
EveryFlag = Annotated[
    float | None,
    Option(
        "--every",
        metavar="MINUTES",
        min=1,
        max=10_080,
        help=f"With --watch: how often addresses are fetched again [{EVERY_MIN:g}].",
    ),
]
MigrateFlag = Annotated[
    bool,
    Option(
        "--migrate",
        help="First make an archive of an earlier citedesk, or of another model, anew from its own articles.",
        metavar="",
    ),
]


def settings_of(context: Context) -> Settings:
    """The settings of this call: its own flags, then those before the command, then the rest."""
    from rag.settings import Settings, load_settings

    own = {name: value for name, value in context.params.items() if value is not None}
    flags = {**context.obj, **own}
    return load_settings(**{name: value for name, value in flags.items() if name in Settings.model_fields})


def wants_json(context: Context) -> bool:
    """Whether the result is to be printed as JSON."""
    return bool(context.params.get("json") or context.obj.get("json"))
