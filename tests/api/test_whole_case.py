"""A case as a whole, on its pages: opened again, linked, told apart, split; and the case file behind it."""

from datetime import date, timedelta

import httpx
import pytest

from activities.records import Records
from casefile.tables import Document
from domain.commands import Actor, LinkCases, ReopenCase, StaffRole, TellApart
from domain.journey import Ending, Event, Journey, Task
from domain.parties import Channel, PartyRole, PersonRole
from domain.referral import Child, PartyDetails, PersonDetails, ReferralForm
from domain.stages import Closing, ClosingReason, LinkKind, Stage
from tests.api.staff_world import Browser, Office, World, form_of, text_of
from workflows.neighbours import Linking, OfCase, OfTwoCases

pytestmark = pytest.mark.both_databases
REASON = "The school has rung: it wants to take part."


def records(world: World) -> Records:
    services = world.services
    return Records(services.database, services.vault, services.links, services.clock)


def page(office: Office) -> str:
    return f"/cases/{office.reference}"


async def journey_of(office: Office) -> Journey:
    found = (await office.world.services.cases.load(office.case_id)).journey
    assert found
    return found


async def do(office: Office, who: Browser, kind: str, **typed: str) -> httpx.Response:
    """Opens the form, and posts it."""
    await who.get(f"{page(office)}/do/{kind}")
    return await who.post(f"{page(office)}/do/{kind}", typed)


async def closed(office: Office, reason: ClosingReason = ClosingReason.WITHDRAWN) -> None:
    journey = await journey_of(office)
    ended = {
        "stage": Stage.CLOSED,
        "asks": [],
        "tasks": [],
        "closing": Closing(reason=reason, who="p2"),
        "closed_at": office.world.now,
    }
    await office.world.file(office.case_id, journey.model_copy(update=ended))
    office.world.temporal.ended = True


async def another_case(office: Office, key: str = "refer-fedcba9876543210", name: str = "Maya Whitfield") -> str:
    _, reference = await office.world.case(office.jo_id, key, name=name)
    return reference


# Opened again


async def test_a_closed_case_offers_to_be_opened_again(office: Office) -> None:
    await closed(office)
    shown = (await office.jo.get(page(office))).text
    assert "Open the case again" in shown
    form = (await office.jo.get(f"{page(office)}/do/reopen_case")).text
    assert "what ended it is asked anew" in form
    assert "No letter leaves for 10 minutes" in form


async def test_who_may_open_which_case_again(office: Office) -> None:
    await closed(office, ClosingReason.UNSUITABLE)
    assert "Open the case again" not in (await office.jo.get(page(office))).text
    assert "Open the case again" in (await office.max.get(page(office))).text
    answer = await do(office, office.jo, "reopen_case", reason=REASON)
    assert answer.status_code == 409
    assert "opened again by a manager" in answer.text
    assert REASON in answer.text, "what was typed is kept"


async def test_an_agreement_that_was_carried_out_shows_the_way_out(office: Office) -> None:
    await closed(office, ClosingReason.AGREEMENT_FULL)
    assert "/do/reopen_case" not in (await office.max.get(page(office))).text
    answer = await do(office, office.max, "reopen_case", reason=REASON)
    assert answer.status_code == 409
    assert "Open another case from this one" in answer.text


async def test_without_a_reason_nothing_happens(office: Office) -> None:
    await closed(office)
    answer = await do(office, office.jo, "reopen_case", reason="")
    assert answer.status_code == 422
    assert "Give the reason" in answer.text
    assert office.world.temporal.started[-1].as_filed is None


async def test_it_is_begun_again_with_what_is_filed_and_then_hears_the_command(office: Office) -> None:
    await closed(office)
    answer = await do(office, office.jo, "reopen_case", reason=REASON)
    assert answer.status_code == 303
    begun = office.world.temporal.started[-1].as_filed
    assert begun is not None
    assert begun.journey == await journey_of(office)
    assert begun.events == 10
    assert isinstance(office.world.taken[-1], ReopenCase)
    again = await office.jo.get(answer.headers["location"])
    assert "Open the case again: recorded" in again.text


