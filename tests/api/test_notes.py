"""Notes on a case: who reads them through which door, and that a note that was written once is there once."""

import re
import secrets
from typing import Any

import pytest
from sqlmodel import col, select

from api.privacy import may_keep_notes, may_read_note
from casefile.notes import NoSuchNote, Note, Notes
from casefile.staff import StaffMember
from casefile.tables import NoteRow
from domain.commands import StaffRole
from tests.api.staff_world import NOW, Browser, Office, form_of, text_of
from tests.api.test_privacy import EVERYBODY
from tests.sample_case import sample_case

pytestmark = pytest.mark.both_databases

WORDS = "Ruth sounded relieved.\nRing her before nine."


async def write(office: Office, browser: Browser, who: str = "shared", words: str = WORDS) -> Any:
    await browser.get(f"/cases/{office.reference}/note")
    return await browser.post(f"/cases/{office.reference}/note", {"words": words, "who": who})


async def case_page(office: Office, browser: Browser) -> str:
    return text_of((await browser.get(f"/cases/{office.reference}")).text)


async def rows(office: Office) -> list[NoteRow]:
    async with office.world.services.database.read() as session:
        return list(await session.exec(select(NoteRow).order_by(col(NoteRow.written))))


async def read(office: Office) -> list[Note]:
    return await office.world.services.notes.of_case(office.case_id, lambda *_: True)


async def address(office: Office, browser: Browser) -> str:
    """Of the first note that they may correct."""
    page = (await browser.get(f"/cases/{office.reference}")).text
    [href, *_] = re.findall(r'href="(/cases/[^"]+/notes/[^"]+)"', page)
    return str(href)


# The rule


def test_a_shared_note_is_for_everybody_who_works_on_the_case() -> None:
    case = sample_case(mediator="m1", offered_to="m2")
    readers = {name for name, one in EVERYBODY.items() if may_read_note(one, case, "s1", private=False)}
    assert readers == {"coordinator", "manager", "lead", "mediator"}
    assert readers == {name for name, one in EVERYBODY.items() if may_keep_notes(one, case)}


@pytest.mark.parametrize("author", ["s1", "s2", "s3", "m1"])
def test_a_private_note_is_for_its_writer_alone(author: str) -> None:
    case = sample_case(mediator="m1", offered_to="m2")
    assert [one.id for one in EVERYBODY.values() if may_read_note(one, case, author, private=True)] == [author]
    everything = StaffMember(id="x", name="X", email="x@service.example", roles=list(StaffRole))
    assert not may_read_note(everything, case, author, private=True)


def test_a_mediator_who_no_longer_has_the_case_reads_not_even_their_own() -> None:
    case = sample_case(mediator="m9", replaced=["m1"])
    assert not may_read_note(EVERYBODY["mediator"], case, "m1", private=True)
    assert not may_read_note(EVERYBODY["mediator"], case, "m1", private=False)


# The doors


async def test_a_shared_note_is_read_by_all_who_work_on_the_case(office: Office) -> None:
    answer = await write(office, office.jo)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{office.reference}#notes")
    for browser in (office.jo, office.max, office.meg):
        said = await case_page(office, browser)
        assert "Ruth sounded relieved. Ring her before nine." in said
        assert "Jo Coordinator, Tue 1 Dec 2026, 10:00" in said
        assert "Only you read this" not in said
    assert "Correct or remove" not in said


async def test_a_mediators_private_note_is_read_by_nobody_else(office: Office) -> None:
    assert (await write(office, office.meg, "private", "UNSAID")).status_code == 303
    assert "UNSAID" in await case_page(office, office.meg)
    assert "Only you read this" in await case_page(office, office.meg)
    own = await address(office, office.meg)
    assert "UNSAID" in (await office.meg.get(own)).text
    for browser in (office.jo, office.max):
        for path in (f"/cases/{office.reference}", own, "/today", "/tasks", f"/cases/{office.reference}/call"):
            assert "UNSAID" not in (await browser.get(path)).text
        await browser.get("/account")
        for path in (own, f"{own}/remove"):
            assert (await browser.post(path, {"words": "changed"})).status_code == 404
    [note] = await read(office)
    assert note.text
    assert note.text.words == "UNSAID"


async def test_the_json_door_has_the_shared_notes_and_no_private_one_not_even_for_its_writer(office: Office) -> None:
    await write(office, office.meg, "private", "UNSAID")
    await write(office, office.meg, "shared", "To be known")
    for staff_id in (office.jo_id, office.meg_id):
        token = await office.world.services.staff.new_token(staff_id, "tests", NOW)
        answer = await office.jo.client.get(
            f"/api/cases/{office.reference}", headers={"Authorization": f"Bearer {token}"}
        )
        assert [(one["by"], one["words"]) for one in answer.json()["notes"]] == [("Meg Mediator", "To be known")]
        assert "UNSAID" not in answer.text


async def test_a_mediator_who_was_only_asked_sees_no_notes_and_writes_none(office: Office) -> None:
    await write(office, office.jo)
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    await office.world.file(office.case_id, journey.model_copy(update={"mediator": "", "offered_to": office.meg_id}))
    said = await case_page(office, office.meg)
    assert "Maya Whitfield" in said
    assert "Notes" not in said
    assert "relieved" not in said
    assert (await office.meg.get(f"/cases/{office.reference}/note")).status_code == 403


