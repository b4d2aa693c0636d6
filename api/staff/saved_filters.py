"""What a member of staff does with a filtered list of cases: keep it under a name, or take it along as a file."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import StringConstraints, TypeAdapter, ValidationError

from api.auth import Me
from api.csv_lines import csv_line
from api.forms import Typed
from api.services import Services, ServicesDep
from api.staff.days import Targets, targets_of
from api.staff.doing import KEY
from api.staff.lists import FILTERS, cases_page, filter_of, waiting_names
from casefile.cases import CaseLine
from casefile.exporting import ids_of, lines_of
from casefile.saved_filters import MOST, TooMany
from domain import titles, words
from domain.stages import ClosingReason, Stage
from domain.text import Name
from domain.working_days import local_day

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)
_NAME = TypeAdapter[str](Annotated[Name, StringConstraints(max_length=60)])
_LONGEST = 100  # of what a filter asks for


@router.post("/cases/filters")
async def save(request: Request, services: ServicesDep, me: Me) -> Response:
    """The list as it is filtered, under a name."""
    typed = Typed.of(await request.form())
    key, name = typed.one("key"), typed.one("name")
    wanted = {one: typed.one(one)[:_LONGEST] for one in FILTERS if typed.one(one)}
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open the list of cases again.")
    if not name:
        typed.wrong("name", "Give the filter a name.")
    elif not wanted:
        typed.wrong("name", "Filter the list first, then save what it shows.")
    try:
        name = _NAME.validate_python(name) if name else name
        if not typed.errors:
            await services.saved_filters.save(key, me.id, name, wanted)
    except ValidationError:
        typed.wrong("name", "Give a name of at most 60 characters on one line.")
    except TooMany:
        typed.wrong("name", f"You have saved {MOST} filters. Remove one first.")
    if typed.errors:
        return await cases_page(request, services, me, wanted, typed, 422)
    return RedirectResponse(f"/cases?{urlencode(wanted)}", 303)


@router.post("/cases/filters/{filter_id}/remove")
async def remove(services: ServicesDep, me: Me, filter_id: str) -> Response:
    """One's own."""
    await services.saved_filters.remove(me.id, filter_id)
    return RedirectResponse("/cases", 303)


# The list as a file

_COLUMNS = (
    "Reference",
    "Child",
    "Referred",
    "Day of the case",
    "Target",
    "Stage",
    "Day of the stage",
    "Target of the stage",
    "Coordinator",
    "Waiting for",
    "Next due",
    "Escalated",
    "On hold",
    "Paused",
    "How it ended",
)


@router.get("/cases.csv")
async def export(request: Request, services: ServicesDep, me: Me) -> Response:
    """All that the filtered list shows, and no more, as CSV. Days are working days; instants are on London's clocks."""
    ids = await ids_of(services.cases, filter_of(request.query_params, me))
    log.info("a list of cases was exported", by=me.id, number=len(ids))
    name = f"cases-{local_day(services.clock())}.csv"
    return StreamingResponse(
        _file(services, ids, await services.staff.names(), await targets_of(services)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _file(services: Services, ids: Sequence[str], names: dict[str, str], targets: Targets) -> AsyncIterator[str]:
    yield "\ufeff" + csv_line(_COLUMNS)  # so that spreadsheets read it as UTF-8
    async for lines in lines_of(services.cases, ids):
        yield "".join(csv_line(_cells(line, names, targets)) for line in lines)


def _cells(line: CaseLine, names: dict[str, str], targets: Targets) -> list[object]:
    stage, ended = Stage(line.stage), line.closed_reason
    case_days, stage_days = targets.case(stage, line.created), targets.stage(stage, line.stage_since)
    days = [case_days.day, case_days.target or "", titles.STAGES[stage], stage_days.day, stage_days.target or ""]
    return [
        line.reference,
        line.child,
        _moment(line.created),
        *(["", "", titles.STAGES[stage], "", ""] if ended else days),
        names.get(line.coordinator_id, ""),
        "" if ended else waiting_names(line),
        _moment(line.next_at),
        *("yes" if mark else "" for mark in (line.escalated, line.on_hold, line.paused)),
        titles.CLOSING_REASONS[ClosingReason(ended)] if ended else "",
    ]


def _moment(at: datetime | None) -> str:
    return words.moment(at) if at else ""
