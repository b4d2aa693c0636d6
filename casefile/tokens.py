"""Search tokens: the case file finds names that it cannot read, by keyed hashes of their words (domain/likeness.py)."""

from collections.abc import Iterable

from sqlmodel import col, delete, insert
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.tables import SearchToken
from casefile.vault import Vault
from domain.likeness import RULES, Mark, marks_of_child, marks_of_organisation
from domain.referral import Child

CASE = ""  # the owner of what belongs to the case itself
_RULES = "rules"  # the kind of the token that says by which rules a case was indexed


def hashed(vault: Vault, mark: Mark) -> str:
    """A mark as it is kept. Its kind is hashed with it: a surname of a child is not that of a head teacher."""
    return vault.search_hash(f"{mark.kind}\x1f{mark.value}")


def rules_hash(vault: Vault) -> str:
    """What every case holds that was indexed by the rules of today."""
    return vault.search_hash(f"{_RULES}\x1f{RULES}")


def tokens_of(vault: Vault, case_id: str, owner: str, marks: Iterable[Mark]) -> list[dict[str, str]]:
    """The rows by which a person of a case is found."""
    return [
        {"case_id": case_id, "owner": owner, "hash": hashed(vault, mark), "kind": mark.kind.value}
        for mark in set(marks)
    ]


def tokens_of_case(vault: Vault, case_id: str, child: Child, organisations: Iterable[str]) -> list[dict[str, str]]:
    """Those of the child and the organisations, with the mark that the case is indexed."""
    marks = marks_of_child(child).union(*(marks_of_organisation(name) for name in organisations if name))
    rules = {"case_id": case_id, "owner": CASE, "hash": rules_hash(vault), "kind": _RULES}
    return [*tokens_of(vault, case_id, CASE, marks), rules]


async def add_tokens(session: AsyncSession, tokens: list[dict[str, str]]) -> None:
    """All in one statement. To be called in the transaction that writes what they were taken from, after it."""
    await session.flush()
    if tokens:
        await (await session.connection()).execute(insert(SearchToken), tokens)


async def keep_tokens(session: AsyncSession, vault: Vault, case_id: str, owner: str, marks: Iterable[Mark]) -> None:
    """A person of a case is found by these from now on, and by nothing else."""
    await _instead(session, case_id, owner, tokens_of(vault, case_id, owner, marks))


async def keep_case_tokens(
    session: AsyncSession, vault: Vault, case_id: str, child: Child, organisations: Iterable[str]
) -> None:
    """The same of the child and the organisations."""
    await _instead(session, case_id, CASE, tokens_of_case(vault, case_id, child, organisations))


async def _instead(session: AsyncSession, case_id: str, owner: str, tokens: list[dict[str, str]]) -> None:
    await session.exec(delete(SearchToken).where(col(SearchToken.case_id) == case_id, col(SearchToken.owner) == owner))
    await add_tokens(session, tokens)


async def forget_tokens(session: AsyncSession, case_id: str) -> None:
    """The case is not found by anything personal any more. Erasure calls it where it deletes the case's key."""
    await session.exec(delete(SearchToken).where(col(SearchToken.case_id) == case_id))
