"""The agreement as people receive it: read back from the PDF that was kept in the case file."""

import hashlib
import io
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pypdf import PdfReader
from sqlmodel import select
from temporalio.exceptions import ApplicationError

from activities.documents import Typesetting, document_place
from casefile.cases import Cases
from casefile.commands import Commands
from casefile.database import Database
from casefile.tables import Case, Document, Mediator, Staff, Venue
from casefile.vault import Vault
from domain.commands import Actor, AgreementTexts, AmendAgreement, AmendmentTexts, Slot, StaffRole, Term, WriteAgreement
from domain.journey import Agreement, Journey, Meeting, MeetingStatus
from domain.policy import Policy
from domain.referral import ReferralForm
from tests.sample_case import opened
from workflows.neighbours import AgreementToMake

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
MET = datetime(2026, 12, 7, 10, 30, tzinfo=UTC)
WRITTEN = datetime(2026, 12, 8, 15, tzinfo=UTC)
COORDINATOR = Actor(kind="staff", id="s1", roles=[StaffRole.COORDINATOR])
WHAT = ["Oakfield School gives Zofia fifteen minutes with an assistant each morning.", "The council asks for a report."]
WISHES = "Zofia would like to stay with her friends at lunch."


class Office:
    """A case file with one case, taken as far as its agreement, and the typesetting of it."""

    def __init__(self, database: Database) -> None:
        self.database, self.vault = database, Vault(b"k" * 32)
        self.typesetting = Typesetting(database, self.vault, "SEN Mediation Service", "01632 960 100")
        self.case_id = ""

    async def agree(
        self,
        what: list[str] = WHAT,
        wishes: str = WISHES,
        child: str = "Zofia Kowalska",
        version: int = 1,
        **meeting: Any,
    ) -> None:
        form = ReferralForm.model_validate(
            {
                "child": {"name": child},
                "about": "Speech and language",
                "parties": [
                    {"role": "parent", "people": [
                        {"name": "Maria Kowalska", "email": "m@x.example"},
                        {"name": "Ann Bell", "email": "a@x.example", "role": "supporter"},
                    ]},
                    {"role": "school", "organisation": "Oakfield School",
                     "people": [{"name": "Tom Reed", "email": "t@x.example"}]},
                    {"role": "local_authority", "organisation": "Exampleshire Council",
                     "people": [{"name": "Priya Shah", "email": "p@x.example"}]},
                ],
            }
        )  # fmt: skip
        start = await opened(Cases(self.database, self.vault), form, "refer-1", COORDINATOR, "s1", Policy(), AT)
        self.case_id = start.case_id
        terms = [Term(owner="p2", by=date(2027, 1, 8)), Term(owner="p3", by=date(2027, 1, 29))]
        command = WriteAgreement(
            id=f"write-{version}", case_id=self.case_id, actor=COORDINATOR, at=WRITTEN, terms=terms[: len(what)]
        )
        await Commands(self.database, self.vault).store(command, AgreementTexts(what=what, wishes=wishes))
        held: dict[str, Any] = {
            "slot": Slot(start=MET), "venue": "v1", "outcome": "full", "present": ["p1.1", "p1.2", "p2.1", "p3.1"],
        }  # fmt: skip
        journey = Journey(
            parties=start.parties,
            mediator="m1",
            meetings=[
                Meeting.model_validate({"key": "joint_meeting/1", "status": MeetingStatus.HELD, **held, **meeting})
            ],
            agreement=Agreement(
                version=version, command=command.id, terms=command.terms, meeting="joint_meeting/1", written=WRITTEN
            ),
        )
        async with self.database.write() as session:
            case = await session.get_one(Case, self.case_id)
            case.journey, case.mediator_id = journey.model_dump(mode="json"), "m1"
            session.add(case)

    async def make(self, version: int = 1) -> str:
        return (await self.typesetting.make_agreement(AgreementToMake(case_id=self.case_id, version=version))).sha256

    async def trouble(self, version: int = 1) -> str:
        return (await self.typesetting.make_agreement(AgreementToMake(case_id=self.case_id, version=version))).trouble

    async def pdf(self, version: int = 1) -> bytes:
        async with self.database.read() as session:
            case = await session.get_one(Case, self.case_id)
            kept = await session.get_one(Document, (self.case_id, "agreement", version))
        key = self.vault.case_key(case.id, case.wrapped_key)
        return key.open_bytes(kept.sealed, document_place(self.case_id, version))

    async def made(self, **agreed: Any) -> PdfReader:
        await self.agree(**agreed)
        await self.make()
        return PdfReader(io.BytesIO(await self.pdf()))


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    database = Database(database_url)
    async with database.write() as session:
        for key, name in (("s1", "Sam Cole"), ("m1", "Helen Ward")):
            session.add(Staff(id=key, name=name, email=f"{key}@x.example", password_hash="", roles=[], created=AT))
        session.add(Venue(id="v1", name="Friends Meeting House", address="5 Mill Lane, Exampleton"))
        await session.flush()
        session.add(Mediator(staff_id="m1", professional_body="CMC", registered_until=date(2027, 6, 30)))
    yield Office(database)
    await database.close()


