"""What belongs to the service and to no case: the panel, the venues, the staff. For managers."""

import secrets
from typing import TypeVar

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError

from api.forms import Field, Option, Part, Typed, fields_of
from api.pages import page
from api.services import ServicesDep
from api.staff.access import PanelManager, StaffManager, VenueManager
from api.staff.doing import KEY
from casefile.staff import EmailTaken, LastManager
from domain import titles
from domain.allocation import normalise_organisation
from domain.commands import StaffRole
from domain.text import Email, Line, Name
from domain.working_days import local_day

router = APIRouter(include_in_schema=False)
Model = TypeVar("Model", bound=BaseModel)


class _Someone(BaseModel):
    name: Name
    email: Email
    professional_body: Line = ""


class _House(BaseModel):
    name: Name
    address: Name
    owner: Line = ""


_ROLES = tuple(Option(role, titles.STAFF_ROLES[role]) for role in StaffRole if role != StaffRole.MEDIATOR)
_MEDIATOR: list[Part] = [
    Field("name", "Name"),
    Field("email", "E-mail address", "email", hint="They sign in with it."),
    Field("professional_body", "Professional body", hint="Of which they are a practising member."),
    Field("registered_until", "Registered until", "date"),
    Field("trained", "Trained in SEN law and the SEND Code of Practice", "tick", optional=True),
]
_VENUE: list[Part] = [
    Field("name", "Name"),
    Field("address", "Address"),
    Field("owner", "Belongs to", hint="The school, authority or other organisation whose house it is.", optional=True),
]
_STAFF: list[Part] = [
    Field("name", "Name"),
    Field("email", "E-mail address", "email", hint="They sign in with it."),
    Field(
        "roles",
        "Roles",
        "ticks",
        hint="Mediators are added on the page “Panel”.",
        options=_ROLES,
    ),
]


# Panel


@router.get("/panel")
async def panel(request: Request, services: ServicesDep, me: PanelManager) -> Response:
    return await _panel(request, services, Typed())


@router.post("/panel")
async def add_mediator(request: Request, services: ServicesDep, me: PanelManager) -> Response:
    """A new mediator gets an account; somebody of the staff joins the panel, or renews the registration."""
    typed = Typed.of(await request.form())
    typed.check(_MEDIATOR)
    until = typed.day("registered_until", "The date")
    if typed.one("trained") != "yes":
        typed.wrong("trained", "All mediators of the panel are trained in SEN law. Confirm it, or add them later.")
    someone = _read(_Someone, typed, _MEDIATOR)
    if someone is None or until is None:
        return await _panel(request, services, typed, 422)
    before = await services.staff.find(someone.email)
    mediator = await services.reading.add_mediator(
        name=someone.name,
        email=someone.email,
        professional_body=someone.professional_body,
        registered_until=until,
        at=services.clock(),
    )
    if before is not None:
        return RedirectResponse("/panel?saved=1", 303)
    return _told_once(
        request,
        someone.name,
        someone.email,
        await services.staff.new_password_for(mediator, services.clock()),
        "/panel",
    )


@router.post("/panel/{mediator}/conflict")
async def declare_conflict(request: Request, services: ServicesDep, me: PanelManager, mediator: str) -> Response:
    typed = Typed.of(await request.form())
    organisation = normalise_organisation(typed.one("organisation")[:200])
    if not organisation:
        typed.wrong("organisation", "Give the organisation's name.")
        return await _panel(request, services, typed, 422, mediator)
    try:
        await services.reading.declare_conflict(mediator, organisation=organisation)
    except LookupError:
        raise HTTPException(404, "There is no such mediator on the panel.") from None
    return RedirectResponse("/panel?saved=1", 303)


async def _panel(
    request: Request, services: ServicesDep, typed: Typed, status: int = 200, conflict_of: str = ""
) -> Response:
    return page(
        request,
        "staff/panel.html",
        status,
        typed=Typed() if conflict_of else typed,
        problem=typed,
        form=_MEDIATOR,
        mediators=await services.reading.mediators(),
        conflict_of=conflict_of,
        today=local_day(services.clock()),
        saved="saved" in request.query_params,
    )


# Venues


@router.get("/venues")
async def venues(request: Request, services: ServicesDep, me: VenueManager) -> Response:
    return await _venues(request, services, Typed())


