"""``citedesk serve`` in a process of its own, on a free port of loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

COMMAND = [sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main())"]


@dataclass
class Running:
    """A server: its address, what it has said, its process."""

    url: str
    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@contextmanager
def ending_well(archive: Path, *flags: str, **options: Any) -> Iterator[str]:
    """The address of a server as ``serving`` starts it, which must end with status 0 and without a traceback."""
    with serving(archive, *flags, **options) as running:
        yield running.url
    assert running.process.returncode == 0
    assert "Traceback" not in "".join(running.log), "".join(running.log)


@contextmanager
def serving(
    archive: Path, *flags: str, command: Sequence[str] = COMMAND, out: Path | None = None, **settings: str
) -> Iterator[Running]:
    """A server over an archive; further settings are given by name, as ``log_format="json"``.

    ``command`` is another way to start one; what it says on stdout goes to the file ``out``.
    """
    named = {f"CITEDESK_{name.upper()}": value for name, value in settings.items()}
    stdout = out.open("wb") if out else None
    process = subprocess.Popen(
        [*command, "serve", "--port", "0", *flags],
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CITEDESK_ARCHIVE": str(archive), **named},
        cwd=archive.parent,
    )
    if stdout:
        stdout.close()
    assert process.stderr is not None
    running = Running("", process)
    drain = threading.Thread(target=lambda: running.log.extend(process.stderr or ()))
    try:
        for line in process.stderr:
            running.log.append(line)
            if "ready at" in line:
                running.url = line.split()[4]
                break
        else:
            pytest.fail(f"the server did not start: {''.join(running.log)}")
        drain.start()
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if running.url:
            drain.join()
        process.stderr.close()
