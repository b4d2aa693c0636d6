"""The one place that opens the database: SQLite or PostgreSQL, by its address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession


class Database:
    """Sessions for reading and for writing. On SQLite a writer takes the lock when it begins (BEGIN IMMEDIATE), so that
    a read-modify-write is never lost; a reader never waits for it (WAL)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._reads = _engine(url, "BEGIN")
        self._writes = _engine(url, "BEGIN IMMEDIATE") if url.startswith("sqlite") else self._reads
        self._read_sessions = async_sessionmaker(self._reads, class_=AsyncSession, expire_on_commit=False)
        self._write_sessions = async_sessionmaker(self._writes, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """One consistent look; nothing is kept of what is changed in it."""
        async with self._read_sessions() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end of the block, rolled back on any exception."""
        async with self._write_sessions.begin() as session:
            yield session

    async def close(self) -> None:
        await self._reads.dispose()
        await self._writes.dispose()


def _engine(url: str, begin: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_async_engine(
        url, connect_args={"timeout": 15}, hide_parameters=True
    )  # they are names and addresses

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
