"""The MCP server itself: two tools and the articles as resources. Imported only to be run."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import mcp_types as types
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from index.errors import BadInput, CitedeskError
from index.instructions import blanked
from rag.answer import Answer, Draft, Turn
from rag.evidence import article_ref
from ui import mcp_texts
from ui.export_parts import version
from ui.mcp_tools import TOOLS, Ask, Search, read
from ui.screen import say
from ui.sources import finder
from ui.streaming import Streams

if TYPE_CHECKING:
    from rag.assistant import Assistant

SCHEME = "citedesk://article/"
_LISTED = 100  # articles that are named without being asked for
_INTERVAL_S = 0.1  # between two drafts

INSTRUCTIONS = (
    "citedesk answers from an archive of news articles. Each [n] of an answer is an exact quote of a stored article; "
    "keep the number, title and date of what you repeat. If it says that the archive does not say, do not fill in "
    f"the answer from elsewhere without saying so. {mcp_texts.DATA}"
)

Context = ServerRequestContext[Any, Any]


class Tools:
    """The handlers of one server."""

    def __init__(self, desk: Assistant) -> None:
        self._desk = desk
        self._find = finder(desk.archive)
        self._streams = Streams()

    async def list_tools(self, context: Context, params: Any) -> types.ListToolsResult:
        """Both tools."""
        return types.ListToolsResult(tools=TOOLS)

    async def call(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        """One call; what goes wrong is a result of one line, so that the assistant can mend it."""
        given = params.arguments or {}
        try:
            if params.name == "ask":
                return await self._ask(context, read(Ask, given))
            if params.name == "search":
                return await self._search(read(Search, given))
            raise BadInput(f"there is no tool {params.name[:60]!r}; there are ask and search")
        except CitedeskError as error:
            told = types.TextContent(type="text", text=f"error: {error}")
            return types.CallToolResult(content=[told], is_error=True)

    async def _ask(self, context: Context, asked: Ask) -> types.CallToolResult:
        history = tuple(Turn(turn.question, turn.answer) for turn in asked.history)
        stream: AsyncGenerator[Draft | Answer, None] = self._streams.throttled(
            partial(self._desk.stream, asked.question, history=history, **asked.given()),
            interval_s=_INTERVAL_S,
        )
        drafts = 0
        async with aclosing(stream) as items:  # a call that is cancelled stops the answer
            async for item in items:
                drafts += 1
                await context.session.report_progress(drafts, message=item.text)  # if a token was given
                if isinstance(item, Answer):
                    return await asyncio.to_thread(self._answered, item)
        raise CitedeskError("no answer came; ask again")

    def _answered(self, answer: Answer) -> types.CallToolResult:
        values = mcp_texts.answer_values(answer, self._desk.archive.flagged)
        return _result(mcp_texts.answer_text(answer, self._find), values)

    async def _search(self, asked: Search) -> types.CallToolResult:
        def found() -> types.CallToolResult:
            passages = self._desk.search(asked.query, asked.k, **asked.given())
            values = mcp_texts.search_values(asked.query, passages, self._find, self._desk.archive.flagged)
            return _result(mcp_texts.search_text(values), values)

        return await asyncio.to_thread(found)

    async def list_articles(self, context: Context, params: Any) -> types.ListResourcesResult:
        """The newest articles; any other can be read by its id."""
        articles = await asyncio.to_thread(self._desk.archive.articles, _LISTED)
        listed = []
        for ref in map(article_ref, articles):
            day = f"Published {ref.date}." if ref.date else "Undated."
            listed.append(
                types.Resource(uri=_address(ref.id), name=ref.title, description=day, mime_type="text/plain")
            )
        return types.ListResourcesResult(resources=listed)

    async def list_templates(self, context: Context, params: Any) -> types.ListResourceTemplatesResult:
        """An article by its id."""
        template = types.ResourceTemplate(
            name="article",
            title="An article by its id",
            uri_template=SCHEME + "{id}",
            description=f"The whole text, in which the offsets of citations count. {mcp_texts.DATA}",
            mime_type="text/plain",
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def read_article(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """The text of an article; what speaks to a machine is line ends, so that offsets stay."""
        if not params.uri.startswith(SCHEME):
            raise MCPError(types.INVALID_PARAMS, f"no resource {params.uri[:80]!r}; there are {SCHEME}ID")
        try:
            return await asyncio.to_thread(self._article, params.uri)
        except CitedeskError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None

    def _article(self, uri: str) -> types.ReadResourceResult:
        article = self._desk.archive.article(unquote(uri.removeprefix(SCHEME)))
        text = blanked(article.text, self._desk.archive.flagged([article.id]).get(article.id, ()))
        ref = article_ref(article)
        about = {"title": ref.title, "date": ref.date, "url": ref.url}
        whole = types.TextResourceContents(uri=uri, mime_type="text/plain", text=text, _meta=about)
        return types.ReadResourceResult(contents=[whole])


def _address(article_id: str) -> str:
    return SCHEME + quote(article_id, safe="")


def _result(text: str, values: dict[str, Any]) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], structured_content=values
    )


def make_server(desk: Assistant) -> Server[Any]:
    """A server for one open desk, over whatever streams it is run."""
    tools = Tools(desk)
    return Server(
        "citedesk",
        version=version(),
        title="citedesk",
        description="A news archive that answers with checked citations.",
        instructions=INSTRUCTIONS,
        on_list_tools=tools.list_tools,
        on_call_tool=tools.call,
        on_list_resources=tools.list_articles,
        on_list_resource_templates=tools.list_templates,
        on_read_resource=tools.read_article,
    )


def run(desk: Assistant) -> None:
    """Serve on stdin and stdout until stdin is closed."""
    if threading.current_thread() is threading.main_thread():
        # A thread waits for the next line of stdin and cannot be called off: Ctrl-C has to end the process.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stdin.isatty():
        say("this speaks MCP with a client on stdin; to ask by hand: citedesk chat")
    asyncio.run(_serve(make_server(desk)))


async def _serve(server: Server[Any]) -> None:
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
