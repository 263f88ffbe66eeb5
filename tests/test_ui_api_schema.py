"""The OpenAPI document: complete, true, and no route without an answer to who may use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.routing import Route

from index.archive import Archive
from rag.assistant import Assistant
from rag.settings import Settings
from tests.fake_desk import FakeDesk, service_of
from ui.api import create_app
from ui.api.access import DECISIONS, editor, public, reader
from ui.api.unknown import Unknown
from ui.guard import Guard
from ui.page.fragments import add_fragments

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
)
EXAMPLES = 8

DECIDED = {
    "GET /healthz": public,
    "GET /readyz": public,
    "GET /metrics": editor,
    "GET /openapi.json": reader,
    "GET /v1/archive": reader,
    "POST /v1/ask": reader,
    "GET /v1/search": reader,
    "GET /v1/models": reader,
    "POST /v1/chat/completions": reader,
    "GET /v1/sources": reader,
    "GET /v1/articles": reader,
    "POST /v1/articles": editor,
    "POST /v1/articles/files": editor,
    "GET /v1/articles/{article:path}": reader,
    "DELETE /v1/articles/{article:path}": editor,
    "GET /v1/conversations": reader,
    "POST /v1/conversations": reader,
    "GET /v1/conversations/{conversation}": reader,
    "PATCH /v1/conversations/{conversation}": reader,
    "DELETE /v1/conversations/{conversation}": reader,
    "GET /v1/conversations/{conversation}/export": reader,
    "GET /v1/feedback": editor,
    "POST /v1/feedback": reader,
    "DELETE /v1/feedback/{exchange}": reader,
}


@pytest.fixture(scope="module")
def api(archive: Archive) -> FastAPI:
    return create_app(service_of(Assistant.open(archive, settings=Settings())))


def calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)


def test_every_route_says_who_may_use_it() -> None:
    app = create_app(service := service_of(FakeDesk()))
    add_fragments(app, service)
    decided: dict[str, Any] = {}
    for route in app.router.routes:
        if isinstance(route, APIRoute):
            found = [call for call in calls(route.dependant) if call in DECISIONS]
            assert len(found) == 1, f"{route.path} has {len(found)} decisions; depend on one of ui.api.access"
            decided |= {f"{method} {route.path}": found[0] for method in route.methods}
        else:  # what takes unknown paths, which tells nothing
            assert isinstance(route, Route) and isinstance(route.endpoint, Unknown)
    assert decided == DECIDED | {f"GET /ui/{name}": reader for name in ("sources", "article", "follow-ups")}


def test_the_document_lists_every_route_with_its_problems(api: FastAPI) -> None:
    document = api.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] and operation["description"], f"{method} {path} is not told"
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    assert set(response["content"]) == {"application/problem+json"}, f"{method} {path}"
    listed = {f"{m.upper()} {p}" for p, operations in document["paths"].items() for m in operations}
    assert listed == {name.replace(":path", "") for name in DECIDED} - {"GET /openapi.json"}


def hold(schema: Any, examples: int, checks: tuple[Any, ...], headers: dict[str, str]) -> None:
    """Every operation, called as the document says and as it does not."""
    for result in schema.get_all_operations():
        operation = result.ok()
        strategy = st.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        )

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def holds(case: Any) -> None:
            case.call_and_validate(checks=checks, headers=headers)

        holds()


def test_whatever_is_sent_the_answer_is_one_that_the_document_tells(api: FastAPI) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", api)
    hold(schema, EXAMPLES, CHECKS, {})


@pytest.mark.parametrize("known", ["a reader", "nobody"])
def test_so_it_is_behind_the_guard_with_a_key_and_without_one(archive: Archive, known: str) -> None:
    service = service_of(
        Assistant.open(archive, settings=Settings()), auth=True, allowed_hosts=("testserver",)
    )
    assert service.people is not None
    service.people.add("ann", "correct horse battery", "reader")
    key = {"Authorization": f"Bearer {service.people.new_key('ann')}"}
    guarded = Guard(create_app(service), service)
    schema = schemathesis.openapi.from_asgi("/openapi.json", guarded, headers=key)
    told = schema.raw_schema
    assert told["security"] == [{"key": []}] and told["paths"]["/healthz"]["get"]["security"] == []
    # Before somebody is known, and of what path, no method can be said to be missing.
    checks = tuple(check for check in CHECKS if check is not unsupported_method)
    hold(schema, 4, checks, key if known == "a reader" else {})
    client = TestClient(guarded, headers=key if known == "a reader" else {})
    for name, decision in DECIDED.items():
        method, path = name.replace(":path", "").replace("{", "").replace("}", "").split(" ")
        status = client.request(method, path).status_code
        if decision is public:
            assert status == 200, name
        elif known == "nobody":
            assert status == 401, name
        else:
            assert (status == 403) is (decision is editor), name
