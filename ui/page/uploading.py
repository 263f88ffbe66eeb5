"""What Gradio may take for an upload: what was uploaded, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import gradio as gr

Move = Callable[[str | None], Awaitable[str | None]]


def only_uploads(page: gr.Blocks) -> None:
    """Refuse inputs that name a file of the server, or an address, as if it had been uploaded.

    Gradio copies, or fetches, what any input of any event names. It looks whether that was uploaded
    only where it launched the page itself, and an address it fetches in any case.
    """
    page.has_launched = True
    for block in page.blocks.values():
        block.async_move_resource_to_block_cache = _no_address(block.async_move_resource_to_block_cache)


def _no_address(move: Move) -> Move:
    async def moved(named: str | None) -> str | None:
        if named and "://" in str(named):
            raise gr.Error("an upload is a file, not an address", print_exception=False)
        return await move(named)

    return moved
