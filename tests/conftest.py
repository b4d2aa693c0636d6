import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casefile.migrate import upgrade
from tests import clamav, postgresql
from tests.real_service import Service, ports_that_are_free, running

SQLITE, POSTGRESQL = "sqlite", "postgresql"
NOTHING_SKIPPED = bool(
    os.environ.get("NOTHING_SKIPPED")
)  # where everything is installed, a test that is left out fails


def pytest_configure() -> None:
    if NOTHING_SKIPPED and not postgresql.available():
        raise pytest.UsageError(f"NOTHING_SKIPPED is set, and the case file is tested on: {postgresql.in_words()}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if NOTHING_SKIPPED and reporter and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("NOTHING_SKIPPED is set, and tests were skipped", red=True)


def pytest_report_header() -> list[str]:
    return [f"case file: {postgresql.in_words()}", f"virus scanner: {clamav.in_words()}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of a module marked `both_databases` run on each that is there; all others on SQLite."""
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        kinds = [SQLITE, POSTGRESQL] if postgresql.available() else [SQLITE]
        metafunc.parametrize("database_url", kinds, indirect=True)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty case file, migrated once and copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "casefile.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    with postgresql.server() as up:
        yield up


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a test's own case file, migrated and empty."""
    if getattr(request, "param", SQLITE) == SQLITE:
        yield f"sqlite+aiosqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), tmp_path)}"
        return
    server: postgresql.Server = request.getfixturevalue("postgresql_server")
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    return ports_that_are_free


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, free_ports: Callable[[int], list[int]]) -> Iterator[Service]:
    """The real stack, one for all tests that need it."""
    with running(tmp_path_factory.mktemp("service"), free_ports(6)) as up:
        yield up
