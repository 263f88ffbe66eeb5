"""The ``citedesk`` command: its parts put together, and every fault told in one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from index.errors import ArchiveError, BadInput, CitedeskError
from ui import commands, indexing, users
from ui.flags import ArchiveFlag, AsOfFlag, CountFlag, JsonFlag, LlmFlag, ModelFlag, SinceFlag, UntilFlag
from ui.interrupts import Stopped
from ui.screen import prepare_streams, say

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="citedesk",
    help="Ask your own article archive in plain words; every sentence of the answer can be checked.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def shared(
    context: typer.Context,
    archive: ArchiveFlag = None,
    model: ModelFlag = None,
    json: JsonFlag = False,
    as_of: AsOfFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    llm: LlmFlag = None,
    k: CountFlag = None,
) -> None:
    """Ask your own article archive in plain words; every sentence of the answer can be checked."""
    context.obj = {name: value for name, value in context.params.items() if value not in (None, False)}


app.command()(indexing.index)
app.command()(commands.search)
app.command()(commands.ask)
app.command()(commands.chat)
app.command()(commands.serve)
app.command("eval")(commands.evaluate)
app.command()(commands.status)
app.command()(commands.check)
app.command()(commands.feedback)
app.command()(commands.mcp)
app.add_typer(users.app, name="user")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status; whatever goes wrong is told in one line."""
    prepare_streams()
    return _guarded(lambda: app(arguments, prog_name="citedesk", standalone_mode=False))


def _guarded(run: Callable[[], Any]) -> int:
    try:
        status = int(run() or OK)
        if status == INTERRUPTED:  # Typer turns Ctrl-C into this status
            say("interrupted")
        return status
    except Stopped as stopped:
        say(str(stopped))
        return INTERRUPTED
    except (BadInput, ArchiveError) as error:
        say(f"error: {error}")
        return BAD_INPUT
    except CitedeskError as error:
        say(f"error: {error}")
        return FAILED
    except typer.TyperException as error:
        # Without a message it is a call without a command, and the help has been shown.
        if message := " ".join(error.format_message().split()).rstrip("."):
            say(f"error: {message}; try: citedesk --help")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; the interpreter must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        say(f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return FAILED
