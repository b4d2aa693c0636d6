"""Away: who takes a colleague's tasks and replies, on which days. Set by themself, or by a manager for them."""

from datetime import timedelta

from api.forms import Field, Option, Part, Typed
from api.services import Services
from casefile.covers import Cover, IsAway
from casefile.staff import StaffMember
from domain import words
from domain.commands import COORDINATORS
from domain.working_days import local_day

LONGEST = timedelta(days=366)


async def questions(services: Services, one: StaffMember) -> list[Part]:
    """None for those who look after no cases, or have nobody to stand in."""
    others = {id: name for id, name in (await services.staff.coordinators()).items() if id != one.id}
    if not one.has(*COORDINATORS) or not others:
        return []
    known = await cover_of(services, one)
    options = (Option("", "Choose"), *(Option(id, name) for id, name in others.items()))
    return [
        Field(
            "cover",
            "Who takes tasks and replies meanwhile?",
            "pick",
            options=options,
            value=known.cover_id if known else "",
            missing="Choose who takes tasks and replies meanwhile.",
        ),
        Field(
            "first",
            "From",
            "date",
            value=known.first.isoformat() if known else "",
            missing="Give the first day.",
        ),
        Field(
            "last",
            "Until",
            "date",
            hint="This day included.",
            value=known.last.isoformat() if known else "",
            missing="Give the last day.",
        ),
    ]


async def cover_of(services: Services, one: StaffMember) -> Cover | None:
    """Their cover that lasts or is to come."""
    return await services.covers.of(one.id, local_day(services.clock()))


async def set_away(services: Services, one: StaffMember, typed: Typed, by: StaffMember) -> None:
    """Sets or ends their cover. Complaints go into `typed`, and then nothing has changed."""
    now = services.clock()
    if typed.one("action") == "end":
        await services.covers.end(one.id, now, by.id)
        return
    asked = await questions(services, one)
    if not asked:
        typed.wrong("", "There is nobody who could stand in here.")
    typed.check(asked)
    cover_id, first, last = typed.one("cover"), typed.day("first"), typed.day("last")
    if first and last and last < first:
        typed.wrong("last", "The last day lies before the first. Check both.")
    elif last and last < local_day(now):
        typed.wrong("last", "This day has passed. Choose a later one.")
    elif first and last and last - first > LONGEST:
        typed.wrong("last", "That is more than a year. For so long, hand the cases over on the page “Cases”.")
    if typed.errors or first is None or last is None:
        return
    try:
        await services.covers.set(Cover(staff_id=one.id, cover_id=cover_id, first=first, last=last), now, by.id)
    except IsAway as away:
        name = (await services.staff.coordinators()).get(cover_id, "This colleague")
        typed.wrong("cover", f"{name} is away until {words.day(away.until)}. Choose somebody else.")
