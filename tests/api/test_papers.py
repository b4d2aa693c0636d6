"""Papers at every door: sent by a party through its link, by staff and by other systems; opened by those who may."""

import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from PIL import Image

from api.privacy import may_open_papers, participant_may_open
from casefile.papers import PaperToKeep
from domain.commands import COMMANDS
from domain.journey import Fact, Journey
from domain.papers import MOST_AT_ONCE, MOST_BYTES, MOST_OF_ONE_PARTY, Paper, PaperText
from domain.refusals import Refusal
from domain.stages import Closing, ClosingReason
from tests.api.conftest import NOW, FilledCase
from tests.api.proving import proves
from tests.api.staff_world import Browser, Office, hidden, text_of
from tests.api.test_privacy import EVERYBODY
from tests.sample_case import sample_case

PDF = b"%PDF-1.7 a report"


def photograph() -> bytes:
    exif = Image.Exif()
    exif[0x0110] = "A telephone"
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, "JPEG", exif=exif)
    return file.getvalue()


# The rule


def test_which_staff_open_papers() -> None:
    case = sample_case(mediator="m1", offered_to="m2")
    readers = {name for name, one in EVERYBODY.items() if may_open_papers(one, case)}
    assert readers == {"coordinator", "manager", "lead", "mediator"}


@pytest.mark.parametrize(
    ("paper", "readers"),
    [
        ({}, {"p2.1"}),
        ({"of": "p2.2"}, {"p2.1", "p2.2"}),  # somebody in copy sent it by e-mail
        ({"released": NOW}, {"p2.1"}),
        ({"released": NOW, "exchanged": NOW}, {"p1.1", "p2.1", "p3.1"}),
        ({"released": NOW, "exchanged": NOW, "kept_from": ["p3"]}, {"p1.1", "p2.1"}),
        ({"exchanged": NOW, "check": "waiting"}, set()),
        ({"check": "infected"}, set()),
        ({"exchanged": NOW, "taken_back": NOW}, set()),
    ],
)
def test_which_parties_open_a_paper(paper: dict[str, Any], readers: set[str]) -> None:
    journey = sample_case().journey
    assert journey
    journey.facts |= {f"consent/{party.key}": Fact(answer="yes", at=NOW) for party in journey.parties[1:]}
    one = Paper.model_validate({"key": "k", "of": "p2.1", "given": NOW, "check": "clean", **paper})
    people = [person.key for party in journey.parties for person in party.people]
    assert {person for person in people if participant_may_open(journey, person, one)} == readers


def test_who_has_not_agreed_to_take_part_reads_nothing_of_the_others() -> None:
    journey = sample_case().journey
    assert journey
    journey.facts.pop("consent/p3", None)
    one = Paper(key="k", of="p1.1", given=NOW, check="clean", released=NOW, exchanged=NOW)
    assert not participant_may_open(journey, "p3.1", one)
    journey.facts["consent/p3"] = Fact(answer="yes", at=NOW)
    assert participant_may_open(journey, "p3.1", one)


# Through a personal link


@pytest.fixture
async def filled(office: Office) -> FilledCase:
    return FilledCase(office.case_id, office.reference, office.world.services)


class Party(Browser):
    """A party at its page of papers."""

    link = ""

    async def arrive(self, filled: FilledCase, person: str, purpose: str = "papers") -> httpx.Response:
        proves(self.client, filled.services, filled.id, person)
        page = await self.get(f"/l/{await filled.token(person, purpose)}")
        self.link = page.url.path.removesuffix("/papers")
        return page

    async def send(self, *files: tuple[str, bytes], title: str = "A report", once: str = "") -> httpx.Response:
        data = {"csrf": hidden(self.page, "csrf"), "once": once or hidden(self.page, "once"), "title": title}
        answer = await self.client.post(
            f"{self.link}/papers", data=data, files=[("files", file) for file in files] or {"x": ("", b"")}
        )
        self.page = answer.text
        return answer

    async def press(self, what: str) -> httpx.Response:
        data = {name: hidden(self.page, name) for name in ("csrf", "once")}
        answer = await self.client.post(f"{self.link}/papers/{what}", data=data)
        self.page = answer.text
        return answer


@pytest.fixture
async def ruth(office: Office, filled: FilledCase) -> Party:
    """The parent."""
    party = Party(office.browser().client)
    await party.arrive(filled, "p1.1")
    return party


