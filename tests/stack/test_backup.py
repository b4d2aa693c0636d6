"""A backup is whole, or it is not there; and it is made while others write."""

import fcntl
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from settings import Settings, load_settings
from stack import StackFailed
from stack.backup import CALENDARS, CASE_FILE, TEMPORAL, back_up, keys_to_keep


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a service with a row in each database, still in its write-ahead log, and an entry in a calendar."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings(make_secrets=True, var_dir=tmp_path / "var")
    for name in (CASE_FILE, TEMPORAL):
        write(settings.var_dir / name, "before")
    calendar = settings.var_dir / CALENDARS / "collection-root"
    calendar.mkdir(parents=True)
    (calendar / "visit.ics").write_text("BEGIN:VCALENDAR")
    (calendar / ".Radicale.props").write_text("without this it is no calendar")
    (settings.var_dir / CALENDARS / ".Radicale.lock").touch()
    return settings


def write(database: Path, row: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS kept (what TEXT)")
        connection.execute("INSERT INTO kept VALUES (?)", [row])


def kept(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [what for (what,) in connection.execute("SELECT what FROM kept")]


def test_it_is_laid_out_as_the_services_own_folder_and_only_its_owner_reads_it(
    settings: Settings, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(settings.var_dir / CASE_FILE)) as another:  # the service, which has it open
        another.execute("SELECT * FROM kept")
        write(settings.var_dir / CASE_FILE, "just now")
        folder = back_up(settings, tmp_path / "backups" / "monday")
    assert kept(folder / CASE_FILE) == ["before", "just now"]
    assert kept(folder / TEMPORAL) == ["before"]
    everything = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    calendar = [f"{CALENDARS}/collection-root/{name}" for name in (".Radicale.props", "visit.ics")]
    assert everything == [CASE_FILE, *calendar, TEMPORAL], "and no keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert str(settings.var_dir / "secrets.env") in keys_to_keep(settings)


def test_it_waits_for_whoever_writes(settings: Settings, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(settings.var_dir / CASE_FILE, isolation_level=None)) as writer,
        (settings.var_dir / CALENDARS / ".Radicale.lock").open() as radicale,
    ):
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO kept VALUES ('on its way')")
        backing_up = threading.Thread(target=back_up, args=(settings, tmp_path / "copy"))
        backing_up.start()
        backing_up.join(0.3)
        assert not (tmp_path / "copy.part" / CASE_FILE).exists()
        fcntl.flock(radicale, fcntl.LOCK_EX)
        writer.execute("COMMIT")
        backing_up.join(0.3)
        assert not (tmp_path / "copy").exists()
        fcntl.flock(radicale, fcntl.LOCK_UN)
        backing_up.join(20)
    assert kept(tmp_path / "copy" / CASE_FILE) == ["before", "on its way"]


def test_an_earlier_backup_is_never_overwritten(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "monday")
    write(settings.var_dir / CASE_FILE, "later")
    with pytest.raises(StackFailed, match="monday is there already: name a folder that is new"):
        back_up(settings, tmp_path / "monday")
    assert kept(tmp_path / "monday" / CASE_FILE) == ["before"]


def test_a_backup_that_fails_is_not_there(settings: Settings, tmp_path: Path) -> None:
    (settings.var_dir / TEMPORAL).write_bytes(b"torn" * 4096)
    with pytest.raises(StackFailed, match="The backup failed, and nothing was kept of it"):
        back_up(settings, tmp_path / "monday")
    assert list(tmp_path.iterdir()) == [settings.var_dir]
    write(settings.var_dir / CASE_FILE, "nobody is locked out")


def test_a_service_that_is_not_all_on_this_machine_is_sent_to_the_runbook(settings: Settings, tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"temporal_address": "temporal.example:7233"})
    on_postgresql = settings.model_copy(update={"database_url": "postgresql+asyncpg://casefile@db.example/casefile"})
    for other in (elsewhere, on_postgresql):
        with pytest.raises(StackFailed, match=r"docs/runbook\.md"):
            back_up(other, tmp_path / "monday")


def test_a_wrong_folder_is_named(settings: Settings, tmp_path: Path) -> None:
    empty = load_settings(var_dir=tmp_path / "elsewhere")
    with pytest.raises(StackFailed, match=f"{tmp_path}/elsewhere/{CASE_FILE} is missing. Set VAR_DIR"):
        back_up(empty, tmp_path / "monday")


def test_nobody_waits_while_the_copies_are_looked_at(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []

    def check(copy: Path) -> None:
        write(settings.var_dir / CASE_FILE, "meanwhile")
        looked_at.append(copy.name)

    monkeypatch.setattr("stack.backup._check", check)
    folder = back_up(settings, tmp_path / "monday")
    assert looked_at == [CASE_FILE, TEMPORAL]
    assert kept(folder / CASE_FILE) == ["before"]
