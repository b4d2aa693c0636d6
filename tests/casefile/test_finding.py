"""Cases are found by what the case file cannot read, and by nothing once that is erased."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlmodel import col, delete, select

from activities.records import Records
from casefile import migrate
from casefile.cases import Cases
from casefile.commands import Commands
from casefile.database import Database
from casefile.finding import MOST_FOUND, Finding, index_cases
from casefile.links import Links
from casefile.tables import Case, CaseLink, SearchToken, Staff
from casefile.tokens import forget_tokens
from casefile.vault import Vault
from domain.commands import Actor, DecideOnSilence, NewContactTexts, StaffRole
from domain.likeness import Sign, sought
from domain.parties import PartyRole, PersonRole
from domain.policy import standard
from domain.referral import Child, PartyDetails, PersonDetails, ReferralForm
from domain.stages import LinkKind
from tests.sample_case import opened
from workflows.neighbours import Admission

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CORA = Actor(kind="staff", id="cora", roles=[StaffRole.COORDINATOR])


def referral(
    child: str,
    parent: str = "Ruth Whitfield",
    born: date | None = None,
    email: str = "",
    phone: str = "",
    postcode: str = "",
) -> ReferralForm:
    email = email or f"{parent.split()[0].lower()}.{child.split()[0].lower()}@family.example"
    contact = PersonDetails(name=parent, email=email, phone=phone, postcode=postcode)
    return ReferralForm(
        child=Child(name=child, born=born),
        about="Speech and language therapy",
        parties=[
            PartyDetails(role=PartyRole.PARENT, people=[contact]),
            PartyDetails(
                role=PartyRole.SCHOOL,
                organisation="St Hilda's Primary School",
                people=[PersonDetails(name="Helen Marsh", email="head@hilda.example", phone="01632 960231")],
            ),
        ],
    )


class File:
    """A case file with its search."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database, self.vault = Database(f"sqlite+aiosqlite:///{path}"), Vault(b"v" * 32)
        self.cases, self.finding = Cases(self.database, self.vault), Finding(self.database, self.vault)

    async def open(self, form: ReferralForm, key: str) -> str:
        return (await opened(self.cases, form, key, CORA, "cora", standard([]), NOW)).case_id

    async def found(self, text: str) -> list[str]:
        return [one.line.child for one in await self.finding.search(sought(text))]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case file without cases: migrated once, and copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "casefile.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def file(tmp_path: Path, empty: Path) -> AsyncIterator[File]:
    shutil.copy(empty, tmp_path)
    file = File(tmp_path / empty.name)
    async with file.database.write() as session:
        session.add(Staff(id="cora", name="Cora", email="c@s.example", password_hash="!", roles=[], created=NOW))
    yield file
    await file.database.close()


@pytest.fixture
async def maya(file: File) -> str:
    form = referral("Maya Whitfield", born=date(2017, 4, 12), phone="07700 900101", postcode="EX1 2AB")
    return await file.open(form, "form-1")


@pytest.mark.parametrize(
    "text",
    [
        "maya",
        "Whitfeild",
        "MAYA whitfield",
        "ruth",
        "Helen Marsh",
        "RUTH.maya@family.example",
        "+44 7700 900101",
        "01632960231",
        "ex12ab",
        "12/4/2017",
        "St. Hildas",
        "SM-2026-00001",
        "00001",
        "whitfield 07700900101",
    ],
)
async def test_a_case_is_found_by_what_a_caller_says(file: File, maya: str, text: str) -> None:
    await file.open(referral("Noah Bright", "Ann Bright"), "noah")
    assert "Maya Whitfield" in await file.found(text)


@pytest.mark.parametrize(
    "text", ["nobody", "07700 900999", "EX9 9ZZ", "12/4/2016", "x@family.example", "SM-2026-00099"]
)
async def test_what_no_case_has_finds_none(file: File, maya: str, text: str) -> None:
    assert await file.found(text) == []


async def test_those_with_every_word_come_first_and_the_child_before_others(file: File) -> None:
    await file.open(referral("Oliver Smith", "Maya Smith"), "one")
    await file.open(referral("Maya Smyth", "Jo Smyth"), "two")
    await file.open(referral("Maya Smith", "Kim Smith"), "three")
    await file.open(referral("Tom Hale", "Maya Hale"), "four")
    found = await file.finding.search(sought("Maya Smith"))
    assert [one.line.child for one in found] == ["Maya Smith", "Oliver Smith", "Maya Smyth", "Tom Hale"]
    assert [one.whole for one in found] == [True, True, True, False]


async def test_nothing_personal_lies_open_in_the_file(file: File, maya: str) -> None:
    async with file.database.read() as session:
        rows = list(await session.exec(select(SearchToken)))
    assert len(rows) > 15
    await file.database.close()
    raw = b"".join(path.read_bytes() for path in file.path.parent.glob("casefile.db*"))
    for secret in (b"maya", b"Maya", b"whitfield", b"7700900101", b"EX12AB", b"2017-04-12", b"family.example"):
        assert secret not in raw, secret
    assert Vault(b"w" * 32).search_hash("maya") != Vault(b"v" * 32).search_hash("maya")