@pytest.fixture
async def helen(office: Office, filled: FilledCase) -> Party:
    """The school."""
    party = Party(office.browser().client)
    await party.arrive(filled, "p2.1")
    return party


async def papers_are(office: Office, *papers: Paper, **journey: Any) -> Journey:
    now = (await office.world.services.cases.load(office.case_id)).journey
    assert now
    changed = now.model_copy(update={"papers": list(papers), **journey})
    await office.world.file(office.case_id, changed)
    return changed


async def kept(
    office: Office, key: str, content: bytes = PDF, name: str = "a.pdf", kind: str = "application/pdf"
) -> None:
    paper = PaperToKeep(
        key=key, command=key, text=PaperText(name=name, title=f"Title {key}"), media_type=kind, content=content
    )
    await office.world.services.papers.keep(office.case_id, [paper], office.world.now)


def given(key: str, of: str, *, exchanged: datetime | None = None, **more: Any) -> Paper:
    return Paper(key=key, of=of, given=NOW, check="clean", released=exchanged, exchanged=exchanged, **more)


async def test_a_party_comes_to_its_papers_from_its_case_page(office: Office, filled: FilledCase) -> None:
    party = Party(office.browser().client)
    case = await party.arrive(filled, "p1.1", "case")
    assert f'href="{party.link}/papers"' in case.text
    assert "Send us papers or photographs" in text_of((await party.get(f"{party.link}/papers")).text)
    supporter = Party(office.browser().client)
    assert "/papers" not in (await supporter.arrive(filled, "p1.2", "case")).text


async def test_no_paper_opens_for_who_was_taken_out(office: Office, filled: FilledCase, helen: Party) -> None:
    for key in ("mine", "theirs"):
        await kept(office, key)
    papers = (given("mine", "p2.1"), given("theirs", "p1.1", exchanged=NOW))
    await papers_are(office, *papers)
    page = (await helen.get(f"{helen.link}/papers")).text
    assert "Title mine" in page
    assert "Title theirs" in page
    now = (await office.world.services.cases.load(office.case_id)).journey
    assert now
    here = [party for party in now.parties if party.key != "p2"]
    await papers_are(office, *papers, parties=here, left=["p2", "p2.1"])
    for path in ("papers", "papers/mine", "papers/theirs"):
        assert (await helen.get(f"{helen.link}/{path}")).status_code == 404
    assert (await helen.send(("report.pdf", PDF), once="once-0123456789abcdef")).status_code == 404
    assert office.world.taken == []


async def test_papers_are_sent_and_kept_private(office: Office, ruth: Party) -> None:
    answer = await ruth.send(("report.pdf", PDF), ("IMG_1.HEIC", photograph()), title="From the therapist")
    assert answer.status_code == 200, text_of(answer.text)
    assert "They are private" in text_of(answer.text)
    first, second = office.world.taken
    assert first.model_dump().items() >= {"party": "p1", "how": "link"}.items()
    papers = office.world.services.papers
    assert await papers.content(office.case_id, first.id) == PDF
    picture = await papers.content(office.case_id, second.id)
    assert picture
    assert b"A telephone" not in picture
    known = (await office.world.services.cases.load(office.case_id)).papers[second.id]
    assert (known.title, known.media_type) == ("From the therapist", "image/jpeg")
    assert "therapist" not in str(first.model_dump())


async def test_the_same_form_is_sent_once(office: Office, ruth: Party) -> None:
    once = hidden(ruth.page, "once")
    await ruth.send(("a.pdf", PDF), once=once)
    assert (await ruth.send(("a.pdf", PDF), once=once)).status_code == 200
    assert len(office.world.taken) == 1


@pytest.mark.parametrize(
    ("files", "title", "said"),
    [
        ([], "A report", "Choose at least one file"),
        ([("a.pdf", PDF)], "", "What is it?"),
        ([("a.pdf", PDF)], "x" * 300, "one short line"),
        ([("empty.pdf", b"")], "A report", "“empty.pdf”: there is nothing in this file"),
        ([("a.pdf", PDF), ("virus.pdf", b"MZ\x90\x00")], "A report", "“virus.pdf”: we cannot take in this kind"),
        ([("big.pdf", b"%PDF-" + b"x" * MOST_BYTES)], "A report", "“big.pdf”: this file is larger than 10 MB"),
        ([("a.pdf", PDF)] * (MOST_AT_ONCE + 1), "A report", "at most 5 at once"),
        ([("<b>\r\n.exe", b"\x00")], "A report", "we cannot take in this kind"),
    ],
)
async def test_what_is_not_taken_in_gets_a_sentence(
    office: Office, ruth: Party, files: list[tuple[str, bytes]], title: str, said: str
) -> None:
    answer = await ruth.send(*files, title=title)
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert "<b>" not in answer.text
    assert title in answer.text, "what was typed is kept"
    assert office.world.taken == []
    assert list((await office.world.services.cases.load(office.case_id)).papers) == ["paper1"], "nothing new is kept"


