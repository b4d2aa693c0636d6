"""Messages, personal lines and letters sent again: shown before they are sent."""

from domain.commands import AddLine, ReplaceContact, WriteMessage
from domain.journey import PersonalLine
from domain.languages import Language
from domain.parties import Reading
from tests.api.staff_world import REFERRAL, Office, hidden, text_of

WORDS = "The room has changed.\n\nPlease come to the side door."


async def test_a_message_is_shown_before_it_is_sent(office: Office) -> None:
    link = f"/cases/{office.reference}/do/write_message"
    assert link in (await office.jo.get(f"/cases/{office.reference}")).text
    assert link not in (await office.meg.get(f"/cases/{office.reference}")).text, "a mediator does not write letters"
    before = len(office.world.taken)
    typed = {"to": ["p1.1", "p2.1"], "message": WORDS}
    await office.jo.get(link)
    check = await office.jo.post(link, typed)
    assert check.status_code == 200
    shown = text_of(check.text)
    for expected in ("Check before you send", "To Ruth Whitfield", "To Helen Marsh", "Please come to the side door.",
                     "A message about mediation", "By e-mail", "Kind regards"):  # fmt: skip
        assert expected in shown
    assert len(office.world.taken) == before, "nothing was sent yet"
    change = await office.jo.post(link, {**typed, "action": "change"})
    assert change.status_code == 200
    assert "The room has changed.\n\nPlease come" in change.text
    assert change.text.count("checked") == 2
    assert (await office.jo.post(link, {**typed, "action": "send"})).status_code == 303
    command = office.world.taken[-1]
    assert isinstance(command, WriteMessage)
    assert command.to == ["p1.1", "p2.1"]
    case = await office.world.services.cases.load(office.case_id)
    assert case.texts[command.id]["message"] == WORDS


async def test_the_preview_says_when_somebody_may_be_a_stranger(office: Office) -> None:
    link = f"/cases/{office.reference}/do/write_message"
    await office.jo.get(link)
    shown = (await office.jo.post(link, {"to": ["p1.2"], "message": WORDS})).text
    assert "Nobody has confirmed yet that we reach them here" in text_of(shown)
    letter = shown.partition('<div class="letter">')[2].partition("</div>")[0]
    assert "We have a message for you." in letter
    assert "side door" not in letter
    assert "side door" in shown.partition("<form")[2], "what was typed is kept"


async def test_the_preview_shows_both_languages_of_who_reads_another(office: Office) -> None:
    case = await office.world.services.cases.load(office.case_id)
    assert case.journey
    known = case.journey.person("p1.1")
    assert known
    known.reading = Reading(reads=Language.POLISH)
    await office.world.file(office.case_id, case.journey)
    link = f"/cases/{office.reference}/do/write_message"
    await office.jo.get(link)
    page = (await office.jo.post(link, {"to": ["p1.1", "p2.1"], "message": WORDS})).text
    to_ruth, _, to_helen = page.partition("To Helen Marsh")
    assert "They read Polish: it goes in that language, with the same letter in English below it." in text_of(to_ruth)
    assert "Your own words stay as you typed them." in text_of(to_ruth)
    polish, _, english = to_ruth.partition("<h3>English text</h3>")
    assert '<p lang="pl">Do: Ruth Whitfield<br>' in polish
    assert "Dear Ruth Whitfield," in english
    assert "lang=" not in english.partition("</div>")[0]
    assert "They read" not in to_helen


async def test_what_is_missing_is_said_and_what_was_typed_is_kept(office: Office) -> None:
    link = f"/cases/{office.reference}/do/write_message"
    await office.jo.get(link)
    answer = await office.jo.post(link, {"message": WORDS})
    assert answer.status_code == 422
    assert "Choose one or more people." in text_of(answer.text)
    assert "side door" in answer.text
    answer = await office.jo.post(link, {"to": ["p1.1"], "message": "long " * 500})
    assert answer.status_code == 422
    assert "Use at most 2000 characters" in text_of(answer.text)
    answer = await office.jo.post(link, {"to": ["p9.9"], "message": WORDS})
    assert answer.status_code == 422


async def test_a_letter_is_sent_again_from_its_page(office: Office) -> None:
    page = await office.jo.get(f"/cases/{office.reference}/letters/letter1")
    link = f"/cases/{office.reference}/do/resend_letter?about=consent_ask%2Fp2.1%2F1%3Aconsent%3Ap2"
    assert link in page.text
    assert link not in (await office.meg.get(f"/cases/{office.reference}/letters/letter1")).text
    await office.jo.get(link)
    answer = await office.jo.post(link, {"message": "Here it is."})
    assert answer.status_code == 422, "why?"
    assert "Here it is." in answer.text
    refused = await office.jo.post(link, {"reason": "deleted"})
    assert refused.status_code == 409
    assert "no longer holds" in text_of(refused.text), "they have answered"


