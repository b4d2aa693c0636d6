"""The JSON door: everything the pages can do, for other systems. Described by itself at /api/openapi.json.

Staff tokens open it (`python cli.py user token`). A mediator sees their own cases only; whoever is operations and
nothing else sees none. What goes wrong is problem+json; only a command that its case refused answers as commands do."""

import re
import secrets
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import Match

from api.auth import ApiStaff
from api.intake import Answer
from api.papers import NotTakenIn, Sent, handed_out, looked_at
from api.privacy import may_open_papers, may_read_note
from api.rest.bodies import MediatorBody, ReferralBody, VenueBody, body_schemas, parse
from api.rest.examples import EXAMPLES
from api.rest.problems import MEDIA_TYPE, Problem, ProblemDetails, ProblemRoute
from api.rest.shown import CaseBegun, CaseList, CaseShown, LetterShown, TaskShown, known_case, letter_shown, shown
from api.services import Services, ServicesDep
from casefile.cases import CaseFilter, NoSuchCase, derived_id
from casefile.reading import MediatorView
from casefile.staff import StaffMember
from casefile.vault import Erased
from domain import words
from domain.commands import COMMANDS, AddPaper, How, StaffRole
from domain.journey import Task
from domain.papers import MOST_BYTES
from domain.stages import Stage
from domain.targets import STEPS, Targets, sentence
from domain.text import REFERENCE, Line
from domain.view import CaseView, VenueView
from domain.working_days import local_day

router = APIRouter(prefix="/api", route_class=ProblemRoute)


# Who


def _sees_own_only(me: StaffMember) -> bool:
    """A mediator, whatever else they are, unless it is a role that looks after all cases."""
    return not me.has(StaffRole.COORDINATOR, StaffRole.SAFEGUARDING_LEAD, StaffRole.MANAGER)


def _key(
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=r"^[A-Za-z0-9._:-]{1,100}$",
            description="Chosen by the caller: the same request sent again with it is done once. Without it, each "
            "request is one of its own.",
        ),
    ] = None,
) -> str:
    return idempotency_key or secrets.token_hex(16)


Key = Annotated[str, Depends(_key)]


def _own(me: StaffMember, key: str) -> str:
    """The caller's key as an id: two callers who choose the same one do not meet."""
    return derived_id("key", me.id, key)


Reference = Annotated[str, Path(description="such as SM-2026-00042", max_length=40)]


async def _case_id(services: Services, me: StaffMember, reference: str) -> str:
    """The case, if this member of staff may see it; else it does not exist for them."""
    if not re.fullmatch(REFERENCE, reference):
        raise NoSuchCase(reference)
    if _sees_own_only(me) and not await services.cases.is_mediated_by(me.id, reference):
        raise NoSuchCase(reference)
    return await services.cases.case_id(reference)


# Cases


@router.post("/cases", status_code=201, responses={200: {"description": "This key began this case before."}})
async def begin_case(
    body: ReferralBody, key: Key, me: ApiStaff, services: ServicesDep, response: Response
) -> CaseBegun:
    """Begin a case from a referral. A coordinator's or manager's token; they become the case's coordinator.

    When cases are likely about the same child, nothing is stored: a 409 names them in `candidates` (reference, child,
    stage, coordinator, why). If it is one of them, go on with that case; if it is another matter, send the same again
    with `not_a_duplicate_of` (all references named) and `why_another_matter`."""
    referral, own_key = body.form(), _own(me, key)
    await services.intake.policy(referral.policy)
    known = await services.intake.known_as(referral, own_key, body.split_from)
    if any(one.line.reference not in body.not_a_duplicate_of for one in known):
        raise Problem(
            409,
            "Nothing was stored: the child is likely known already, see candidates. Go on with that case, or send the "
            "same again with not_a_duplicate_of and why_another_matter.",
            candidates=[known_case(one).model_dump() for one in known],
        )
    referred = await services.intake.refer(referral, own_key, me.actor(), me.id, body.another(), body.split_from)
    response.status_code = 201 if referred.created else 200
    response.headers["Location"] = f"/api/cases/{referred.reference}"
    return CaseBegun(reference=referred.reference, status=referred.status, created=referred.created)


