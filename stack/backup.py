"""A copy of all that a service on one machine (`make run`) must not lose, made while it runs: the case file, the cases'
workflows and the calendars, of one moment. How it is put back: docs/runbook.md, "Backup and restore"."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from settings import GENERATED, Settings
from stack.parts import HERE, StackFailed

CASE_FILE, TEMPORAL, CALENDARS = "casefile.db", "temporal.db", "radicale/collections"
PATIENCE = 30.0  # seconds for whoever is writing now


def back_up(settings: Settings, folder: Path) -> Path:
    """The folder, laid out as VAR_DIR is. It is whole or it is not there. StackFailed: why nothing was kept."""
    folder = folder.expanduser().absolute()
    if folder.exists():
        raise StackFailed(f"{folder} is there already: name a folder that is new, such as one with today's date.")
    url = make_url(settings.database_url)
    case_file, temporal = Path(url.database or ""), settings.var_dir / TEMPORAL
    if not url.drivername.startswith("sqlite") or settings.temporal_address != f"{HERE}:{settings.temporal_port}":
        raise StackFailed(
            "Only a service whose parts are all on this machine is backed up by this command. For PostgreSQL and a "
            "Temporal server of your own, docs/runbook.md says what to do under “Backup and restore”."
        )
    for file in (case_file, temporal):
        if not file.exists():
            raise StackFailed(f"There is nothing to back up: {file} is missing. Set VAR_DIR to the service's folder.")
    draft = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)  # of a backup that was interrupted
    draft.mkdir(parents=True, mode=0o700)
    try:
        # Nobody writes to the case file meanwhile, and whatever a case decides is written there before anything comes
        # of it: Temporal is ahead by decisions at most whose filing is still to come, and which it makes good later.
        with _locked(case_file):  # for as long as the copying takes, and no longer: whoever answers now waits for it
            _copy(case_file, draft / CASE_FILE)
            _copy(temporal, draft / TEMPORAL)
        for copy in (draft / CASE_FILE, draft / TEMPORAL):
            _check(copy)
            _to_disk(copy)
        # Later than both: an entry that is newer than its case is written again, one that is missing would stay so.
        _copy_calendars(settings.var_dir / CALENDARS, draft / CALENDARS)
    except (sqlite3.Error, OSError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise StackFailed(f"The backup failed, and nothing was kept of it: {error}") from error
    draft.replace(folder)
    return folder


def keys_to_keep(settings: Settings) -> str:
    """What the copy does not hold, on purpose."""
    generated = settings.var_dir / GENERATED
    where = str(generated) if generated.exists() else "the settings CODEC_KEYS, VAULT_KEY and LINK_SECRET"
    return (
        f"The keys are not in it: keep a copy of {where} in another place, away from the backups. Without them nothing "
        "in a backup can be read again; whoever has both can read everything."
    )


@contextmanager
def _locked(case_file: Path) -> Iterator[None]:
    """The one lock that every writer takes (casefile/database.py)."""
    with closing(sqlite3.connect(case_file, timeout=PATIENCE, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.execute("ROLLBACK")


def _copy(database: Path, to: Path) -> None:
    """As of one moment, with what still stands in the write-ahead log."""
    with closing(sqlite3.connect(database, timeout=PATIENCE)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def _check(copy: Path) -> None:
    """It is looked at before it is trusted."""
    with closing(sqlite3.connect(copy)) as opened:
        (verdict,) = opened.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"the copy of {copy.name} is damaged: {verdict}")


def _to_disk(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_calendars(calendars: Path, to: Path) -> None:
    """While Radicale waits with its own writing, which its lock file is for."""
    if not calendars.exists():  # nothing was ever booked
        return
    with (calendars / ".Radicale.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        shutil.copytree(calendars, to, ignore=shutil.ignore_patterns(".Radicale.lock", ".Radicale.cache"))
