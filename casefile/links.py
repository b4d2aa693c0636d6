"""Personal links: one person, one purpose, one case. The token is derived from a secret, so that a letter can be sent
again with the same link though only the token's hash is kept."""

import base64
import hashlib
import hmac
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import derived_id
from casefile.database import Database
from casefile.tables import PersonalLink

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's 32: none is mistaken for another
MISREAD = str.maketrans("OIL", "011")
CODE_LENGTH = 12  # 60 bits: not to be guessed, and still typed


class LinkView(BaseModel):
    """What a valid link stands for."""

    id: str
    case_id: str
    person: str
    purpose: str  # an ask's key such as "consent/p2", "case" or "papers"


class Links:
    """Makes, finds and revokes personal links."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self.database, self._secret = database, secret

    async def token_for(self, session: AsyncSession, case_id: str, person: str, purpose: str, at: datetime) -> str:
        """The token of this person's link for this purpose; its row is written when there is none yet."""
        link_id = derived_id("link", case_id, person, purpose)
        row = await session.get(PersonalLink, link_id)
        token = self._token(link_id, row.turn if row else 0)
        if row is not None:
            row.token_hash = _hash(token)  # another one, when the secret was changed since
            session.add(row)
        else:
            session.add(
                PersonalLink(
                    id=link_id, case_id=case_id, person=person, purpose=purpose, token_hash=_hash(token), created=at
                )
            )
        return token

    async def code_for(self, session: AsyncSession, case_id: str, person: str, purpose: str) -> str:
        """The same link as a code of twelve letters and digits, for people to type from paper. The link must exist."""
        row = await session.get_one(PersonalLink, derived_id("link", case_id, person, purpose))
        code = self._code(row)
        row.code_hash = _hash(code)
        session.add(row)
        return "-".join(code[n : n + 4] for n in range(0, CODE_LENGTH, 4))

    async def token_of_code(self, typed: str) -> str | None:
        """The token of the link that a typed code stands for. Case, spaces and dashes do not matter, nor does O for 0
        or I and L for 1."""
        code = "".join(character for character in typed.upper() if character.isalnum()).translate(MISREAD)
        async with self.database.read() as session:
            row = (
                await session.exec(
                    select(PersonalLink).where(
                        PersonalLink.code_hash == _hash(code), col(PersonalLink.revoked).is_(None)
                    )
                )
            ).first()
        return self._token(row.id, row.turn) if row else None

    async def find(self, token: str) -> LinkView | None:
        """The link of a token; None for an unknown or revoked one."""
        async with self.database.read() as session:
            row = (
                await session.exec(
                    select(PersonalLink).where(
                        PersonalLink.token_hash == _hash(token), col(PersonalLink.revoked).is_(None)
                    )
                )
            ).first()
        return LinkView.model_validate(row.model_dump()) if row else None

    async def revoke(self, session: AsyncSession, case_id: str, person: str, at: datetime) -> None:
        """All links of a person, who was replaced or written to by mistake."""
        await session.exec(
            update(PersonalLink)
            .where(col(PersonalLink.case_id) == case_id, col(PersonalLink.person) == person)
            .where(col(PersonalLink.revoked).is_(None))
            .values(revoked=at)
        )

    async def begin_anew(self, session: AsyncSession, case_id: str, person: str) -> None:
        """A letter to this person came into the wrong hands: no link or code that was sent to them opens anything any
        more, not even where one is open already. Their next letters have others."""
        theirs = select(PersonalLink).where(
            PersonalLink.case_id == case_id, PersonalLink.person == person, col(PersonalLink.revoked).is_(None)
        )
        for row in (await session.exec(theirs)).all():
            row.turn += 1
            row.token_hash, row.code_hash = _hash(self._token(row.id, row.turn)), None
            session.add(row)

    def _code(self, row: PersonalLink) -> str:
        digest = hmac.new(self._secret, f"code/{_in_turn(row.id, row.turn)}".encode(), hashlib.sha256).digest()
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:CODE_LENGTH])

    def _token(self, link_id: str, turn: int) -> str:
        digest = hmac.new(self._secret, _in_turn(link_id, turn).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _in_turn(link_id: str, turn: int) -> str:
    return f"{link_id}/{turn}" if turn else link_id


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
