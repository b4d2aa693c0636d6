"""The forms by which parties and people join a case or are taken out of it."""

from typing import Any

import pytest

from casefile.cases import add_participant
from casefile.tables import Case, PartyRow
from domain.commands import AddParty, AddSupporter, RecordVisit
from domain.journey import Event
from domain.parties import Party, PartyRole, Person
from domain.referral import PersonDetails
from domain.stages import Stage
from tests.api.staff_world import Office, text_of

FATHER: dict[str, Any] = {
    "role": "parent",
    "name": "Tom Whitfield",
    "channel": "post",
    "address": "9 Far Lane\nOtherton",
    "postcode": "ex9 9zz",
    "language": "Polish, interpreter",
    "permitted": "yes",
    "reason": "The father asks to take part.",
}


def path_of(office: Office, kind: str, about: str = "") -> str:
    return f"/cases/{office.reference}/do/{kind}" + (f"?about={about}" if about else "")


async def joined(office: Office) -> None:
    """The father has joined, as the journey files it."""
    services = office.world.services
    details = PersonDetails(name="Tom Whitfield", email="tom@elsewhere.example", phone="07700 900999")
    async with services.database.write() as session:
        case = await session.get_one(Case, office.case_id)
        session.add(PartyRow(case_id=case.id, key="p4", role=PartyRole.PARENT))
        key = services.vault.case_key(case.id, case.wrapped_key)
        await add_participant(session, services.vault, case.id, "p4.1", details, key, "join")
    journey = (await services.cases.load(office.case_id)).journey
    assert journey
    journey.parties.append(Party(key="p4", role=PartyRole.PARENT, people=[Person(key="p4.1")]))
    journey.contacted.append("p4")
    await office.world.file(
        office.case_id, journey, [Event(number=90, at=office.world.now, what="add_party", about="p4")]
    )


async def test_the_other_parent_by_post(office: Office) -> None:
    path = path_of(office, "add_party")
    assert path in (await office.jo.get(f"/cases/{office.reference}")).text
    form = text_of((await office.jo.get(path)).text)
    assert "Ruth Whitfield agrees that we contact them" in form
    assert "they are invited to it as soon as they have agreed" in form
    assert (await office.jo.post(path, FATHER)).status_code == 303
    [command] = office.world.taken
    assert isinstance(command, AddParty)
    assert (command.role, command.permitted) == (PartyRole.PARENT, True)
    assert "Far Lane" not in command.model_dump_json()
    texts = (await office.world.services.cases.load(office.case_id)).texts[command.id]
    assert (texts["address"], texts["postcode"], texts["channel"]) == ("9 Far Lane\nOtherton", "EX9 9ZZ", "post")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"role": ""}, "Who joins: choose an answer."),
        ({"role": "pirate"}, "Who joins: choose from what is offered."),
        ({"role": "school"}, "Give the name of the organisation."),
        ({"organisation": "Elm School"}, "A family has no organisation"),
        ({"name": ""}, "Name of the contact: this must be filled in."),
        ({"name": "Tom\x07"}, "Name of the contact must be on one line, without control characters."),
        ({"address": ""}, "Give the postal address, or choose another way to reach them."),
        ({"channel": "email"}, "Give the e-mail address, or choose another way to reach them."),
        ({"channel": "text"}, "Give the telephone number, or choose another way to reach them."),
        ({"email": "tom at home"}, "E-mail address must be an e-mail address"),
        ({"postcode": "nowhere"}, "Postcode must be a postcode"),
        ({"permitted": ""}, "Ask Ruth Whitfield first, and confirm here that they agree."),
        ({"reason": ""}, "Give the reason"),
        ({"reason": "x" * 9000}, "Use at most 8000 characters"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    office: Office, changed: dict[str, str], sentence: str
) -> None:
    path = path_of(office, "add_party")
    await office.jo.get(path)
    answer = await office.jo.post(path, {**FATHER, **changed})
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert "Polish, interpreter" in answer.text
    assert office.world.taken == []


async def test_before_the_permission_is_asked_for_there_is_none_to_confirm(office: Office) -> None:
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    journey.stage, journey.facts, journey.contacted = Stage.EXPLAINING, {}, ["p1"]
    await office.world.file(office.case_id, journey)
    path = path_of(office, "add_party")
    form = text_of((await office.jo.get(path)).text)
    assert "agrees that we contact them" not in form
    assert "contacted with the others, after the permission" in form
    assert (await office.jo.post(path, {**FATHER, "permitted": ""})).status_code == 303


