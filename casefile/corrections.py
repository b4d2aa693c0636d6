"""Words of a referral that were wrong: corrected, and found by the right ones from now on. Nothing is lost: the words
that stood there are kept with the command that corrected them."""

from typing import Literal

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import AnyTexts, texts_in
from casefile.tables import Case, CommandText, PartyRow
from casefile.tokens import keep_case_tokens
from casefile.vault import Vault
from domain.commands import DetailsTexts
from domain.view import CaseText
from domain.words import day

WAS = "was"  # the field of the command's texts that holds the words that stood there


async def correct_words(
    session: AsyncSession,
    vault: Vault,
    case: Case,
    command: str,
    what: Literal["child", "referral", "organisation"],
    party: str = "",
) -> bool:
    """Takes the right words from the command's texts, in a running transaction; done twice, it is done once. False:
    they are the words that stand there. LookupError: the command has no words, or the case no such party."""
    key = vault.case_key(case.id, case.wrapped_key)
    row = await session.get(CommandText, command)
    if row is None:
        raise LookupError(f"no words of command {command}")
    said = texts_in(row, key)
    if WAS in said:
        return True  # done before, and its completion was lost
    right = DetailsTexts.model_validate(said)
    text = key.open(CaseText, case.sealed, f"case/{case.id}")
    parties = list(await session.exec(select(PartyRow).where(PartyRow.case_id == case.id)))
    if what == "child":
        was = f"{text.child.name}, born {day(text.child.born)}" if text.child.born else text.child.name
        changed, text.child = text.child != right.child(), right.child()
    elif what == "referral":
        was, changed, text.about = text.about, text.about != right.about, right.about
    else:
        theirs = next((one for one in parties if one.key == party), None)
        if theirs is None:
            raise LookupError(f"case {case.id} has no party {party}")
        was, changed = theirs.organisation, theirs.organisation != right.organisation
        theirs.organisation = right.organisation
        session.add(theirs)
    if not changed:
        return False
    case.sealed = key.seal(text, f"case/{case.id}")
    row.sealed = key.seal(AnyTexts({**said, WAS: was}), f"command/{command}")
    session.add(case)
    session.add(row)
    await keep_case_tokens(session, vault, case.id, text.child, [one.organisation for one in parties])
    return True