async def test_far_too_much_gets_a_sentence_too(office: Office, ruth: Party) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(60):
            yield b"x" * 1024 * 1024

    head = {"content-type": "multipart/form-data; boundary=b"}
    answer = await ruth.client.post(f"{ruth.link}/papers", content=endless(), headers=head)
    assert answer.status_code == 413
    assert "send fewer or smaller ones" in text_of(answer.text)
    broken = await ruth.client.post(f"{ruth.link}/papers", content=b"--b\r\nnothing", headers=head)
    assert 400 <= broken.status_code < 500
    elsewhere = await ruth.client.post(ruth.link, content=b"x" * 2_000_000, headers=head)
    assert elsewhere.status_code == 413, "and only papers may be large"


async def test_a_refused_paper_is_not_kept(office: Office, ruth: Party) -> None:
    office.world.temporal.refuse["add_paper"] = (Refusal.NO_ROOM, "p1")
    once = hidden(ruth.page, "once")
    for _ in range(2):  # the same form again is not told that its papers were taken in
        answer = await ruth.send(("a.pdf", PDF), once=once)
        assert answer.status_code == 409
        assert f"{MOST_OF_ONE_PARTY} papers are here already" in text_of(answer.text)
    found = (await office.world.services.cases.load(office.case_id)).papers
    assert [key for key, paper in found.items() if paper.text] == ["paper1"]


async def test_papers_wait_when_the_case_cannot_be_reached(office: Office, ruth: Party) -> None:
    office.world.temporal.away = True
    answer = await ruth.send(("a.pdf", PDF))
    assert answer.status_code == 202
    assert "We have your papers" in text_of(answer.text)
    office.world.temporal.away = False
    assert await office.world.services.intake.deliver(office.case_id)
    assert [command.kind() for command in office.world.taken] == ["add_paper"]


async def test_one_releases_and_takes_back(office: Office, ruth: Party) -> None:
    await papers_are(office, given("paper1", "p1.1"))
    await ruth.get(f"{ruth.link}/papers")
    assert "Only you, your mediator and our staff can read it" in text_of(ruth.page)
    assert (await ruth.press("paper1/release")).status_code == 200
    assert "/take-back" in ruth.page
    confirm = await ruth.get(f"{ruth.link}/papers/paper1/take-back")
    assert "Report of the therapist" in text_of(confirm.text)
    assert "cannot be brought back" in text_of(confirm.text)
    assert len(office.world.taken) == 1, "reading changes nothing"
    assert (await ruth.press("paper1/take-back")).status_code == 200
    assert [command.kind() for command in office.world.taken] == ["release_paper", "take_back_paper"]
    assert {command.actor.id for command in office.world.taken} == {"p1.1"}


async def test_what_the_others_have_is_not_taken_back(office: Office, ruth: Party) -> None:
    await papers_are(office, given("paper1", "p1.1"))
    await ruth.get(f"{ruth.link}/papers")
    office.world.temporal.refuse["take_back_paper"] = (Refusal.OTHERS_HAVE_IT, "")
    answer = await ruth.press("paper1/take-back")
    assert answer.status_code == 409
    assert "we ask them to destroy their copies" in text_of(answer.text)


async def test_others_read_a_paper_after_the_exchange_and_not_before(office: Office, helen: Party) -> None:
    path = f"{helen.link}/papers/paper1"
    for state in ({}, {"released": NOW}):
        await papers_are(office, given("paper1", "p1.1").model_copy(update=state))
        assert (await helen.get(path)).status_code == 404
        assert "Report of the therapist" not in (await helen.get(f"{helen.link}/papers")).text
    await papers_are(office, given("paper1", "p1.1", exchanged=NOW))
    page = await helen.get(f"{helen.link}/papers")
    assert "Report of the therapist from Ruth Whitfield" in text_of(page.text)
    answer = await helen.get(path)
    assert (answer.status_code, answer.content) == (200, b"%PDF-1.7 private")
    helen.page = page.text
    assert (await helen.press("paper1/release")).status_code == 409
    assert (await helen.press("paper1/take-back")).status_code == 409
    assert office.world.taken == []


