"""The service's targets by version, the cases that run under them, and what became of a change."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel
from sqlalchemy import Text, cast, insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import derived_id
from casefile.database import Database
from casefile.tables import Case, CommandOutcome, CommandRow, CommandText, PolicyChange, PolicyVersion
from casefile.vault import Erased, Vault
from domain.commands import Actor, ChangePolicy, ReasonTexts
from domain.journey import Journey
from domain.policy import Policy
from domain.targets import Targets
from domain.working_days import local_day

log = structlog.get_logger(__name__)
PAGE = 100  # cases that are read at once


class ChangedMeanwhile(Exception):
    """Somebody has saved another version since this one was begun."""

    def __init__(self, newest: "Version") -> None:
        super().__init__(newest.number)
        self.newest = newest


class Version(BaseModel):
    """The service's targets from a moment on."""

    number: int
    targets: Targets
    by: str = ""  # staff id; "" for the first, which nobody chose
    at: datetime | None = None
    reason: str = ""
    running_too: bool = False


class Draft(BaseModel):
    """A version that is about to be saved. `base` is the number of the one that it was made from."""

    base: int
    targets: Targets
    reason: str
    running_too: bool


class Progress(BaseModel):
    """What became of the commands that brought a version to running cases."""

    accepted: int = 0
    refused: int = 0
    pending: int = 0

    @property
    def cases(self) -> int:
        """All of them."""
        return self.accepted + self.refused + self.pending


class LeftBehind(BaseModel):
    """A case that has not taken a version."""

    reference: str
    status: str  # "pending" | "refused"
    code: str = ""  # of the refusal


@dataclass(frozen=True)
class Running:
    """A running case, as far as a change of the targets concerns it."""

    reference: str
    journey: Journey
    policy: Policy


Row = dict[str, Any]
FIRST = Version(number=1, targets=Targets(), reason="The targets with which the service began.")


