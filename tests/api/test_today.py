"""The page with which a coordinator's day begins."""

from datetime import timedelta

import pytest

from domain.commands import StaffRole
from domain.journey import Armed, Event, Journey, OpenAsk, Task
from domain.policy import Do
from domain.stages import Stage
from tests.api.staff_world import NOW, Office, hidden, parties, text_of

DAY = timedelta(days=1)


async def silent_school(office: Office, key: str, *tasks: Task, since: int = 1, coordinator: str = "") -> str:
    """The reference of a case that waits for the consent of Oakfield Primary School."""
    case_id, reference = await office.world.case(
        coordinator or office.jo_id, f"refer-{key}-0123456789", name="Noah Bell"
    )
    ask = OpenAsk(key="consent/p2", of="p2", asked=NOW - DAY, armed=Armed(at=NOW + DAY, do=Do.REMIND, number=2))
    journey = Journey(parties=parties(), stage=Stage.CONSENT, contacted=["p1", "p2"], asks=[ask], tasks=list(tasks))
    await office.world.file(case_id, journey, [Event(number=2, at=NOW - since * DAY, what="stage", about="consent")])
    return reference


async def section(office: Office, title: str, path: str = "/today") -> str:
    """What a section says."""
    said = text_of((await office.jo.get(path)).text)
    titles = ["Overdue", "Due today", "At risk", "Not taken by anybody", "Waiting for others"]
    found = said.partition("Next ")[2] if title == "" else said
    begins = [found.find(f" {one} ", found.find("Waiting for others:") + 1) for one in titles]
    start = begins[titles.index(title)]
    assert start >= 0, (title, said)
    return found[start : min((at for at in begins if at > start), default=len(found))]


async def test_it_is_where_a_coordinator_and_a_manager_begin_and_nobody_else(office: Office) -> None:
    for browser, begins in ((office.jo, "/today"), (office.max, "/today"), (office.meg, "/mediator")):
        assert (await browser.get("/")).url.path == begins
    assert (await office.meg.get("/today")).status_code == 403


async def test_each_line_says_who_what_until_when_and_the_one_next_action(office: Office) -> None:
    reference = await silent_school(office, "waits")
    late = await section(office, "Overdue")
    assert f"{office.reference} Maya Whitfield Jo Coordinator Ring Westborough Council" in late
    assert "Late was due Tue 1 Dec 07:00" in late
    assert "See to it : " + office.reference in late
    assert f"/cases/{office.reference}/do/tick_task?about=phone%2Favailability%2Fp3%2F1%2F1" in office.jo.page
    waits = await section(office, "Waiting for others")
    assert f"{reference} Noah Bell Oakfield Primary School Consent asked on Mon 30 Nov 2026" in waits
    assert "Then: Reminder 2 to Oakfield Primary School on Wed 2 Dec 10:00" in waits
    assert "Case: since today Everyone's consent: day 1 of 13" in waits
    assert f'href="/cases/{reference}/do/answer_consent?about=p2"' in office.jo.page


async def test_what_is_of_today_and_what_takes_long(office: Office) -> None:
    call = Task(
        key="phone/consent/p2/1", kind="phone", about="consent/p2", role=StaffRole.COORDINATOR, opened=NOW - DAY
    )
    today, slow = await silent_school(office, "today", call), await silent_school(office, "slow", since=16)
    assert today in await section(office, "Due today")
    at_risk = await section(office, "At risk")
    assert slow in at_risk
    assert "Everyone's consent: day 12 of 13" in at_risk
    assert today not in at_risk


async def test_a_case_that_nobody_has_taken_can_be_taken_at_once(office: Office) -> None:
    case_id, reference = await office.world.case("", "refer-public-0123456789", name="Noah Bell")
    said = await section(office, "Not taken by anybody")
    assert reference in said
    answer = await office.jo.post(f"/cases/{reference}/take", {"csrf": hidden(office.jo.page, "csrf")})
    assert answer.status_code == 303
    assert [command.kind() for command in office.world.taken] == ["take_case"]
    assert office.world.taken[0].case_id == case_id


async def test_mine_a_colleagues_or_everybodys(office: Office) -> None:
    olu, *_ = await office.world.staff("Olu Coordinator", StaffRole.COORDINATOR)
    theirs = await silent_school(office, "theirs", coordinator=olu)
    for query, mine, others in (
        ("", True, False),
        (f"?whose={olu}", False, True),
        ("?whose=all", True, True),
        ("?whose=nobody&show=nonsense&page=x", True, False),
        (f"?whose={olu}&show=waiting&page=7", False, True),
    ):
        said = (await office.jo.get(f"/today{query}")).text
        assert (office.reference in said, theirs in said) == (mine, others), query
    assert "Olu Coordinator" in text_of((await office.jo.get("/today?whose=all&show=waiting")).text)


async def test_a_manager_decides_what_only_a_manager_may(office: Office) -> None:
    decide = Task(key="decide/consent/p2", kind="decide", about="consent/p2", role=StaffRole.MANAGER, opened=NOW - DAY)
    reference = await silent_school(office, "silent", decide)
    link = f"/cases/{reference}/do/decide_on_silence?about=consent%2Fp2"
    at_risk = await section(office, "At risk")
    assert "Manager Decide what the silence of Oakfield Primary School means" in at_risk
    assert "Escalated" in at_risk
    assert link not in office.jo.page
    assert link in (await office.max.get("/today")).text


async def test_a_section_by_itself_is_read_by_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.staff.today._AT_FIRST", 2)
    monkeypatch.setattr("api.staff.today._PER_PAGE", 2)
    references = [await silent_school(office, f"many-{n}") for n in range(3)]
    assert "All 3: waiting for others" in await section(office, "Waiting for others")
    first = (await office.jo.get("/today?show=waiting")).text
    second = (await office.jo.get("/today?show=waiting&page=2")).text
    assert "Page 2 of 2" in text_of(second)
    assert sorted(one for one in references if one in first) + [one for one in references if one in second]
    assert [one in first for one in references] == [one not in second for one in references]
