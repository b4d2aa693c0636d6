"""Lists: cases, tasks, a mediator's cases, and what operations may see."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import ValidationError

from api.auth import Me
from api.forms import Field, Typed
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.days import targets_of
from api.staff.doing import KEY
from api.staff.letter_texts import title_of as text_title
from casefile.cases import CaseFilter, CaseLine, NoSuchCase, derived_id
from casefile.commands import StoredElsewhere
from casefile.covers import Cover
from casefile.reading import TaskLine
from casefile.staff import StaffMember
from casefile.vault import Erased
from casefile.watched import Which, watched
from domain import titles, words
from domain.commands import COMMANDS, COORDINATORS, ReasonTexts, Reassign, StaffRole
from domain.journey import Journey, Task
from domain.possible import Possible
from domain.queue import doing
from domain.stages import Stage
from domain.text import without_controls
from domain.view import CaseView
from domain.working_days import local_day
from workflows.doors import workflow_id

router = APIRouter(include_in_schema=False)
_PER_PAGE = 25
_MOST_TASKS = 200
WATCHED: dict[Which, str] = {
    "all": "All",
    "overdue": "Overdue",
    "escalated": "Escalated",
    "silent": "On hold or paused",
    "letters": "Letters that fail",
    "today": "Changed today",
}


FILTERS = ("reference", "organisation", "stage", "state", "mine", "not_taken", "escalated", "on_hold")
"""What the list is asked for in its address, beside the page."""


def filter_of(asked: Mapping[str, str], me: StaffMember) -> CaseFilter:
    """What the address of the list asks for. Of a mediator, only their own; what makes no sense counts for nothing."""
    return CaseFilter(
        stage=asked.get("stage", "") if asked.get("stage") in set(Stage) else "",
        open={"open": True, "closed": False}.get(asked.get("state", "open")),
        escalated=True if asked.get("escalated") else None,
        on_hold=True if asked.get("on_hold") else None,
        coordinator=me.id if asked.get("mine") and me.has(*COORDINATORS) else "",
        not_taken=True if asked.get("not_taken") else None,
        mediator=me.id if me.only_mediates else "",
        reference=without_controls(asked.get("reference", ""))[:40],
        organisation=without_controls(asked.get("organisation", ""))[:100],
        page=page_number(asked.get("page", "")),
        per_page=_PER_PAGE,
    )


@router.get("/cases")
async def cases(request: Request, services: ServicesDep, me: Me) -> Response:
    """All cases, or those of the filters; of a mediator, their own."""
    return await cases_page(request, services, me, request.query_params, Typed())


async def cases_page(
    request: Request, services: Services, me: StaffMember, asked: Mapping[str, str], typed: Typed, status: int = 200
) -> Response:
    """The list that is asked for. `typed`: the name under which it was to be saved."""
    wanted = filter_of(asked, me)
    lines, total = await services.cases.list(wanted)
    kept = {name: asked[name] for name in FILTERS if asked.get(name)}
    last = max(1, -(-total // _PER_PAGE))
    return page(
        request,
        "staff/cases.html",
        status,
        lines=lines,
        total=total,
        wanted=wanted,
        state=asked.get("state", "open"),
        mine=bool(wanted.coordinator),
        waiting=waiting_names,
        stages=[stage for stage in Stage if stage != Stage.CLOSED],
        last=last,
        page_link=lambda number: f"/cases?{urlencode({**kept, 'page': str(number)})}",
        may_begin=me.has(*COORDINATORS),
        filtered=bool(kept),
        coordinators=await services.staff.coordinators() if me.has(*COORDINATORS) else {},
        key=secrets.token_hex(16),
        targets=await targets_of(services),
        kept=kept,
        saved=[(one, f"/cases?{urlencode(one.wanted)}") for one in await services.saved_filters.of(me.id)],
        typed=typed,
        export=f"/cases.csv?{urlencode(kept)}" if kept else "/cases.csv",
    )


@router.post("/cases/reassign")
async def reassign(request: Request, services: ServicesDep, me: Me) -> Response:
    """The cases that were ticked go to another coordinator, one command each. First a page asks what there is to know
    of each; then it says what became of each."""
    typed = Typed.of(await request.form())
    key, coordinator, reason = typed.one("key"), typed.one("coordinator"), typed.one("reason")
    coordinators = await services.staff.coordinators()
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open the list of cases again.")
    ticked = list(dict.fromkeys(one for one in typed.many("case") if one))[:_PER_PAGE]
    if not ticked:
        typed.wrong("case", "Tick the cases that are handed over.")
    if coordinator not in coordinators:
        typed.wrong("coordinator", "Choose to whom they are handed over.")
    if not reason:
        typed.wrong("reason", "Give the reason, so that others understand the change later.")
    texts = {reference: _said_of(typed, reference, reason) for reference in ticked}
    if typed.errors.keys() & {"case", "coordinator", "reason"}:
        return page(request, "staff/reassigned.html", 422, typed=typed, told=[], to="")
    to = coordinators[coordinator]
    if typed.errors or typed.one("action") != "send":
        lines = [(reference, await _line_of(services, reference)) for reference in ticked]
        status = 422 if typed.errors else 200
        return page(request, "staff/handing_over.html", status, typed=typed, key=key, lines=lines, to=to)
    told = [
        (reference, await _handed_over(services, me, key, reference, coordinator, said))
        for reference, said in texts.items()
    ]
    return page(request, "staff/reassigned.html", typed=typed, told=told, to=to)


async def _line_of(services: Services, reference: str) -> Field:
    """What the next coordinator has to know of one of the cases."""
    try:
        child = (await services.cases.load_called(reference)).child.name
    except (NoSuchCase, Erased):  # which is said when it is handed over
        child = ""
    return Field(f"line-{reference}", f"{reference} {child}".strip(), "words", optional=True, rows=2)


def _said_of(typed: Typed, reference: str, reason: str) -> ReasonTexts:
    try:
        return ReasonTexts(reason=reason, note=typed.one(f"line-{reference}"))
    except ValidationError as error:
        asked = f"line-{reference}"
        typed.blame(error, {"reason": "reason", "note": asked}, {"reason": "Why?", asked: reference})
        return ReasonTexts()


async def _handed_over(
    services: Services, me: StaffMember, key: str, reference: str, coordinator: str, texts: ReasonTexts
) -> str:
    """What became of one of them, in words. Posted again, it is the same command."""
    try:
        case_id = await services.cases.case_id(reference)
        command = Reassign(
            id=derived_id("reassign", me.id, key, case_id),
            case_id=case_id,
            actor=me.actor(),
            at=services.clock(),
            coordinator=coordinator,
        )
        return (await services.intake.take(command, texts)).message
    except NoSuchCase:
        return "There is no such case."
    except Erased:
        return "The personal text of this case was erased, so nothing was changed."
    except StoredElsewhere:
        return "This form was sent before for somebody else, so nothing was done. Open the list again."


def waiting_names(line: CaseLine) -> str:
    """Whom a case waits for, in a list."""
    names = [
        f"the {titles.STAFF_ROLES[StaffRole(one)].lower()}" if one in set(StaffRole) else one
        for one in line.waiting_for
    ]
    said = ", ".join(dict.fromkeys(names))
    return said[:1].upper() + said[1:]


@dataclass(frozen=True)
class TaskShown:
    """A task with the link to what does it."""

    reference: str
    child: str
    title: str
    taken: bool  # a coordinator has the case
    role: str
    instead_of: str  # a colleague who is away; "": it is the reader's own
    opened: datetime
    due: datetime | None
    late: bool
    href: str
    needs: str  # an interpreter, say: what is printed on every task


@router.get("/tasks")
async def tasks(request: Request, services: ServicesDep, me: Me) -> Response:
    """What waits for this member of staff. A coordinator sees those of their own cases and of cases that nobody has
    taken yet, or all (a colleague is on leave)."""
    everybody = bool(request.query_params.get("all")) and me.has(*COORDINATORS)
    found: list[TaskLine] = []
    for role in me.roles:
        if role in (StaffRole.MANAGER, StaffRole.SAFEGUARDING_LEAD):
            found += await services.reading.tasks(roles=[role])
        elif role == StaffRole.COORDINATOR:
            mine = "" if everybody else me.id
            found += await services.reading.tasks(roles=[role], staff=mine, or_nobodys=True)
        elif role == StaffRole.MEDIATOR:
            found += [t for t in await services.reading.tasks(roles=[role], staff=me.id) if t.mediator_id == me.id]
    if everybody and StaffRole.COORDINATOR not in me.roles:
        found += await services.reading.tasks(roles=[StaffRole.COORDINATOR])
    away = {} if everybody else await services.covers.covered_by(me.id, local_day(services.clock()))
    for cover in away.values():
        theirs = await services.reading.tasks(roles=[StaffRole.COORDINATOR], staff=cover.staff_id)
        found += [line for line in theirs if line.coordinator_id == cover.staff_id]
    unique = {(line.case_id, line.key): line for line in found}.values()
    ordered = sorted(unique, key=lambda line: (line.due is None, line.due or line.opened, line.opened))
    return page(
        request,
        "staff/tasks.html",
        tasks=await shown_tasks(services, me, ordered[:_MOST_TASKS], away),
        away=away,
        more=max(0, len(ordered) - _MOST_TASKS),
        everybody=everybody,
        may_see_all=me.has(*COORDINATORS),
    )


async def shown_tasks(
    services: Services, me: StaffMember, lines: list[TaskLine], away: Mapping[str, Cover] = MappingProxyType({})
) -> list[TaskShown]:
    """The tasks in words. A case that was erased meanwhile has none. `away`: for whom the reader stands in, by name."""
    instead_of = {cover.staff_id: name for name, cover in away.items()}
    loaded: dict[str, CaseView | None] = {}
    shown = []
    for line in lines:
        if line.case_id not in loaded:
            try:
                loaded[line.case_id] = await services.cases.load(line.case_id)
            except (NoSuchCase, Erased):
                loaded[line.case_id] = None
        case = loaded[line.case_id]
        if case is None or case.journey is None:
            continue
        task = Task.model_validate(line.model_dump())
        due = line.due
        shown.append(
            TaskShown(
                reference=case.reference,
                child=case.child.name,
                title=words.task_title(case, task),
                taken=bool(case.coordinator.id),
                role=titles.STAFF_ROLES[line.role],
                instead_of=instead_of.get(line.coordinator_id, "") if line.role == StaffRole.COORDINATOR else "",
                opened=line.opened,
                due=due,
                late=bool(due and due < services.clock()),
                href=task_link(case, case.journey, task, me),
                needs=words.needs_of(case, task.key, task.about),
            )
        )
    return shown


def task_link(case: CaseView, journey: Journey, task: Task, me: StaffMember) -> str:
    """The form that does a task, or its case where this is somebody else's to do."""
    if task.kind == "letter_by_post" and me.has(*COORDINATORS):
        return "/print-queue"
    found = doing(journey, task)
    if found and me.has(*COMMANDS[found.kind].may):
        return do_link(case.reference, found)
    return f"/cases/{case.reference}"


