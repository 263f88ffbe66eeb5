"""The API as an app: its routes, its limits, its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI

from ui.api.access import reader
from ui.api.articles import add_articles
from ui.api.ask import add_ask
from ui.api.bodies import BodyLimit
from ui.api.completions import add_completions
from ui.api.conversations import add_conversations
from ui.api.document import add_document
from ui.api.feedback import add_feedback
from ui.api.health import add_health
from ui.api.metrics import add_metrics
from ui.api.problems import add_problem_handlers
from ui.api.replies import Json
from ui.api.unknown import add_unknown
from ui.export_parts import version

if TYPE_CHECKING:
    from ui.service import Service


def create_app(service: Service) -> FastAPI:
    """The API over a service; each error is a problem in one line."""
    # The interactive pages of FastAPI load scripts from another host; the document itself is here.
    api = FastAPI(
        title="citedesk",
        version=version(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    limits = service.settings
    api.add_middleware(BodyLimit, requests=limits.max_request_bytes, uploads=limits.max_upload_bytes)
    add_problem_handlers(api)
    add_document(api, auth=service.settings.auth)
    for add in (
        add_ask,
        add_conversations,
        add_feedback,
        add_articles,
        add_completions,
        add_health,
        add_metrics,
    ):
        add(api, service)

    @api.get("/openapi.json", include_in_schema=False, dependencies=[Depends(reader)])
    async def document() -> Json:
        return Json(api.openapi())

    add_unknown(api)
    return api