# Written once


async def test_pressed_twice_it_is_one_note_and_removed_it_does_not_come_back(office: Office) -> None:
    await write(office, office.jo)
    again = {"words": WORDS, "who": "shared"}
    form = f"/cases/{office.reference}/note"
    assert (await office.jo.post(form, again)).status_code == 303
    assert len(await rows(office)) == 1
    other = await office.jo.post(form, {**again, "words": "Something else"})
    assert other.status_code == 409
    assert "so nothing was done" in other.text
    assert form_of(other.text, form)["words"] == ["Something else"]
    assert (await office.jo.post(form, {"words": "Something else", "who": "shared"})).status_code == 303
    assert len(await rows(office)) == 2
    written, key = {"words": "Third", "who": "private"}, secrets.token_hex(16)
    await office.jo.post(form, {**written, "key": key})
    [third] = [row for row in await rows(office) if row.private]
    await office.world.services.notes.remove(third.id, office.case_id, office.jo_id, NOW)
    assert (await office.jo.post(form, {**written, "key": key})).status_code == 303
    assert [row.sealed for row in await rows(office) if row.private] == [None]


async def test_words_and_readers_are_asked_for_and_what_was_typed_is_kept(office: Office) -> None:
    form = f"/cases/{office.reference}/note"
    for typed, said in (
        ({"words": " ", "who": "shared"}, "Write the note."),
        ({"words": "One."}, "Say who may read the note."),
        ({"words": "One.", "who": "everybody"}, "choose from what is offered"),
        ({"words": "One.\x07", "who": "private"}, "control characters"),
        ({"words": "x" * 8001, "who": "private"}, "use at most 8000 characters"),
    ):
        await office.jo.get(form)
        answer = await office.jo.post(form, typed)
        assert answer.status_code == 422
        assert said in text_of(answer.text)
        if typed["words"] == "One.":
            assert form_of(answer.text, form)["words"] == ["One."]
    stale = await office.jo.post(form, {"words": "Kept", "who": "private", "csrf": "old"})
    assert stale.status_code == 403
    assert form_of(stale.text, form)["words"] == ["Kept"]
    assert (await office.jo.post(form, {"words": "Kept", "who": "private", "key": "short"})).status_code == 422
    assert await rows(office) == []


# Changed


async def test_a_corrected_note_says_so_and_shows_what_it_said_before(office: Office) -> None:
    await write(office, office.jo, words="At nine")
    own = await address(office, office.jo)
    for _ in range(2):
        await office.jo.get(own)
        assert (await office.jo.post(own, {"words": "At ten"})).status_code == 303
    said = await case_page(office, office.max)
    assert "At ten Jo Coordinator, Tue 1 Dec 2026, 10:00 · corrected Tue 1 Dec 2026, 10:00" in said
    assert said.count("At nine") == 1
    assert "What it said before At nine Until Tue 1 Dec 2026, 10:00" in said
    await office.jo.get(own)
    empty = await office.jo.post(own, {"words": ""})
    assert empty.status_code == 422
    await office.max.get("/account")
    assert (await office.max.post(own, {"words": "Mine"})).status_code == 404, "only its writer corrects it"


async def test_a_removed_note_is_erased_and_a_shared_one_leaves_a_line(office: Office) -> None:
    await write(office, office.jo, words="Wrong case")
    own = await address(office, office.jo)
    await office.jo.get(own)
    assert (await office.jo.post(own, {"words": "Wrong case!"})).status_code == 303
    for _ in range(2):
        await office.jo.get("/account")
        assert (await office.jo.post(f"{own}/remove")).status_code == 303
    said = await case_page(office, office.max)
    assert "Jo Coordinator wrote a note Tue 1 Dec 2026, 10:00, and removed it Tue 1 Dec 2026, 10:00." in said
    assert "Wrong case" not in said
    [row] = await rows(office)
    assert row.sealed is None
    assert (await office.jo.get(own)).status_code == 404
    with pytest.raises(NoSuchNote):
        await office.world.services.notes.correct(row.id, office.case_id, office.jo_id, "More", NOW)


async def test_of_a_private_note_that_was_removed_nothing_is_told(office: Office) -> None:
    await write(office, office.jo, "private")
    own = await address(office, office.jo)
    await office.jo.get(own)
    await office.jo.post(f"{own}/remove")
    assert "wrote a note" not in await case_page(office, office.jo)
    assert "wrote a note" not in await case_page(office, office.max)


# Kept


async def test_words_are_sealed_and_a_note_made_shared_behind_our_back_does_not_open(office: Office) -> None:
    await write(office, office.meg, "private", "UNSAID")
    [row] = await rows(office)
    assert "UNSAID" not in repr(row)
    async with office.world.services.database.write() as session:
        (await session.get_one(NoteRow, row.id)).private = False
    notes: Notes = office.world.services.notes
    with pytest.raises(ValueError, match="does not open"):
        await notes.of_case(office.case_id, lambda *_: True)