def do_link(reference: str, possible: Possible) -> str:
    """The address of a command's form."""
    about = f"?about={quote(possible.about, safe='')}" if possible.about else ""
    return f"/cases/{reference}/do/{possible.kind}{about}"


@router.get("/mediator")
async def mediator(request: Request, services: ServicesDep, me: Me) -> Response:
    """A mediator's cases, and those they have been offered."""
    lines, _ = await services.cases.list(CaseFilter(mediator=me.id, per_page=100))
    offers, mine, closed = [], [], []
    for line in lines:
        try:
            case = await services.cases.load(line.id)
        except (NoSuchCase, Erased):
            continue
        journey = case.journey
        entry: dict[str, Any] = {"line": line, "case": case, "waiting": waiting_names(line)}
        entry["next"] = _next_meeting(case)
        if line.closed_reason:
            closed.append(entry)
        elif journey and journey.offered_to == me.id:
            entry["answer"] = f"/cases/{case.reference}/do/answer_allocation?about={journey.offer}"
            offers.append(entry)
        else:
            mine.append(entry)
    return page(request, "staff/mediator.html", offers=offers, mine=mine, closed=closed)


def _next_meeting(case: CaseView) -> str:
    meetings = case.journey.meetings if case.journey else []
    booked = sorted((m for m in meetings if m.slot and m.status == "booked"), key=lambda m: m.slot.start)  # type: ignore[union-attr]
    if not booked or booked[0].slot is None:
        return ""
    return f"{words.meeting_title(case, booked[0].key)}, {words.slot(booked[0].slot)}"


@router.get("/operations")
async def operations(request: Request, services: ServicesDep, me: Me) -> Response:
    """Cases by reference and stage, with their workflows; no name stands on this page."""
    number = page_number(request.query_params.get("page", ""))
    asked = request.query_params.get("show", "")
    which: Which = asked if asked in WATCHED else "all"
    lines, total = await watched(services.database, which, services.clock(), page=number, per_page=_PER_PAGE)
    return page(
        request,
        "staff/operations.html",
        lines=lines,
        total=total,
        which=which,
        choices=WATCHED,
        workflow=lambda line: workflow_link(services, line.id),
        failing=[(text_title(one.name), one) for one in await services.letter_texts.failing()],
        number=number,
        last=max(1, -(-total // _PER_PAGE)),
    )


def workflow_link(services: Services, case_id: str) -> str:
    """The case's workflow in the Temporal UI."""
    settings = services.settings
    return f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id(case_id)}"


def page_number(text: str) -> int:
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() and len(text) < 7 else 1
