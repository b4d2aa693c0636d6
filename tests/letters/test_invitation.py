from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from domain.commands import Slot
from domain.journey import Meeting, MeetingStatus
from domain.scheduling import event_uid
from letters.invitation import Guest, Method, Organiser, invitation
from tests.sample_case import CHILD, NOW, sample_case

GUEST = Guest(name="Ann Example", email="ann@family.example")
SERVICE = Organiser(name="SEN Mediation Service", email="mediation@service.example")


def made(method: Method = "REQUEST", key: str = "visit/p1/1", meeting: Meeting | None = None) -> Any:
    case = sample_case()
    made = invitation(
        case,
        meeting or case.meeting(key),
        method,
        GUEST,
        SERVICE,
        NOW,
        place=case.place_of(meeting or case.meeting(key)),
    )
    assert made.method == method
    assert CHILD not in made.ics
    return Calendar.from_ical(made.ics)


def test_the_entry_stands_in_londons_time_with_its_zone() -> None:
    calendar = made()
    event = calendar.walk("VEVENT")[0]
    assert calendar["METHOD"] == "REQUEST"
    assert event["DTSTART"].params["TZID"] == "Europe/London"
    assert event["DTSTART"].dt == datetime(2026, 12, 3, 10, tzinfo=UTC)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=90)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/London"]
    assert len(calendar.to_ical()) < 2500  # one zone, without its history
    assert str(event["SUMMARY"]) == "Initial visit: SEN mediation SM-2026-00042"
    assert str(event["LOCATION"]) == "Library, Room 2"


def test_summer_time_is_kept() -> None:
    summer = Meeting(key="visit/p1/1", slot=Slot(start=datetime(2027, 6, 1, 9, 0, tzinfo=UTC), minutes=60))
    event = made(meeting=summer).walk("VEVENT")[0]
    assert event["DTSTART"].dt.hour == 10  # London's clocks
    assert event["DTSTART"].dt == datetime(2027, 6, 1, 9, tzinfo=UTC)


def test_only_the_service_and_the_guest_are_named() -> None:
    event = made(key="joint_meeting/1").walk("VEVENT")[0]
    assert str(event["ORGANIZER"]) == "mailto:mediation@service.example"
    assert str(event["ATTENDEE"]) == "mailto:ann@family.example"
    assert b"oakfield" not in event.to_ical().lower()
    assert str(event["LOCATION"]) == "Town Hall, 1 High Street"


def test_a_cancellation_is_the_same_entry_and_outranks_it() -> None:
    meeting = sample_case().meeting("visit/p1/1")
    after = meeting.model_copy(update={"sequence": 3, "status": MeetingStatus.CANCELLED})
    booked, cancelled = made().walk("VEVENT")[0], made("CANCEL", meeting=after).walk("VEVENT")[0]
    assert booked["UID"] == cancelled["UID"] == event_uid("c1", "visit/p1/1")
    assert cancelled["SEQUENCE"] > booked["SEQUENCE"] == 2
    assert str(cancelled["STATUS"]) == "CANCELLED"


def test_each_meeting_has_its_own_entry() -> None:
    assert len({event_uid("c1", "visit/p1/1"), event_uid("c1", "visit/p1/2"), event_uid("c2", "visit/p1/1")}) == 3


def test_names_cannot_add_lines() -> None:
    case = sample_case()
    guest = Guest(name='Ann "A"; X:Y, Example', email="ann@family.example")
    ics = invitation(case, case.meeting("visit/p1/1"), "REQUEST", guest, SERVICE, NOW, place="").ics
    attendee: Any = Calendar.from_ical(ics).walk("VEVENT")[0]["ATTENDEE"]
    assert attendee.params["CN"] == "Ann 'A'; X:Y, Example"


def test_without_a_date_there_is_no_invitation() -> None:
    with pytest.raises(ValueError, match="no date"):
        made(meeting=Meeting(key="visit/p1/1"))
