"""The list of data breaches: what happened, whom it concerns, what was decided and why. For managers and the
safeguarding lead; the Information Commissioner's Office may ask to see it (UK GDPR, article 33 (5))."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from api.auth import Me
from api.csv_lines import csv_line
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.lists import do_link, page_number
from casefile.breaches import BreachLine
from casefile.cases import NoSuchCase
from casefile.vault import Erased
from domain import titles, words
from domain.breaches import Breach
from domain.possible import Possible
from domain.working_days import local_day

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)
_PER_PAGE = 25


@dataclass(frozen=True)
class BreachShown:
    """A breach with its words; without them when its case was erased."""

    line: BreachLine
    breach: Breach | None = None
    letter: str = ""
    to: str = ""
    said: dict[str, str] | None = None  # by whoever reported it
    decided: dict[str, str] | None = None  # by whoever decided
    reported_by: str = ""
    decided_by: str = ""
    href: str = ""

    @property
    def decision(self) -> str:
        """ "The ICO is told; those whose data it was are not told"; "" while nobody has decided."""
        if self.breach is None or self.breach.decided is None:
            return ""
        ico = "The ICO is told" if self.breach.tell_ico else "The ICO is not told"
        people = "are told" if self.breach.tell_people else "are not told"
        return f"{ico}; those whose data it was {people}"


@router.get("/breaches")
async def breaches(request: Request, services: ServicesDep, me: Me) -> Response:
    number = page_number(request.query_params.get("page", ""))
    lines, total = await services.breaches.list((number - 1) * _PER_PAGE, _PER_PAGE)
    names = await services.staff.names()
    return page(
        request,
        "staff/breaches.html",
        shown=[await _shown(services, line, names) for line in lines],
        total=total,
        now=services.clock(),
        number=number,
        last=max(1, -(-total // _PER_PAGE)),
    )


@router.get("/breaches.csv")
async def as_csv(services: ServicesDep, me: Me) -> Response:
    """All of them, with their words. Who took them along is in the log."""
    log.info("the list of breaches was taken along", by=me.id)
    name = f"breaches-{local_day(services.clock())}.csv"
    return StreamingResponse(
        _csv(services),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


_COLUMNS = (
    "Case", "Letter", "For", "By", "The service heard of it", "Decide by", "What it tells, and about whom",
    "Who has it", "What was done", "Who has been told", "Reported by", "Decision", "Decided", "Decided by", "Why",
    "What was done since", "Who has been told since",
)  # fmt: skip


async def _csv(services: Services) -> AsyncIterator[str]:
    yield "\ufeff" + csv_line(_COLUMNS)  # so that spreadsheets read it as UTF-8
    names = await services.staff.names()
    first, total = 0, 1
    while first < total:
        lines, total = await services.breaches.list(first, _PER_PAGE)
        for line in lines:
            yield csv_line(_cells(await _shown(services, line, names)))
        first += _PER_PAGE


def _cells(one: BreachShown) -> list[str]:
    breach, said, decided = one.breach, one.said or {}, one.decided or {}
    return [
        one.line.reference,
        one.letter,
        one.to,
        titles.CHANNELS[breach.channel] if breach else "",
        words.moment(one.line.noticed),
        words.moment(breach.decide_by) if breach else "",
        *(said.get(name, "") for name in ("held", "went_to", "done", "told")),
        one.reported_by,
        one.decision,
        words.moment(one.line.decided) if one.line.decided else "",
        one.decided_by,
        *(decided.get(name, "") for name in ("reason", "done", "told")),
    ]


async def _shown(services: Services, line: BreachLine, names: dict[str, str]) -> BreachShown:
    try:
        case = await services.cases.load(line.case_id)
    except (NoSuchCase, Erased):
        return BreachShown(line)
    breach = case.journey.breach(line.id) if case.journey else None
    if breach is None:
        return BreachShown(line)
    return BreachShown(
        line=line,
        breach=breach,
        letter=titles.LETTERS.get(breach.kind_of_letter, "A letter"),
        to=words.recipient(case, breach.to),
        said=_texts(case.texts.get(breach.key)),
        decided=_texts(case.texts.get(breach.decision)),
        reported_by=names.get(breach.reported_by, ""),
        decided_by=names.get(breach.decided_by, ""),
        href=do_link(line.reference, Possible(kind="decide_on_breach", about=breach.key)),
    )


def _texts(found: dict[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (found or {}).items() if value}
