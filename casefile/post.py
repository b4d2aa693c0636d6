"""The print queue: letters that are written and wait to be printed and posted."""

from datetime import datetime

import structlog
from pydantic import BaseModel, Field
from sqlmodel import col, or_, select, true

from casefile.cases import view
from casefile.database import Database
from casefile.letters import SentWords, place_of
from casefile.links import Links
from casefile.tables import Case, Document, LetterRow
from casefile.vault import Erased, Vault
from domain.journey import Letter
from domain.parties import Channel

log = structlog.get_logger(__name__)

MOST = 200  # letters on one page of the queue, and in one batch


class PostalLetter(BaseModel):
    """A letter of the print queue, with its words opened."""

    id: str
    case_id: str
    reference: str
    letter: Letter
    queued: datetime
    address: list[str]  # the person, their organisation, and the lines of the address
    words: SentWords

    @property
    def task(self) -> str:
        """The key of the task that is ticked when it was posted."""
        return f"{Channel.POST}/{self.letter.key}"


class Printed(BaseModel):
    """What is put into the envelope beside the words."""

    token: str = ""
    code: str = ""
    enclosed: list[bytes] = Field(default_factory=list)


class PrintQueue:
    """Every query about letters that go by post."""

    def __init__(self, database: Database, vault: Vault, links: Links) -> None:
        self.database, self.vault, self.links = database, vault, links

    async def waiting(self, only: list[str] | None = None) -> list[PostalLetter]:
        """The oldest first; or of these ids only. Of a case on hold or paused only what leaves at any time."""
        chosen = true() if only is None else col(LetterRow.id).in_(only)
        async with self.database.read() as session:
            found = await session.exec(
                select(LetterRow, Case)
                .join(Case, col(Case.id) == col(LetterRow.case_id))
                .where(LetterRow.state == "by_hand", LetterRow.channel == Channel.POST, chosen)
                .where(or_(col(LetterRow.reply), ~(col(Case.on_hold) | col(Case.paused))))
                .order_by(col(LetterRow.queued), col(LetterRow.id))
                .limit(MOST)
            )
            letters = []
            for row, case in found:
                try:
                    key = self.vault.case_key(case.id, case.wrapped_key)
                    known = await view(session, case, key)
                    person = known.person(row.to)
                    words = key.open(SentWords, row.sealed or b"", place_of(row.id))
                except (Erased, LookupError, ValueError) as error:  # one damaged row must not keep back the others
                    log.error("a letter cannot be printed", letter=row.id, error=type(error).__name__)
                    continue
                organisation = known.party(person.party).organisation
                lines = [person.details.name, organisation, *person.details.postal]
                letters.append(
                    PostalLetter(
                        id=row.id,
                        case_id=case.id,
                        reference=case.reference,
                        letter=Letter.model_validate(row.model_dump()),
                        queued=row.queued,
                        address=[line for line in lines if line],
                        words=words,
                    )
                )
        return letters

    async def to_print(self, letter: PostalLetter, purpose: str | None, now: datetime) -> Printed:
        """The link of a letter, as a token and as a code to type, and the documents that are enclosed. LookupError: a
        document is missing."""
        printed = Printed()
        async with self.database.write() as session:
            if purpose:
                whose = (letter.case_id, letter.letter.to, purpose)
                printed.token = await self.links.token_for(session, *whose, now)
                await session.flush()
                printed.code = await self.links.code_for(session, *whose)
            case = await session.get_one(Case, letter.case_id)
            key = self.vault.case_key(case.id, case.wrapped_key)
            for name in letter.words.attachments:
                kind, _, version = name.partition("/")
                document = await session.get(Document, (case.id, kind, int(version)))
                if document is None:
                    raise LookupError(name)
                place = f"document/{case.id}/{kind}/{version}"
                printed.enclosed.append(key.open_bytes(document.sealed, place))
        return printed
