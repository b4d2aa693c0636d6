"""The pages of the parties in the language of their reader: chosen there, told to us, or asked for by a browser."""

import re

import pytest

from api.forms import Typed
from api.staff.forms.base import contact_fields, read_contact
from api.staff.new_case import read
from domain.commands import NewContactTexts, SayHowTheyRead
from domain.languages import Language
from domain.parties import Reading
from tests.api.fakes import FakeTemporal
from tests.api.marked import NAMES, speak_marked, unmarked
from tests.api.party_world import ANSWERS, LINKS, Browser, said

REFERRAL = {
    "p1_role": "parent", "p1_1_name": "Ann", "p1_1_email": "ann@family.example", "child": "Zebedee", "about": "Support",
    "p2_role": "school", "p2_organisation": "Oakfield School", "p2_1_name": "Sam", "p2_1_email": "sam@oakfield.example",
}  # fmt: skip
BESIDE = ("call", "when", "reach", "reading", "withdraw")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    speak_marked(monkeypatch)


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("name", LINKS)
async def test_every_sentence_of_a_page_can_be_translated(browser: Browser, name: str) -> None:
    for proved in (False, True):
        page = await browser.open(name, proved=proved)
        assert unmarked(page) == []
    if name in ANSWERS:
        assert unmarked(await browser.press(page, {})) == []  # what is missing is said too
        assert unmarked(await browser.post(str(page.url), data={})) == []  # a form that is not ours
        typed, _ = ANSWERS[name]
        assert unmarked(await browser.press(page, typed)) == []
    for way in BESIDE:
        assert unmarked(await browser.get(f"{page.url}/{way}")) == []


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("refused", ["ended", "contradicts", "not_asked", "superseded", "no_room", "unknown"])
async def test_why_an_answer_was_not_taken_too(browser: Browser, temporal: FakeTemporal, refused: str) -> None:
    temporal.refuse["answer_consent"] = (refused, "")
    assert unmarked(await browser.press(await browser.open("consent"), {"answer": "no"})) == []


@pytest.mark.usefixtures("marked")
async def test_pages_beside_the_cases_too(browser: Browser) -> None:
    for path in ("/code", "/l/nothing", "/my/0/unlock"):
        assert unmarked(await browser.get(path)) == []
    assert unmarked(await browser.post("/code", data={"code": "WRONG"})) == []
    page = await browser.open("case", proved=False)
    assert unmarked(await browser.get(f"{page.url}/unlock")) == []
    page = await browser.open("case")
    for way in ("agreement", "papers"):
        assert unmarked(await browser.get(f"{page.url}/{way}")) == []


# Which language


async def test_the_browser_is_asked_first(browser: Browser) -> None:
    browser.headers["accept-language"] = "de;q=0.9, pl-PL, en;q=0.5"
    page = await browser.open("consent")
    assert '<html lang="pl" dir="ltr">' in page.text
    assert "Czy wezmą Państwo udział?" in said(page)
    assert "Wiążący jest tekst angielski." in said(page)


@pytest.mark.parametrize("asked_for", ["de, fr;q=0.5", "", "pl;q=0", "en-GB, pl;q=0.3", "*", "pl;q=much"])
async def test_whoever_asks_for_no_language_of_ours_reads_english(browser: Browser, asked_for: str) -> None:
    browser.headers["accept-language"] = asked_for
    page = await browser.open("consent")
    assert '<html lang="en-GB" dir="ltr">' in page.text
    assert "Will you take part?" in said(page)


async def test_a_choice_keeps_the_page_and_is_remembered(browser: Browser) -> None:
    page = await browser.open("consent")
    [way] = re.findall(r'<a href="([^"]+)" lang="pl"', page.text)
    assert way == f"{page.url.path}?language=pl"
    chosen = await browser.get(way)
    assert "Zaproszenie do mediacji" in said(chosen)
    assert "Kiedy możemy do Państwa dzwonić?" in said(await browser.get(f"{page.url.path}/when"))
    assert "Invitation to mediation" in said(await browser.get(f"{page.url.path}?language=en"))
    assert "Invitation to mediation" in said(await browser.get(f"{page.url.path}?language=xx"))


