"""The figures of a quarter, or of any two dates: a page for managers, and the report for the commissioner."""

import asyncio
from datetime import date

import structlog
from fastapi import APIRouter, Request, Response

from api.auth import Me
from api.forms import Field, Option, Typed
from api.pages import page
from api.services import Services, ServicesDep
from casefile.quarter import counted
from domain.quarter import Period, figures, quarter_of, quarters_back, report
from domain.working_days import local_day
from letters.bars import chart
from letters.quarterly import as_csv, as_pdf
from letters.typesetting import NotTypeset

router = APIRouter(include_in_schema=False)
log = structlog.get_logger(__name__)

QUARTERS = 12  # to choose from: three years
LONGEST = 5  # years that two dates may lie apart
EARLIEST = date(2000, 1, 1)  # the service is younger
_DATES = (Field("first", "First day", "date"), Field("last", "Last day", "date"))


@router.get("/figures")
async def show(request: Request, services: ServicesDep, me: Me) -> Response:
    """The quarter that runs, unless another or two dates are asked for."""
    typed = Typed.of(request.query_params)
    period = _period(typed, local_day(services.clock()))
    return await _page(request, services, typed, period)


@router.get("/figures/report.csv")
async def report_as_csv(request: Request, services: ServicesDep, me: Me) -> Response:
    typed = Typed.of(request.query_params)
    period = _quarter(typed, local_day(services.clock()))
    if typed.errors:
        return await _page(request, services, typed, period)
    told = as_csv(report(await counted(services.database, period), period), period)
    return _handed_out(told, "csv", "text/csv; charset=utf-8", period, me.id)


@router.get("/figures/report.pdf")
async def report_as_pdf(request: Request, services: ServicesDep, me: Me) -> Response:
    typed = Typed.of(request.query_params)
    period = _quarter(typed, local_day(services.clock()))
    if typed.errors:
        return await _page(request, services, typed, period)
    told = report(await counted(services.database, period), period)
    try:
        pdf = await asyncio.to_thread(as_pdf, told, period, services.settings.service_name, services.clock())
    except NotTypeset:
        typed.wrong("", "The report cannot be typeset. Take it as CSV, and tell whoever looks after the service.")
        return await _page(request, services, typed, period)
    return _handed_out(pdf, "pdf", "application/pdf", period, me.id)


def _handed_out(content: bytes, kind: str, media_type: str, period: Period, by: str) -> Response:
    log.info("a report for the commissioner was made", document="quarterly", kind=kind, code=period.code, by=by)
    return Response(
        content,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="mediation-{period.code}.{kind}"'},
    )


async def _page(request: Request, services: Services, typed: Typed, period: Period) -> Response:
    found = figures(await counted(services.database, period), period)
    quarter = tuple(
        Option(one.first.isoformat(), one.title) for one in quarters_back(local_day(services.clock()), QUARTERS)
    )
    return page(
        request,
        "staff/figures.html",
        422 if typed.errors else 200,
        period=period,
        so_far=services.clock() < period.ends,
        told=[(figure, chart(figure)) for figure in found],
        typed=typed,
        by_quarter=Field(
            "quarter", "Quarter", "pick", options=quarter, value=quarter_of(period.first).first.isoformat()
        ),
        by_dates=_DATES,
    )


def _period(typed: Typed, today: date) -> Period:
    """What is asked for; the quarter that runs, with a complaint, when that is no period."""
    if not (typed.one("first") or typed.one("last")):
        return _quarter(typed, today)
    first, last = typed.day("first", "The first day"), typed.day("last", "The last day")
    for name, given, label in (("first", first, "first"), ("last", last, "last")):
        if given is None:
            typed.wrong(name, f"Give the {label} day of the period.")
    if first and last and not typed.errors:
        if last < first:
            typed.wrong("last", "The last day must not lie before the first day.")
        elif first > today:
            typed.wrong("first", "The period must have begun: its first day lies in the future.")
        elif first < EARLIEST:
            typed.wrong("first", f"Choose a first day from {EARLIEST.year} on.")
        elif last.year - first.year > LONGEST:
            typed.wrong("last", f"Choose a period of at most {LONGEST} years.")
        else:
            return Period(first, last)
    return quarter_of(today)


def _quarter(typed: Typed, today: date) -> Period:
    """The one that its first day names; the one that runs when none is named."""
    if not typed.one("quarter"):
        return quarter_of(today)
    first = typed.day("quarter", "The quarter")
    if first and not EARLIEST <= first <= today:
        typed.wrong("quarter", "Choose a quarter that has begun.")
    return quarter_of(first if first and not typed.errors else today)
