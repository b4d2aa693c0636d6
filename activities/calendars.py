"""Meetings in the calendars of mediators and venues, by CalDAV.

The database keeps meetings from overlapping (casefile.tables.Reservation); a calendar shows people what was booked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from caldav.async_davclient import AsyncDAVClient
from caldav.collection import Principal
from caldav.elements import cdav
from caldav.lib.error import DAVError
from icalendar import Calendar, Event
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from calendar_server import calendar_client
from casefile.database import Database
from casefile.tables import Staff, Venue
from domain.scheduling import event_uid
from workflows.neighbours import Booking, Calendars

CONNECTIONS = 4  # Radicale lets five callers wait at its door
ATTEMPTS = 3  # to write an entry that somebody else is writing, too
OK, CREATED, NO_CONTENT = 200, 201, 204
NOT_FOUND, CONFLICT, PRECONDITION_FAILED = 404, 409, 412
MALFORMED = (400, 413, 415, 422)  # a wrong password or a busy server can be put right, these cannot
MEETINGS = {"visit": "Initial visit", "joint_meeting": "Joint meeting"}


class CalDAVCalendars(Calendars):
    """One calendar for each mediator and venue in the home of the account that `url` names, made when first needed."""

    def __init__(self, url: str, database: Database) -> None:
        self._url, self._database = url, database
        self._connections = asyncio.Semaphore(CONNECTIONS)

    @activity.defn
    async def book(self, booking: Booking) -> None:
        """Write the entry into each resource's calendar. An entry of a later sequence stays as it is."""
        async with self._database.read() as session:
            names = {resource: await _name_of(session, resource) for resource in booking.resources}
            entry = _entry(booking, await _location(session, booking))
        async with self._connected() as (client, principal, home):
            for resource in booking.resources:
                url = f"{home}{_calendar_id(resource)}/{event_uid(booking.case_id, booking.meeting)}.ics"
                if not await _write(client, url, booking, entry):
                    with suppress(DAVError):  # another booking may have made it meanwhile: writing again will tell
                        await _awaited(principal.make_calendar(name=names[resource], cal_id=_calendar_id(resource)))
                    if not await _write(client, url, booking, entry):
                        raise ApplicationError("the calendar cannot be made", type="calendar_refused")

    @activity.defn
    async def cancel(self, booking: Booking) -> None:
        """Take the entry out of each resource's calendar, unless a later sequence has been booked since."""
        async with self._connected() as (client, _, home):
            for resource in booking.resources:
                url = f"{home}{_calendar_id(resource)}/{event_uid(booking.case_id, booking.meeting)}.ics"
                await _write(client, url, booking, None)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[AsyncDAVClient, Principal, str]]:
        """A client with our account and the address of its calendars. What goes wrong below is put into words without
        names; all of it may pass or be put right by operations, a wrong password too, so it is tried again."""
        try:
            async with self._connections, calendar_client(self._url) as client:
                principal = await client.get_principal()
                home = await _awaited(principal.get_property(cdav.CalendarHomeSet()))
                yield client, principal, str(client.url.join(home or principal.url)).rstrip("/") + "/"
        except ApplicationError:
            raise
        except DAVError as error:
            raise ApplicationError(f"the calendar server refuses: {error.status}", type="calendar_refused") from None
        except OSError as error:  # the HTTP client's errors are such
            raise ApplicationError(f"no calendar server: {type(error).__name__}", type="calendar_away") from None


async def _awaited(answer: Any) -> Any:
    """The library types what its two clients share as "a value or a coroutine"; with this client it is the latter."""
    return await answer


async def _write(client: AsyncDAVClient, url: str, booking: Booking, entry: str | None) -> bool:
    """Put the entry there, or delete it (None), unless a later one stands there. False: there is no such calendar.
    Two writers cannot overwrite each other: the server refuses to change what is no longer as it was read."""
    for _ in range(ATTEMPTS):
        there = await client.request(url)
        if there.status == OK:
            if _sequence(there.raw) > booking.sequence:
                return True
            unchanged = {"If-Match": there.headers["ETag"]}
        elif there.status == NOT_FOUND:
            if entry is None:
                return True
            unchanged = {"If-None-Match": "*"}
        else:
            raise _refused(there.status)
        if entry is None:
            answer = await client.delete(url, headers=unchanged)
        else:
            answer = await client.put(url, entry, {"Content-Type": "text/calendar; charset=utf-8", **unchanged})
        if answer.status in (OK, CREATED, NO_CONTENT):
            return True
        if answer.status in (NOT_FOUND, CONFLICT) and entry is not None:
            return False
        if answer.status not in (PRECONDITION_FAILED, NOT_FOUND):
            raise _refused(answer.status)
    raise ApplicationError("the calendar's entry keeps changing", type="calendar_refused")


def _refused(status: int) -> ApplicationError:
    """What the server calls malformed stays so; what it cannot do now, it may do later."""
    malformed = status in MALFORMED
    return ApplicationError(f"the calendar server refuses: {status}", type="calendar_refused", non_retryable=malformed)


def _sequence(entry: str) -> int:
    return int(Calendar.from_ical(entry).events[0].get("SEQUENCE", 0))


def _entry(booking: Booking, location: str) -> str:
    """The entry as text. It names the case by its reference only: calendars are read on many devices."""
    event = Event()
    event.add("UID", event_uid(booking.case_id, booking.meeting))
    event.add("DTSTAMP", datetime.now(UTC))
    event.add("DTSTART", booking.slot.start.astimezone(UTC))
    event.add("DTEND", booking.slot.start.astimezone(UTC) + timedelta(minutes=booking.slot.minutes))
    event.add("SEQUENCE", booking.sequence)
    event.add("SUMMARY", f"{MEETINGS[booking.meeting.partition('/')[0]]} · {booking.reference}")
    event.add("STATUS", "CONFIRMED")
    if location:
        event.add("LOCATION", location)
    calendar = Calendar()
    calendar.add("PRODID", "-//SEN mediation//Case service//EN")
    calendar.add("VERSION", "2.0")
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


async def _location(session: AsyncSession, booking: Booking) -> str:
    """ "Online", or the venue. Where a visit takes place may be somebody's home, so it stays in the case file."""
    if booking.online:
        return "Online"
    venues = [id_ for kind, _, id_ in (resource.partition("/") for resource in booking.resources) if kind == "venue"]
    venue = await session.get(Venue, venues[0]) if venues else None
    return f"{venue.name}, {venue.address}" if venue else ""


async def _name_of(session: AsyncSession, resource: str) -> str:
    """What a calendar is called: by the mediator or the venue; by the resource when it is unknown."""
    kind, _, id_ = resource.partition("/")
    table: dict[str, Any] = {"mediator": Staff, "venue": Venue}
    found = await session.get(table[kind], id_) if kind in table else None
    return f"{kind.capitalize()}: {found.name}" if found else resource


def _calendar_id(resource: str) -> str:
    return quote(resource.replace("/", "-"), safe="")
