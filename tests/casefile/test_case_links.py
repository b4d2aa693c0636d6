"""Links between cases: kept by the migration that brought them, and read from both sides."""

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from casefile.cases import Cases
from casefile.commands import Commands
from casefile.database import Database
from casefile.migrate import upgrade
from casefile.related import Related
from casefile.tables import Case, CaseLink, CommandText
from casefile.vault import Vault
from domain.commands import Actor, LinkCases
from domain.policy import Policy
from domain.stages import LinkKind
from tests.sample_case import opened, sample_referral

ROOT = Path(__file__).parents[2]


def test_what_was_decided_at_the_referral_becomes_a_row(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = url
    command.upgrade(config, "0004")
    engine = sa.create_engine(url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection, only=["mediation_case", "command"])
        at = sa.func.current_timestamp()
        flags = dict.fromkeys(("escalated", "on_hold", "paused"), False)
        words = dict.fromkeys(("mediator_id", "waiting_for", "closed_reason", "closed_outcome"), "")
        for n in (1, 2):
            connection.execute(
                tables.tables["mediation_case"].insert().values(
                    id=f"c{n}", reference=f"SM-2026-0000{n}", route="r", created=at, sealed=b"", policy={},
                    version=0, stage="referral", **flags, **words,
                )
            )  # fmt: skip
            named = ["SM-2026-00001", "SM-1999-00001", "SM-2026-00001"]  # one of them twice, one of no case
            known = {"not_a_duplicate_of": named} if n == 2 else {}
            connection.execute(
                tables.tables["command"].insert().values(
                    id=f"refer{n}", case_id=f"c{n}", number=0, kind="refer", payload=known, actor_kind="staff",
                    actor_id="jo", at=at,
                )
            )  # fmt: skip
    upgrade(url)
    with engine.begin() as connection:
        [row] = connection.execute(sa.text("SELECT case_id, other_id, kind, command FROM case_link")).all()
    assert tuple(row) == ("c2", "c1", "another_matter", "refer2")


async def test_words_that_cannot_be_read_take_no_page_away(database_url: str) -> None:
    """Neither that of the case to which they belong nor that of the other; erased words are no fault."""
    database, vault, now = Database(database_url), Vault(b"v" * 32), datetime(2026, 11, 24, 10, tzinfo=UTC)
    jo, cases, related = Actor(kind="staff", id="jo"), Cases(database, vault), Related(database, vault)
    one, other = [
        (await opened(cases, sample_referral(), key, jo, "", Policy(), now)).case_id for key in ("refer-1", "refer-2")
    ]
    link = LinkCases(id="link", case_id=one, actor=jo, at=now, other="SM-2026-00002", link=LinkKind.SAME_CHILD)
    await Commands(database, vault).store(link, LinkCases.texts(reason="The same girl."))
    async with database.write() as session:
        session.add(CaseLink(case_id=one, other_id=other, kind=link.link, command="link", by="jo", at=now))
    assert [[found.why for found in await related.of_case(case)] for case in (one, other)] == [["The same girl."]] * 2
    async with database.write() as session:
        (await session.get_one(CommandText, "link")).sealed = b"damaged" * 9
    assert [[found.why for found in await related.of_case(case)] for case in (one, other)] == [["(cannot be read)"]] * 2
    async with database.write() as session:
        (await session.get_one(Case, one)).wrapped_key = None
    assert [found.why for found in await related.of_case(other)] == [""]
    await database.close()