@router.post("/venues")
async def add_venue(request: Request, services: ServicesDep, me: VenueManager) -> Response:
    typed = Typed.of(await request.form())
    typed.check(_VENUE)
    house = _read(_House, typed, _VENUE)
    key = typed.one("key")
    if house is None or not KEY.fullmatch(key):
        return await _venues(request, services, typed, 422)
    await services.reading.add_venue(name=house.name, address=house.address, owner=house.owner, once=key)
    return RedirectResponse("/venues?saved=1", 303)


async def _venues(request: Request, services: ServicesDep, typed: Typed, status: int = 200) -> Response:
    return page(
        request,
        "staff/venues.html",
        status,
        typed=typed,
        form=_VENUE,
        venues=await services.reading.venues(),
        key=typed.one("key") if KEY.fullmatch(typed.one("key")) else secrets.token_hex(16),
        saved="saved" in request.query_params,
    )


# Staff


@router.get("/staff")
async def staff(request: Request, services: ServicesDep, me: StaffManager) -> Response:
    return await _staff(request, services, Typed())


@router.post("/staff")
async def add_staff(request: Request, services: ServicesDep, me: StaffManager) -> Response:
    typed = Typed.of(await request.form())
    typed.check(_STAFF)
    if not typed.many("roles"):
        typed.wrong("roles", "Choose at least one role.")
    someone = _read(_Someone, typed, _STAFF)
    if someone is None:
        return await _staff(request, services, typed, 422)
    roles = [StaffRole(role) for role in typed.many("roles")]
    try:
        _, password = await services.staff.create(someone.name, someone.email, roles, services.clock())
    except EmailTaken:
        typed.wrong("email", "Somebody has an account with this e-mail address already.")
        return await _staff(request, services, typed, 422)
    return _told_once(request, someone.name, someone.email, password, "/staff")


@router.post("/staff/{staff_id}/{act}")
async def change_staff(request: Request, services: ServicesDep, me: StaffManager, staff_id: str, act: str) -> Response:
    """Deactivate or reactivate an account, give it a new password or other roles."""
    member = next((one for one in await services.staff.list() if one.id == staff_id), None)
    if member is None or act not in ("deactivate", "reactivate", "password", "roles"):
        raise HTTPException(404, "There is no such account or action. Choose one on the page “Staff”.")
    if act == "password":
        password = await services.staff.new_password_for(staff_id, services.clock())
        return _told_once(request, member.name, member.email, password, "/staff")
    typed = Typed.of(await request.form())
    chosen = [role for role in StaffRole if role in typed.many("roles") and role != StaffRole.MEDIATOR]
    mediates = [StaffRole.MEDIATOR] if member.has(StaffRole.MEDIATOR) else []  # the panel says who mediates
    if act == "roles" and not chosen + mediates:
        return await _staff(request, services, Typed(errors={"": f"Choose at least one role for {member.name}."}), 422)
    try:
        if act == "roles":
            await services.staff.set_roles(staff_id, chosen + mediates)
        else:
            await services.staff.set_active(staff_id, act == "reactivate", services.clock())
    except LastManager:
        typed = Typed(errors={"": "This is the last manager. Give somebody else the role first."}, posted=True)
        return await _staff(request, services, typed, 409)
    return RedirectResponse("/staff?saved=1", 303)


async def _staff(request: Request, services: ServicesDep, typed: Typed, status: int = 200) -> Response:
    return page(
        request,
        "staff/staff.html",
        status,
        typed=typed,
        form=_STAFF,
        people=await services.staff.list(),
        roles=_ROLES,
        saved="saved" in request.query_params,
    )


def _told_once(request: Request, name: str, email: str, password: str, back: str) -> Response:
    """The generated password: kept as a hash only, so it is shown on this page and never again."""
    return page(request, "staff/password.html", name=name, email=email, password=password, back=back)


def _read(model: type[Model], typed: Typed, form: list[Part]) -> Model | None:
    labels = {one.name: one.label for one in fields_of(form)}
    try:
        read = model.model_validate({name: typed.one(name) for name in model.model_fields if name in labels})
    except ValidationError as error:
        typed.blame(error, {name: name for name in labels}, labels)
        return None
    return None if typed.errors else read