async def test_no_browser_shows_or_runs_what_somebody_sent(office: Office, helen: Party) -> None:
    await kept(office, "k1", b"<script>alert(1)</script>", "page.html", "text/plain")
    await kept(office, "k2", PDF, 'a"; filename=x.html')
    await papers_are(office, given("k1", "p1.1", exchanged=NOW), given("k2", "p1.1", exchanged=NOW))
    for key, name in (("k1", "page.html.txt"), ("k2", "a%22%3B%20filename%3Dx.html.pdf")):
        head = (await helen.get(f"{helen.link}/papers/{key}")).headers
        assert head["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
        assert head["content-security-policy"].startswith("sandbox")
        assert head["x-content-type-options"] == "nosniff"
        assert head["cache-control"] == "no-store"
        assert "html" not in head["content-type"]


async def test_a_link_opens_its_own_case_only(office: Office, filled: FilledCase, ruth: Party) -> None:
    await papers_are(office, given("paper1", "p1.1"))
    stranger = Party(office.browser().client)
    for path in ("papers", "papers/paper1", "papers/paper1/take-back"):
        assert (await stranger.get(f"{ruth.link}/{path}")).status_code == 404
    assert (await stranger.client.post(f"{ruth.link}/papers", files={"files": ("a.pdf", PDF)})).status_code == 404
    other_purpose = Party(office.browser().client)
    await other_purpose.arrive(filled, "p2.1", "consent/p2")
    assert (await other_purpose.get(f"{other_purpose.link}/papers")).status_code == 404
    for person in ("p1.2", "p3.1"):
        other = Party(office.browser().client)
        await other.arrive(filled, person)
        assert (await other.get(f"{other.link}/papers/paper1")).status_code == 404, person
    forged = {"csrf": "x", "once": "y", "title": "t"}
    assert (await ruth.client.post(f"{ruth.link}/papers", data=forged, files={"files": ("a", PDF)})).status_code == 403
    assert office.world.taken == []


async def test_an_ended_case_takes_nothing_in_and_shows_what_there_is(office: Office, ruth: Party) -> None:
    before = ruth.page
    await papers_are(office, given("paper1", "p1.1"), closing=Closing(reason=ClosingReason.AGREEMENT_FULL))
    page = await ruth.get(f"{ruth.link}/papers")
    assert "Send us papers" not in text_of(page.text)
    assert (await ruth.get(f"{ruth.link}/papers/paper1")).status_code == 200
    ruth.page = before
    assert (await ruth.send(("a.pdf", PDF))).status_code == 409


# Staff


async def test_staff_take_in_what_came_by_post(office: Office) -> None:
    path = f"/cases/{office.reference}/do/add_paper?about=p2"
    await office.jo.get(path)
    assert 'enctype="multipart/form-data"' in office.jo.page
    data = {"title": "School report", "how": "letter"}
    answer = await office.jo.post(path, data, files={"files": ("report.pdf", PDF)})
    assert answer.status_code == 303, text_of(answer.text)
    [command] = office.world.taken
    assert command.model_dump().items() >= {"party": "p2", "how": "letter"}.items()
    assert await office.world.services.papers.content(office.case_id, command.id) == PDF


@pytest.mark.parametrize(
    ("files", "said"),
    [([], "Choose the file"), ([("a", b"MZ\x00")], "cannot take in"), ([("a", PDF), ("b", PDF)], "one file at a time")],
)
async def test_a_form_of_staff_says_what_is_wrong(office: Office, files: list[Any], said: str) -> None:
    path = f"/cases/{office.reference}/do/add_paper?about=p2"
    await office.jo.get(path)
    data = {"title": "School report", "how": "letter"}
    answer = await office.jo.post(path, data, files=[("files", file) for file in files])
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert "School report" in answer.text
    assert office.world.taken == []


async def test_the_case_page_lists_papers_with_what_can_be_done(office: Office) -> None:
    await kept(office, "k2")
    await papers_are(office, given("paper1", "p1.1"), given("k2", "p2.1", exchanged=NOW), exchange_at=NOW)
    for staff in (office.jo, office.max, office.meg):
        page = await staff.get(f"/cases/{office.reference}")
        said = text_of(page.text)
        assert "Report of the therapist Private" in said
        assert "Title k2 Exchanged" in said
        for way, shown in (("release_paper?about=paper1", True), ("take_back_paper?about=k2", False)):
            assert (f"/do/{way}" in page.text) == shown
        answer = await staff.get(f"/cases/{office.reference}/papers/paper1")
        assert answer.content == b"%PDF-1.7 private"
        assert answer.headers["content-disposition"].startswith("attachment")
    assert (await office.browser().get(f"/cases/{office.reference}/papers/paper1")).content != b"%PDF-1.7 private"


async def test_a_paper_that_is_being_checked_is_opened_by_nobody(office: Office, ruth: Party) -> None:
    await papers_are(office, Paper(key="paper1", of="p1.1", given=NOW))
    assert (await office.jo.get(f"/cases/{office.reference}/papers/paper1")).status_code == 404
    assert "Being checked" in text_of((await office.jo.get(f"/cases/{office.reference}")).text)
    assert (await ruth.get(f"{ruth.link}/papers/paper1")).status_code == 404


async def test_a_mediator_who_was_only_asked_reads_not_even_a_title(office: Office) -> None:
    await papers_are(office, given("paper1", "p1.1"), mediator="", offered_to=office.meg_id)
    assert "therapist" not in (await office.meg.get(f"/cases/{office.reference}")).text
    assert (await office.meg.get(f"/cases/{office.reference}/papers/paper1")).status_code == 403
    assert (await office.meg.get(f"/cases/{office.reference}/do/release_paper?about=paper1")).status_code in (200, 404)
    assert "therapist" not in office.meg.page


async def test_operations_read_whether_papers_are_scanned(office: Office) -> None:
    assert "The virus scanner is off" in text_of((await office.max.get("/operations")).text)


# Other systems


@pytest.fixture
async def token(office: Office) -> dict[str, str]:
    return {"Authorization": f"Bearer {await office.world.services.staff.new_token(office.jo_id, 'tests', NOW)}"}


async def test_other_systems_send_list_and_fetch(office: Office, token: dict[str, str]) -> None:
    client, path = office.browser().client, f"/api/cases/{office.reference}/papers"
    head = {**token, "Idempotency-Key": "k"}
    wanted = {"party": "p2", "how": "email", "title": "Plan", "name": "plan.pdf"}
    for _ in range(2):
        answer = await client.post(path, params=wanted, content=PDF, headers=head)
        assert answer.status_code == 200, answer.text
    [command] = office.world.taken
    await papers_are(office, given(command.id, "p2.1"))
    [listed] = (await client.get(f"/api/cases/{office.reference}", headers=token)).json()["papers"]
    assert (listed["title"], listed["state"], listed["of_name"]) == ("Plan", "private", "Helen Marsh")
    assert (await client.get(listed["url"], headers=token)).content == PDF
    assert (await client.get(f"{path}/unknown", headers=token)).status_code == 404
    for bad, body in (({**wanted, "party": "x"}, PDF), (wanted, b""), (wanted, b"MZ\x00"), ({}, PDF)):
        answer = await client.post(path, params=bad, content=body, headers=token)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert len(office.world.taken) == 1
    _, elsewhere = await office.world.case(office.jo_id, key="another-0123456789abcdef")
    answer = await client.post(path.replace(office.reference, elsewhere), params=wanted, content=PDF, headers=head)
    assert answer.status_code == 422, "the key was used for another case"
    assert len(office.world.taken) == 1


def test_the_commands_of_papers_say_who_said_so() -> None:
    by = {"id": "c", "case_id": "x", "at": NOW, "how": "phone", "paper": "k"}
    for kind, word in (("release_paper", "said_by"), ("take_back_paper", "reason")):
        command = COMMANDS[kind].model_validate({**by, "actor": {"kind": "staff", "id": "s1"}})
        assert not command.has_its_words(command.texts())
        assert command.has_its_words(command.texts.model_validate({word: "Ruth"}))
        party = COMMANDS[kind].model_validate({**by, "actor": {"kind": "participant", "id": "p1.1"}})
        assert party.has_its_words(party.texts())