class CaseQuery(BaseModel):
    """Which cases are wanted; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")
    stage: Stage | None = None
    open: bool | None = None
    escalated: bool | None = None
    on_hold: bool | None = Field(None, description="on a safeguarding hold, or paused")
    coordinator: str = Field("", pattern=r"^[A-Za-z0-9]{0,40}$", description="a staff id")
    mediator: str = Field("", pattern=r"^[A-Za-z0-9]{0,40}$", description="a staff id")
    reference: str = Field("", pattern=r"^[A-Za-z0-9-]{0,20}$", description="or a part of it")
    page: int = Field(1, ge=1, le=10_000)
    per_page: int = Field(25, ge=1, le=100)


@router.get("/cases")
async def list_cases(wanted: Annotated[CaseQuery, Query()], me: ApiStaff, services: ServicesDep) -> CaseList:
    """Cases, the most urgent first. A mediator gets their own."""
    asked = CaseFilter(**wanted.model_dump(exclude={"stage"}), stage=wanted.stage or "")
    if _sees_own_only(me):
        asked.mediator = me.id
    cases, total = await services.cases.list(asked)
    return CaseList(cases=cases, total=total, page=wanted.page, per_page=wanted.per_page)


@router.get("/cases/{reference}")
async def read_case(reference: Reference, me: ApiStaff, services: ServicesDep) -> CaseShown:
    """A case read whole: where it stands, what happens next and why, and everything that happened."""
    case_id = await _case_id(services, me, reference)
    case = await services.cases.load(case_id)

    def may_leave(author: str, private: bool) -> bool:
        return not private and may_read_note(me, case, author, private)

    return shown(
        case,
        me,
        notes=await services.notes.of_case(case_id, may_leave),
        letters=await services.letters.of_case(case_id),
        timeline=await services.reading.timeline(case_id),
        pending=await services.reading.pending_kinds(case_id),
        staff_names=await services.staff.names(),
        related=[] if _sees_own_only(me) else await services.related.of_case(case_id),
    )


@router.post(
    "/cases/{reference}/commands/{kind}",
    response_model=Answer,
    responses={
        202: {"model": Answer, "description": "Pending: stored, and delivered as soon as the case can be reached."},
        409: {"model": Answer, "description": "Refused by the case; `message` says what to do."},
    },
)
async def give_command(
    reference: Reference,
    kind: str,
    key: Key,
    me: ApiStaff,
    services: ServicesDep,
    body: Annotated[dict[str, Any] | None, Body()] = None,
) -> JSONResponse:
    """Do something in a case. The body holds the command's codes and its words side by side; who may do what is said by
    each command, and `possible` of a case names those it is ready for. A paper is sent to `/cases/{reference}/papers`
    instead of `add_paper`, with its file."""
    command_class = COMMANDS.get(kind)
    if command_class is None:
        raise Problem(404, f"There is no such command. There are: {', '.join(COMMANDS)}.", commands=list(COMMANDS))
    case_id = await _case_id(services, me, reference)
    command, texts = await parse(
        command_class,
        body or {},
        services.intake,
        id=_own(me, key),
        case_id=case_id,
        actor=me.actor(),
        at=services.clock(),
    )
    answer = await services.intake.take(command, texts)
    return _answered(answer)


def _answered(answer: Answer) -> JSONResponse:
    return JSONResponse(answer.model_dump(), {"accepted": 200, "pending": 202, "refused": 409}[answer.status])


# Documents and letters


@router.get(
    "/cases/{reference}/agreement.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The agreement."}},
)
async def agreement_pdf(
    reference: Reference,
    me: ApiStaff,
    services: ServicesDep,
    version: Annotated[int | None, Query(ge=1, le=1000, description="the newest, unless said")] = None,
) -> Response:
    """The agreement as everyone present received it."""
    case_id = await _case_id(services, me, reference)
    if version is None:
        journey = (await services.cases.load(case_id)).journey
        version = journey.agreement.version if journey and journey.agreement else 0
    pdf = await services.reading.document(case_id, "agreement", version)
    if pdf is None:
        raise Problem(404, "There is no such agreement yet.")
    name = f"agreement-{reference}-{version}.pdf"
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


@router.get("/cases/{reference}/letters/{letter}")
async def read_letter(
    reference: Reference, letter: Annotated[str, Path(max_length=100)], me: ApiStaff, services: ServicesDep
) -> LetterShown:
    """A letter's words as they were sent."""
    case_id = await _case_id(services, me, reference)
    found = next((known for known in await services.letters.of_case(case_id) if known.id == letter), None)
    if found is None:
        raise Problem(404, "This case has no such letter.")
    return letter_shown(await services.cases.load(case_id), found)


