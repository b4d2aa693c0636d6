"""Meetings in calendars, on a real calendar server, read back through the library's own search."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from caldav.async_davclient import AsyncDAVClient
from caldav.elements import dav
from temporalio.exceptions import ApplicationError

from activities.calendars import CalDAVCalendars
from calendar_server import calendar_answers, calendar_client
from casefile.database import Database
from casefile.tables import Staff, Venue
from domain.commands import Slot
from domain.scheduling import event_uid
from workflows.neighbours import Booking

PASSWORD = "a secret"  # with a space, as it may come in an address
START = datetime(2026, 12, 7, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, free_ports: Callable[[int], list[int]]
) -> Iterator[Callable[..., str]]:
    """A Radicale of our own; gives the address for a user of it. Each test takes another user: an empty home."""
    home, [port] = tmp_path_factory.mktemp("radicale"), free_ports(1)
    users, config = home / "users", home / "config"
    users.touch()
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\nhtpasswd_encryption = plain\n"
        f"[rights]\ntype = owner_only\n[storage]\nfilesystem_folder = {home / 'collections'}\n"
        "[logging]\nlevel = error\n"
    )
    process = subprocess.Popen([sys.executable, "-m", "radicale", "--config", str(config)])

    def address(user: str, password: str = PASSWORD) -> str:
        with users.open("a") as file:
            file.write(f"{user}:{PASSWORD}\n")
        return f"http://{user}:{password.replace(' ', '%20')}@127.0.0.1:{port}/"

    try:
        probe, until = address("probe"), time.monotonic() + 20
        while not asyncio.run(calendar_answers(probe)):
            assert process.poll() is None, "radicale ended at once"
            assert time.monotonic() < until, "radicale does not answer"
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def url(server: Callable[..., str], request: pytest.FixtureRequest) -> str:
    return server(re.sub(r"\W", "-", request.node.name))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    async with database.write() as session:
        session.add(Staff(id="m1", name="Helen Ward", email="h@x.example", password_hash="", roles=[], created=START))
        session.add(Venue(id="v1", name="Friends Meeting House", address="5 Mill Lane, Exampleton"))
    yield database
    await database.close()


@pytest.fixture
def calendars(url: str, database: Database) -> CalDAVCalendars:
    return CalDAVCalendars(url, database)


def booking(**other: Any) -> Booking:
    given = {
        "case_id": "c1",
        "reference": "SM-2026-00042",
        "meeting": "joint_meeting/1",
        "resources": ["mediator/m1", "venue/v1"],
        "slot": Slot(start=START, minutes=120),
    }
    return Booking.model_validate({**given, **other})


async def shown(url: str) -> dict[str, list[Any]]:
    """What somebody who opens the account sees: entries by the calendar's name."""
    found: dict[str, list[Any]] = {}
    async with calendar_client(url) as client:
        for calendar in await client.get_calendars():
            name = str(await _awaited(calendar.get_property(dav.DisplayName())))
            events = await _awaited(calendar.get_events())
            found[name] = [event.icalendar_component for event in events]
    return found


async def _awaited(answer: Any) -> Any:
    return await answer


async def test_a_joint_meeting_stands_in_the_mediators_and_the_venues_calendar(
    calendars: CalDAVCalendars, url: str
) -> None:
    await calendars.book(booking())
    seen = await shown(url)
    assert seen.keys() == {"Mediator: Helen Ward", "Venue: Friends Meeting House"}
    for [event] in seen.values():
        assert event["SUMMARY"] == "Joint meeting · SM-2026-00042"
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (START, datetime(2026, 12, 7, 12, tzinfo=UTC))
        assert event["LOCATION"] == "Friends Meeting House, 5 Mill Lane, Exampleton"
        assert event["UID"] == event_uid("c1", "joint_meeting/1")
        assert event["SEQUENCE"] == 0


async def test_a_visit_online(calendars: CalDAVCalendars, url: str) -> None:
    await calendars.book(booking(meeting="visit/p1/1", resources=["mediator/m1"], online=True, sequence=3))
    [event] = (await shown(url))["Mediator: Helen Ward"]
    assert (event["SUMMARY"], event["LOCATION"]) == ("Initial visit · SM-2026-00042", "Online")
    assert event["SEQUENCE"] == 3  # as the mailed invitation says: the library must not count for itself


async def test_booked_twice_is_one_entry(calendars: CalDAVCalendars, url: str) -> None:
    await calendars.book(booking())
    await calendars.book(booking())
    assert [(len(events), events[0]["SEQUENCE"]) for events in (await shown(url)).values()] == [(1, 0), (1, 0)]


async def test_a_move_replaces_the_entry_and_a_late_older_one_does_not(calendars: CalDAVCalendars, url: str) -> None:
    later = Slot(start=datetime(2026, 12, 9, 14, tzinfo=UTC), minutes=90)
    await calendars.book(booking())
    await calendars.book(booking(slot=later, sequence=1))
    await calendars.book(booking())
    for [event] in (await shown(url)).values():
        assert (event["SEQUENCE"], event["DTSTART"].dt) == (1, later.start)


async def test_a_cancelled_meeting_is_gone_from_every_calendar_and_may_be_cancelled_again(
    calendars: CalDAVCalendars, url: str
) -> None:
    other = booking(meeting="visit/p1/1", resources=["mediator/m1"])
    await calendars.book(booking())
    await calendars.book(other)
    await calendars.cancel(booking(sequence=1))
    await calendars.cancel(booking(sequence=1))
    seen = await shown(url)
    assert [event["UID"] for event in seen["Mediator: Helen Ward"]] == [event_uid("c1", "visit/p1/1")]
    assert seen["Venue: Friends Meeting House"] == []


