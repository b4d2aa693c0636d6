"""Brings the database's tables up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

_ROOT = Path(__file__).parent.parent


def upgrade(url: str) -> None:
    """Run every migration that the database at `url` has not had yet. Not from within a running event loop."""
    config = _config()
    config.attributes["url"] = url
    command.upgrade(config, "head")


def heads() -> list[str]:
    """The newest migrations: one, unless two branches were merged without a thought."""
    return list(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    return Config(str(_ROOT / "alembic.ini"))