def words(pdf: PdfReader) -> str:
    """All text, with lines and columns run together."""
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def standards(pdf: PdfReader) -> str:
    root: Any = pdf.trailer["/Root"]
    return root["/Metadata"].get_data().decode() if "/Metadata" in root else ""


async def test_everything_agreed_stands_on_the_page(office: Office) -> None:
    text = words(await office.made())
    for said in (
        "SEN Mediation Service", "Mediation agreement", "SM-2026-00001", "Zofia Kowalska",
        "Monday 7 December 2026, 10:30 am", "Friends Meeting House, 5 Mill Lane, Exampleton",
        "Maria Kowalska, parent or carer", "Ann Bell, supporter (Maria Kowalska)", "Tom Reed, Oakfield School",
        "Priya Shah, Exampleshire Council", "Helen Ward, mediator", "Agreed at the meeting by those present.",
        "1 Oakfield School gives", "Oakfield School 8 January 2027", "2 The council asks for a report.",
        "29 January 2027", "The child’s wishes and feelings", WISHES, "voluntary", "confidential",
        "Tribunal is not affected", "Version 1 · Tuesday 8 December 2026", "01632 960 100", "Page 1 of",
    ):  # fmt: skip
        assert said in text


async def test_it_is_tagged_titled_and_claims_its_standards(office: Office) -> None:
    pdf = await office.made()
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert "/StructTreeRoot" in root
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Mediation agreement SM-2026-00001"
    assert pdf.metadata.creation_date == WRITTEN
    assert "<pdfuaid:part>1</pdfuaid:part>" in standards(pdf)
    assert "<pdfaid:part>2</pdfaid:part>" in standards(pdf)


async def test_made_twice_is_made_once(office: Office) -> None:
    await office.agree()
    first = await office.make()
    assert await office.make() == first == hashlib.sha256(await office.pdf()).hexdigest()
    async with office.database.read() as session:
        assert len((await session.exec(select(Document))).all()) == 1


async def test_an_amendment_says_what_it_replaces_and_why_and_keeps_the_numbers(office: Office) -> None:
    await office.agree()
    await office.make()
    terms = [Term(owner="p2", by=date(2027, 1, 8), dropped=True), Term(owner="p3", by=date(2027, 2, 26))]
    amend = AmendAgreement(
        id="amend", case_id=office.case_id, actor=COORDINATOR, at=WRITTEN, version=1, terms=terms
    )  # fmt: skip
    said = AmendmentTexts(what=WHAT, wishes=WISHES, reason="The date of the report was wrong.")
    assert amend.has_its_words(said)
    assert not amend.has_its_words(said.model_copy(update={"reason": ""}))
    await Commands(office.database, office.vault).store(amend, said)
    async with office.database.write() as session:
        case = await session.get_one(Case, office.case_id)
        journey = Journey.model_validate(case.journey)
        journey.agreement = Agreement(
            version=2, command="amend", terms=terms, meeting="joint_meeting/1", written=WRITTEN
        )  # fmt: skip
        case.journey = journey.model_dump(mode="json")
        session.add(case)
    await office.make(2)
    text = words(PdfReader(io.BytesIO(await office.pdf(2))))
    assert "It replaces version 1, because: The date of the report was wrong. If something" in text
    assert "1 No longer agreed: Oakfield School gives" in text
    assert "8 January 2027" not in text
    assert "26 February 2027" in text