async def test_temporal_away_it_is_opened_later(office: Office) -> None:
    await closed(office)
    office.world.temporal.away = True
    answer = await do(office, office.jo, "reopen_case", reason=REASON)
    assert "we have it" in (await office.jo.get(answer.headers["location"])).text
    office.world.temporal.away = False
    office.world.clock.now += timedelta(minutes=1)
    assert await office.world.services.intake.relay_once()
    assert isinstance(office.world.taken[-1], ReopenCase)


async def test_the_minutes_to_regret_stand_on_the_page(office: Office) -> None:
    journey = await journey_of(office)
    closing = Closing(reason=ClosingReason.WITHDRAWN, who="p2")
    just_now = Ending(closing=closing, at=office.world.now + timedelta(minutes=10))
    await office.world.file(office.case_id, journey.model_copy(update={"reopened": 1, "reopening": just_now}))
    shown = (await office.jo.get(page(office))).text
    assert "The case is open again" in shown
    assert "Undo it" in shown
    assert "closed as it was before" in (await office.jo.get(f"{page(office)}/do/undo")).text


# Linked


async def test_likely_the_same_child_is_shown_on_both_cases(office: Office) -> None:
    """Two referrals in the same second: each was compared before the other was there."""
    other = await another_case(office)
    await office.world.file(
        await office.world.services.cases.case_id(other), (await journey_of(office)).model_copy(update={"tasks": []})
    )
    here, there = (await office.jo.get(page(office))).text, (await office.jo.get(f"/cases/{other}")).text
    assert "May be about the same child" in here
    assert f"/cases/{other}/do/link_cases?about={office.reference}" in here, "the newer one would close"
    assert "May be about the same child" in there
    assert f"/cases/{other}/do/tell_apart?about={office.reference}" in there
    assert "May be about the same child" not in (await office.meg.get(page(office))).text


async def test_what_was_decided_is_not_asked_again(office: Office) -> None:
    other = await another_case(office)
    answer = await do(office, office.jo, "tell_apart", other=other, reason="Her cousin.")
    assert answer.status_code == 303
    told = office.world.taken[-1]
    assert isinstance(told, TellApart)
    order = Linking(case_id=office.case_id, other=other, kind=LinkKind.ANOTHER_MATTER, command=told.id, by=office.jo_id)
    assert not (await records(office.world).link(order)).refusal
    shown = (await office.jo.get(page(office))).text
    assert "May be about the same child" not in shown
    assert "Belongs together with" not in shown
    assert (await records(office.world).same_child(OfCase(case_id=office.case_id))).references == []


async def test_a_link_stands_on_both_cases_with_who_and_why(office: Office) -> None:
    other = await another_case(office)
    await do(office, office.jo, "link_cases", other=other, link="same_child", reason="The transport of the same girl.")
    command = office.world.taken[-1]
    assert isinstance(command, LinkCases)
    order = Linking(case_id=office.case_id, other=other, kind=LinkKind.SAME_CHILD, command=command.id, by=office.jo_id)
    here = records(office.world)
    assert not (await here.link(order)).refusal
    assert not (await here.link(order)).refusal, "its completion was lost"
    assert (await here.link(order.model_copy(update={"command": "other"}))).refusal == "linked_before"
    for address, named in ((page(office), other), (f"/cases/{other}", office.reference)):
        shown = (await office.jo.get(address)).text
        assert f'<a href="/cases/{named}">' in shown
        assert "The same child" in shown
        assert "Jo Coordinator" in shown
        assert "The transport of the same girl." in shown
    said = Event(number=11, at=office.world.now, what="link_cases", command=command.id, detail={"other": other})
    await office.world.file(office.case_id, await journey_of(office), [said])
    assert f"The case was linked with {other}" in (await office.meg.get(page(office))).text
    assert "The transport" not in (await office.meg.get(page(office))).text, "it may tell of another family"
    gone = OfTwoCases(case_id=await office.world.services.cases.case_id(other), other=office.reference)
    assert not (await here.unlink(gone)).refusal
    assert (await here.unlink(gone)).refusal == "not_linked"


