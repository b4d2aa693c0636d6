"""A colleague is away: who stands in sees their tasks and replies, marked, and only on those days."""

from datetime import timedelta
from typing import Any

import pytest

from domain.commands import StaffRole
from domain.journey import Event, Task
from tests.api.staff_world import NOW, Browser, Office, text_of

pytestmark = pytest.mark.both_databases


async def colleague(office: Office, name: str = "Ida Colleague") -> tuple[str, Browser]:
    staff_id, email, password = await office.world.staff(name, StaffRole.COORDINATOR)
    browser = office.browser()
    await browser.sign_in(email, password)
    return staff_id, browser


async def away(office: Office, cover: str, by: Browser | None = None, **typed: Any) -> Any:
    """Jo is away from today for a week, unless it is said otherwise."""
    days = {"first": "2026-12-01", "last": "2026-12-07"}
    browser = by or office.jo
    page = "/account" if by is None else f"/staff/{office.jo_id}"
    await browser.get(page)
    return await browser.post(f"{page}/away", {"cover": cover, **days, **typed})


async def test_who_stands_in_sees_tasks_replies_and_cases_marked(office: Office) -> None:
    ida, browser = await colleague(office)
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    reply = Task(key="reply/p3.1/m1", kind="read_reply", about="p3.1", role=StaffRole.COORDINATOR, opened=NOW)
    journey.tasks.append(reply)
    await office.world.file(office.case_id, journey, [Event(number=90, at=NOW, what="receive_reply", about="p3.1")])
    for path in ("/tasks", "/today"):
        assert office.reference not in (await browser.get(path)).text
    assert (await away(office, ida)).headers["location"] == "/account?saved=1"
    said = text_of((await browser.get("/tasks")).text)
    assert "You stand in for Jo Coordinator until Mon 7 Dec 2026" in said
    assert "Read the reply of Imran Shah" in said
    assert "for Jo Coordinator" in said.partition("Read the reply")[2]
    said = text_of((await browser.get("/today")).text)
    assert office.reference in said
    assert "for Jo Coordinator" in said.partition(office.reference)[2]
    assert "You are down as away from Tue 1 Dec 2026" in text_of((await office.jo.get("/today")).text)
    assert office.reference in (await office.jo.get("/tasks")).text, "whoever comes back early finds all"


async def test_before_and_after_those_days_nothing_is_shown(office: Office) -> None:
    ida, _ = await colleague(office)
    await away(office, ida, first="2026-12-02", last="2026-12-03")
    shown = [
        list(await office.world.services.covers.covered_by(ida, NOW.date() + timedelta(days=days))) for days in range(4)
    ]
    assert shown == [[], ["Jo Coordinator"], ["Jo Coordinator"], []]


async def test_it_ends_when_it_is_ended(office: Office) -> None:
    ida, browser = await colleague(office)
    await away(office, ida)
    await office.jo.get("/account")
    assert "Ida Colleague takes tasks and replies" in text_of(office.jo.page)
    await office.jo.post("/account/away", {"action": "end"})
    assert office.reference not in (await browser.get("/tasks")).text
    history = text_of((await office.max.get(f"/staff/{office.jo_id}")).text)
    assert "Cover while away ended, by Jo Coordinator" in history
    assert "Cover while away set, by Jo Coordinator" in history


async def test_a_manager_sets_it_for_somebody_who_is_ill(office: Office) -> None:
    ida, browser = await colleague(office)
    answer = await away(office, ida, by=office.max)
    assert answer.headers["location"] == f"/staff/{office.jo_id}?saved=1"
    assert office.reference in (await browser.get("/tasks")).text


WRONG = {
    "nobody": ({"cover": ""}, "Choose"),
    "a stranger": ({"cover": "nobody"}, "choose from what is offered"),
    "no days": ({"first": "", "last": ""}, "Give the last day"),
    "the wrong way round": ({"first": "2026-12-07", "last": "2026-12-02"}, "lies before the first"),
    "over": ({"first": "2026-11-02", "last": "2026-11-09"}, "has passed"),
    "years": ({"last": "2029-12-07"}, "more than a year"),
    "no date": ({"last": "31/2/2027"}, "real date"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_is_said_and_kept(office: Office, what: str) -> None:
    ida, browser = await colleague(office)
    typed, said = WRONG[what]
    whom = typed.get("cover", ida)
    days: dict[str, Any] = {name: day for name, day in typed.items() if name != "cover"}
    answer = await away(office, whom, **days)
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert await office.world.services.covers.covered_by(ida, NOW.date()) == {}
    assert office.reference not in (await browser.get("/tasks")).text


async def test_nobody_stands_in_who_is_away_too(office: Office) -> None:
    ida, browser = await colleague(office)
    await browser.get("/account")
    await browser.post("/account/away", {"cover": office.jo_id, "first": "2026-12-03", "last": "2026-12-09"})
    answer = await away(office, ida)
    assert answer.status_code == 422
    assert "Ida Colleague is away until Wed 9 Dec 2026" in text_of(answer.text)


async def test_a_mediator_sets_none(office: Office) -> None:
    ida, _ = await colleague(office)
    await office.meg.get("/account")
    assert "takes tasks and replies" not in office.meg.page
    assert (await office.meg.post("/account/away", {"cover": ida})).status_code == 403


async def test_for_who_looks_after_no_cases_nobody_stands_in(office: Office) -> None:
    ida, _ = await colleague(office)
    await office.max.get(f"/staff/{office.meg_id}")
    assert "takes tasks and replies" not in office.max.page
    days = {"first": "2026-12-01", "last": "2026-12-07"}
    answer = await office.max.post(f"/staff/{office.meg_id}/away", {"cover": ida, **days})
    assert answer.status_code == 422
    assert "nobody who could stand in" in text_of(answer.text)
