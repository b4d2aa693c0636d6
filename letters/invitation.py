"""Invitations that calendars understand: the same entry from the first invitation to its cancellation."""

from datetime import datetime, timedelta
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText
from pydantic import BaseModel

from domain.journey import Meeting
from domain.languages import tr
from domain.scheduling import event_uid
from domain.view import CaseView
from domain.working_days import LONDON, ONE_DAY

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
"""PUBLISH: for whoever takes the entry from their page: it asks their calendar for no answer."""


class Invitation(BaseModel):
    """An iCalendar message, as it goes into a letter."""

    method: Method
    ics: str


class Organiser(BaseModel):
    """Who invites: the service."""

    name: str
    email: str


class Guest(BaseModel):
    """Who is invited. Each guest sees only their own address."""

    name: str
    email: str


def invitation(
    case: CaseView,
    meeting: Meeting,
    method: Method,
    guest: Guest,
    organiser: Organiser,
    now: datetime,
    *,
    place: str,
) -> Invitation:
    """For one guest, in the language that is spoken. No child's name: calendars are shared and synchronised.
    ValueError: the meeting has no date."""
    if meeting.slot is None:
        raise ValueError(f"{meeting.key} has no date")
    start = meeting.slot.start.astimezone(LONDON)
    end = start + timedelta(minutes=meeting.slot.minutes)
    what = tr("Initial visit") if meeting.key.startswith("visit/") else tr("Joint meeting")

    event = Event()
    event.add("uid", event_uid(case.id, meeting.key))
    # The journey counts a cancellation as a change: it outranks the invitation
    event.add("sequence", max(meeting.sequence, 1) if method == "CANCEL" else meeting.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", tr("{what}: SEN mediation {reference}", what=what, reference=case.reference))
    event.add("location", place)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("organizer", _address(organiser.name, organiser.email))
    attendee = _address(guest.name, guest.email)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("FALSE")  # the date was agreed before
    if method != "PUBLISH":
        event.add("attendee", attendee, encode=False)

    calendar = Calendar()
    calendar.add("prodid", "-//SEN mediation//Case service//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    # Without bounds it would write every clock change since 1970
    calendar.add_missing_timezones(first_date=start.date() - ONE_DAY, last_date=end.date() + ONE_DAY)
    return Invitation(method=method, ics=calendar.to_ical().decode())


def _address(name: str, email: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(name.replace('"', "'"))  # a quoted parameter cannot hold a double quote
    return address
