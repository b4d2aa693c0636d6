"""The accounts of the staff: who may sign in, in which roles, and what was done to their accounts. For managers."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from api.auth import Me
from api.forms import Field, Option, Part, Typed
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.away import cover_of, questions, set_away
from api.staff.letting_in import own_passwords
from api.staff.new_password import send_link
from api.staff.service import Someone, read_as, told_once
from casefile.account_events import account_events
from casefile.staff import EmailTaken, LastManager, StaffMember
from domain import titles
from domain.commands import StaffRole
from domain.text import Line

router = APIRouter(include_in_schema=False)

_ROLES = tuple(Option(role, titles.STAFF_ROLES[role]) for role in StaffRole if role != StaffRole.MEDIATOR)
_ROLES_ASKED = Field("roles", "Roles", "ticks", hint="Mediators are added on the page “Panel”.", options=_ROLES)
_STAFF: list[Part] = [
    Field("name", "Name"),
    Field("email", "E-mail address", "email", hint="They sign in with it."),
    _ROLES_ASKED,
]
_REASON = Field(
    "reason",
    "Why",
    hint="Such as: a lost telephone. Ring them first, on a number that you know: somebody else may have asked.",
    missing="Say why.",
)


class _Why(BaseModel):
    reason: Line


@router.get("/staff")
async def staff(request: Request, services: ServicesDep, me: Me) -> Response:
    return await _staff(request, services, Typed())


@router.post("/staff")
async def add_staff(request: Request, services: ServicesDep, me: Me) -> Response:
    typed = Typed.of(await request.form())
    typed.check(_STAFF)
    if not typed.many("roles"):
        typed.wrong("roles", "Choose at least one role.")
    someone = read_as(Someone, typed, _STAFF)
    if someone is None:
        return await _staff(request, services, typed, 422)
    roles = [StaffRole(role) for role in typed.many("roles")]
    try:
        new, password = await services.staff.create(someone.name, someone.email, roles, services.clock(), me.id)
    except EmailTaken:
        typed.wrong("email", "Somebody has an account with this e-mail address already.")
        return await _staff(request, services, typed, 422)
    if not services.settings.local_passwords:
        return RedirectResponse(f"/staff/{new}?saved=1", 303)
    return told_once(request, someone.name, someone.email, password, "/staff")


@router.get("/staff/{staff_id}")
async def member(request: Request, services: ServicesDep, me: Me, staff_id: str) -> Response:
    return await _member(request, services, await _known(services, staff_id), Typed())


@router.post("/staff/{staff_id}/{act}")
async def change_staff(request: Request, services: ServicesDep, me: Me, staff_id: str, act: str) -> Response:
    """Deactivate or reactivate an account, give it a new password or other roles, take its second step away, or say who
    stands in while they are away."""
    one = await _known(services, staff_id)
    if act in ("password", "link"):
        await own_passwords(services)
    typed, now = Typed.of(await request.form()), services.clock()
    try:
        match act:
            case "password":
                password = await services.staff.new_password_for(one.id, now, me.id)
                return told_once(request, one.name, one.email, password, f"/staff/{one.id}")
            case "link":
                await send_link(services, one.email, me.id)
                return RedirectResponse(f"/staff/{one.id}?sent=1", 303)
            case "roles":
                chosen = [role for role in StaffRole if role in typed.many("roles") and role != StaffRole.MEDIATOR]
                mediates = [StaffRole.MEDIATOR] if one.has(StaffRole.MEDIATOR) else []  # the panel says who mediates
                if not chosen + mediates:
                    typed.wrong("roles", f"Choose at least one role for {one.name}.")
                else:
                    await services.staff.set_roles(one.id, chosen + mediates, now, me.id)
            case "away":
                await set_away(services, one, typed, me)
            case "deactivate" | "reactivate":
                await services.staff.set_active(one.id, act == "reactivate", now, me.id)
            case "second-step":
                await _take_away(services, me, one, typed)
            case _:
                raise HTTPException(404, "There is no such action. Choose one on the page “Staff”.")
    except LastManager:
        typed.wrong("", "This is the last manager. Give somebody else the role first.")
        return await _member(request, services, one, typed, 409)
    if typed.errors:
        return await _member(request, services, one, typed, 422)
    return RedirectResponse(f"/staff/{one.id}?saved=1", 303)


async def _take_away(services: Services, me: StaffMember, one: StaffMember, typed: Typed) -> None:
    """Whoever lost the telephone and the recovery codes sets up the second step anew at the next sign-in."""
    typed.check([_REASON])
    if one.id == me.id:  # else a browser that was left alone would be enough to be rid of it
        typed.wrong("reason", "Change your own second step on the page “Your account”, or ask another manager.")
    why = read_as(_Why, typed, [_REASON])
    if why:
        await services.second_factors.remove(one.id, services.clock(), by=me.id, reason=why.reason)


async def _known(services: Services, staff_id: str) -> StaffMember:
    found = await services.staff.by_id(staff_id)
    if found is None:
        raise HTTPException(404, "There is no such account. Choose one on the page “Staff”.")
    return found


async def _staff(request: Request, services: Services, typed: Typed, status: int = 200) -> Response:
    return page(
        request,
        "staff/staff.html",
        status,
        typed=typed,
        form=_STAFF,
        people=await services.staff.list(),
        with_second_step=await services.second_factors.everybody(),
    )


async def _member(request: Request, services: Services, one: StaffMember, typed: Typed, status: int = 200) -> Response:
    names = await services.staff.names()
    events = await account_events(services.database, services.vault, one.id)
    return page(
        request,
        "staff/staff_member.html",
        status,
        typed=typed,
        one=one,
        roles=_ROLES_ASKED,
        reason=_REASON,
        ticked=Typed(typed.values if typed.posted else {"roles": list(one.roles)}, typed.errors, True),
        factor=await services.second_factors.of(one.id),
        events=[(event, names.get(event.by, "the service's terminal")) for event in events],
        away=await questions(services, one),
        cover=await cover_of(services, one),
        coordinators=await services.staff.coordinators(),
        saved="saved" in request.query_params,
        link_sent="sent" in request.query_params,
    )