async def test_what_was_sent_is_shown_as_it_looked_and_as_text(office: Office) -> None:
    shown = (await office.jo.get(f"/cases/{office.reference}/letters/letter1")).text
    assert '<div class="letter">' in shown
    assert "The same as plain text" in shown


async def test_a_line_waits_for_its_letter_and_can_be_taken_back(office: Office) -> None:
    link = f"/cases/{office.reference}/do/add_line"
    typed = {"kind_of_letter": "visit_booked", "to": "p1.1", "message": "I am glad that we found a time."}
    await office.jo.get(link)
    shown = text_of((await office.jo.post(link, typed)).text)
    assert "I am glad that we found a time." in shown
    assert "With the next letter of this kind" in shown
    assert (await office.jo.post(link, {**typed, "action": "send"})).status_code == 303
    command = office.world.taken[-1]
    assert isinstance(command, AddLine)
    assert (command.kind_of_letter, command.to, command.off) == ("visit_booked", "p1.1", False)
    await office.jo.get(link)
    assert "Choose the letter." in text_of((await office.jo.post(link, {"to": "p1.1", "message": "x"})).text)
    empty = await office.jo.post(link, {**typed, "message": " "})
    assert empty.status_code == 422
    assert "Write the line." in text_of(empty.text)


async def test_a_line_that_waits_is_shown_beside_the_letters(office: Office) -> None:
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    journey.lines = [PersonalLine(kind="visit_booked", to="p1.1", command="w")]
    await office.world.file(office.case_id, journey)
    said = "A personal line waits for the next letter “The initial visit is booked” to Ruth Whitfield."
    assert f"{said} Change it" in text_of((await office.jo.get(f"/cases/{office.reference}")).text)
    assert f"{said} Change it" not in text_of((await office.meg.get(f"/cases/{office.reference}")).text)
    form = text_of((await office.jo.get(f"/cases/{office.reference}/do/add_line")).text)
    assert "Waiting: “The initial visit is booked” to Ruth Whitfield" in form
    assert "Take back the line" in form
    typed = {"kind_of_letter": "visit_booked", "to": "p1.1", "off": "yes"}
    taken_back = await office.jo.post(f"/cases/{office.reference}/do/add_line", typed)
    assert taken_back.status_code == 303, "there is nothing to be shown"
    command = office.world.taken[-1]
    assert isinstance(command, AddLine)
    assert command.off


# Addresses that look mistyped


async def test_a_mistyped_address_is_asked_about_once_and_never_forced(office: Office) -> None:
    link = f"/cases/{office.reference}/do/replace_contact?about=p2"
    await office.jo.get(link)
    typed = {"name": "Al Deputy", "channel": "email", "email": "al@gmial.com", "reason": "has left"}
    asked = await office.jo.post(link, typed)
    assert asked.status_code == 422
    assert "Did you mean al@gmail.com? If al@gmial.com is right, leave it as it is and go on." in text_of(asked.text)
    assert "Please look once more" in asked.text
    assert 'value="al@gmial.com"' in asked.text, "what was typed is kept"
    mark = hidden(asked.text, "email_as_typed")
    another = await office.jo.post(link, {**typed, "email": "al@hotmial.com", "email_as_typed": mark})
    assert "Did you mean al@hotmail.com?" in text_of(another.text), "the mark is for one address"
    saved = await office.jo.post(link, {**typed, "email_as_typed": mark})
    assert saved.status_code == 303
    assert isinstance(office.world.taken[-1], ReplaceContact)


async def test_a_new_case_asks_about_a_mistyped_address_once(office: Office) -> None:
    await office.jo.get("/cases/new")
    typed = {**REFERRAL, "p1_1_email": "eva@hotmial.co.uk", "action": "check"}
    asked = await office.jo.post("/cases/new", typed)
    assert asked.status_code == 422
    assert "Did you mean eva@hotmail.co.uk?" in text_of(asked.text)
    mark = {"p1_1_email_as_typed": hidden(asked.text, "p1_1_email_as_typed")}
    check = await office.jo.post("/cases/new", {**typed, **mark})
    assert "Check your answers" in check.text
    assert hidden(check.text, "p1_1_email_as_typed"), "it is carried along, so that creating does not ask again"
    assert (await office.jo.post("/cases/new", {**typed, **mark, "action": "create"})).status_code == 303


async def test_an_account_asks_about_a_mistyped_address_once(office: Office) -> None:
    await office.max.get("/staff")
    typed = {"name": "Di New", "email": "di@gmial.com", "roles": ["coordinator"]}
    asked = await office.max.post("/staff", typed)
    assert asked.status_code == 422
    assert "Did you mean di@gmail.com?" in text_of(asked.text)
    made = await office.max.post("/staff", {**typed, "email_as_typed": hidden(asked.text, "email_as_typed")})
    assert made.status_code == 200
    assert "di@gmial.com" in made.text