async def test_what_the_case_says_no_to_is_told_with_the_way_out(office: Office) -> None:
    office.world.temporal.refuse = {
        "add_party": ("conflict_with_them", ""),
        "remove_party": ("has_answered", "p3"),
        "record_joint_meeting": ("not_agreed_yet", "p3"),
    }
    for kind, about, data, sentence in (
        ("add_party", "", FATHER, "Replace the mediator or record that they decline, then add the party."),
        ("remove_party", "p3", {"reason": "mistake"}, "Westborough Council has answered"),
        ("record_joint_meeting", "", {"outcome": "none"}, "Westborough Council has not agreed to take part"),
    ):
        path = path_of(office, kind, about)
        await office.jo.get(path)
        answer = await office.jo.post(path, data)
        assert answer.status_code == 409
        assert sentence in text_of(answer.text)


async def test_who_may(office: Office) -> None:
    for kind, about in (("add_party", ""), ("remove_party", "p3")):
        assert (await office.meg.get(path_of(office, kind, about))).status_code == 403
    assert (await office.meg.get(path_of(office, "remove_person", "p1.2"))).status_code == 200
    for nobody in ("p1.1", "p1.9", "p9.1", "", "%00"):
        assert (await office.jo.get(path_of(office, "remove_person", nobody))).status_code == 404
    assert (await office.jo.get(path_of(office, "remove_party", "p9"))).status_code == 404


async def test_who_was_taken_out_is_only_a_name_of_the_past(office: Office) -> None:
    await joined(office)
    page = (await office.jo.get(f"/cases/{office.reference}")).text
    assert "tom@elsewhere.example" in page
    assert path_of(office, "remove_party", "p4") in page
    assert (
        "They were not written to, and hear nothing."
        in (await office.jo.get(path_of(office, "remove_party", "p4"))).text
    )
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    journey.parties, journey.left = journey.parties[:3], ["p4", "p4.1", "p1.2"]
    journey.contacted.remove("p4")
    journey.parties[0].people.pop()
    line = Event(number=91, at=office.world.now, what="remove_party", about="p4", by=office.jo_id)
    await office.world.file(office.case_id, journey, [line])
    page = (await office.jo.get(f"/cases/{office.reference}")).text
    assert "Tom Whitfield joins the case" in text_of(page)
    assert "Tom Whitfield was taken out of the case" in text_of(page)
    for gone in ("tom@elsewhere.example", "07700 900999", "sam@friends.example"):
        assert gone not in page
    call = (await office.jo.get(f"/cases/{office.reference}/call")).text
    assert "Tom Whitfield" not in text_of(call)


# Supporters


async def test_a_supporter_by_text(office: Office) -> None:
    path = path_of(office, "add_supporter", "p1")
    await office.meg.get(path)
    wrong = await office.meg.post(path, {"name": "Bea Friend", "channel": "text", "email": "bea@friends.example"})
    assert wrong.status_code == 422
    assert "Give the telephone number, or choose another way to reach them." in text_of(wrong.text)
    assert "bea@friends.example" in wrong.text
    said = {"name": "Bea Friend", "channel": "text", "phone": "07700 900123", "adjustments": "step-free"}
    assert (await office.meg.post(path, said)).status_code == 303
    [command] = office.world.taken
    assert isinstance(command, AddSupporter)
    texts = (await office.world.services.cases.load(office.case_id)).texts[command.id]
    assert (texts["channel"], texts["phone"], texts["adjustments"]) == ("text", "07700 900123", "step-free")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"supporter_name": "Bea"}, "Give where the supporter is reached in this way"),
        (
            {"supporter_name": "Bea", "supporter_channel": "text", "supporter_email": "b@f.example"},
            "is reached in this",
        ),
        ({"supporter_phone": "07700 900123"}, "Name: give that of the supporter, too."),
        ({"supporter_name": "Bea", "supporter_channel": "post"}, "choose from what is offered"),
    ],
)
async def test_the_supporter_named_at_a_visit_can_be_reached(
    office: Office, typed: dict[str, str], sentence: str
) -> None:
    path = path_of(office, "record_visit", "p3")
    held = {"held": "yes", "confidentiality_explained": "yes"}
    await office.meg.get(path)
    answer = await office.meg.post(path, {**held, **typed})
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    right = {"supporter_name": "Bea", "supporter_channel": "text", "supporter_phone": "07700 900123"}
    assert (await office.meg.post(path, {**held, **right})).status_code == 303
    assert isinstance(office.world.taken[0], RecordVisit)
