"""PDFs, typeset by typst: the agreement. Made once for each version and kept sealed in the case file."""

import asyncio
import hashlib
import logging
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile.cases import view
from casefile.database import Database
from casefile.tables import Case, Document
from casefile.vault import Erased, Vault
from domain.journey import Agreement
from domain.view import CaseView
from letters.agreement import WordsMissing, agreement_page
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
        try:
            page = agreement_page(known, agreement, self._service_name, self._service_phone)
        except WordsMissing:
            raise ApplicationError("the terms' words are missing", type="words_missing", non_retryable=True) from None
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


def typeset_agreement(page: dict[str, Any], at: datetime) -> bytes:
    """The PDF, dated `at`."""
    try:
        return typeset(KIND, page, at)
    except NotTypeset:
        raise ApplicationError("the agreement cannot be typeset", type="not_typeset", non_retryable=True) from None
