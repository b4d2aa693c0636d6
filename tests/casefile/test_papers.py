"""Papers in the case file: sealed, opened by nobody's mistake, and gone when they are erased."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from casefile.cases import Cases
from casefile.commands import Commands, Outcome
from casefile.database import Database
from casefile.examining import WORD, Refused, examine, plain_name
from casefile.papers import PaperOfAnother, Papers, PaperToKeep
from casefile.tables import Case, PaperRow
from casefile.vault import Erased, Vault
from domain.commands import Actor, AddPaper, How
from domain.papers import MOST_BYTES, WHY_NOT_TAKEN, WHY_NOT_TAKEN_FOR_STAFF, NotTaken, PaperText
from domain.policy import Policy
from tests.sample_case import opened, sample_referral

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def case(database: Database, key: str = "refer-1") -> str:
    cases = Cases(database, Vault(b"v" * 32))
    return (await opened(cases, sample_referral(), key, Actor(kind="staff", id="s1"), "", Policy(), NOW)).case_id


def paper(key: str = "k1", content: bytes = b"%PDF-1.7 secret") -> PaperToKeep:
    text = PaperText(name="Zebedee.pdf", title="Report about Zebedee")
    return PaperToKeep(key=key, command=key, text=text, media_type="application/pdf", content=content)


async def test_a_paper_is_kept_once_and_sealed(database: Database) -> None:
    vault = Vault(b"v" * 32)
    papers, case_id = Papers(database, vault), await case(database)
    await papers.keep(case_id, [paper()], NOW)
    await papers.keep(case_id, [paper(content=b"another")], NOW)
    assert await papers.content(case_id, "k1") == b"%PDF-1.7 secret"
    async with database.read() as session:
        row = await session.get_one(PaperRow, "k1")
        assert row.sealed
        assert row.sealed_text
        assert b"secret" not in row.sealed
        assert b"Zebedee" not in row.sealed_text
    [known] = (await Cases(database, vault).load(case_id)).papers.values()
    assert (known.title, known.size) == ("Report about Zebedee", 15)


async def test_another_case_opens_nothing_of_it(database: Database) -> None:
    papers, case_id, other = (
        Papers(database, Vault(b"v" * 32)),
        await case(database),
        await case(database, "refer-2"),
    )
    await papers.keep(case_id, [paper()], NOW)
    assert await papers.content(other, "k1") is None
    await papers.erase(other, "k1")
    assert await papers.content(case_id, "k1")
    with pytest.raises(PaperOfAnother):
        await papers.keep(other, [paper()], NOW)


async def test_what_is_taken_back_is_gone_with_its_name(database: Database) -> None:
    vault = Vault(b"v" * 32)
    papers, case_id = Papers(database, vault), await case(database)
    await papers.keep(case_id, [paper()], NOW)
    await papers.erase(case_id, "k1")
    assert not await papers.is_kept(case_id, "k1")
    assert await papers.content(case_id, "k1") is None
    [known] = (await Cases(database, vault).load(case_id)).papers.values()
    assert known.text is None
    assert known.title == "a paper"


async def test_an_erased_case_takes_its_papers_along(database: Database) -> None:
    papers, case_id = Papers(database, Vault(b"v" * 32)), await case(database)
    await papers.keep(case_id, [paper()], NOW)
    async with database.write() as session:
        row = await session.get_one(Case, case_id)
        row.wrapped_key = None
        session.add(row)
    with pytest.raises(Erased):
        await papers.content(case_id, "k1")
    with pytest.raises(Erased):
        await papers.keep(case_id, [paper("k2")], NOW)


async def test_files_that_came_to_nothing_are_forgotten(database: Database) -> None:
    """Of a refused command with the answer, however late; of one that a crash kept from being stored after a day."""
    vault = Vault(b"v" * 32)
    papers, commands, case_id = Papers(database, vault), Commands(database, vault), await case(database)
    await papers.keep(case_id, [paper("refused"), paper("accepted"), paper("crashed")], NOW)
    actor = Actor(kind="participant", id="p1.1")
    for key in ("refused", "accepted"):
        await commands.store(AddPaper(id=key, case_id=case_id, actor=actor, at=NOW, party="p1", how=How.LINK))
        await commands.settle(key, Outcome(status=key), NOW)
    kept = [key for key in ("refused", "accepted", "crashed") if await papers.is_kept(case_id, key)]
    assert kept == ["accepted", "crashed"]
    assert (await Cases(database, vault).load(case_id)).papers["refused"].text is None, "nor is its name kept"
    await papers.keep(case_id, [paper("next")], NOW + timedelta(days=2))
    kept = [key for key in ("refused", "accepted", "crashed", "next") if await papers.is_kept(case_id, key)]
    assert kept == ["accepted", "next"]


# What is taken in, by its content


def photograph(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **how: object) -> bytes:
    """Taken at a family's home by a telephone that was held upright."""
    exif = Image.Exif()
    exif[0x0110] = "A telephone"
    exif[0x0112] = 6  # turned
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 26.0)  # north
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, exif=exif, **how)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("JPEG", "image/jpeg"), ("MPO", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")],
)
async def test_a_photograph_tells_neither_place_nor_camera(kind: str, media_type: str) -> None:
    taken = photograph(kind, comment=b"Our house") if kind == "JPEG" else photograph(kind)
    assert b"A telephone" in taken
    examined = await examine(taken)
    assert examined.media_type == media_type
    assert b"A telephone" not in examined.content
    assert b"Our house" not in examined.content
    picture = Image.open(io.BytesIO(examined.content))
    assert (picture.size, dict(picture.getexif())) == ((40, 60), {}), "upright, as it was meant"
    red, green, blue = picture.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > 240 > 15 > max(green, blue)


