"""What belongs to the service and to no case: the panel and the venues. For managers."""

import secrets
from dataclasses import replace
from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, BeforeValidator, ValidationError

from api.auth import Me
from api.forms import Field, Part, Typed, fields_of
from api.pages import page
from api.services import ServicesDep
from api.staff.doing import KEY
from domain.allocation import has_room, normalise_organisation
from domain.panel import MOST_AT_ONCE, NewStanding, runs_out
from domain.text import Email, Line, Name
from domain.venues import pence_of, pounds
from domain.view import VenueView
from domain.working_days import local_day

router = APIRouter(include_in_schema=False)
Model = TypeVar("Model", bound=BaseModel)


class Someone(BaseModel):
    name: Name
    email: Email
    professional_body: Line = ""


class _House(BaseModel):
    name: Name
    address: Name
    owner: Line = ""
    access: Line = ""
    rooms: Line = ""
    cost: Annotated[int | None, BeforeValidator(lambda text: pence_of(text) if text else None)] = None


_MEDIATOR: list[Part] = [
    Field("name", "Name"),
    Field("email", "E-mail address", "email", hint="They sign in with it."),
    Field("professional_body", "Professional body", hint="Of which they are a practising member."),
    Field("registered_until", "Registered until", "date"),
    Field("trained", "Trained in SEN law and the SEND Code of Practice", "tick", optional=True),
]
_STANDING: list[Part] = [
    Field("professional_body", "Professional body", hint="Of which they are a practising member."),
    Field("registered_until", "Registered until", "date"),
    Field("training", "Latest training", hint="Such as: SEN law refresher, two days.", optional=True),
    Field("trained_on", "Day of the latest training", "date", optional=True),
    Field("supervised_on", "Last supervision", "date", optional=True),
    Field("supervision_due", "Next supervision due", "date", optional=True),
    Field(
        "capacity",
        "Cases at once",
        "number",
        hint="No further case is offered to them then. 0: none for now. Empty: no limit.",
        optional=True,
    ),
]
_HAVE_BEEN = ("trained_on", "supervised_on")  # days that do not lie ahead
_VENUE: list[Part] = [
    Field("name", "Name"),
    Field("address", "Address"),
    Field("owner", "Belongs to", hint="The school, authority or other organisation whose house it is.", optional=True),
    Field(
        "access",
        "Access",
        hint="Such as: step-free, hearing loop, quiet room, parking by the door. Families read it in their letters.",
        optional=True,
    ),
    Field("rooms", "Rooms", hint="Such as: one for twelve, and two small ones.", optional=True),
    Field("cost", "Cost of half a day", hint="In pounds, such as 45 or 45.50, or “free”.", optional=True),
]

_NOT_ON_THE_PANEL = "There is no such mediator on the panel. Choose one on the page “Panel”."

# Panel


@router.get("/panel")
async def panel(request: Request, services: ServicesDep, me: Me) -> Response:
    return await _panel(request, services, Typed())


@router.post("/panel")
async def add_mediator(request: Request, services: ServicesDep, me: Me) -> Response:
    """A new mediator gets an account; somebody of the staff joins the panel, or renews the registration."""
    typed = Typed.of(await request.form())
    typed.check(_MEDIATOR)
    until = typed.day("registered_until", "The date")
    if typed.one("trained") != "yes":
        typed.wrong("trained", "All mediators of the panel are trained in SEN law. Confirm it, or add them later.")
    someone = read_as(Someone, typed, _MEDIATOR)
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
    if before is not None or not services.settings.local_passwords:
        return RedirectResponse("/panel?saved=1", 303)
    return told_once(
        request,
        someone.name,
        someone.email,
        await services.staff.new_password_for(mediator, services.clock(), me.id),
        "/panel",
    )


@router.get("/panel/{mediator}")
async def member(request: Request, services: ServicesDep, me: Me, mediator: str) -> Response:
    return await _member(request, services, mediator, Typed())


@router.post("/panel/{mediator}")
async def change_standing(request: Request, services: ServicesDep, me: Me, mediator: str) -> Response:
    typed = Typed.of(await request.form())
    standing = _read_standing(typed, local_day(services.clock()))
    if standing is None:
        return await _member(request, services, mediator, typed, 422)
    try:
        await services.reading.change_standing(mediator, standing)
    except LookupError:
        raise HTTPException(404, _NOT_ON_THE_PANEL) from None
    return RedirectResponse("/panel?saved=1", 303)


def _read_standing(typed: Typed, today: date) -> NewStanding | None:
    typed.check(_STANDING)
    labels = {one.name: one.label for one in fields_of(_STANDING)}
    days = {one.name: typed.day(one.name, one.label) for one in fields_of(_STANDING) if one.kind == "date"}
    for name in _HAVE_BEEN:
        day = days[name]
        if day is not None and day > today:
            typed.wrong(name, f"{labels[name]} must not lie in the future.")
    capacity = typed.one("capacity")
    if capacity and not (capacity.isdecimal() and int(capacity[:9]) <= MOST_AT_ONCE):
        typed.wrong("capacity", f"Cases at once must be a whole number from 0 to {MOST_AT_ONCE}, or empty.")
        capacity = ""
    lines = {name: typed.one(name) for name in ("professional_body", "training")}
    try:
        standing = NewStanding.model_validate({**lines, **days, "capacity": int(capacity) if capacity else None})
    except ValidationError as error:
        typed.blame(error, {name: name for name in labels}, labels)
        typed.in_order(_STANDING)
        return None
    return None if typed.errors else standing