async def test_a_new_contact_is_found_from_the_moment_they_are_admitted(file: File, maya: str) -> None:
    decided = DecideOnSilence(id="d1", case_id=maya, actor=CORA, at=NOW, ask="consent/p2", decision="replace_contact")
    texts = NewContactTexts(name="Zebedee Quill", email="zeb@hilda.example", phone="01632 960999")
    await Commands(file.database, file.vault).store(decided, texts)
    assert await file.found("zebedee") == []
    records = Records(file.database, file.vault, Links(file.database, b"l" * 32), now=lambda: NOW)
    await records.admit(Admission(case_id=maya, party="p2", command="d1", role=PersonRole.LEAD))
    assert await file.found("zebedee") == ["Maya Whitfield"]
    assert await file.found("01632 960999") == ["Maya Whitfield"]


async def test_an_erased_case_is_found_by_nothing(file: File, maya: str) -> None:
    async with file.database.write() as session:
        case = await session.get_one(Case, maya)
        case.wrapped_key = None
    assert await file.found("Maya Whitfield SM-2026-00001") == []
    assert await file.finding.same_child(referral("Maya Whitfield")) == []
    await index_cases(file.database, file.vault)
    async with file.database.write() as session:
        assert list(await session.exec(select(SearchToken))) == []
        await forget_tokens(session, maya)  # again does no harm


# The same child


async def test_the_same_child_is_found_however_it_is_spelt(file: File, maya: str) -> None:
    await file.open(referral("Oliver Whitfield", "Jo Whitfield"), "oliver")
    for form in (
        referral("Maia Whitfeild", "Sam Okoro"),
        referral("M", "R", phone="+44 7700 900101"),
        referral("Whitfield Maya", "Sam Okoro", date(2017, 4, 12)),
    ):
        found = await file.finding.same_child(form)
        assert [one.line.id for one in found] == [maya], form.child.name
        assert found[0].why
        assert found[0].coordinator == "Cora"


async def test_a_common_surname_alone_is_no_alarm_nor_hides_the_right_case(file: File) -> None:
    right = await file.open(referral("Robert Hale", "Ann Hale", email="ann@family.example"), "right")
    for n in range(70):
        await file.open(referral("Oliver Smith", "Jo Smith", email=f"jo{n}@family.example"), f"n{n}")
    assert await file.finding.same_child(referral("Amelia Smith", "Kim Smith")) == []
    found = await file.finding.same_child(referral("Bobby Smith", "Ann Smith", email="ANN@family.example"))
    assert [(one.line.id, one.why) for one in found] == [(right, [Sign.SAME_EMAIL])]


async def test_a_very_common_name_is_not_offered_without_end(file: File) -> None:
    for n in range(MOST_FOUND + 3):
        await file.open(referral("Maya Smith", "Ann Smith", email=f"a{n}@family.example"), f"n{n}")
    offered = [[one.line.id for one in await file.finding.same_child(referral("Maya Smith"))] for _ in range(2)]
    assert len(offered[0]) == MOST_FOUND
    assert offered[0] == offered[1]  # so that what was decided about them stays decided


async def test_cases_that_were_decided_about_take_no_place_from_others(
    file: File, maya: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casefile.finding._MOST_COMPARED", 1)
    right, decided = [
        await file.open(referral("Maya Whitfield", born=date(2017, 4, 12), email=email), email)
        for email in ("right@family.example", "decided@family.example")
    ]
    async with file.database.write() as session:
        kind = LinkKind.ANOTHER_MATTER
        session.add(CaseLink(case_id=decided, other_id=maya, kind=kind, command="c", by="cora", at=NOW))
    assert [one.line.id for one in await file.finding.same_child_as(maya)] == [right]


# Indexing what was there before


async def test_cases_from_before_the_search_are_indexed_once(file: File, maya: str) -> None:
    async with file.database.write() as session:
        await session.exec(delete(SearchToken).where(col(SearchToken.case_id) == maya))
    assert await file.found("maya") == []
    assert await index_cases(file.database, file.vault) == 1
    for text in ("maya", "ruth", "St Hilda's", "07700 900101"):
        assert await file.found(text) == ["Maya Whitfield"], text
    assert await index_cases(file.database, file.vault) == 0


async def test_a_change_of_the_rules_indexes_all_anew(file: File, maya: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casefile.tokens.RULES", 2)
    assert await index_cases(file.database, file.vault) == 1
    assert await index_cases(file.database, file.vault) == 0


async def test_a_damaged_case_keeps_nobody_from_the_index(file: File, maya: str) -> None:
    await file.open(referral("Noah Bright", "Ann Bright"), "noah")
    async with file.database.write() as session:
        await session.exec(delete(SearchToken))
        (await session.get_one(Case, maya)).sealed = b"damaged" * 9
    assert await index_cases(file.database, file.vault) == 1
    assert await file.found("noah bright") == ["Noah Bright"]


def test_the_migration_goes_up_and_down(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/casefile.db"
    migrate.upgrade(url)
    config: Any = migrate._config()
    config.attributes["url"] = url
    command.downgrade(config, "0001")
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    with sqlite3.connect(tmp_path / "casefile.db") as connection:
        assert ("search_token",) not in connection.execute(tables).fetchall()
    migrate.upgrade(url)
