"""``/metrics``: what Prometheus reads. Nothing in it tells what was asked, or by whom."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.access import Editor
from ui.api.problems import problems
from ui.service import Service

SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)
_METHODS = {"GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"}


class Metrics:
    """The figures of one server, in a registry of their own."""

    def __init__(self, service: Service) -> None:
        self._archive = service.desk.archive
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "citedesk_requests", "Requests that were answered.", ["method", "route", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.answers = Histogram(
            "citedesk_answer_seconds", "From a question to the end of its answer, its turn in line included.",
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        running = Gauge("citedesk_answers_running", "Answers under way or in line.", registry=self.registry)
        running.set_function(lambda: service.streams.running)
        self._articles = Gauge("citedesk_articles", "Articles in the archive.", registry=self.registry)
        service.streams.ended = self.answers.observe

    def text(self) -> bytes:
        """All of them, in Prometheus' own format."""
        self._articles.set(self._archive.count())
        return generate_latest(self.registry)


class Counted:
    """Counts requests by route and status; whatever is no route of the API is the page."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "") or "page"
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._requests.labels(method, route, status).inc()


def add_metrics(api: FastAPI, service: Service) -> None:
    """Count, and tell."""
    metrics = Metrics(service)
    api.add_middleware(Counted, metrics=metrics)
    content: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}

    @api.get(
        "/metrics",
        tags=["server"],
        response_class=Response,
        responses={200: {"content": content}, **problems(503)},
    )
    async def figures(person: Editor) -> Response:
        """Requests, answers and articles in figures."""
        text = await anyio.to_thread.run_sync(metrics.text)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})