async def test_a_late_cancellation_spares_what_was_booked_since(calendars: CalDAVCalendars, url: str) -> None:
    await calendars.book(booking())
    await calendars.book(booking(resources=["mediator/m1"], sequence=1))
    await calendars.cancel(booking())
    seen = await shown(url)
    assert [event["SEQUENCE"] for event in seen["Mediator: Helen Ward"]] == [1]
    assert seen["Venue: Friends Meeting House"] == []  # the venue of the old date is free


async def test_cancelling_what_never_was(calendars: CalDAVCalendars, url: str) -> None:
    await calendars.cancel(booking())
    assert await shown(url) == {}


async def test_many_at_once_make_one_calendar_lose_nothing_and_crowd_nobody_out(
    calendars: CalDAVCalendars, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, asking, most = AsyncDAVClient.request, 0, 0

    async def counted(self: AsyncDAVClient, *arguments: Any, **more: Any) -> Any:
        nonlocal asking, most
        asking += 1
        most = max(most, asking)
        try:
            return await request(self, *arguments, **more)
        finally:
            asking -= 1

    monkeypatch.setattr(AsyncDAVClient, "request", counted)
    cases = [f"c{n}" for n in range(30)]
    await asyncio.gather(*(calendars.book(booking(case_id=case, resources=["mediator/m1"])) for case in cases))
    assert 1 < most <= 4
    [(name, events)] = (await shown(url)).items()
    assert name == "Mediator: Helen Ward"
    assert {event["UID"] for event in events} == {event_uid(case, "joint_meeting/1") for case in cases}


@pytest.mark.parametrize("there_before", [True, False])
async def test_two_writers_at_once_end_with_the_later(
    calendars: CalDAVCalendars, url: str, monkeypatch: pytest.MonkeyPatch, there_before: bool
) -> None:
    """A slow booking has looked, and before it writes a newer one comes in between."""
    await calendars.book(booking(meeting="joint_meeting/1" if there_before else "visit/p1/1"))
    slot = Slot(start=datetime(2026, 12, 9, 14, tzinfo=UTC))
    put = AsyncDAVClient.put

    async def overtaken(self: AsyncDAVClient, *arguments: Any) -> Any:
        monkeypatch.setattr(AsyncDAVClient, "put", put)
        await calendars.book(booking(sequence=2, slot=slot))
        return await put(self, *arguments)

    monkeypatch.setattr(AsyncDAVClient, "put", overtaken)
    await calendars.book(booking(sequence=1))
    for events in (await shown(url)).values():
        [event] = [event for event in events if event["UID"] == event_uid("c1", "joint_meeting/1")]
        assert (event["SEQUENCE"], event["DTSTART"].dt) == (2, slot.start)


async def test_a_cancellation_overtaken_by_a_new_booking_spares_it(
    calendars: CalDAVCalendars, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await calendars.book(booking())
    delete = AsyncDAVClient.delete

    async def overtaken(self: AsyncDAVClient, *arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(AsyncDAVClient, "delete", delete)
        await calendars.book(booking(sequence=2))
        return await delete(self, *arguments, **more)

    monkeypatch.setattr(AsyncDAVClient, "delete", overtaken)
    await calendars.cancel(booking(sequence=1))
    assert [[event["SEQUENCE"] for event in events] for events in (await shown(url)).values()] == [[2], [2]]


@pytest.mark.parametrize(("status", "final"), [(415, True), (507, False)])
async def test_what_is_malformed_is_not_tried_again(
    calendars: CalDAVCalendars, monkeypatch: pytest.MonkeyPatch, status: int, final: bool
) -> None:
    async def refused(self: AsyncDAVClient, *_: Any) -> Any:
        return SimpleNamespace(status=status)

    monkeypatch.setattr(AsyncDAVClient, "put", refused)
    with pytest.raises(ApplicationError, match=str(status)) as caught:
        await calendars.book(booking())
    assert caught.value.non_retryable is final


async def test_an_unknown_resource_has_a_calendar_by_its_id(calendars: CalDAVCalendars, url: str) -> None:
    await calendars.book(booking(resources=["mediator/gone ä/x"]))
    assert (await shown(url)).keys() == {"mediator/gone ä/x"}


async def test_a_wrong_password_is_for_operations_to_put_right_and_stands_in_no_error(
    server: Callable[..., str], database: Database
) -> None:
    wrong = server("somebody", password="wr0ng")
    assert not await calendar_answers(wrong)
    with pytest.raises(ApplicationError) as caught:
        await CalDAVCalendars(wrong, database).book(booking())
    assert not caught.value.non_retryable
    assert "401" in str(caught.value)
    assert "wr0ng" not in str(caught.value)


async def test_a_server_that_is_away_is_tried_again(database: Database, free_ports: Callable[[int], list[int]]) -> None:
    nobody = f"http://mediation:s3cret@127.0.0.1:{free_ports(1)[0]}/"
    assert not await calendar_answers(nobody)
    for act in (CalDAVCalendars(nobody, database).book, CalDAVCalendars(nobody, database).cancel):
        with pytest.raises(ApplicationError, match="no calendar server") as caught:
            await act(booking())
        assert not caught.value.non_retryable
        assert "s3cret" not in str(caught.value)


async def test_the_server_answers(url: str) -> None:
    assert await calendar_answers(url)
