"""GET /metrics, /health and the spans of requests: told to whoever watches, and nothing that belongs to a person."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from api import health
from api.app import create_app
from api.intake import FAILED
from api.remembered import Remembered
from api.services import Services
from casefile.commands import Outcome
from domain.commands import Actor, Pause, StaffRole
from telemetry import Tracing
from tests.api.fakes import Clock, FakeTemporal, services_on, settings_for
from tests.api.staff_world import NOW, Browser, World

TOKEN = "m" * 32
SIGNED = {"Authorization": f"Bearer {TOKEN}"}


class Watched:
    """The app, its spans, and what Prometheus reads."""

    def __init__(self, world: World, client: httpx.AsyncClient, spans: InMemorySpanExporter, tracing: Tracing) -> None:
        self.world, self.client, self.spans, self.tracing = world, client, spans, tracing

    async def text(self) -> str:
        answer = await self.client.get("/metrics", headers=SIGNED)
        assert answer.status_code == 200
        return answer.text

    async def value(self, name: str, **labels: str) -> float | None:
        found = [
            sample.value
            for family in text_string_to_metric_families(await self.text())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return found[0] if found else None


@asynccontextmanager
async def watched(folder: Path, database_url: str, token: str) -> AsyncIterator[Watched]:
    settings = settings_for(folder, database_url=database_url, metrics_token=token)
    clock, temporal, spans = Clock(NOW), FakeTemporal(), InMemorySpanExporter()

    def opens(_: object) -> AbstractAsyncContextManager[Services]:
        return services_on(settings, clock, temporal)

    tracing = Tracing(settings, "api", spans)
    app = create_app(settings, opens, tracing)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=settings.public_url)
        yield Watched(World(app.state.services, clock, temporal), client, spans, tracing)


@pytest.fixture
async def service(tmp_path: Path, database_url: str) -> AsyncIterator[Watched]:
    async with watched(tmp_path, database_url, TOKEN) as service:
        yield service


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", TOKEN, f"bearer {TOKEN}x", "Bearer Ω"])
async def test_metrics_need_their_token(service: Watched, given: str) -> None:
    answer = await service.client.get("/metrics", headers=[(b"Authorization", given.encode())] if given else [])
    assert (answer.status_code, answer.content) == (401, b"")


async def test_without_a_token_there_are_no_metrics(tmp_path: Path, database_url: str) -> None:
    async with watched(tmp_path, database_url, "") as service:
        for headers in ({}, {"Authorization": "Bearer "}):
            assert (await service.client.get("/metrics", headers=headers)).status_code == 404


async def test_requests_are_counted_by_their_route_never_by_their_address(service: Watched) -> None:
    world = service.world
    jo, *sign_in = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    _, reference = await world.case(jo)
    browser = Browser(service.client)
    await browser.sign_in(sign_in[0], sign_in[1])
    assert (await browser.get(f"/cases/{reference}")).status_code == 200
    await service.client.get("/l/secret-token-of-a-letter")
    await service.client.get("/static/mark.svg")
    await service.client.get("/no/such/page-for-Maya")
    await service.client.request("MAYA", "/cases")
    case_page = {"method": "GET", "route": "/cases/{reference}"}
    assert await service.value("mediation_http_requests_total", **case_page, status="200") == 1
    assert await service.value("mediation_http_request_seconds_count", **case_page) == 1
    assert await service.value("mediation_http_requests_total", route="none", status="404", method="GET")
    assert await service.value("mediation_http_requests_total", route="/static", method="GET")
    text = await service.text()
    for secret in (reference, "secret-token", "Maya", "MAYA", sign_in[0]):
        assert secret not in text
    assert 'route="/metrics"' not in text


async def test_a_fault_is_counted_as_one(service: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("of Maya Whitfield")

    monkeypatch.setattr(service.world.services.staff, "check_password", broken)
    browser = Browser(service.client)
    answer = await browser.sign_in("jo@service.example", "wrong")
    assert answer.status_code == 500
    assert await service.value("mediation_http_requests_total", route="/sign-in", method="POST", status="500") == 1


async def test_the_cases_are_shown_as_they_stand(service: Watched) -> None:
    jo, *_ = await service.world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    meg, *_ = await service.world.mediator("Meg Mediator")
    await service.world.rich_case(jo, meg)
    assert await service.value("mediation_cases_open", stage="joint_meeting") == 1
    assert await service.value("mediation_cases_open", stage="consent") == 0
    assert await service.value("mediation_tasks_overdue", role="coordinator") == 1
    assert await service.value("mediation_letters", state="bounced") == 1
    assert await service.value("mediation_office_open") == 1  # Tuesday at ten
    assert await service.value("mediation_case_file_up") == 1
    assert await service.value("mediation_part_up", part="database") == 1
    assert await service.value("mediation_part_up", part="temporal") == 0  # this one only pretends
    assert "Ruth" not in await service.text()


async def test_metrics_are_told_without_the_case_file_too(service: Watched) -> None:
    await service.client.get("/sign-in")
    async with service.world.services.database.write() as session:
        await (await session.connection()).exec_driver_sql("ALTER TABLE letter RENAME TO elsewhere")
    assert await service.value("mediation_case_file_up") == 0
    assert await service.value("mediation_http_requests_total", route="/sign-in")
    assert await service.value("mediation_letters") is None


async def test_how_long_commands_take_and_how_they_are_answered(service: Watched) -> None:
    world = service.world
    jo, *_ = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    meg, *_ = await world.mediator("Meg Mediator")
    world.services.intake.answered(Outcome(status="refused", code=FAILED), timedelta(0))
    case_id, _ = await world.rich_case(jo, meg)
    world.temporal.away = True
    pause = Pause(
        id="pause-0123456789abcdef",
        case_id=case_id,
        actor=Actor(kind="staff", id=jo, roles=[StaffRole.COORDINATOR]),
        at=world.now,
    )
    await world.services.intake.take(pause)
    world.clock.now += timedelta(minutes=1)
    world.temporal.away = False
    assert await world.services.intake.deliver(case_id)
    assert await service.value("mediation_command_seconds_count", answer="accepted") == 1
    assert await service.value("mediation_command_seconds_sum", answer="accepted") == 60
    assert await service.value("mediation_command_seconds_count", answer="failed") == 1


async def test_spans_name_the_route_and_hold_no_address(service: Watched) -> None:
    await service.client.get("/sign-in?next=/cases/of-Maya", headers={"User-Agent": "Maya's telephone"})
    await service.client.get("/health/alive")
    service.tracing.close()
    [span] = service.spans.get_finished_spans()
    assert span.name == "GET /sign-in"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/sign-in",
        "http.response.status_code": 200,
    }
    assert span.resource.attributes == {"service.name": "mediation-api"}
    assert "Maya" not in span.to_json()


# Health


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The mail server, each time it is asked; everything else is up."""
    times: list[str] = []

    async def up(_: object) -> bool:
        times.append("asked")
        return True

    monkeypatch.setattr(health, "mail_answers", up)
    monkeypatch.setattr(health, "calendar_answers", up)
    monkeypatch.setattr(health, "_temporal", up)
    return times


async def test_many_probes_are_one_look_at_the_parts(service: Watched, asked: list[str]) -> None:
    first, second = [await service.client.get("/health") for _ in range(2)]
    assert first.json() == second.json()
    assert first.json() == {"status": "up", "database": "up", "temporal": "up", "mail": "up", "calendar": "up"}
    assert len(asked) == 3


async def test_alive_asks_nobody(service: Watched, asked: list[str]) -> None:
    assert (await service.client.get("/health/alive")).json() == {"status": "up"}
    assert asked == []


class Ticking:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_what_is_remembered_grows_old_and_errors_are_not_remembered() -> None:
    clock = Ticking()
    answers: Iterator[int | ValueError] = iter([ValueError(), 1, 2])
    remembered: Remembered[int] = Remembered(2.0, clock)

    async def look_up() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    with pytest.raises(ValueError):  # noqa: PT011
        await remembered(look_up)
    assert [await remembered(look_up), await remembered(look_up)] == [1, 1]
    clock.now += 2.0
    assert await remembered(look_up) == 2
