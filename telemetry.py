"""What leaves our processes for whoever watches over them: traces (OpenTelemetry), and the metrics of the Temporal SDK
(Prometheus). Both are off unless a setting names where to; neither carries a word about a person."""

from collections.abc import Sequence

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NoOpTracerProvider, Status
from opentelemetry.trace import TracerProvider as AnyTracerProvider
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from settings import Settings, SettingsRefused

SAY_NOTHING_OF_ANYBODY = frozenset(
    (
        *("http.request.method", "http.route", "http.response.status_code"),
        *("temporalWorkflowID", "temporalRunID", "temporalActivityID", "temporalUpdateID"),
    )
)
"""The attributes that may leave: codes, templates, and the ids that Temporal's own pages show."""
EXPORT_WITHIN = 5  # seconds for one batch; then it is dropped, as traces may be


class Discreet(SpanExporter):
    """Hands spans on without whatever might quote somebody: other attributes, and the messages of exceptions, which
    stand in a span's events and in its status."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self.exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={key: value for key, value in (span.attributes or {}).items() if key in SAY_NOTHING_OF_ANYBODY},
        events=[
            Event(event.name, {"exception.type": (event.attributes or {}).get("exception.type", "")}, event.timestamp)
            for event in span.events
        ],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class Tracing:
    """Where the spans of one process go: nowhere, unless TRACES_URL says where. What the collector wants in headers
    (OTEL_EXPORTER_OTLP_HEADERS) and which share of traces is kept (OTEL_TRACES_SAMPLER) are the exporter's own
    settings."""

    def __init__(self, settings: Settings, process: str, exporter: SpanExporter | None = None) -> None:
        """`process`: "api" or "worker". `exporter`: instead of the one for TRACES_URL."""
        self._provider: TracerProvider | None = None
        if exporter is None and settings.traces_url:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # slow, and rarely used

            exporter = OTLPSpanExporter(settings.traces_url, timeout=EXPORT_WITHIN)
        if exporter is not None:
            self._provider = TracerProvider(
                resource=Resource({SERVICE_NAME: f"mediation-{process}"}), shutdown_on_exit=False
            )
            self._provider.add_span_processor(BatchSpanProcessor(Discreet(exporter)))

    @property
    def provider(self) -> AnyTracerProvider:
        return self._provider or NoOpTracerProvider()

    def interceptors(self) -> list[TracingInterceptor]:
        """For the Temporal client; its workers take them from there."""
        return [TracingInterceptor(self._provider.get_tracer("temporal"))] if self._provider else []

    def close(self) -> None:
        """Hands over what is left. Waits for the collector for some seconds at most."""
        if self._provider:
            self._provider.shutdown()


def runtime_of_worker(settings: Settings) -> Runtime | None:
    """The SDK's runtime with its metrics at WORKER_METRICS_ADDRESS; None: the usual one, without. Once for each
    process. SettingsRefused: one cannot listen there."""
    if not settings.worker_metrics_address:
        return None
    try:
        return Runtime(
            telemetry=TelemetryConfig(
                metrics=PrometheusConfig(
                    bind_address=settings.worker_metrics_address,
                    counters_total_suffix=True,
                    unit_suffix=True,
                    durations_as_seconds=True,
                )
            )
        )
    except ValueError as error:
        raise SettingsRefused(f"WORKER_METRICS_ADDRESS: the worker cannot listen there ({error})") from None
