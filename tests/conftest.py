import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from temporalio.worker._workflow import _WorkflowWorker

from casefile.migrate import upgrade
from tests import clamav, postgresql
from tests.real_service import Service, ports_that_are_free, running

SQLITE, POSTGRESQL = "sqlite", "postgresql"
NOTHING_SKIPPED = bool(
    os.environ.get("NOTHING_SKIPPED")
)  # where everything is installed, a test that is left out fails


NO_DEADLOCK = 60  # seconds


def pytest_configure() -> None:
    """The SDK takes a workflow for deadlocked, and an eviction for failed, that has not answered within two seconds.
    On a busy machine a thread may wait as long for its turn; and an eviction that was given up once may never end."""
    begin = _WorkflowWorker.__init__

    def patiently(worker: _WorkflowWorker, **options: Any) -> None:
        begin(worker, **options)
        worker._deadlock_timeout_seconds = NO_DEADLOCK

    _WorkflowWorker.__init__ = patiently  # type: ignore[assignment, method-assign]
    if NOTHING_SKIPPED and not postgresql.available():
        raise pytest.UsageError(f"NOTHING_SKIPPED is set, and the case file is tested on: {postgresql.in_words()}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the whole service takes longest, and begins first: else all wait for it in the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("end_to_end", "browser"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if NOTHING_SKIPPED and reporter and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("NOTHING_SKIPPED is set, and tests were skipped", red=True)


def pytest_report_header() -> list[str]:
    return [f"case file: {postgresql.in_words()}", f"virus scanner: {clamav.in_words()}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of a module marked `both_databases` run on each that is there; all others on SQLite."""
    if "database_kind" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        kinds = [SQLITE, POSTGRESQL] if postgresql.available() else [SQLITE]
        metafunc.parametrize("database_kind", kinds, indirect=True)


class CaseFiles:
    """Case files for tests: each a copy of one that was made once for all of them."""

    def __init__(self, folder: Path, until_the_end: ExitStack) -> None:
        self.folder, self.until_the_end = folder, until_the_end

    @cached_property
    def migrated_sqlite(self) -> str:
        url = f"sqlite+aiosqlite:///{self.folder / 'casefile.db'}"
        upgrade(url)
        return url

    @cached_property
    def postgresql(self) -> postgresql.Server:
        return self.until_the_end.enter_context(postgresql.server())

    @contextmanager
    def copy(self, kind: str, into: Path, like: str = "") -> Iterator[str]:
        """The address of a case file that is migrated and empty, or like another that nobody is using."""
        if kind == POSTGRESQL:
            with self.postgresql.database(like) as url:
                yield url
        else:
            copied = shutil.copy(make_url(like or self.migrated_sqlite).database or "", into)
            yield f"sqlite+aiosqlite:///{copied}"


@pytest.fixture(scope="session")
def case_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseFiles]:
    with ExitStack() as until_the_end:
        yield CaseFiles(tmp_path_factory.mktemp("migrated"), until_the_end)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLITE or POSTGRESQL."""
    return getattr(request, "param", SQLITE)


@pytest.fixture
def database_url(case_files: CaseFiles, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a test's own case file, migrated and empty."""
    with case_files.copy(database_kind, tmp_path) as url:
        yield url


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    return ports_that_are_free


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, free_ports: Callable[[int], list[int]]) -> Iterator[Service]:
    """The real stack, one for all tests that need it."""
    with running(tmp_path_factory.mktemp("service"), free_ports(6)) as up:
        yield up
