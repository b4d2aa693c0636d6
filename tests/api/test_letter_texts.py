"""The pages on which a manager puts letters into other words: nothing is saved before it was tried and shown."""

from datetime import timedelta

import pytest
from sqlmodel import select

from api.permissions import MANAGES, MAY
from api.staff.letter_texts import differences, title_of
from casefile.tables import Case, LetterRow, LetterText
from domain import titles
from domain.journey import Letter
from letters.texts import SHIPPED, letter_names, shared_parts
from tests.api.staff_world import NOW, Browser, Office, form_of, text_of

pytestmark = pytest.mark.both_databases
EDIT = "/letters/consent_ask/edit"


async def filled_in(browser: Browser, path: str = EDIT, **typed: str) -> dict[str, list[str]]:
    """The form as it opens, with a reason, and with what is typed on top."""
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    said = {"reason": "Families asked what it means.", **typed}
    return form_of(page.text, path) | {name: [value] for name, value in said.items()}


async def press(browser: Browser, action: str, form: dict[str, list[str]], path: str = EDIT):  # type: ignore[no-untyped-def]
    return await browser.post(path, {**form, "action": action})


def reworded(form: dict[str, list[str]], before: str, after: str) -> dict[str, list[str]]:
    assert before in form["body"][0]
    return form | {"body": [form["body"][0].replace(before, after)]}


async def plainer(office: Office) -> dict[str, list[str]]:
    return reworded(await filled_in(office.max), "Taking part is your own choice.", "It is up to you.")


async def stored(office: Office) -> list[LetterText]:
    async with office.world.services.database.read() as session:
        return list(await session.exec(select(LetterText).order_by(LetterText.number)))  # type: ignore[arg-type]


def test_every_text_has_its_title() -> None:
    assert sorted(shared_parts()) == sorted(titles.LETTER_PARTS)
    assert len({title_of(name) for name in letter_names()}) >= len(letter_names()) - 2  # two endings share a title


async def test_only_managers_come_here(office: Office) -> None:
    assert MAY["POST /letters/{name}/edit"] == MANAGES
    assert (await office.jo.get("/letters")).status_code == 403
    assert (await office.meg.get(EDIT)).status_code == 403


async def test_whoever_edits_a_letter_reads_what_becomes_of_its_translation(office: Office) -> None:
    assert "This letter also goes in Polish" in text_of((await office.max.get(EDIT)).text)
    for untranslated in ("staff_task", "_signature"):
        assert "also goes in" not in text_of((await office.max.get(f"/letters/{untranslated}/edit")).text)


async def test_the_list_says_whose_words_each_letter_has(office: Office) -> None:
    page = text_of((await office.max.get("/letters")).text)
    assert "Invitation to take part A party that is asked to take part As shipped" in page
    assert "The initial visit is booked (to the mediator)" in page
    assert f"Signature, with what every letter says In {len(letter_names())} letters" in page
    await press(office.max, "save", await plainer(office))
    page = text_of((await office.max.get("/letters")).text)
    assert "Invitation to take part A party that is asked to take part Our own since Tue 1 Dec 2026, by Max" in page


async def test_a_preview_shows_each_situation_and_saves_nothing(office: Office) -> None:
    page = await press(office.max, "preview", await plainer(office))
    assert page.status_code == 200
    said = text_of(page.text)
    assert "Nothing is saved yet." in said
    assert "<del>Taking part is your own choice." in page.text
    assert "<ins>It is up to you. Mediation only goes ahead if all agree." in page.text
    assert "To parent or carer, young person Subject Would you take part in mediation? (SM-2026-00042)" in said
    assert "To school, local authority, health body (at an address that nobody has confirmed)" in said
    assert "Say yes or no on your own page" in said
    assert "SEN Mediation Service: Would you take part in mediation? (SM-2026-00042)." in said  # a text message
    assert await stored(office) == []


async def test_the_effect_on_running_cases_is_shown_before_it_is_saved(office: Office) -> None:
    case_id, _ = await office.world.case(office.jo_id, key="refer-effect-0123456789")
    async with office.world.services.database.write() as session:
        for key, state, kind in (
            ("1", "queued", "consent_ask"),
            ("2", "sent", "consent_ask"),
            ("3", "queued", "sign_ask"),
        ):
            letter = Letter(kind=kind, about="consent/p2", to="p2.1", number=int(key))
            session.add(LetterRow(id=key, case_id=case_id, queued=NOW, state=state, **letter.model_dump()))
        await session.flush()
        stages = [case.stage for case in await session.exec(select(Case)) if case.closed_at is None]
    ahead = sum(stage in ("referral", "explaining", "permission", "consent") for stage in stages)
    assert ahead > 0
    page = text_of((await press(office.max, "preview", await plainer(office))).text)
    noun = "case" if len(stages) == 1 else "cases"
    assert f"{ahead} of {len(stages)} open {noun} can still get this letter" in page
    assert "1 letter is waiting to leave, and will go in the new words." in page


async def test_it_is_saved_once_with_who_when_and_why(office: Office) -> None:
    form = await plainer(office)
    saved = await press(office.max, "save", form)
    assert saved.status_code == 303
    assert saved.headers["location"] == "/letters/consent_ask?saved=1"
    assert (await press(office.max, "save", form)).headers["location"] == "/letters/consent_ask?saved=1"
    [row] = await stored(office)
    assert (row.number, row.at, row.reason) == (1, NOW, "Families asked what it means.")
    page = text_of((await office.max.get("/letters/consent_ask?saved=1")).text)
    assert "Version 1 is saved" in page
    assert "It is up to you. Mediation only goes ahead" in page
    assert "Version 1 Tue 1 Dec 2026, 10:00 Max" in page
    assert "Families asked what it means." in page


