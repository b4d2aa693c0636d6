"""What Prometheus reads at GET /metrics: how requests and commands fare in this process, and how the service's cases
stand (casefile/figures.py). Labels are codes and route templates: no address that was asked for, no case, no person."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from api.health import parts_up
from api.intake import FAILED
from api.remembered import Remembered
from api.services import Services, ServicesDep
from casefile.commands import Outcome
from casefile.figures import Figures, figures

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

GOOD_FOR = 10.0  # seconds: several Prometheus servers are one look at the case file
FAST_AND_SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds of a request
AT_ONCE_AND_LATE = (0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)  # seconds from stored to answered


class Metrics:
    """Those of one app. The figures of the cases are the same whichever process is asked: take their maximum."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mediation_http_requests",
            "Requests answered, by method, route template and status",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "mediation_http_request_seconds",
            "Seconds until a request was answered",
            ["method", "route"],
            buckets=FAST_AND_SLOW,
            registry=self.registry,
        )
        self.command_seconds = Histogram(
            "mediation_command_seconds",
            "Seconds from the storing of a command until its case had answered; referrals are not among them",
            ["answer"],  # accepted, refused, failed (a fault of ours)
            buckets=AT_ONCE_AND_LATE,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self._standing: Remembered[list[GaugeMetricFamily]] = Remembered(GOOD_FOR)

    def command_answered(self, outcome: Outcome, after: timedelta) -> None:
        answer = FAILED if outcome.code == FAILED else outcome.status
        self.command_seconds.labels(answer).observe(max(after.total_seconds(), 0.0))

    async def text(self, look_up: Callable[[], Awaitable[list[GaugeMetricFamily]]]) -> bytes:
        """All of it, in Prometheus' text format."""
        standing = await self._standing(look_up)
        now = CollectorRegistry()
        now.register(_Of(standing))
        return generate_latest(self.registry) + generate_latest(now)


class _Of:
    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self.families = families

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self.families


@router.get("/metrics")
async def metrics(request: Request, services: ServicesDep) -> Response:
    """With METRICS_TOKEN as bearer token; without that setting there is no such page."""
    token = services.settings.metrics_token
    if not token:
        return Response(status_code=404)
    if not compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    known: Metrics = request.app.state.metrics
    return Response(await known.text(lambda: _standing(request, services)), media_type=CONTENT_TYPE_LATEST)


async def _standing(request: Request, services: Services) -> list[GaugeMetricFamily]:
    now = services.clock()
    try:
        found: Figures | None = await figures(services.database, now)
        opens: datetime | None = (await services.intake.policy("standard")).office_moment(now)
    except Exception as error:  # whatever it is: what this process knows of itself is told all the same
        log.error("the case file cannot be read for metrics", error=type(error).__name__)
        found = opens = None
    parts = {name: int(up) for name, up in (await parts_up(request, services)).items()}
    return [
        _by("part", "mediation_part_up", "1 when a part that the service leans on answers", parts),
        _one("mediation_case_file_up", "1 when the case file could be read", found is not None),
        _one("mediation_office_open", "1 in office hours of a working day, when letters leave", opens == now),
        *(families_of(found) if found else []),
    ]


def families_of(found: Figures) -> list[GaugeMetricFamily]:
    """The figures under the names by which Prometheus knows them."""
    return [
        _by("stage", "mediation_cases_open", "Open cases by stage", found.cases),
        _one("mediation_cases_escalated", "Open cases with something for a manager to decide", found.escalated),
        _one("mediation_cases_on_hold", "Open cases on a safeguarding hold", found.on_hold),
        _one("mediation_cases_paused", "Open cases that are paused", found.paused),
        _one("mediation_cases_not_taken", "Open cases that no coordinator has taken", found.not_taken),
        _one("mediation_step_late_seconds", "How late the latest step of any case is", found.step_late),
        _by("kind", "mediation_asks_open", "What people were asked for and have not answered", found.asks),
        _by("kind", "mediation_asks_overdue", "Past their date, or reminded to the end in vain", found.asks_overdue),
        _by("role", "mediation_tasks_open", "Open tasks of staff", found.tasks),
        _by("role", "mediation_tasks_overdue", "Open tasks past their date", found.tasks_overdue),
        _by("state", "mediation_letters", "Letters of all cases by what became of them", found.letters),
        _one(
            "mediation_letter_waits_seconds", "Age of the oldest letter that may leave, and has not", found.letter_waits
        ),
        _one(
            "mediation_letter_texts_failing",
            "Texts in the service's own words by which letters could not be written",
            found.letter_texts_failing,
        ),
        _one("mediation_commands_pending", "Commands that their cases have not answered", found.commands_pending),
        _one("mediation_command_waits_seconds", "Age of the oldest of them", found.command_waits),
    ]


def _one(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=float(value))


def _by(label: str, name: str, says: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for code, value in sorted(values.items()):
        family.add_metric([code], value)
    return family