async def test_the_rest_of_an_address_stays(browser: Browser) -> None:
    page = await browser.open("case", proved=False)
    to_papers = await browser.get(f"{page.url.path}/unlock?to=papers&language=pl")
    assert f'href="{page.url.path}/unlock?to=papers&amp;language=en"' in to_papers.text


async def test_what_they_told_us_counts_before_what_the_browser_asks_for(browser: Browser) -> None:
    journey = await browser.filled.journey()
    lead = journey.person("p2.1")
    assert lead
    lead.reading = Reading(reads=Language.POLISH)
    await browser.filled.file(journey)
    browser.headers["accept-language"] = "en"
    assert "Zaproszenie do mediacji" in said(await browser.open("consent"))


async def test_a_language_is_offered_to_be_kept_as_theirs(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("case")
    assert "write to me in" not in said(page)
    polish = await browser.get(f"{page.url.path}?language=pl")
    assert "Czy mamy także pisać do Państwa po polsku?" in said(polish)
    [form] = re.findall(r'<form method="post" action="\S+/reading">.*?</form>', polish.text, re.S)
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    answer = await browser.post(f"{page.url.path}/reading", data=hidden)
    assert "Zapisaliśmy, jak się Państwu najłatwiej czyta." in said(answer)
    [command] = temporal.updates
    assert isinstance(command, SayHowTheyRead)
    assert (command.party, command.reads, command.interpreter) == ("p2", Language.POLISH, False)


# A page that is read from right to left


async def test_the_invitation_is_read_from_right_to_left(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("consent")
    shown = await browser.get(f"{page.url.path}?language=ar")
    assert '<html lang="ar" dir="rtl">' in shown.text
    typed, _ = ANSWERS["consent"]
    pages = [shown, await browser.press(shown, {}), await browser.post(str(page.url), data={})]
    for refused in ("ended", "contradicts", "not_asked", "superseded", "unknown"):
        temporal.refuse["answer_consent"] = (refused, "")
        pages.append(await browser.press(await browser.get(page.url), typed))
    temporal.refuse.clear()
    pages.append(await browser.press(await browser.get(page.url), typed))
    for one in pages:
        text = re.sub(rf"{NAMES}|First-tier Tribunal, SEND", " ", said(one).partition(">")[2])
        latin = re.findall(r"[A-Za-z]{2,}", text)
        assert latin == []


async def test_other_pages_are_english_for_whoever_reads_arabic(browser: Browser) -> None:
    page = await browser.open("consent")
    await browser.get(f"{page.url.path}?language=ar")
    assert '<html lang="en-GB" dir="ltr">' in (await browser.get(f"{page.url.path}/when")).text


# What staff take down


def test_a_new_case_says_how_people_read() -> None:
    typed = Typed(
        values={name: [value] for name, value in REFERRAL.items()}
        | {"p1_1_reads": ["pl"], "p1_1_interpreter": ["yes"], "p1_1_easy_read": ["yes"]},
        posted=True,
    )
    form = read(typed, 2)
    assert form, typed.errors
    parent, school = (party.people[0] for party in form.parties)
    assert (parent.reads, parent.interpreter, parent.easy_read) == (Language.POLISH, True, True)
    assert (school.reads, school.interpreter, school.easy_read) == ("", False, False)


def test_a_new_contact_too() -> None:
    typed = Typed(values={"name": ["Ann"], "email": ["ann@family.example"], "reads": ["pl"], "easy_read": ["yes"]})
    details = NewContactTexts.model_validate(read_contact(typed)).as_details()
    assert (details.reads, details.interpreter, details.easy_read) == (Language.POLISH, False, True)
    shown = {one.name: one.value for one in contact_fields(details)}
    assert (shown["reads"], shown["interpreter"], shown["easy_read"]) == ("pl", "", "yes")