@pytest.mark.parametrize("typed", ["", "nonsense", "SM-2026-", "SM-2026-00001; drop"])
async def test_no_reference_is_a_sentence(office: Office, typed: str) -> None:
    answer = await do(office, office.jo, "link_cases", other=typed, link="same_child", reason="Because.")
    assert answer.status_code == 422
    assert "reference of the other case, such as SM-2026-00042" in answer.text
    assert "Because." in answer.text
    assert (await office.jo.get(f"{page(office)}/do/link_cases?about=nonsense")).status_code == 404


async def test_what_the_case_file_says_of_a_link(office: Office) -> None:
    other = await another_case(office)
    here = records(office.world)

    async def refusal(other: str, kind: LinkKind) -> str:
        order = Linking(case_id=office.case_id, other=other, kind=kind, command="c", by=office.jo_id)
        return (await here.link(order)).refusal

    assert await refusal("SM-2026-99999", LinkKind.SAME_CHILD) == "no_such_case"
    assert await refusal(office.reference, LinkKind.SAME_CHILD) == "same_case"
    await office.world.file(
        await office.world.services.cases.case_id(other),
        (await journey_of(office)).model_copy(
            update={"closing": Closing(reason=ClosingReason.CONCEDED), "closed_at": office.world.now}
        ),
    )
    assert await refusal(other, LinkKind.DUPLICATE) == "other_is_closed"
    assert (await here.may_reopen(OfCase(case_id=office.case_id))).refusal == ""


async def test_only_who_is_party_to_the_other_case_hears_of_it(office: Office) -> None:
    other = await another_case(office)  # the same family, school and authority
    both = OfTwoCases(case_id=office.case_id, other=other)
    here = records(office.world)
    assert (await here.parties_there_too(both)).keys == []
    journey = await journey_of(office)
    await office.world.file(
        await office.world.services.cases.case_id(other), journey.model_copy(update={"contacted": ["p1"]})
    )
    assert (await here.parties_there_too(both)).keys == ["p1"], "the others may not be written to there yet"


async def test_the_task_to_compare_leads_to_the_other_case(office: Office) -> None:
    other = await another_case(office)
    task = Task(
        key=f"possible_duplicate/{other}",
        kind="possible_duplicate",
        about=other,
        role=StaffRole.COORDINATOR,
        opened=office.world.now,
    )
    journey = await journey_of(office)
    await office.world.file(office.case_id, journey.model_copy(update={"tasks": [task]}))
    assert f"May be about the same child as {other}: compare the two" in (await office.jo.get("/tasks")).text
    form = await office.jo.get(f"{page(office)}/do/tick_task?about={task.key}")
    assert "lets you link the two" in form.text


# What the page leans on


async def test_a_damaged_agreement_takes_no_page_away(office: Office) -> None:
    async with office.world.services.database.write() as session:
        (await session.get_one(Document, (office.case_id, "agreement", 1))).sealed = b"damaged" * 9
    shown = await office.jo.get(page(office))
    assert shown.status_code == 200
    assert f"{page(office)}/agreement/1.pdf" in shown.text


# Split