# Papers


class PaperQuery(BaseModel):
    """What is known of a file that is sent."""

    model_config = ConfigDict(extra="forbid")
    party: str = Field(pattern=r"^p[0-9]{1,3}$", description="the party that gave it, such as p1")
    how: How = Field(description="how it reached the service")
    title: Line = Field(description="what it is, in one line")
    name: str = Field("file", max_length=300, description="the file's name")


@router.post(
    "/cases/{reference}/papers",
    response_model=Answer,
    responses={
        202: {"model": Answer, "description": "Pending: kept, and taken in as soon as the case can be reached."},
        409: {"model": Answer, "description": "Refused by the case; `message` says what to do."},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
async def send_paper(
    reference: Reference,
    wanted: Annotated[PaperQuery, Query()],
    key: Key,
    me: ApiStaff,
    services: ServicesDep,
    request: Request,
) -> JSONResponse:
    """Take in a paper for a party: the body is the file itself. Its kind is told by its content; photographs are kept
    without the place where they were taken."""
    case_id, own_key, content = await _case_id(services, me, reference), _own(me, key), bytearray()
    async for chunk in request.stream():
        content += chunk[: MOST_BYTES + 1 - len(content)]
    try:
        papers = await looked_at([Sent(wanted.name, bytes(content))], [own_key], wanted.title)
    except NotTakenIn as not_taken:
        raise Problem(422, str(not_taken)) from None
    await services.papers.keep(case_id, papers, services.clock())
    by = {"id": own_key, "case_id": case_id, "actor": me.actor(), "at": services.clock()}
    answer = await services.intake.take(AddPaper.model_validate({**by, "party": wanted.party, "how": wanted.how}))
    return _answered(answer)


@router.get(
    "/cases/{reference}/papers/{paper}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}},
)
async def fetch_paper(
    reference: Reference, paper: Annotated[str, Path(max_length=100)], me: ApiStaff, services: ServicesDep
) -> Response:
    """A paper's file. `papers` of a case lists them."""
    case = await services.cases.load(await _case_id(services, me, reference))
    known = case.journey.paper(paper) if case.journey and may_open_papers(me, case) else None
    answer = await handed_out(services, case, paper, by=me.id) if known and known.can_be_opened else None
    if answer is None:
        raise Problem(404, "This case has no such paper that could be opened now.")
    return answer


# Tasks, panel, venues


class TaskQuery(BaseModel):
    """Which tasks are wanted."""

    model_config = ConfigDict(extra="forbid")
    role: StaffRole | None = None
    mine: bool = Field(False, description="of cases that I coordinate or mediate")
    reference: str = Field("", pattern=f"^({REFERENCE})?$")


class TaskList(BaseModel):
    """Open tasks, the most urgent first."""

    tasks: list[TaskShown]


@router.get("/tasks")
async def list_tasks(wanted: Annotated[TaskQuery, Query()], me: ApiStaff, services: ServicesDep) -> TaskList:
    """Open tasks of all cases. A mediator gets those of their own cases."""
    case_id = await _case_id(services, me, wanted.reference) if wanted.reference else ""
    roles = [wanted.role] if wanted.role else []
    if _sees_own_only(me):
        roles = [StaffRole.MEDIATOR]
    lines = await services.reading.tasks(
        case_id=case_id, roles=roles, staff=me.id if wanted.mine or _sees_own_only(me) else ""
    )
    views: dict[str, CaseView | None] = {}
    tasks = []
    for line in lines:
        if line.case_id not in views:
            views[line.case_id] = await _unless_erased(services, line.case_id)
        view = views[line.case_id]
        title = words.task_title(view, Task.model_validate(line.model_dump())) if view else line.kind
        tasks.append(TaskShown(title=title, **line.model_dump(exclude={"case_id", "coordinator_id", "mediator_id"})))
    return TaskList(tasks=tasks)


async def _unless_erased(services: Services, case_id: str) -> CaseView | None:
    try:
        return await services.cases.load(case_id)
    except Erased:
        return None


class MediatorList(BaseModel):
    """The panel, by name."""

    mediators: list[MediatorView]


class VenueList(BaseModel):
    """Venues in use, by name."""

    venues: list[VenueView]


class Made(BaseModel):
    """The id of what was added."""

    id: str


@router.get("/mediators")
async def list_mediators(me: ApiStaff, services: ServicesDep) -> MediatorList:
    """The panel of mediators."""
    return MediatorList(mediators=await services.reading.mediators())


@router.post("/mediators", status_code=201)
async def add_mediator(body: MediatorBody, me: ApiStaff, services: ServicesDep) -> Made:
    """Add a mediator to the panel, or renew a registration: the e-mail address says who it is. A manager's token."""
    return Made(id=await services.reading.add_mediator(**body.model_dump(), at=services.clock()))


@router.get("/venues")
async def list_venues(me: ApiStaff, services: ServicesDep) -> VenueList:
    """Venues for joint meetings."""
    return VenueList(venues=await services.reading.venues())


@router.post("/venues", status_code=201)
async def add_venue(body: VenueBody, key: Key, me: ApiStaff, services: ServicesDep) -> Made:
    """Add a venue. A manager's token."""
    return Made(id=await services.reading.add_venue(**body.model_dump(), once=_own(me, key)))


# The service's targets


class TargetsShown(BaseModel):
    """The service's targets in their newest version: what a case is given that begins now."""

    version: int
    since: datetime | None = Field(description="null: since the beginning")
    reason: str
    sentences: list[str] = Field(description="the ladders in words, in the order of the leaflet; days are working days")
    targets: Targets
    closed: list[date] = Field(description="bank holidays and closures, in order, from today on")


@router.get("/policy")
async def read_policy(me: ApiStaff, services: ServicesDep) -> TargetsShown:
    """The service's targets. They are changed on the page “Targets”, where a manager sees first what changes for
    whom."""
    newest, today = await services.policies.current(), local_day(services.clock())
    return TargetsShown(
        version=newest.number,
        since=newest.at,
        reason=newest.reason,
        sentences=[sentence(kind, newest.targets.ladders[kind]) for kinds in STEPS.values() for kind in kinds],
        targets=newest.targets,
        closed=[day for day in newest.targets.policy(today).holidays if day >= today],
    )


# The door's own description


@cache
def description() -> dict[str, Any]:
    """OpenAPI 3.1 of all this."""
    found = get_openapi(
        title="SEN mediation: cases",
        version="1",
        description=__doc__,
        routes=[route for route in router.routes if getattr(route, "include_in_schema", False)],
    )
    schemas = found["components"]["schemas"]
    bodies, shared = body_schemas(COMMANDS)
    schemas.update(shared)
    schemas.update({f"{kind}_body": body for kind, body in bodies.items()})
    schemas["ProblemDetails"] = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["ProblemDetails"].pop("$defs"))
    for gone in ("HTTPValidationError", "ValidationError"):
        schemas.pop(gone, None)

    command = found["paths"]["/api/cases/{reference}/commands/{kind}"]["post"]
    for parameter in command["parameters"]:
        if parameter["name"] == "kind":
            parameter["schema"] = {"type": "string", "enum": list(COMMANDS)}
    command["requestBody"] = {
        "content": {
            "application/json": {
                "schema": {"anyOf": [{"$ref": f"#/components/schemas/{kind}_body"} for kind in bodies]},
                "examples": {kind: {"summary": COMMANDS[kind].title, "value": EXAMPLES[kind]} for kind in bodies},
            }
        }
    }

    found["components"]["securitySchemes"] = {
        "staff_token": {"type": "http", "scheme": "bearer", "description": "made by `python cli.py user token`"}
    }
    found["security"] = [{"staff_token": []}]
    problem = {
        "description": "A problem: what was wrong, and what to do.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for operations in found["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["4XX"] = problem
    return found


@router.get("/openapi.json", include_in_schema=False)
async def openapi() -> JSONResponse:
    return JSONResponse(description())


@router.api_route(
    "/{nothing:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], include_in_schema=False
)
async def nothing_here(nothing: str, request: Request) -> Response:
    """The last route: whatever matched none of those above."""
    scope = {"type": "http", "path": f"/api/{nothing}", "method": request.method, "root_path": ""}
    ways = {
        method
        for route in router.routes[:-1]
        if route.matches(scope)[0] != Match.NONE
        for method in getattr(route, "methods", ())
    }
    if ways:
        allowed = ", ".join(sorted(ways))
        raise Problem(405, f"This address takes {allowed}.", headers={"Allow": allowed})
    raise Problem(404, "There is nothing at this address. /api/openapi.json says what there is.")
