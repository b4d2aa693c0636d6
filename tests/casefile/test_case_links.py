"""What was decided about two cases before there were links is kept by the migration."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from casefile.migrate import upgrade

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