async def test_one_goes_back_to_an_earlier_version_or_to_what_ships_in_one_step(office: Office) -> None:
    await press(office.max, "save", await plainer(office))
    second = reworded(await filled_in(office.max), "It is up to you.", "It is for you to say.")
    await press(office.max, "save", second)
    page = (await office.max.get("/letters/consent_ask")).text
    ways = [part for part in page.split("<form")[1:] if f'action="{EDIT}"' in part]
    assert ["ships with the service" in way for way in ways] == [True, False]
    back = form_of("<form" + ways[1], EDIT)
    preview = await press(office.max, "preview", back)
    assert "<ins>It is up to you." in preview.text
    assert (await press(office.max, "save", form_of(preview.text, EDIT))).status_code == 303
    page = (await office.max.get("/letters/consent_ask")).text
    ships = next(part for part in page.split("<form")[1:] if "ships with the service<" in part)
    await press(office.max, "save", form_of("<form" + ships, EDIT))
    rows = await stored(office)
    assert [("It is up to you." in row.text, row.reason) for row in rows[2:]] == [
        (True, "Back to version 1."),
        (False, "Back to the text that ships with the service."),
    ]
    assert rows[-1].text == ""
    assert "Version 4, as shipped" in text_of((await office.max.get("/letters/consent_ask")).text)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"body": "{{ child }}\n\nSay yes here:\n{{ link }}"}, "“child” is not known here"),
        ({"body": "{% if reference %}"}, "cannot be read"),
        ({"body": "Hello."}, "The letter has lost the link to what is done there"),
        ({"subject": "Would you take part?"}, "The subject must hold our reference"),
        ({"subject": "{{ to.name }}: mediation ({{ reference }})"}, "The subject names somebody"),
        ({"subject": ""}, "Give the letter a subject."),
        ({"reason": ""}, "Give the reason"),
        ({"reason": "x" * 20_001}, "use at most"),
        ({}, "Nothing is different from the text as it stands"),
    ],
)
@pytest.mark.parametrize("action", ["preview", "save", "paper"])
async def test_what_cannot_be_is_refused_and_what_was_typed_is_kept(
    office: Office, typed: dict[str, str], said: str, action: str
) -> None:
    form = await filled_in(office.max, **typed)
    answer = await press(office.max, action, form)
    assert answer.status_code == 422
    assert said.lower() in text_of(answer.text).lower()
    again = form_of(answer.text, EDIT)
    assert [again[name][0].strip() for name in ("subject", "body", "reason")] == [
        form[name][0].strip() for name in ("subject", "body", "reason")
    ]
    assert await stored(office) == []


async def test_what_is_hard_to_read_is_said_and_can_be_saved(office: Office) -> None:
    long = "It goes " + "on and on " * 9 + "until the end."
    form = reworded(await filled_in(office.max), "Taking part is your own choice.", long)
    assert "A sentence of 32 words. Aim for 25" in text_of((await press(office.max, "preview", form)).text)
    assert (await press(office.max, "save", form)).status_code == 303


async def test_a_colleagues_version_of_meanwhile_is_not_overwritten(office: Office) -> None:
    mine = await plainer(office)
    await press(office.max, "save", reworded(await filled_in(office.max), "takes no side", "stands on no side"))
    answer = await press(office.max, "save", mine)
    assert answer.status_code == 409
    assert "has changed this text since you opened the form (version 1" in text_of(answer.text)
    assert len(await stored(office)) == 1
    again = form_of(answer.text, EDIT)
    assert again["base"] == ["1"]
    assert (await press(office.max, "save", again)).status_code == 303


async def test_a_preview_can_be_printed(office: Office) -> None:
    answer = await press(office.max, "paper", await plainer(office))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert await stored(office) == []


async def test_a_part_that_letters_share_is_edited_like_a_letter(office: Office) -> None:
    path = "/letters/_confidential/edit"
    form = await filled_in(office.max, path)
    assert "subject" not in form
    form = reworded(form, "stays confidential", "stays between you")
    preview = await press(office.max, "preview", form, path)
    assert "stays between you" in text_of(preview.text)
    assert "can still get a letter with this part" in text_of(preview.text)
    assert (await press(office.max, "save", form, path)).status_code == 303
    assert "stays between you" in text_of((await office.max.get("/letters/visit_booked")).text)


@pytest.mark.parametrize("name", ["nothing", "_frame", "..%2Fpost", "_signature.txt"])
async def test_there_are_no_other_texts(office: Office, name: str) -> None:
    for path in (f"/letters/{name}", f"/letters/{name}/edit"):
        assert (await office.max.get(path)).status_code == 404
    form = await filled_in(office.max)
    assert (await office.max.post(f"/letters/{name}/edit", {**form, "action": "save"})).status_code == 404
    assert await stored(office) == []


async def test_a_text_that_fails_is_reported(office: Office) -> None:
    await press(office.max, "save", await plainer(office))
    async with office.world.services.database.write() as session:
        row = await session.get_one(LetterText, ("en", "consent_ask", 1))
        row.failed, row.failed_at, row.problem = 3, NOW - timedelta(hours=1), "UndefinedError"
        session.add(row)
    for path in ("/letters", "/letters/consent_ask", "/operations"):
        page = text_of((await office.max.get(path)).text)
        assert "3 letters" in page, path
        assert "does not work" in page, path


def test_differences_leave_out_what_stays_as_it_was() -> None:
    lines = differences("a\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n")
    assert [(line.sign, line.text) for line in lines] == [(" ", "b"), ("-", "c"), ("+", "C"), (" ", "d")]
    assert differences(SHIPPED.source("consent_ask") or "", SHIPPED.source("consent_ask") or "") == []
