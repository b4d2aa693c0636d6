"""A PostgreSQL for the tests: the one that TEST_POSTGRES_URL names, else one of our own from the binaries on this
machine, started when the first test asks for it. Without either, tests run on SQLite only, and the header says so."""

import asyncio
import getpass
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from casefile.migrate import upgrade
from settings import database_url_from
from tests.leash import leashed

GIVEN = os.environ.get("TEST_POSTGRES_URL", "")
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian and Ubuntu, which keep them off the PATH
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
UNPRIVILEGED = ("postgres", "nobody")
UP_WITHIN = 30.0


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`; the newest version, where there are several."""
    found = [Path(path).parent for path in (shutil.which("initdb"),) if path]
    for place in USUAL_PLACES:
        found += sorted(Path("/").glob(place[1:]), key=_version, reverse=True)
    return next((bin for bin in found if (bin / "initdb").exists() and (bin / "postgres").exists()), None)


def _version(bin: Path) -> int:
    return int("".join(filter(str.isdigit, bin.parent.name)) or 0)


def account() -> str | None:
    """Who runs the server: we, or somebody else when we are root, which PostgreSQL refuses. None: there is nobody."""
    if os.geteuid() != 0:
        return getpass.getuser()
    known = {one.pw_name for one in pwd.getpwall()}
    return next((name for name in UNPRIVILEGED if name in known), None)


def available() -> bool:
    return bool(GIVEN or (binaries() and account()))


def in_words() -> str:
    """For the header of a test run."""
    if GIVEN:
        url = make_url(database_url_from(GIVEN))
        return f"SQLite and PostgreSQL (TEST_POSTGRES_URL: {url.host or url.query.get('host')})"
    found = binaries()
    if not found:
        return (
            "SQLite only, NOT PostgreSQL: no TEST_POSTGRES_URL, and no initdb and postgres on this machine "
            "(on Debian and Ubuntu: apt install postgresql)"
        )
    if not account():
        return f"SQLite only, NOT PostgreSQL: root cannot run it, and there is no account {' or '.join(UNPRIVILEGED)}"
    return f"SQLite and PostgreSQL (a server of its own, from {found})"


@dataclass
class Server:
    """Gives each test a database of its own, copied from one that was migrated once."""

    url: str  # of the database from which others are made
    prefix: str = field(default_factory=lambda: f"mediation_test_{secrets.token_hex(4)}")
    made: int = 0

    def of(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    @property
    def template(self) -> str:
        return f"{self.prefix}_template"

    def run(self, *statements: str) -> None:
        async def run() -> None:
            arguments = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
            connection = await asyncpg.connect(arguments, timeout=10)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        return True

    @contextmanager
    def database(self, like: str = "") -> Iterator[str]:
        """The address of a migrated, empty database, or of a copy of one that nobody is using."""
        self.made += 1
        name, template = f"{self.prefix}_{self.made}", make_url(like).database if like else self.template
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.of(name)
        finally:
            self.run(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def server() -> Iterator[Server]:
    """Up, with its template. AssertionError: it does not start, or the one that was named cannot be reached."""
    if GIVEN:
        with _with_template(Server(database_url_from(GIVEN))) as ready:
            yield ready
        return
    with _own() as url, _with_template(Server(url)) as ready:
        yield ready


@contextmanager
def _with_template(server: Server) -> Iterator[Server]:
    server.run(f'CREATE DATABASE "{server.template}"')
    try:
        upgrade(server.of(server.template))
        yield server
    finally:
        server.run(f'DROP DATABASE "{server.template}" WITH (FORCE)')


@contextmanager
def _own() -> Iterator[str]:
    with cluster() as own, own.up():
        yield own.url


@dataclass(frozen=True)
class Cluster:
    """A server of our own, which can be started and stopped. It has no port; its socket lies in a folder that only its
    account may enter."""

    folder: Path

    @property
    def url(self) -> str:
        """Of its first database, which is empty."""
        return f"postgresql+asyncpg://postgres@/postgres?host={self.folder}"

    @contextmanager
    def up(self) -> Iterator[None]:
        """While it runs. At the end it breaks off, as in a crash, and does not wait for those who are connected."""
        bin = binaries()
        assert bin
        quickly = [
            part for name in ("fsync", "synchronous_commit", "full_page_writes") for part in ("-c", f"{name}=off")
        ]
        command: list[str | Path] = [
            bin / "postgres",
            "-D",
            self.folder / "data",
            "-k",
            self.folder,
            "-c",
            "listen_addresses=",
            *quickly,
        ]
        log, answers, other = self.folder / "log", Server(self.url).answers, _as(account())
        with leashed(command, log, answers, UP_WITHIN, "QUIT", cwd=self.folder, **other):
            yield


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A new one, not started yet."""
    bin, who = binaries(), account()
    assert bin
    assert who
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # not pytest's: another account cannot reach into that
    if _as(who):
        shutil.chown(folder, who)
    try:
        made = subprocess.run(
            [bin / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **_as(who),
        )
        assert made.returncode == 0, f"initdb failed: {made.stdout}{made.stderr}"
        yield Cluster(folder)
    finally:
        shutil.rmtree(folder)


def _as(who: str | None) -> dict[str, Any]:
    """For subprocess: as this account, where we are root."""
    return {"user": who, "extra_groups": []} if os.geteuid() == 0 else {}
