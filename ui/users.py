"""``citedesk user``: who may use a server that asks for users."""

from __future__ import annotations

import getpass
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Context, Option

from index.errors import ArchiveNotFound
from ui.flags import ArchiveFlag, JsonFlag, settings_of, wants_json
from ui.screen import Screen, say, write_json

if TYPE_CHECKING:
    from ui.store.people import People

app = typer.Typer(no_args_is_help=True, help="Users of the server, for the setting auth = true.")

NameArgument = Annotated[str, Argument(metavar="NAME", help="The user's name.")]


class RoleName(StrEnum):
    """What may be given as a role."""

    READER = "reader"
    EDITOR = "editor"


RoleFlag = Annotated[RoleName, Option("--role", help="A reader asks; an editor also changes the archive.")]


def _people(context: Context) -> People:
    from ui.service import STORE
    from ui.store.people import People
    from ui.store.schema import open_store

    settings = settings_of(context)
    if not settings.database and not settings.archive.is_dir():
        raise ArchiveNotFound(f"no archive at {settings.archive}; run: citedesk index FOLDER")
    return People(open_store(settings.database or settings.archive / STORE))


def _password() -> str:
    """Asked for twice without echo, or the first line of what is piped in."""
    from ui.store.people import BadUser

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise BadUser("the two passwords differ; type the same one twice")
    return first


@app.command()
def add(
    context: Context,
    name: NameArgument,
    role: RoleFlag = RoleName.READER,
    archive: ArchiveFlag = None,
) -> None:
    """Add a user; the password is asked for, or read from standard input."""
    person = _people(context).add(name, _password(), role.value)
    say(f"added {person.role} {person.name}")


@app.command()
def remove(context: Context, name: NameArgument, archive: ArchiveFlag = None) -> None:
    """Remove a user, with API keys and conversations."""
    _people(context).remove(name)
    say(f"removed {name}")


@app.command()
def password(context: Context, name: NameArgument, archive: ArchiveFlag = None) -> None:
    """Set another password; browsers that are logged in must log in again."""
    _people(context).set_password(name, _password())
    say(f"changed the password of {name}")


@app.command()
def role(
    context: Context,
    name: NameArgument,
    role: Annotated[RoleName, Argument(help="reader or editor")],
    archive: ArchiveFlag = None,
) -> None:
    """Set another role."""
    _people(context).set_role(name, role.value)
    say(f"{name} is {role.value} now")


@app.command("list")
def list_users(context: Context, archive: ArchiveFlag = None, json: JsonFlag = False) -> None:
    """List users, roles and the beginnings of their API keys."""
    found = _people(context).all()
    if wants_json(context):
        write_json(
            [
                {"name": u.name, "role": u.role, "created": u.created.isoformat(), "keys": u.keys}
                for u in found
            ]
        )
        return
    for user in found:
        Screen().line(f"{user.name}  ", user.role, *(f"  {start}..." for start in user.keys))


@app.command()
def key(context: Context, name: NameArgument, archive: ArchiveFlag = None) -> None:
    """Make an API key for a user; it is shown this once."""
    made = _people(context).new_key(name)
    say("this key is shown only now; send it as the header Authorization: Bearer KEY")
    Screen().line(made)


@app.command()
def revoke(
    context: Context,
    name: NameArgument,
    start: Annotated[str, Argument(metavar="[KEY]", help="Its beginning; all keys without.")] = "",
    archive: ArchiveFlag = None,
) -> None:
    """End API keys of a user."""
    say(f"revoked {_people(context).revoke(name, start)} of the keys of {name}")
