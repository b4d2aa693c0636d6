"""Counts and times each request, and opens its span. By route template only: an address may hold a personal token."""

import time

from opentelemetry.trace import SpanKind, StatusCode, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UNWATCHED = ("/metrics", "/health", "/health/alive")  # machines ask for them all day long


class Observer:
    """ASGI middleware, the outermost, so that it sees every answer."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self.app, self.tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNWATCHED:
            await self.app(scope, receive, send)
            return
        metrics: Metrics = scope["app"].state.metrics
        method = scope["method"] if scope["method"] in METHODS else "other"
        status, began = 0, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self.tracer.start_as_current_span(
            method, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                await self.app(scope, receive, noted)
            except Exception:
                status = 500  # answered further out, by Starlette's own last resort
                raise
            finally:
                route = template_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {"http.request.method": method, "http.route": route, "http.response.status_code": status}
                )
                if status >= 500:
                    span.set_status(StatusCode.ERROR)
                if status:  # 0: whoever asked had gone before there was an answer
                    metrics.requests.labels(method, route, str(status)).inc()
                    metrics.request_seconds.labels(method, route).observe(time.perf_counter() - began)


def template_of(scope: Scope) -> str:
    """ "/cases/{reference}" of a request for a case's page."""
    path: str = getattr(scope.get("route"), "path", "")
    if path:
        return path
    return "/static" if scope["path"].startswith("/static/") else "none"
