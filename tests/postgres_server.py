"""A PostgreSQL of our own on loopback, in a temporary folder, gone afterwards."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))[::-1]), None
    )
    if found is None:
        pytest.skip(f"no {name} here: install PostgreSQL to run this test")
    return found


def _as_somebody() -> tuple[list[str], str]:
    """What to put before a command, and whom it makes it run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return [], getpass.getuser()
    if not shutil.which("setpriv"):
        pytest.skip("PostgreSQL refuses root, and there is no setpriv to run it as somebody else")
    for name in ("postgres", "nobody"):
        try:
            known = pwd.getpwnam(name)
        except KeyError:
            continue
        who = [f"--reuid={known.pw_uid}", f"--regid={known.pw_gid}", "--clear-groups"]
        return ["setpriv", *who], name
    pytest.skip("PostgreSQL refuses root, and there is no user postgres or nobody")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """Its URL; skips where there is none."""
    pytest.importorskip("psycopg")
    (initdb, server), (prefix, user) = (_program("initdb"), _program("postgres")), _as_somebody()
    with tempfile.TemporaryDirectory(prefix="citedesk-pg-", ignore_cleanup_errors=True) as folder:
        shutil.chown(folder, user)
        data, port = f"{folder}/data", free_port()
        flags = ["-D", data, "-U", "citedesk", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*prefix, initdb, *flags], check=True, capture_output=True, cwd=folder)
        with subprocess.Popen(
            [*prefix, server, "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        ) as process:
            assert process.stderr is not None
            try:
                said = ""
                for line in process.stderr:
                    said += line
                    if "ready to accept connections" in line:
                        break
                else:
                    pytest.fail(f"PostgreSQL did not start: {said}")
                yield f"postgresql+psycopg://citedesk@127.0.0.1:{port}/postgres"
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=30)
