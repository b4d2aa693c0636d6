"""The one place that opens the database: SQLite or PostgreSQL, by its address."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from types import MappingProxyType
from typing import Any

import aiosqlite
from sqlalchemy import event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

PATIENCE = 15  # seconds that a writer waits for the one before it
_looks: ContextVar[Mapping["Database", AsyncConnection]] = ContextVar("looks", default=MappingProxyType({}))
_BEGIN_TO_WRITE = "SELECT pg_advisory_xact_lock(7330412)"  # any number, as long as all who write take the same


class Database:
    """Sessions for reading and for writing. A writer takes the one lock before its first query, so that a
    read-modify-write is never lost; a reader never waits for it. On SQLite that is BEGIN IMMEDIATE and WAL, on
    PostgreSQL an advisory lock and snapshots (docs/decisions/0002-postgresql.md)."""

    def __init__(self, url: str) -> None:
        self.url = url
        if url.startswith("sqlite"):
            self._reads, self._writes = _sqlite(url, "BEGIN"), _sqlite(url, "BEGIN IMMEDIATE")
        else:
            self._reads, self._writes = _postgresql_to_read(url), _postgresql_to_write(url)
        self._read_sessions = async_sessionmaker(self._reads, class_=AsyncSession, expire_on_commit=False)
        self._write_sessions = async_sessionmaker(self._writes, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """One consistent look; nothing is kept of what is changed in it."""
        look = self._looking()
        if look is None:
            async with self._read_sessions() as session:
                yield session
            return
        if look.sync_connection is None:  # the first question
            await look.start()
            await look.begin()  # so that no session ends it
        async with AsyncSession(look, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def one_look(self) -> AsyncIterator[None]:
        """All that is read in the block is one look, over one connection. For a page, which asks many questions one
        after another and changes nothing: `write` is refused in it."""
        if self._looking():
            yield
            return
        look = self._reads.connect()
        before = _looks.set({**_looks.get(), self: look})
        try:
            yield
        finally:
            _looks.reset(before)
            if look.sync_connection is not None:
                await look.close()

    def _looking(self) -> AsyncConnection | None:
        return _looks.get().get(self)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction, and the only one that writes while it lasts, so nothing in it may wait for the outside:
        committed at the end of the block, rolled back on any exception. sqlalchemy.exc.DBAPIError: the one before took
        longer than PATIENCE."""
        if self._looking():
            raise RuntimeError("whoever only looks writes nothing, and would not see what was written")
        async with self._write_sessions.begin() as session:
            yield session

    async def close(self) -> None:
        await self._reads.dispose()
        await self._writes.dispose()


class _OneTrip:
    """A cursor whose statement goes to the connection's thread once, and comes back with all its rows. aiosqlite goes
    there to make the cursor, to execute, to fetch and to close: most of what a short query took."""

    arraysize = 1

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        self._rows: Sequence[Any] = []
        self.description: Any = None
        self.rowcount, self.lastrowid = -1, None

    async def __aenter__(self) -> "_OneTrip":
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> None:
        await self._connection.in_its_thread(self._run, sqlite3.Connection.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Any) -> None:
        await self._connection.in_its_thread(self._run, sqlite3.Connection.executemany, sql, parameters)

    def _run(self, how: Any, sql: str, parameters: Any) -> None:
        """In the connection's thread."""
        cursor = how(self._connection._conn, sql, parameters)
        self._rows, self.description = cursor.fetchall(), cursor.description
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    async def close(self) -> None:
        pass


class _Connection(aiosqlite.Connection):
    """Gives SQLAlchemy such cursors."""

    def __init__(self, path: str) -> None:
        super().__init__(partial(sqlite3.connect, path, timeout=PATIENCE, isolation_level=None), iter_chunk_size=64)
        self._thread.daemon = True  # one that nobody closed keeps no process alive

    def cursor(self) -> Any:
        return _OneTrip(self)

    async def in_its_thread(self, do: Callable[..., None], *given: Any) -> None:
        await self._execute(do, *given)  # type: ignore[no-untyped-call]


def _sqlite(url: str, begin: str) -> AsyncEngine:
    path = make_url(url).database or ""

    async def connect() -> aiosqlite.Connection:
        return await _Connection(path)

    engine = create_async_engine(url, async_creator=connect, hide_parameters=True)  # they are names and addresses

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={PATIENCE * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql_to_read(url: str) -> AsyncEngine:
    return _postgresql(
        url, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True}
    )  # all of a session's queries see one moment


def _postgresql_to_write(url: str) -> AsyncEngine:
    engine = _postgresql(
        url,
        isolation_level="READ COMMITTED",  # a snapshot would be taken before the lock, and miss what was waited for
        settings={
            "lock_timeout": f"{PATIENCE}s",
            "idle_in_transaction_session_timeout": f"{2 * PATIENCE}s",  # a writer whose machine is gone lets go
        },
        max_overflow=0,  # more of them would only queue for the lock
    )

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(_BEGIN_TO_WRITE)

    return engine


def _postgresql(url: str, *, settings: dict[str, str] | None = None, **how: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_pre_ping=True,  # the server may have been restarted
        hide_parameters=True,
        connect_args={"timeout": PATIENCE, "server_settings": {"application_name": "mediation", **(settings or {})}},
        **how,
    )

    @event.listens_for(engine.sync_engine, "before_cursor_execute", retval=True)
    def _without_nul(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> Any:
        return statement, [_storable(row) for row in parameters] if many else _storable(parameters)

    return engine


def _storable(parameters: tuple[Any, ...]) -> tuple[Any, ...]:
    """PostgreSQL's text cannot hold U+0000 and fails on it. In an address that somebody made up it is to be found
    nowhere, as on SQLite; what people write is checked for it long before (domain/text.py)."""
    return tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in parameters)
