"""PDFs, typeset by typst: the agreement. Made once for each version and kept sealed in the case file."""

import asyncio
import hashlib
import logging
from datetime import UTC, date, datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile.cases import view
from casefile.database import Database
from casefile.tables import Case, Document
from casefile.vault import Erased, Vault
from domain.journey import Agreement
from domain.parties import PartyRole, PersonRole
from domain.titles import PARTY_ROLES
from domain.view import CaseView, PersonView
from domain.working_days import LONDON
from letters.typesetting import NotTypeset, typeset
from workflows.neighbours import AgreementToMake, Documents, Made

log = logging.getLogger(__name__)

KIND = "agreement"


class Typesetting(Documents):
    """Typesets under the service's name and telephone number."""

    def __init__(self, database: Database, vault: Vault, service_name: str, service_phone: str) -> None:
        self._database, self._vault = database, vault
        self._service_name, self._service_phone = service_name, service_phone

    @activity.defn
    async def make_agreement(self, order: AgreementToMake) -> Made:
        """Typeset a version of the agreement and keep it. Made already: its fingerprint. What trying again cannot mend
        is a value, not an error."""
        try:
            return await self._make_agreement(order)
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            log.error("an agreement cannot be made", extra={"case": order.case_id, "trouble": error.type})
            return Made(trouble=error.type or "unknown")

    async def _make_agreement(self, order: AgreementToMake) -> Made:
        row = (order.case_id, KIND, order.version)
        async with self._database.read() as session:
            if there := await session.get(Document, row):
                return Made(sha256=there.sha256)
            case = await session.get(Case, order.case_id)
            if case is None:
                raise ApplicationError("no such case", type="no_such_case", non_retryable=True)
            try:
                key = self._vault.case_key(case.id, case.wrapped_key)
            except Erased:
                raise ApplicationError("the case was erased", type="erased", non_retryable=True) from None
            known = await view(session, case, key)
        agreement = _agreement(known, order.version)
        page = agreement_page(known, agreement, self._service_name, self._service_phone)
        pdf = await asyncio.to_thread(typeset_agreement, page, agreement.written)
        async with self._database.write() as session:
            there = await session.get(Document, row)
            if there is None:  # else another attempt was faster
                there = Document(
                    case_id=order.case_id,
                    kind=KIND,
                    version=order.version,
                    sha256=hashlib.sha256(pdf).hexdigest(),
                    made=datetime.now(UTC),
                    sealed=key.seal_bytes(pdf, document_place(order.case_id, order.version)),
                )
                session.add(there)
        return Made(sha256=there.sha256)


def document_place(case_id: str, version: int) -> str:
    """The place to which the sealed agreement is bound."""
    return f"document/{case_id}/{KIND}/{version}"


def _agreement(case: CaseView, version: int) -> Agreement:
    """The version as it was filed."""
    filed = case.journey.agreement if case.journey else None
    if filed is None or filed.version < version:
        raise ApplicationError("this version is not in the case file yet", type="not_filed_yet")
    if filed.version > version:
        raise ApplicationError("a newer version was written", type="superseded", non_retryable=True)
    return filed


def agreement_page(case: CaseView, agreement: Agreement, service_name: str, service_phone: str) -> dict[str, Any]:
    """What stands on the agreement, word for word."""
    meeting, texts = case.meeting(agreement.meeting), case.texts.get(agreement.command, {})
    what = texts.get("what", [])
    if len(what) != len(agreement.terms):
        raise ApplicationError("the terms' words are missing", type="words_missing", non_retryable=True)
    held = meeting.slot.start.astimezone(LONDON) if meeting.slot else None
    subject = "young person" if any(party.role == PartyRole.YOUNG_PERSON for party in case.parties) else "child"
    facts = {
        subject.capitalize(): case.child.name,
        "Reference": case.reference,
        "Date of the meeting": f"{long_date(held.date())}, {clock(held)}" if held else "",
        "Place": _sentence_case(case.place_of(meeting)),
    }
    present = [_described(case, case.person(key)) for key in meeting.present]
    if case.mediator:
        present.append(f"{case.mediator.name}, mediator")
    partial = ", in part: on other points no agreement was reached" if meeting.outcome == "partial" else ""
    reason = str(texts.get("reason", "")).rstrip(".")
    because = f", because: {reason}" if reason else ""
    earlier = f" It replaces version {agreement.version - 1}{because}." if agreement.version > 1 else ""
    return {
        "service": service_name,
        "title": "Mediation agreement",
        "reference": case.reference,
        "version": agreement.version,
        "written": long_date(agreement.written.astimezone(LONDON).date()),
        "facts": [{"label": label, "value": value} for label, value in facts.items() if value],
        "subject": subject,
        "present": present,
        "introduction": f"Agreed at the meeting by those present{partial}.",
        "terms": [
            {
                "number": number,
                "what": f"No longer agreed: {words}" if term.dropped else words,
                "who": case.party(term.owner).name,
                "by_when": "–" if term.dropped else plain_date(term.by),
            }
            for number, (term, words) in enumerate(zip(agreement.terms, what, strict=True), 1)
        ],
        "wishes": texts.get("wishes") or "Nothing was written down about them.",
        "statements": [
            "Mediation is voluntary: everyone took part, and agreed to this, of their own free will.",
            "Mediation is confidential. What was said in it should not be used elsewhere without the agreement of "
            "whoever said it, except where there are serious child protection concerns.",
            "The right to appeal to the SEND Tribunal is not affected. An appeal may run alongside mediation.",
            "Everyone who was present receives a copy.",
        ],
        "closing": f"This is version {agreement.version}, written on "
        f"{long_date(agreement.written.astimezone(LONDON).date())}.{earlier} "
        f"If something in it is not as you remember it, or is not done in time, ring {service_name} "
        f"on {service_phone}.",
    }


def typeset_agreement(page: dict[str, Any], at: datetime) -> bytes:
    """The PDF, dated `at`."""
    try:
        return typeset(KIND, page, at)
    except NotTypeset:
        raise ApplicationError("the agreement cannot be typeset", type="not_typeset", non_retryable=True) from None


def _described(case: CaseView, person: PersonView) -> str:
    """ "Tom Reed, Oakfield School", "Maria Kowalska, parent or carer", "Ann Bell, supporter (Maria Kowalska)"."""
    party = case.party(person.party)
    of = party.organisation or (PARTY_ROLES[party.role].lower() if person.role == PersonRole.LEAD else party.name)
    if person.role in (PersonRole.SUPPORTER, PersonRole.INTERPRETER):
        return f"{person.details.name}, {person.role} ({party.name})"
    return f"{person.details.name}, {of}"


def long_date(day: date) -> str:
    """ "Monday 7 December 2026": with the day of the week, which a slip of the pen would contradict."""
    return f"{day:%A} {plain_date(day)}"


def plain_date(day: date) -> str:
    """ "7 December 2026"."""
    return f"{day.day} {day:%B} {day.year}"


def clock(moment: datetime) -> str:
    """ "10:30 am"."""
    return f"{moment.hour % 12 or 12}:{moment:%M} {'am' if moment.hour < 12 else 'pm'}"


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
