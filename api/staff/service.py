"""What belongs to the service and to no case: the panel and the venues. For managers."""

import secrets
from typing import TypeVar

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError

from api.auth import Me
from api.forms import Field, Part, Typed, fields_of
from api.pages import page
from api.services import ServicesDep
from api.staff.doing import KEY
from domain.allocation import normalise_organisation
from domain.text import Email, Line, Name
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
