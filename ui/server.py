"""One process on one port: the chat page and the REST API."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from functools import partial
from typing import TYPE_CHECKING

from index.errors import BadSetting
from ui.interrupts import sigterm_as_ctrl_c
from ui.screen import say
from ui.streaming import Stopping, Streams

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.settings import Settings

GRACE_S = 5
"""How long running answers may take to finish once the server is told to stop."""


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to host and port; port 0 takes any free one.

    Raises BadSetting if the port is taken or may not be used, or the host is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadSetting(_why_not(host, port, error)) from None
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        free = port + 1 if port < 65535 else 7860
        return f"port {port} on {host} is taken by another program; choose another: --port {free}"
    if error.errno == errno.EACCES:
        return f"port {port} needs special rights; choose one above 1023: --port 7860"
    return f"cannot listen on host {host!r} ({error.strerror}); use --host 127.0.0.1"


def find_examples(desk: Assistant) -> tuple[str, ...]:
    """Questions that the archive answers with its own sentences, whatever LLM the desk uses."""
    from ui.examples import choose

    return choose(desk.archive.articles(12), desk.without_llm().ask)


async def _end_answers(streams: Streams) -> None:
    """Give running answers their time, then end them so that their readers learn why."""
    if streams.running:
        say(f"stopping: running answers have {GRACE_S} s; Ctrl-C again ends at once")
        await asyncio.sleep(GRACE_S)
        streams.interrupt(Stopping("the server is stopping; ask again once it runs"))


def serve_until_stopped(desk: Assistant, settings: Settings, listener: socket.socket) -> None:
    """Serve on the socket until the process is told to stop."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    host, port = listener.getsockname()[:2]
    say("loading the page...")
    import uvicorn

    from ui.api import create_app
    from ui.app import mount_page
    from ui.examples import Examples
    from ui.guard import Guard
    from ui.guard.patience import PatientProtocol
    from ui.logs import logging_for
    from ui.service import Service

    service = Service.open(desk, settings)
    examples = Examples(partial(find_examples, desk)).start()
    web = create_app(service)
    release_tabs = mount_page(web, service, examples)
    config = uvicorn.Config(
        Guard(web, service),
        http=PatientProtocol,
        ws="none",
        log_config=logging_for(settings) or uvicorn.config.LOGGING_CONFIG,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S + 2,
        server_header=False,
    )
    shown = f"[{host}]" if ":" in host else host

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say(f"citedesk is ready at http://{shown}:{port} (Ctrl-C stops it)")

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            release_tabs()
            ending = asyncio.create_task(_end_answers(service.streams))
            await super().shutdown(sockets)
            ending.cancel()

    try:
        with sigterm_as_ctrl_c():  # uvicorn, once it has ended, raises the signal that it heard
            Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        say("stopped")