class Policies:
    """Every query about the service's targets."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def current(self) -> Version:
        """The newest version: what a case is given at its start."""
        async with self.database.read() as session:
            return await _newest(session)

    async def versions(self) -> list[Version]:
        """All of them, the newest first."""
        async with self.database.read() as session:
            rows = (await session.exec(select(PolicyVersion).order_by(col(PolicyVersion.number).desc()))).all()
        return [_version(row) for row in rows] or [FIRST]

    async def saved_by(self, form: str) -> int | None:
        """The number of the version that this form has saved; None: it has saved none."""
        async with self.database.read() as session:
            return (await session.exec(select(PolicyVersion.number).where(PolicyVersion.id == form))).first()

    async def save(self, draft: Draft, form: str, actor: Actor, at: datetime) -> Version:
        """A new version, and with `running_too` a `ChangePolicy` for each running case: all are stored, or none. They
        are delivered like any other command. ChangedMeanwhile: it was made from a version that is no longer the
        newest."""
        async with self.database.write() as session:
            newest = await _newest(session)
            if newest.number != draft.base:
                raise ChangedMeanwhile(newest)
            if await session.get(PolicyVersion, newest.number) is None:  # the first is written down when it is left
                session.add(_row(newest, "first"))
            version = Version(
                number=newest.number + 1,
                targets=draft.targets,
                by=actor.id,
                at=at,
                reason=draft.reason,
                running_too=draft.running_too,
            )
            session.add(_row(version, form))
            await session.flush()
            if draft.running_too:
                await self._give_to_running_cases(session, version, actor, at)
        return version

    async def _give_to_running_cases(self, session: AsyncSession, version: Version, actor: Actor, at: datetime) -> None:
        policy = version.targets.policy(local_day(at), version.number)
        said = ChangePolicy(id="", case_id="", actor=actor, at=at, policy=policy).model_dump(mode="json")
        texts = ReasonTexts(reason=version.reason)
        last = (
            select(col(CommandRow.case_id), func.max(CommandRow.number).label("number"))
            .group_by(col(CommandRow.case_id))
            .subquery()
        )
        running = (
            await session.exec(
                select(Case.id, Case.wrapped_key, func.coalesce(last.c.number, 0))
                .outerjoin(last, last.c.case_id == col(Case.id))
                .where(*_UNDER_OUR_TARGETS)
            )
        ).all()
        commands, words, changes = list[Row](), list[Row](), list[Row]()
        for case_id, wrapped_key, number in running:
            command_id = derived_id("policy", str(version.number), case_id)
            commands.append(
                {
                    "id": command_id,
                    "case_id": case_id,
                    "number": number + 1,
                    "kind": ChangePolicy.kind(),
                    "payload": {**said, "id": command_id, "case_id": case_id},
                    "actor_kind": actor.kind,
                    "actor_id": actor.id,
                    "at": at,
                }
            )
            try:
                sealed = self.vault.case_key(case_id, wrapped_key).seal(texts, f"command/{command_id}")
                words.append({"command_id": command_id, "case_id": case_id, "sealed": sealed})
            except (Erased, ValueError):  # one damaged case must not keep all others from being changed
                log.error("a case's reason for other targets cannot be sealed", case=case_id)
            changes.append({"number": version.number, "case_id": case_id, "command_id": command_id})
        connection = await session.connection()
        for table, rows in ((CommandRow, commands), (CommandText, words), (PolicyChange, changes)):
            if rows:
                await connection.execute(insert(table), rows)

    # Running cases

    async def running(self) -> AsyncIterator[list[Running]]:
        """The running cases under the service's own targets, a page at a time, by reference; not those that have not
        begun yet. Whoever asks for the next page lets others have their turn."""
        known: dict[str, Policy] = {}  # most cases have one of a few
        after = ""
        while True:
            async with self.database.read() as session:
                rows = (
                    await session.exec(
                        select(Case.reference, cast(Case.journey, Text), cast(Case.policy, Text))
                        .where(*_UNDER_OUR_TARGETS, col(Case.reference) > after)
                        .order_by(col(Case.reference))
                        .limit(PAGE)
                    )
                ).all()
            if not rows:
                return
            after = rows[-1][0]
            for _, _, policy in rows:
                if policy not in known:
                    known[policy] = Policy.model_validate_json(policy)
            yield [
                Running(reference, Journey.model_validate_json(journey), known[policy])
                for reference, journey, policy in rows
                if journey not in (None, "null")  # JSON's own nothing, as some databases keep it
            ]

    async def running_by_version(self) -> dict[int, int]:
        """How many running cases are under which version of the targets, the newest first; 0: under none."""
        version = func.coalesce(col(Case.policy)["version"].as_integer(), 0)
        async with self.database.read() as session:
            counted = await session.exec(
                select(version, func.count()).where(*_UNDER_OUR_TARGETS).group_by(version).order_by(version.desc())
            )
            return dict(counted.all())

    # What became of a change

    async def progress(self) -> dict[int, Progress]:
        """By version; those that went to no running case are left out."""
        status = func.coalesce(CommandOutcome.status, "pending")
        async with self.database.read() as session:
            counted = await session.exec(
                select(PolicyChange.number, status, func.count())
                .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(PolicyChange.command_id))
                .group_by(col(PolicyChange.number), status)
            )
            found: dict[int, Progress] = {}
            for number, its, count in counted:
                setattr(found.setdefault(number, Progress()), its, count)
        return found

    async def left_behind(self, number: int, limit: int = 100) -> list[LeftBehind]:
        """Cases that have refused a version, and those that have not answered yet."""
        status = func.coalesce(CommandOutcome.status, "pending")
        async with self.database.read() as session:
            rows = await session.exec(
                select(Case.reference, status, func.coalesce(CommandOutcome.code, ""))
                .join(PolicyChange, col(PolicyChange.case_id) == col(Case.id))
                .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(PolicyChange.command_id))
                .where(PolicyChange.number == number, status != "accepted")
                .order_by(status.desc(), col(Case.reference))
                .limit(limit)
            )
            return [LeftBehind(reference=reference, status=its, code=code) for reference, its, code in rows]


_UNDER_OUR_TARGETS = (col(Case.closed_at).is_(None), col(Case.policy)["name"].as_string() == "standard")
"""Running, and not under targets that are for trying out."""


async def _newest(session: AsyncSession) -> Version:
    row = (await session.exec(select(PolicyVersion).order_by(col(PolicyVersion.number).desc()).limit(1))).first()
    return _version(row) if row else FIRST


def _version(row: PolicyVersion) -> Version:
    return Version.model_validate(row.model_dump())


def _row(version: Version, form: str) -> PolicyVersion:
    said = version.model_dump(exclude={"targets"})
    return PolicyVersion(**said, id=form, targets=version.targets.model_dump(mode="json"))
