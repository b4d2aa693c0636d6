"""What the worker and the Temporal client tell whoever watches: measured and traced on a real Temporal server."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from settings import Settings, SettingsRefused
from telemetry import SAY_NOTHING_OF_ANYBODY, Tracing, runtime_of_worker
from temporal_client import connect
from tests.an_errand import Broken, Errand, deliver
from tests.api.fakes import KEY
from tests.temporal_servers import real
from tests.waiting import until

OF_THE_WORKER = {
    "temporal_num_pollers",
    "temporal_worker_task_slots_available",
    "temporal_activity_execution_failed_total",
    "temporal_activity_execution_latency_seconds_bucket",
    "temporal_activity_schedule_to_start_latency_seconds_bucket",
    "temporal_workflow_task_execution_failed_total",
    "temporal_workflow_task_schedule_to_start_latency_seconds_bucket",
}
"""What the alerts and the dashboard in deploy/ ask of workers."""


@dataclass
class Seen:
    """What was told while the errand ran."""

    spans: list[ReadableSpan]
    metrics: set[str]
    labels: set[str]


@pytest.fixture(scope="module")
def watched(free_ports: Callable[[int], list[int]]) -> Settings:
    [port] = free_ports(1)
    return Settings(environment="test", codec_keys=f"test:{KEY}", worker_metrics_address=f"127.0.0.1:{port}")


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with real() as env:
        yield env


@pytest.fixture
async def seen(server: WorkflowEnvironment, watched: Settings) -> Seen:
    exporter = InMemorySpanExporter()
    settings = watched.model_copy(update={"temporal_address": server.client.service_client.config.target_host})
    tracing, runtime = Tracing(settings, "worker", exporter), runtime_of_worker(settings)
    client = await connect(settings, runtime=runtime, interceptors=tracing.interceptors())
    async with Worker(client, task_queue="cases", workflows=[Errand, Broken], activities=[deliver]):
        handle = await client.start_workflow(Errand.run, "Maya's letter", id="case-1", task_queue="cases")
        assert await handle.execute_update(Errand.go, "of Maya") == "of Maya"
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        broken = await client.start_workflow(Broken.run, id="case-2", task_queue="cases")
        async with httpx.AsyncClient() as prometheus:

            async def told() -> str:
                return (await prometheus.get(f"http://{settings.worker_metrics_address}/metrics")).text

            failed = "temporal_workflow_task_execution_failed_total{"
            text = await until("a failed task is counted", told, lambda text: failed in text)
        await broken.terminate()
    tracing.close()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return Seen(
        spans=list(exporter.get_finished_spans()),
        metrics={sample.name for sample in samples},
        labels={value for sample in samples for value in sample.labels.values()},
    )


async def test_what_a_worker_tells(seen: Seen, watched: Settings) -> None:
    # Metrics: those that deploy/alerts.yml and the dashboard are built on
    assert seen.metrics >= OF_THE_WORKER
    assert not any("case-1" in label or "Maya" in label or "maya" in label for label in seen.labels)

    # Spans: one trace from the call to the activity, and not a word of the letter or of the mail server's answer
    names = {span.name for span in seen.spans}
    assert {"StartWorkflow:Errand", "RunWorkflow:Errand", "StartActivity:deliver", "RunActivity:deliver"} <= names
    assert {"StartWorkflowUpdate:go", "HandleUpdate:go"} <= names
    activity_span = next(span for span in seen.spans if span.name == "RunActivity:deliver")
    start = next(span for span in seen.spans if span.name == "StartWorkflow:Errand")
    assert activity_span.context.trace_id == start.context.trace_id
    assert not activity_span.status.is_ok
    assert [dict(event.attributes or {}) for event in activity_span.events] == [
        {"exception.type": "temporalio.exceptions.ApplicationError"}
    ]
    assert all(set(span.attributes or {}) <= SAY_NOTHING_OF_ANYBODY for span in seen.spans)
    assert not any("maya" in span.to_json().lower() for span in seen.spans)

    # The address is taken now: the next worker on this machine says so, instead of a traceback
    with pytest.raises(SettingsRefused, match=r"WORKER_METRICS_ADDRESS: the worker cannot listen there \(.*in use"):
        runtime_of_worker(watched)


def test_nothing_is_told_unless_a_setting_says_where() -> None:
    settings = Settings(environment="test")
    assert runtime_of_worker(settings) is None
    tracing = Tracing(settings, "api")
    assert tracing.interceptors() == []
    with tracing.provider.get_tracer("api").start_as_current_span("GET") as span:
        assert not span.is_recording()
    tracing.close()