async def test_a_version_that_was_made_is_still_known_when_a_newer_one_is_written(office: Office) -> None:
    await office.agree()
    first = await office.make()
    await office.agree(version=2)
    assert await office.make() == first
    assert await office.make(2) != first


async def test_a_retry_after_a_lost_write_makes_the_same_bytes(office: Office) -> None:
    await office.agree()
    first, bytes_then = await office.make(), await office.pdf()
    async with office.database.write() as session:
        await session.delete(await session.get_one(Document, (office.case_id, "agreement", 1)))
    assert await office.make() == first
    assert await office.pdf() == bytes_then


async def test_it_is_kept_sealed(office: Office) -> None:
    await office.agree()
    await office.make()
    async with office.database.read() as session:
        kept = await session.get_one(Document, (office.case_id, "agreement", 1))
    assert b"%PDF" not in kept.sealed


async def test_words_are_never_read_as_markup(office: Office) -> None:
    tricky = """#panic("x") *bold* _it_ $a$ `code` <tag> @ref \\ "quoted" // no comment /* nor this */ = no heading"""
    text = words(await office.made(what=[tricky], wishes="#sys.inputs.agreement", child='Zoë "Zo" #1 *O’Hara*'))
    assert tricky in text
    assert "#sys.inputs.agreement" in text
    assert 'Zoë "Zo" #1 *O’Hara*' in text


async def test_lines_stay_lines(office: Office) -> None:
    pdf = await office.made(what=["First the one.\nThen the other."])
    lines = [line.strip() for page in pdf.pages for line in page.extract_text().splitlines()]
    assert "Then the other." in lines


async def test_polish_is_at_home_in_our_fonts(office: Office) -> None:
    pdf = await office.made(child="Łucja Żółć-Święcińska")
    assert "Łucja Żółć-Święcińska" in words(pdf)
    assert "pdfuaid" in standards(pdf)


@pytest.mark.parametrize("name", ["刘小龙", "ਗੁਰਪ੍ਰੀਤ", "Zoe 🙂", "محمد"])
async def test_what_our_fonts_lack_does_not_fail(office: Office, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    pdf = await office.made(child=name)
    assert "Maria Kowalska" in words(pdf)
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert name not in caplog.text


async def test_long_terms_and_words_without_end_fit(office: Office) -> None:
    pdf = await office.made(what=["W" * 300 + " " + "Every morning. " * 500], wishes="And so on. " * 400)
    assert len(pdf.pages) > 3
    assert words(pdf).count("Every ") == 500
    assert words(pdf).count("W") > 300


async def test_an_agreement_in_part_says_so(office: Office) -> None:
    assert "in part: on other points no agreement was reached" in words(await office.made(outcome="partial"))


async def test_an_online_meeting_and_no_wishes(office: Office) -> None:
    text = words(await office.made(venue="", online=True, wishes=""))
    assert "Place Online" in text
    assert "Nothing was written down about them." in text


async def test_a_later_version_says_what_it_replaces(office: Office) -> None:
    await office.agree(version=2)
    await office.make(2)
    assert "It replaces version 1." in words(PdfReader(io.BytesIO(await office.pdf(2))))


async def test_a_version_not_filed_yet_is_tried_again_and_a_superseded_one_is_not(office: Office) -> None:
    await office.agree(version=2)
    with pytest.raises(ApplicationError) as caught:
        await office.make(3)
    assert not caught.value.non_retryable
    assert await office.trouble(1) == "superseded"


async def test_missing_words_and_an_erased_case_are_not_tried_again(office: Office) -> None:
    await office.agree()
    async with office.database.write() as session:
        case = await session.get_one(Case, office.case_id)
        changed = json.loads(json.dumps(case.journey))
        changed["agreement"]["command"] = "elsewhere"
        case.journey = changed
    assert await office.trouble() == "words_missing"
    async with office.database.write() as session:
        (await session.get_one(Case, office.case_id)).wrapped_key = None
    assert await office.trouble() == "erased"


async def test_the_meetings_hour_is_londons(office: Office) -> None:
    summer = Slot(start=datetime(2026, 7, 7, 13, tzinfo=UTC))
    assert "Tuesday 7 July 2026, 2:00 pm" in words(await office.made(slot=summer))