async def _member(request: Request, services: ServicesDep, mediator: str, typed: Typed, status: int = 200) -> Response:
    one = next((one for one in await services.reading.mediators() if one.id == mediator), None)
    if one is None:
        raise HTTPException(404, _NOT_ON_THE_PANEL)
    kept = {name: "" if value is None else str(value) for name, value in one.model_dump().items()}
    form = [replace(part, value=kept[part.name]) for part in fields_of(_STANDING)]
    return page(request, "staff/panel_member.html", status, typed=typed, one=one, form=form)


@router.post("/panel/{mediator}/conflict")
async def declare_conflict(request: Request, services: ServicesDep, me: Me, mediator: str) -> Response:
    typed = Typed.of(await request.form())
    organisation = normalise_organisation(typed.one("organisation")[:200])
    if not organisation:
        typed.wrong("organisation", "Give the organisation's name.")
        return await _panel(request, services, typed, 422, mediator)
    try:
        await services.reading.declare_conflict(mediator, organisation=organisation)
    except LookupError:
        raise HTTPException(404, _NOT_ON_THE_PANEL) from None
    return RedirectResponse("/panel?saved=1", 303)


async def _panel(
    request: Request, services: ServicesDep, typed: Typed, status: int = 200, conflict_of: str = ""
) -> Response:
    mediators, today = await services.reading.mediators(), local_day(services.clock())
    return page(
        request,
        "staff/panel.html",
        status,
        typed=Typed() if conflict_of else typed,
        problem=typed,
        form=_MEDIATOR,
        mediators=[(one, runs_out(one, today), has_room(one.capacity, one.open_cases)) for one in mediators],
        conflict_of=conflict_of,
        saved="saved" in request.query_params,
    )


# Venues

_NO_SUCH_VENUE = "There is no such venue. Choose one on the page “Venues”."


@router.get("/venues")
async def venues(request: Request, services: ServicesDep, me: Me) -> Response:
    return await _venues(request, services, Typed())


@router.post("/venues")
async def add_venue(request: Request, services: ServicesDep, me: Me) -> Response:
    typed = Typed.of(await request.form())
    typed.check(_VENUE)
    house = read_as(_House, typed, _VENUE)
    key = typed.one("key")
    if house is None or not KEY.fullmatch(key):
        return await _venues(request, services, typed, 422)
    await services.reading.add_venue(**house.model_dump(), once=key)
    return RedirectResponse("/venues?saved=1", 303)


@router.get("/venues/{venue}")
async def venue(request: Request, services: ServicesDep, me: Me, venue: str) -> Response:
    return await _venue(request, services, venue, Typed())


@router.post("/venues/{venue}")
async def change_venue(request: Request, services: ServicesDep, me: Me, venue: str) -> Response:
    typed = Typed.of(await request.form())
    typed.check(_VENUE)
    house = read_as(_House, typed, _VENUE)
    if house is None:
        return await _venue(request, services, venue, typed, 422)
    try:
        await services.reading.change_venue(VenueView(id=venue, **house.model_dump()))
    except LookupError:
        raise HTTPException(404, _NO_SUCH_VENUE) from None
    return RedirectResponse("/venues?saved=1", 303)


async def _venue(request: Request, services: ServicesDep, venue: str, typed: Typed, status: int = 200) -> Response:
    one = next((one for one in await services.reading.venues() if one.id == venue), None)
    if one is None:
        raise HTTPException(404, _NO_SUCH_VENUE)
    kept = one.model_dump() | {"cost": "" if one.cost is None else pounds(one.cost)}
    form = [replace(part, value=kept[part.name]) for part in fields_of(_VENUE)]
    return page(request, "staff/venue.html", status, typed=typed, one=one, form=form)


async def _venues(request: Request, services: ServicesDep, typed: Typed, status: int = 200) -> Response:
    return page(
        request,
        "staff/venues.html",
        status,
        typed=typed,
        form=_VENUE,
        venues=await services.reading.venues(),
        pounds=pounds,
        key=typed.one("key") if KEY.fullmatch(typed.one("key")) else secrets.token_hex(16),
        saved="saved" in request.query_params,
    )


def told_once(request: Request, name: str, email: str, password: str, back: str) -> Response:
    """The generated password: kept as a hash only, so it is shown on this page and never again."""
    return page(request, "staff/password.html", name=name, email=email, password=password, back=back)


def read_as(model: type[Model], typed: Typed, form: list[Part]) -> Model | None:
    labels = {one.name: one.label for one in fields_of(form)}
    try:
        read = model.model_validate({name: typed.one(name) for name in model.model_fields if name in labels})
    except ValidationError as error:
        typed.blame(error, {name: name for name in labels}, labels)
        return None
    return None if typed.errors else read
