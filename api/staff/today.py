"""The page with which a coordinator's day begins: what is late, what is to be done, what may become late, what nobody
has taken, and for whom the other cases wait. Each line has the one thing that is done about it next."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Me
from api.pages import page
from api.services import ServicesDep
from api.staff.days import Targets, targets_of
from api.staff.lists import do_link, page_number, task_link
from casefile.staff import StaffMember
from casefile.today import Queued, QueuePart
from domain import titles, words
from domain.commands import COMMANDS, StaffRole
from domain.queue import Days, Matter, Section, at_risk_since, matter_of
from domain.queue_words import Said, said_of
from domain.working_days import local_day

router = APIRouter(include_in_schema=False)
EVERYBODY = "all"
_AT_FIRST, _PER_PAGE = 8, 25  # cases of a section: beside the others, and by itself

SECTIONS: dict[Section, tuple[str, str]] = {
    Section.LATE: ("Overdue", "Past its date, or nothing more is sent by itself."),
    Section.TODAY: ("Due today", "For you or your colleagues to do."),
    Section.AT_RISK: ("At risk", "A manager has something to decide, a stage takes long, or a letter does not leave."),
    Section.NOT_TAKEN: ("Not taken by anybody", "They came in through the public form."),
    Section.WAITING: ("Waiting for others", "Nothing to do yet: the next step comes by itself."),
}
"""The title of each section, and what stands in it."""


@dataclass(frozen=True)
class Row:
    """A case of the queue, in words."""

    reference: str
    child: str
    stage: str
    coordinator: str  # "": the reader's own, or nobody's
    said: Said
    needs: str
    late: bool
    case_days: Days
    stage_days: Days
    marks: list[str]  # why it is at risk
    action: str  # what its link says
    href: str


@router.get("/today")
async def today(request: Request, services: ServicesDep, me: Me) -> Response:
    """Of the reader's own cases, of a colleague's, or of all."""
    asked = request.query_params
    names = await services.staff.coordinators()
    own = me.id if me.has(StaffRole.COORDINATOR) else EVERYBODY
    whose = asked.get("whose", "")
    whose = whose if whose in names or whose == EVERYBODY else own
    only = Section(asked["show"]) if asked.get("show") in set(Section) else None
    number, targets = page_number(asked.get("page", "")), await targets_of(services)
    away = await services.covers.covered_by(me.id, local_day(targets.now)) if whose == me.id else {}
    parts = await services.queue.parts(
        targets.now,
        at_risk_since(targets.now, targets.stage_days, targets.holidays),
        coordinator="" if whose == EVERYBODY else whose,
        also=[cover.staff_id for cover in away.values()],
        only=only,
        page=number if only else 1,
        per_page=_PER_PAGE if only else _AT_FIRST,
    )

    def link(show: Section | None = None, number: int = 1) -> str:
        wanted = {"whose": whose if whose != own else "", "show": show or "", "page": str(number) if number > 1 else ""}
        kept = {name: value for name, value in wanted.items() if value}
        return f"/today?{urlencode(kept)}" if kept else "/today"

    if only and number > 1 and not parts[0].total:  # its cases have become fewer
        return RedirectResponse(link(only), 303)
    return page(
        request,
        "staff/today.html",
        parts=[
            (part, *SECTIONS[part.section], [_row(one, me, whose, targets) for one in part.cases]) for part in parts
        ],
        only=only,
        number=number,
        last=_last_page(parts) if only else 1,
        day=words.day(targets.now),
        away=away,
        own_cover=await services.covers.of(me.id, local_day(targets.now)),
        whose=whose,
        choices=[*([(own, "Mine")] if own == me.id else []), (EVERYBODY, "Everybody's")]
        + [(id, name) for id, name in names.items() if id != own],
        link=link,
    )


def _last_page(parts: Collection[QueuePart]) -> int:
    return max(1, *(-(-part.total // _PER_PAGE) for part in parts))


def _row(one: Queued, me: StaffMember, whose: str, targets: Targets) -> Row:
    case, matter = one.case, matter_of(one.case.journey, targets.now)
    action, href = _action(one, matter, me)
    stage_days = targets.stage(one.stage, case.stage_since or case.created)
    about = [matter.task.key, matter.task.about] if matter.task else [matter.ask.key] if matter.ask else []
    return Row(
        reference=case.reference,
        child=case.child.name,
        stage=titles.STAGES[one.stage],
        coordinator=case.coordinator.name if case.coordinator.id not in (me.id, whose) else "",
        said=said_of(case, matter, targets.now),
        needs=words.needs_of(case, *about),
        late=matter.late,
        case_days=targets.case(one.stage, case.created),
        stage_days=stage_days,
        marks=[
            *(["Escalated"] if one.escalated else []),
            *(["A letter does not leave"] if one.letter_waits else []),
        ],
        action=action,
        href=href,
    )


def _action(one: Queued, matter: Matter, me: StaffMember) -> tuple[str, str]:
    """What the reader does next and where; the case itself where there is nothing for them to do."""
    case, journey, do = one.case, one.case.journey, matter.action
    to_case = f"/cases/{case.reference}"
    if do is None or journey is None or not me.has(*COMMANDS[do.kind].may):
        return "Open the case", to_case
    href = task_link(case, journey, matter.task, me) if matter.task else do_link(case.reference, do)
    if do.kind == "tick_task":
        return ("Print queue" if href == "/print-queue" else "See to it"), href
    return COMMANDS[do.kind].title, href
