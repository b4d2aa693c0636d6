"""A newcomer's first case, taken by hand from the form to the agreement, on the real service and through pages only.

JavaScript is switched off for everybody who takes part: the pages need none. Parties have a telephone's screen."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from domain import words
from domain.working_days import add_working_days
from tests.browser.people import DESK, PHONE, Answers, Checker, Participant, Staff, until
from tests.real_service import Service

TODAY = datetime.now(UTC).date()
MEDIATOR = "nora.byrne@panel.example"
TERM = "A teaching assistant helps Leo in maths each morning."
SUPPORTER = "Bea Friend"


def working_day(ahead: int) -> date:
    return add_working_days(TODAY, ahead, [])


@pytest.fixture(scope="module")
def manager(browser: Browser, service: Service) -> Staff:
    """The first sign-in of a new service, as the terminal shows it."""
    return Staff(browser, service).sign_in(*service.first_sign_in())


@pytest.fixture(scope="module")
def checker(browser: Browser, service: Service) -> Checker:
    return Checker(browser, service)


@pytest.fixture(scope="module")
def parties(browser: Browser, service: Service) -> list[Participant]:
    return [
        Participant(browser, service, "Dana Whitlock", "dana.whitlock@family.example"),
        Participant(browser, service, "Tom Hale", "tom.hale@oakfield.example"),
        Participant(browser, service, "Grace Obi", "grace.obi@westshire.example"),
    ]


@pytest.fixture(scope="module")
def mediator(browser: Browser, service: Service, manager: Staff) -> Staff:
    """Added to the panel by the manager, who reads the password out."""
    manager.open("/").page.get_by_role("navigation").get_by_role("link", name="Panel").click()
    manager.fill(
        {
            "Name": "Nora Byrne",
            "E-mail address": MEDIATOR,
            "Professional body": "College of Mediators",
            "Registered until": f"{TODAY + timedelta(days=400)}",
            "Trained in SEN law": True,
        },
        manager.page.locator("form").last,
    ).press("Add to the panel")
    password = manager.page.locator(".secret").inner_text()
    manager.follow("I have passed it on").sees("Nora Byrne")
    assert password not in manager.page.content()
    return Staff(browser, service).sign_in(MEDIATOR, password)


@pytest.fixture(scope="module")
def reference(manager: Staff, mediator: Staff, parties: list[Participant], checker: Checker) -> str:
    """The case is begun on the form."""
    manager.page.get_by_role("navigation").get_by_role("link", name="Venues").click()
    manager.fill({"Name": "Town Library, room 2", "Address": "1 High Street, Westbury"}).press("Add the venue")
    manager.sees("Saved", "Town Library, room 2")

    manager.open("/cases").follow("New case")
    checker.finds_no_barrier(manager)
    names = [{"Contact's name": one.name, "E-mail address": one.email} for one in parties]
    manager.fill(
        {
            "Who refers": {"Who refers?": "Parent or carer", **names[0], "Telephone number": "07700 900101"},
            "The child or young person": {
                "Child's name": "Leo Whitlock",
                "Date of birth": {"Day": "2", "Month": "3", "Year": "2016"},
                "What is the disagreement about?": "The help in class that his plan names.",
            },
            "Other party 1": {"Who are they?": "School", "Organisation": "Oakfield School", **names[1]},
            "Targets": "For trying out: a minute for each working day",
        }
    ).press("Check your answers")
    manager.sees("Check your answers", "Leo Whitlock", "2 Mar 2016", "Oakfield School").press("Change")
    manager.fill(
        {"Other party 2": {"Who are they?": "Local authority", "Organisation": "Westshire Council", **names[2]}}
    ).press("Check your answers")
    checker.finds_no_barrier(manager.sees("Westshire Council", "Grace Obi"))
    manager.press("Begin the case")
    manager.sees("The case has begun", "Leo Whitlock", "What happens next and when")
    return manager.page.url.partition("?")[0].rpartition("/")[2]


def test_from_the_form_to_the_agreement(
    reference: str, manager: Staff, mediator: Staff, parties: list[Participant], checker: Checker, tmp_path: Path
) -> None:
    _explained_and_agreed(reference, manager, parties, checker)
    _allocated(reference, manager, mediator)
    _visited(reference, mediator, parties, checker)
    _prepared(reference, manager, parties, checker)
    _met(reference, manager, mediator, parties, checker)
    _written_down(reference, manager, mediator, tmp_path)
    _followed_to_the_end(reference, manager, parties)
    for person in (manager, mediator, *parties):
        assert person.faults == []


def _explained_and_agreed(reference: str, manager: Staff, parties: list[Participant], checker: Checker) -> None:
    dana, tom, grace = parties
    until(lambda: manager.open("/tasks").page.get_by_text("the explaining call").count(), "the task to ring")
    manager.follow("Explain mediation to Dana Whitlock").fill({"What did they decide?": "To go on with mediation"})
    manager.press("Record it").sees("Record the explaining call: recorded")
    dana.opens_link("may we contact the others").press("Send my answer")
    dana.sees("There is something to put right").fits_its_screen()
    checker.finds_no_barrier(dana)
    dana.fill({"Do you allow us": "Yes, you may contact the others"}).press("Send my answer").sees("Thank you")
    tom.answers("take part in mediation", {"Will you take part?": "Yes"}, "Send my answer").sees("Thank you")
    checker.finds_no_barrier(tom, grace.opens_link("take part in mediation"))
    manager.open(f"/cases/{reference}").sees("Reminder 1 to Westshire Council on", "unless they answer")
    grace.answers("take part in mediation", {"Will you take part?": "Yes"}, "Send my answer").sees("Thank you")
    grace.opens_link("take part in mediation").sees("You agreed to take part.")


def _allocated(reference: str, manager: Staff, mediator: Staff) -> None:
    manager.does(reference, "Offer the case to a mediator", {"Mediator": "Nora Byrne"}, "Offer the case")
    until(lambda: mediator.open("/mediator").page.get_by_role("link", name="Accept or decline").count(), "the offer")
    mediator.follow("Accept or decline").fill({"Your answer": "I take the case"}).press("Send the answer")
    mediator.sees("Accept or decline the case: recorded")


def _visited(reference: str, mediator: Staff, parties: list[Participant], checker: Checker) -> None:
    names = ("Dana Whitlock", "Oakfield School", "Westshire Council")
    for n, name in enumerate(names):
        mediator.does(
            reference,
            f"Offer dates for an initial visit: {name}",
            {
                "Date 1": {"Day": f"{working_day(5 + n)}", "Time": "10:00"},
                "Date 2": {"Day": f"{working_day(6 + n)}", "Time": "14:30"},
                "Where": "In person",
                "Address": "At your own place",
            },
            "Offer these dates",
        )
    checker.finds_no_barrier(mediator, parties[0].opens_link("choose a date"))
    for n, person in enumerate(parties):
        day = working_day(6 + n)
        chosen = f"{day:%a} {day.day} {day:%b}, 14:30"
        person.answers("choose a date", {"Which date suits you?": chosen}, "Send my choice").sees("Thank you")
        person.opens_link("choose a date").sees("Your visit is booked", f"{words.day(day)}, 14:30")
    for n, name in enumerate(names):
        told: Answers = {}
        if n == 0:
            told = {
                "How is the child to be heard": "Somebody the child trusts",
                "Through whom": "His aunt Bea tells what he says.",
                "A supporter or friend": {"Name": SUPPORTER, "E-mail address": "bea@friends.example"},
            }
        mediator.does(
            reference,
            f"Record an initial visit: {name}",
            {
                "Was the visit held?": "Yes",
                "Confidentiality was explained": True,
                "What may be shared": "Everybody wants Leo to stay at the school.",
                "Private note": "Not for the others.",
                **told,
            },
        )
    mediator.open(f"/cases/{reference}").sees(SUPPORTER, "Not for the others.", "His aunt Bea tells what he says.")


def _prepared(reference: str, manager: Staff, parties: list[Participant], checker: Checker) -> None:
    dana, tom, grace = parties
    dana.opens_link("sign the agreement to mediate").sees("The mediator takes no side").press("Sign")
    dana.sees("Type your full name", "Tick that you agree.").fits_its_screen()
    checker.finds_no_barrier(dana)
    signed = {"Your full name": "Dana Whitlock", "I have read this": True}
    dana.fill(signed).press("Sign")
    dana.sees("You have signed the agreement to mediate.").fits_its_screen()
    dana.opens_link("you have signed").follow("Take the signature back").sees("What was wrong?").fits_its_screen()
    checker.finds_no_barrier(dana)
    dana.fill({"What was wrong?": "My husband pressed it."}).press("Take the signature back")
    dana.sees("The signature no longer counts.")
    dana.opens_link("sign the agreement to mediate").fill(signed).press("Sign").sees("Thank you")
    tom.answers("sign the agreement to mediate", {"Your full name": "Tom Hale", "I have read this": True}, "Sign")
    dana.opens_link("first meeting with the mediator is booked").follow("Change it")
    dana.fill({"How would your child": "In the child's own words"}).press("Send my answer").sees("Thank you")
    dana.fits_its_screen()
    manager.open(f"/cases/{reference}").sees("In the child's own words", "by Tom Hale", "not signed yet")
    manager.does(
        reference,
        "Record the signature of the agreement to mediate: Westshire Council",
        {"Westshire Council has read": True, "How did the answer reach you?": "By letter", "Who signed": grace.name},
    )
    manager.sees("by Grace Obi, recorded by")


def _met(reference: str, manager: Staff, mediator: Staff, parties: list[Participant], checker: Checker) -> None:
    for person in parties:
        person.opens_link("when can you come")
        half_days = person.page.get_by_role("checkbox")
        for n in range(half_days.count() - 1):  # the last one says that none suits
            half_days.nth(n).check()
        if person is parties[0]:
            checker.finds_no_barrier(person)
        person.press("Send my dates").sees("Thank you")
    manager.opens_when_ready(reference, "Fix the joint meeting")
    suits = manager.sees("These half days suit everyone who answered").page.locator("main li").first.inner_text()
    day = datetime.strptime(suits.partition(",")[0], "%a %d %b %Y").date()  # noqa: DTZ007
    checker.finds_no_barrier(manager)
    manager.fill(
        {
            "When": {"Day": f"{day}", "Starts at": "10:00" if "morning" in suits else "14:00"},
            "Venue": "Town Library, room 2",
        }
    ).press("Fix the meeting and invite everyone")
    manager.sees("Fix the joint meeting: recorded")
    dana = parties[0].opens_link("joint meeting is booked").sees("Town Library, room 2").follow("Leave the mediation")
    dana.sees("If you leave, the mediation ends for everyone").fits_its_screen()
    checker.finds_no_barrier(dana)
    dana.follow("No, go back").sees("Your meetings")
    mediator.does(
        reference,
        "Record the joint meeting",
        {
            "Who came?": ["Dana Whitlock", SUPPORTER, "Tom Hale", "Grace Obi"],
            "What did it come to?": "Full agreement",
            "In particular": "Extra support is given",
        },
    )


def _written_down(reference: str, manager: Staff, mediator: Staff, folder: Path) -> None:
    by = f"{working_day(30)}"
    mediator.does(
        reference,
        "Write up the agreement",
        {
            "Term 1": {"What is done": TERM, "Who does it": "Oakfield School", "By when": by},
            "Term 2": {"What is done": "The plan says so.", "Who does it": "Westshire Council", "By when": by},
            "The child's wishes": "Leo wants to sit near his friends.",
        },
        "Write it up",
    )
    until(lambda: manager.open(f"/cases/{reference}").page.get_by_text("Download version 1").count(), "the document")
    with manager.page.expect_download() as download:
        manager.follow("Download version 1 (PDF)")
    download.value.save_as(folder / "agreement.pdf")
    pages = PdfReader(BytesIO((folder / "agreement.pdf").read_bytes())).pages
    assert TERM in " ".join(" ".join(page.extract_text() for page in pages).split())


def _followed_to_the_end(reference: str, manager: Staff, parties: list[Participant]) -> None:
    manager.does(
        reference,
        "Change the targets",
        {"Targets": "For demonstrations: a second for each working day", "Why?": "to see the end"},
    )
    for person in parties[1:]:
        person.answers("something you agreed to do", {"Is it done?": "Yes, it is done"}, "Send my answer")
        person.sees("Thank you")
    score = {"How was the mediation for you?": "5", "What went well": "We were heard."}  # others say nothing: it ends
    parties[0].answers("how was mediation for you", score, "Send my feedback").sees("Thank you")
    for person in parties:
        assert any("your copy of the agreement" in subject.lower() for subject, _ in person.letters())
    until(lambda: manager.open(f"/cases/{reference}").page.get_by_text("How it ended").count(), "the end")
    manager.sees("The case closed with a full agreement. Extra support is given.", "We were heard.")
    manager.open(f"/cases?state=closed&reference={reference}").sees("Leo Whitlock", "Full agreement")
    parties[0].opens_link("your copy of the agreement").sees("The mediation is complete, with a full agreement.")


def test_the_finished_case_is_shown_without_barriers(reference: str, manager: Staff, checker: Checker) -> None:
    for path in (f"/cases/{reference}", "/cases?state=all", "/tasks", "/panel", "/venues", "/staff", "/nowhere"):
        manager.page.set_viewport_size({"width": PHONE, "height": 900})
        manager.open(path).fits_its_screen()
        manager.page.set_viewport_size({"width": DESK, "height": 900})
        manager.fits_its_screen()
        checker.finds_no_barrier(manager)
