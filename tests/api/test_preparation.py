"""Staff record signatures and how the child is to be heard, and see both on the case."""

from typing import Any

from domain.agreement_to_mediate import TEXTS
from domain.commands import RecordChildsVoice, RecordJointMeeting, RecordVisit, SignAgreementToMediate
from domain.journey import Journey
from tests.api.staff_world import Office, text_of

SIGNED = {"party": "p1", "how": "link", "version": 1, "by": "p1.1", "command": "sign"}


async def changed(office: Office, **update: Any) -> None:
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    await office.world.file(office.case_id, Journey.model_validate({**journey.model_dump(), **update}))


async def words_of(office: Office, n: int) -> dict[str, Any]:
    case = await office.world.services.cases.load(office.case_id)
    return case.texts[office.world.taken[n].id]


async def test_the_case_page_shows_who_signed_and_how_the_child_is_heard(office: Office) -> None:
    now = office.world.now
    by_jo = {**SIGNED, "party": "p2", "how": "letter", "by": office.jo_id, "at": now}
    await changed(
        office,
        signs=True,
        to_sign=["p1", "p2", "p3"],
        signatures=[{**SIGNED, "at": now}, by_jo],
        voice={"how": "own_words", "at": now, "command": "v"},
    )
    page = text_of((await office.jo.get(f"/cases/{office.reference}")).text)
    assert "In the child's own words: writing, a drawing or a recording" in page
    assert "signed on Tue 1 Dec 2026, 10:00 through the personal link, by Ruth Whitfield" in page
    assert "by letter, by Oakfield Primary School, recorded by Jo Coordinator" in page
    assert "Westborough Council Agreement to mediate: not signed yet" in page


async def test_a_signature_needs_the_tick_and_a_name(office: Office) -> None:
    path = f"/cases/{office.reference}/do/sign_agreement_to_mediate?about=p3"
    page = text_of((await office.meg.get(path)).text)
    assert all(point in page for point in TEXTS[1])
    refused = await office.meg.post(path, {"how": "phone", "note": "kept"})
    assert refused.status_code == 422
    assert "Give the name of whoever signed." in text_of(refused.text)
    assert "Tick that they agree." in text_of(refused.text)
    assert "kept" in refused.text
    assert office.world.taken == []


async def test_on_the_telephone_it_is_read_out_and_entered_with_the_rest(office: Office) -> None:
    path = f"/cases/{office.reference}/call"
    assert TEXTS[1][0] in text_of((await office.jo.get(path)).text)
    data = {"speaker": "p1.1", "how": "phone", "sign_agreement_to_mediate-p1-signed": "yes"}
    voice = {"record_childs_voice-p1-childs_voice": "somebody"}
    nobody = await office.jo.post(path, {**data, **voice, "sign_agreement_to_mediate-p1-version": "1"})
    assert nobody.status_code == 422
    assert "Say who speaks for the child." in text_of(nobody.text)
    assert office.world.taken == []
    voice["record_childs_voice-p1-voice"] = "Her aunt"
    saved = await office.jo.post(path, {**data, **voice, "sign_agreement_to_mediate-p1-version": "1"})
    assert saved.status_code == 303, text_of(saved.text)
    signed, said = office.world.taken
    assert isinstance(signed, SignAgreementToMediate)
    assert isinstance(said, RecordChildsVoice)
    assert (signed.party, signed.version, signed.how) == ("p1", 1, "phone")
    assert (await words_of(office, 0))["said_by"] == "Ruth Whitfield"
    assert (await words_of(office, 1))["voice"] == "Her aunt"


async def test_a_parents_visit_is_recorded_with_the_childs_voice(office: Office) -> None:
    path = f"/cases/{office.reference}/do/record_visit?about="
    await office.meg.get(f"{path}p1")
    held = {"held": "yes", "confidentiality_explained": "yes"}
    missing = await office.meg.post(f"{path}p1", held)
    assert missing.status_code == 422
    assert "Say how the child is to be heard" in text_of(missing.text)
    assert (await office.meg.post(f"{path}p1", {**held, "childs_voice": "part"})).status_code == 303
    assert "How is the child to be heard" not in text_of((await office.meg.get(f"{path}p3")).text)
    assert (await office.meg.post(f"{path}p3", held)).status_code == 303
    await office.meg.get(f"{path}p1")
    assert (await office.meg.post(f"{path}p1", {"held": "no"})).status_code == 303
    visits = [(one.party, one.held, one.childs_voice) for one in office.world.taken if isinstance(one, RecordVisit)]
    assert visits == [("p1", True, "part"), ("p3", True, None), ("p1", False, None)]


async def test_the_record_of_the_meeting_names_who_has_not_signed(office: Office) -> None:
    await changed(office, to_sign=["p1", "p2", "p3"], signatures=[{**SIGNED, "at": office.world.now}])
    path = f"/cases/{office.reference}/do/record_joint_meeting"
    await office.meg.get(path)
    data = {"present": ["p1.1", "p2.1", "p3.1"], "outcome": "full"}
    refused = await office.meg.post(path, data)
    assert refused.status_code == 422
    assert "Not signed yet: Oakfield Primary School, Westborough Council." in text_of(refused.text)
    assert (await office.meg.post(path, {**data, "signed_in_room": ["p2", "p3"]})).status_code == 303
    [record] = office.world.taken
    assert isinstance(record, RecordJointMeeting)
    assert record.signed_in_room == ["p2", "p3"]


async def test_whoever_writes_up_the_agreement_sees_how_the_child_was_to_be_heard(office: Office) -> None:
    await changed(office, voice={"how": "part", "at": office.world.now, "command": "v"})
    page = text_of((await office.meg.get(f"/cases/{office.reference}/do/write_agreement")).text)
    assert "How the child was to be heard: the child comes to a part of the meeting." in page
