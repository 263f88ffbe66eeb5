"""The archive as tools for an assistant: ``citedesk mcp``, over stdin and stdout."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from index.errors import BadSetting

if TYPE_CHECKING:
    from rag.assistant import Assistant


def require_mcp() -> None:
    """Raises BadSetting if the SDK is not installed."""
    if find_spec("mcp") is None:
        raise BadSetting("the MCP server needs one more package, mcp; run: pip install 'citedesk[mcp]'")


def serve_stdio(desk: Assistant) -> None:
    """Serve until stdin is closed. Nothing but the protocol goes to stdout. Raises BadSetting."""
    require_mcp()
    from ui.mcp_server import run

    run(desk)