async def test_what_lies_behind_the_end_of_a_picture_is_cut_off() -> None:
    examined = await examine(photograph() + b"PK\x03\x04 hidden")
    assert b"hidden" not in examined.content


async def test_a_transparent_drawing_stays_transparent() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 255, 0)).save(file, "PNG")
    assert Image.open(io.BytesIO((await examine(file.getvalue())).content)).mode == "RGBA"


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name in names:
            package.writestr(name, "<x/>")
    return file.getvalue()


DOCUMENT = ("[Content_Types].xml", "word/document.xml")


def by_kind(value: object) -> str:
    """The name of a test does not hold the bytes of its file: an archive has the time in it."""
    return value if isinstance(value, str) else "a file"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\n\n%PDF-1.4 after an empty line", "application/pdf"),
        (archive(*DOCUMENT), WORD),
        ("Dear Zoë,\r\n\tas agreed".encode(), "text/plain"),
        (b"<script>alert(1)</script>", "text/plain"),  # which no browser of ours shows as a page
    ],
    ids=by_kind,
)
async def test_documents_stay_as_they_came(content: bytes, media_type: str) -> None:
    assert await examine(content) == (media_type, content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", NotTaken.EMPTY),
        (b"%PDF-" + b"x" * MOST_BYTES, NotTaken.TOO_LARGE),
        (b"MZ\x90\x00\x03", NotTaken.OTHER_KIND),
        (b"\x00\x00\x00\x18ftypheic....", NotTaken.HEIC),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", NotTaken.OLD_WORD),
        (archive("a.exe"), NotTaken.OTHER_KIND),
        (archive(*DOCUMENT, "word/vbaProject.bin"), NotTaken.MACROS),
        (archive(*DOCUMENT)[:60], NotTaken.DAMAGED),
        (photograph()[:100], NotTaken.DAMAGED),
        (b"\xff\xd8\xff nothing of the kind", NotTaken.DAMAGED),
        (b"GIF89a...\x00", NotTaken.OTHER_KIND),
    ],
    ids=by_kind,
)
async def test_what_is_not_taken_in(content: bytes, why: NotTaken) -> None:
    with pytest.raises(Refused) as caught:
        await examine(content)
    assert caught.value.why == why


async def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused() -> None:
    file = io.BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")
    assert len(file.getvalue()) < 100_000
    with pytest.raises(Refused) as caught:
        await examine(file.getvalue())
    assert caught.value.why == NotTaken.TOO_MANY_PIXELS


def test_every_reason_has_its_sentences() -> None:
    assert set(WHY_NOT_TAKEN) == set(WHY_NOT_TAKEN_FOR_STAFF) == set(NotTaken)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ruth\\Zoë.pdf", "Zoë.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("=?utf-8?q?x?=", "= ?utf-8?q?x?="),
        ("", "file"),
        ("x" * 500, "x" * 120),
    ],
)
def test_names_are_shown_without_tricks(name: str, plain: str) -> None:
    assert plain_name(name) == plain
    assert PaperText(name=plain).name == plain
