"""The OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from ui.api.problems import Problem

ABOUT = (
    "Ask an archive of articles; every sentence of an answer carries citations that can be checked. "
    "Errors are problem details (RFC 9457)."
)
PUBLIC = ("/healthz", "/readyz")


def add_document(api: FastAPI, *, auth: bool) -> None:
    """Complete the document: problems, and how somebody shows who they are."""

    def document() -> dict[str, Any]:
        if api.openapi_schema is None:
            made = get_openapi(
                title=api.title,
                version=api.version,
                description=ABOUT,
                routes=api.routes,
                separate_input_output_schemas=False,
            )
            parts = made.setdefault("components", {})
            schemas = parts.setdefault("schemas", {})
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            schemas["Problem"] = TypeAdapter(Problem).json_schema()
            if auth:
                key = {"type": "http", "scheme": "bearer", "description": "an API key: citedesk user --help"}
                parts["securitySchemes"] = {"key": key}
                made["security"] = [{"key": []}]
                for path in PUBLIC:
                    made["paths"][path]["get"]["security"] = []
            api.openapi_schema = made
        return api.openapi_schema

    api.openapi = document  # type: ignore[method-assign]
