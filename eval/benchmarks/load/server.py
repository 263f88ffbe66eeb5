"""A real ``citedesk serve`` in a process of its own, and what it takes of the machine, second by second."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from eval.benchmarks.cold_start import ROOT

READY = re.compile(rb"ready at (http://\S+)")
PATIENCE_S = 120.0


class Server:
    """``with Server(archive, folder, "--llm", spec) as server: server.url``; what it remembers lies in the folder."""

    def __init__(self, archive: Path, folder: Path, *flags: str) -> None:
        self._command = [
            sys.executable,
            "-c",
            "from ui.cli import main; import sys; sys.exit(main())",
            "serve",
        ]
        self._command += ["--archive", str(archive), "--host", "127.0.0.1", "--port", "0", *flags]
        self._folder = folder
        self.url = ""
        self.status: int | None = None
        """The exit status, once it has ended."""

    def __enter__(self) -> Self:
        folder = self._folder.absolute()
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CITEDESK_DATABASE": f"sqlite:///{folder}/kept.sqlite3",
        }
        self._log = folder / "server.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=environment, cwd=self._folder
            )
        ends = time.monotonic() + PATIENCE_S
        while not (found := READY.search(self._log.read_bytes())):
            if self.process.poll() is not None or time.monotonic() > ends:
                self.process.kill()
                sys.exit(f"the server did not start: {self.said()[-500:]}")
            time.sleep(0.1)
        self.url = found[1].decode()
        return self

    def said(self) -> str:
        """What the server has written on its screen."""
        return self._log.read_text("utf-8", "replace")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.status = self.process.wait()


@dataclass(slots=True)
class Watch:
    """A process at moments one second apart: its memory in MB, and the seconds of processor time it has taken.

    ``own`` is the memory without the files that it has mapped, such as the archive's indexes.
    """

    pid: int
    at: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def run(self) -> None:
        """Look until this is cancelled, or the process has gone."""
        while (seen := self._look()) is not None:
            self.at.append(time.monotonic())
            self.memory.append(seen[0])
            self.own.append(seen[1])
            self.cpu.append(seen[2])
            await asyncio.sleep(1.0)

    def _look(self) -> tuple[float, float, float] | None:
        try:
            status = Path(f"/proc/{self.pid}/status").read_text("ascii", "replace")
            times = Path(f"/proc/{self.pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            return None
        held = [int(kb) / 1024 for kb in re.findall(r"(?:VmRSS|RssAnon):\s+(\d+)", status)]
        ticks = int(times[11]) + int(times[12])
        return (held[0], held[1], ticks / os.sysconf("SC_CLK_TCK")) if len(held) == 2 else None

    def cores(self, since: float, until: float) -> float:
        """Cores that were busy on average between two moments."""
        seen = [(at, cpu) for at, cpu in zip(self.at, self.cpu, strict=True) if since <= at <= until]
        return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0]) if len(seen) > 1 else float("nan")

    def growth(self, since: float, until: float, span_s: float = 10.0) -> tuple[float, float]:
        """Memory in the first and in the last seconds between two moments, as means over ``span_s``."""
        return self._ends(self.memory, since, until, span_s)

    def own_growth(self, since: float, until: float, span_s: float = 10.0) -> tuple[float, float]:
        """As ``growth``, of ``own``."""
        return self._ends(self.own, since, until, span_s)

    def _ends(self, held: list[float], since: float, until: float, span_s: float) -> tuple[float, float]:
        seen = [(at, mb) for at, mb in zip(self.at, held, strict=True) if since <= at <= until]
        first = [mb for at, mb in seen if at <= since + span_s]
        last = [mb for at, mb in seen if at >= until - span_s]
        if not first or not last:
            return float("nan"), float("nan")
        return sum(first) / len(first), sum(last) / len(last)