async def test_another_case_is_opened_out_of_this_one(office: Office) -> None:
    before = (await office.world.rows())["timeline_event"]
    choose = (await office.jo.get(f"{page(office)}/split")).text
    assert "Oakfield Primary School" in choose
    form = (await office.jo.get(f"/cases/new?split_from={office.reference}&party=p1&party=p3")).text
    assert 'value="Ruth Whitfield"' in form
    assert 'value="Westborough Council"' in form
    assert "Helen Marsh" not in form, "the school has no part in it"
    typed = {
        "split_from": office.reference,
        "blocks": "2",
        "key": "split-0123456789abcdef",
        "child": "Maya Whitfield",
        "about": "Transport to school.",
        "policy": "standard",
        "p1_role": "parent",
        "p1_1_name": "Ruth Whitfield",
        "p1_1_email": "ruth@family.example",
        "p2_role": "local_authority",
        "p2_organisation": "Westborough Council",
        "p2_1_name": "Imran Shah",
        "p2_1_email": "sen@westborough.example",
    }
    check = await office.jo.post("/cases/new", {**typed, "action": "check"})
    assert "Check your answers" in check.text, "that it is like the case it comes from is no news"
    assert f'name="split_from" value="{office.reference}"' in check.text
    created = await office.jo.post("/cases/new", {**typed, "action": "create"})
    assert created.status_code == 303
    again = await office.jo.post("/cases/new", {**typed, "action": "create"})
    assert again.headers["location"] == created.headers["location"], "two clicks are one case"
    assert "This case was opened out of that one" in (await office.jo.get(created.headers["location"])).text
    assert "Was opened out of this case" in (await office.jo.get(page(office))).text
    assert (await office.world.rows())["timeline_event"] == before, "the first goes on unchanged"


async def test_whoever_comes_along_is_taken_over_as_they_are(office: Office) -> None:
    family = [
        PersonDetails(name="Ann Bright", channel=Channel.TEXT, phone="07700 900123", language="Polish"),
        PersonDetails(
            name="Eva Bright",
            channel=Channel.POST,
            address="1 Mill Lane",
            postcode="EX1 2AB",
            language="BSL",
            adjustments="Step-free.",
            role=PersonRole.SUPPORTER,
        ),
        PersonDetails(name="Ian Ray", channel=Channel.PHONE, phone="07700 900124", role=PersonRole.INTERPRETER),
    ]
    head = PersonDetails(name="Helen Marsh", email="head@hilda.example")
    form = ReferralForm(
        child=Child(name="Noah Bright", born=date(2016, 3, 2)),
        about="Transport.",
        parties=[
            PartyDetails(role=PartyRole.PARENT, people=family),
            PartyDetails(role=PartyRole.SCHOOL, organisation="St Hilda's", people=[head]),
        ],
    )
    by = Actor(kind="staff", id=office.jo_id, roles=[StaffRole.COORDINATOR])
    first = (await office.world.services.intake.refer(form, "refer-noah", by, office.jo_id)).reference
    await office.jo.get(f"/cases/new?split_from={first}&party=p1&party=p2")
    typed = form_of(office.jo.page, "/cases/new") | {"about": ["The therapy."], "action": ["create"]}
    created = await office.jo.post("/cases/new", typed)
    assert created.status_code == 303, text_of(created.text)
    reference = created.headers["location"].split("/")[2].partition("?")[0]
    cases = office.world.services.cases
    taken_over = await cases.load(await cases.case_id(reference))
    assert [[one.details for one in party.people] for party in taken_over.parties] == [family, [head]]


async def test_a_supporter_s_way_to_be_reached_needs_its_address(office: Office) -> None:
    await office.jo.get("/cases/new")
    said = {"p1_2_name": "Eva Bright", "p1_2_channel": "post"}
    answer = await office.jo.post("/cases/new", form_of(office.jo.page, "/cases/new") | said | {"action": "check"})
    assert answer.status_code == 422
    assert "Give the postal address of person 2 of the referrer, or choose another way to reach them." in text_of(
        answer.text
    )
    assert 'value="Eva Bright"' in answer.text


async def test_out_of_a_case_that_is_not_there(office: Office) -> None:
    assert (await office.jo.get("/cases/new?split_from=SM-2026-99999")).status_code == 404
    assert (await office.jo.get("/cases/SM-2026-99999/split")).status_code == 404
    assert (await office.meg.get(f"{page(office)}/split")).status_code == 403
    answer = await office.jo.post(
        "/cases/new", {"split_from": "SM-2026-99999", "key": "split-0123456789abcdef", "action": "create"}
    )
    assert answer.status_code == 404
    assert isinstance(await journey_of(office), Journey)
