"""Users: names, roles and password hashes, and the passes (API keys, sessions) that let them in."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from index.errors import BadInput
from ui.people import LOCAL, Person, Role
from ui.store.schema import conversations, passes, reading, users

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SESSION = dt.timedelta(days=14)
"""How long a browser stays logged in."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 1000
KEY_MARK = "cd_"
_NAME = re.compile(r"[\w.@+'-]+(?: [\w.@+'-]+)*")
LONGEST_NAME = 60
_SHOWN = 9

Kind = Literal["key", "session"]


class BadUser(BadInput):
    """A user name, password or key that cannot be used, or is not there."""


@dataclass(frozen=True, slots=True)
class User:
    """A user as a list shows it; ``keys`` are the beginnings of the API keys."""

    name: str
    role: Role
    created: dt.datetime
    keys: tuple[str, ...] = ()


class People:
    """The users of a server. Safe from several threads and several servers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = reading(engine)

    def add(self, name: str, password: str, role: Role = "reader") -> Person:
        """A new user. Raises BadUser for a name that is taken, or a name or password that will not do."""
        person = Person(_new_name(name), role)
        values = {"name": person.name, "role": role, "password": _hashed(password), "created": _now()}
        try:
            with self._engine.begin() as at:
                at.execute(users.insert().values(**values))
        except IntegrityError:
            raise BadUser(f"there is a user {person.name!r} already; take another name") from None
        return person

    def remove(self, name: str) -> None:
        """Remove a user with keys, sessions and conversations: who has the name next must not inherit them.

        Raises BadUser if there is no such user.
        """
        known = self._known(name)
        with self._engine.begin() as at:
            at.execute(passes.delete().where(passes.c.user == known))
            at.execute(conversations.delete().where(conversations.c.owner == known))
            at.execute(users.delete().where(users.c.name == known))

    def set_password(self, name: str, password: str) -> None:
        """A new password; browsers that are logged in must log in again. Raises BadUser."""
        known, hashed = self._known(name), _hashed(password)
        with self._engine.begin() as at:
            at.execute(users.update().where(users.c.name == known).values(password=hashed))
            at.execute(passes.delete().where(passes.c.user == known, passes.c.kind == "session"))

    def set_role(self, name: str, role: Role) -> None:
        """Another role, from the next request on. Raises BadUser."""
        known = self._known(name)
        with self._engine.begin() as at:
            at.execute(users.update().where(users.c.name == known).values(role=role))

    def all(self) -> list[User]:
        """Every user, by name."""
        keys: dict[str, list[str]] = {}
        with self._reading.connect() as at:
            for row in at.execute(
                sa.select(passes.c.user, passes.c.start)
                .where(passes.c.kind == "key")
                .order_by(passes.c.created)
            ):
                keys.setdefault(row.user, []).append(row.start)
            found = at.execute(sa.select(users.c.name, users.c.role, users.c.created).order_by(users.c.name))
            return [User(*row, keys=tuple(keys.get(row.name, ()))) for row in found]

    def log_in(self, name: str, password: str) -> tuple[Person, str] | None:
        """The person and a new session, or None; it takes as long whether or not there is such a user."""
        from argon2.exceptions import VerifyMismatchError

        known = folded(name)
        known = known if _usable(known) else ""  # which nobody has: not every database can look up anything
        wanted = sa.select(users.c.role, users.c.password).where(users.c.name == known)
        with self._reading.connect() as at:
            row = at.execute(wanted).first()
        try:
            _hasher().verify(row.password if row else _nobodys(), _typed(password[:LONGEST_PASSWORD]))
        except VerifyMismatchError:
            return None
        return (Person(known, row.role), self._issue(known, "session", _now() + SESSION)) if row else None

    def new_key(self, name: str) -> str:
        """An API key, which cannot be shown again: only its hash is kept. Raises BadUser."""
        return self._issue(self._known(name), "key", None)

    def revoke(self, name: str, start: str = "") -> int:
        """End a user's API keys, all or those that begin with ``start``; how many. Raises BadUser."""
        known = self._known(name)
        named = passes.c.start == start[:_SHOWN] if start else sa.true()
        with self._engine.begin() as at:
            done = at.execute(
                passes.delete().where(passes.c.user == known, passes.c.kind == "key", named)
            ).rowcount
        if start and not done:
            raise BadUser(
                f"{known!r} has no key that begins with {start[:_SHOWN]!r}; see: citedesk user list"
            )
        return done

    def admitted(self, secret: str, kind: Kind) -> Person | None:
        """Whose key or session this is, if it still counts."""
        wanted = sa.select(users.c.name, users.c.role).join(passes, passes.c.user == users.c.name)
        lasts = sa.or_(passes.c.expires.is_(None), passes.c.expires > _now())
        with self._reading.connect() as at:
            row = at.execute(
                wanted.where(passes.c.hash == _digest(secret), passes.c.kind == kind, lasts)
            ).first()
        return Person(row.name, row.role) if row else None

    def log_out(self, session: str) -> None:
        """End a session."""
        with self._engine.begin() as at:
            at.execute(passes.delete().where(passes.c.hash == _digest(session), passes.c.kind == "session"))

    def _issue(self, name: str, kind: Kind, expires: dt.datetime | None) -> str:
        secret = (KEY_MARK if kind == "key" else "") + secrets.token_urlsafe(32)
        values: dict[str, Any] = {
            "hash": _digest(secret),
            "user": name,
            "kind": kind,
            "start": secret[:_SHOWN] if kind == "key" else "",
            "created": _now(),
            "expires": expires,
        }
        with self._engine.begin() as at:
            at.execute(passes.delete().where(passes.c.expires < _now()))
            at.execute(passes.insert().values(**values))
        return secret

    def _known(self, name: str) -> str:
        known = folded(name)
        with self._reading.connect() as at:
            wanted = sa.select(users.c.name).where(users.c.name == known)
            if _usable(known) and at.execute(wanted).first():
                return known
        raise BadUser(f"there is no user {known[:LONGEST_NAME]!r}; see: citedesk user list")


def folded(name: str) -> str:
    """A name as it is kept: those that look the same are the same.

    >>> folded(" Ann ")
    'ann'
    """
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _new_name(name: str) -> str:
    plain = folded(name)
    if not _usable(plain):
        raise BadUser(
            f"user name {plain[:LONGEST_NAME]!r} cannot be used; take up to {LONGEST_NAME} letters, digits"
            f" and . _ - @ + ', but not {LOCAL.name!r}"
        )
    return plain


def _usable(plain: str) -> bool:
    return len(plain) <= LONGEST_NAME and bool(_NAME.fullmatch(plain)) and plain != LOCAL.name


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadUser(
            f"a password of {len(password)} characters cannot be used; take {SHORTEST_PASSWORD} to"
            f" {LONGEST_PASSWORD:,}"
        )
    return _hasher().hash(_typed(password))


def _typed(password: str) -> bytes:
    """The same for every keyboard."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys() -> str:
    """A hash to check the password of an unknown user against."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _digest(secret: str) -> str:
    # A random secret of 256 bits needs no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
