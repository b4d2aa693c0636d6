"""The agreement as everyone present receives it: what stands on it, in large print, and as plain text.

The copy that is issued, and that binds, is in English. On their page somebody reads it within a frame in their own
language; what was agreed stands there as it was written down."""

import textwrap
from datetime import date, datetime
from typing import Any

from domain import words
from domain.journey import Agreement
from domain.languages import Language, marked, speech, tr
from domain.parties import PartyRole, PersonRole
from domain.view import CaseView, PersonView
from domain.working_days import LONDON
from letters.typesetting import typeset

WIDTH = 72  # characters of a line of plain text


class WordsMissing(LookupError):
    """The words of an agreement do not stand in the case file."""


def agreement_page(case: CaseView, agreement: Agreement, service_name: str, service_phone: str) -> dict[str, Any]:
    """What stands on the agreement, word for word, in the language that is spoken. WordsMissing."""
    meeting, texts = case.meeting(agreement.meeting), case.texts.get(agreement.command, {})
    what, checked = texts.get("what", []), texts.get("checked") or [""] * len(agreement.terms)
    if len(what) != len(agreement.terms):
        raise WordsMissing(agreement.command)
    held = meeting.slot.start.astimezone(LONDON) if meeting.slot else None
    subject = "young person" if any(party.role == PartyRole.YOUNG_PERSON for party in case.parties) else "child"
    facts = {
        tr("Child") if subject == "child" else tr("Young person"): case.child.name,
        tr("Reference"): case.reference,
        tr("Date of the meeting"): f"{long_date(held.date())}, {clock(held)}" if held else "",
        tr("Place"): _sentence_case(case.place_of(meeting)),
    }
    present = [_described(case, case.person(key)) for key in meeting.present]
    if case.mediator:
        present.append(tr("{name}, mediator", name=case.mediator.name))
    return {
        "language": speech().language,
        "headings": _headings(subject),
        "service": service_name,
        "title": tr("Mediation agreement"),
        "reference": case.reference,
        "version": agreement.version,
        "written": long_date(agreement.written.astimezone(LONDON).date()),
        "facts": [{"label": label, "value": value} for label, value in facts.items() if value],
        "subject": subject,
        "present": present,
        "introduction": tr("Agreed at the meeting by those present, in part: on other points no agreement was reached.")
        if meeting.outcome == "partial"
        else tr("Agreed at the meeting by those present."),
        "terms": [
            {
                "number": number,
                "what": tr("No longer agreed: {what}", what=said) if term.dropped else said,
                "who": case.party(term.owner).name,
                "by_when": "–" if term.dropped else plain_date(term.by),
                "checked": "" if term.dropped else how,
            }
            for number, (term, said, how) in enumerate(zip(agreement.terms, what, checked, strict=True), 1)
        ],
        "not_agreed": texts.get("not_agreed", ""),
        "wishes": texts.get("wishes") or tr("Nothing was written down about them."),
        "statements": [
            tr("Mediation is voluntary: everyone took part, and agreed to this, of their own free will."),
            tr(
                "Mediation is confidential. What was said in it should not be used elsewhere without the agreement of "
                "whoever said it, except where there are serious child protection concerns."
            ),
            tr("The right to appeal to the SEND Tribunal is not affected. An appeal may run alongside mediation."),
            tr("Everyone who was present receives a copy."),
        ],
        "closing": _closing(agreement, str(texts.get("reason", "")).rstrip("."), service_name, service_phone),
    }


def _headings(subject: str) -> dict[str, str]:
    """What stands above the parts of the agreement, and beside them."""
    return {
        "present": tr("Who was present"),
        "agreed": tr("What was agreed"),
        "wishes": tr("The child’s wishes and feelings")
        if subject == "child"
        else tr("The young person’s wishes and feelings"),
        "about": tr("About this agreement"),
        "number": tr("No."),
        "what": tr("What will be done"),
        "who": tr("By whom"),
        "by_when": tr("By when"),
        "checked": tr("How it is checked"),
        "not_agreed": tr("What was not agreed"),
        "version": tr("Version"),
        "page": tr("Page"),
        "of": tr("of"),
    }


def _closing(agreement: Agreement, reason: str, service_name: str, service_phone: str) -> str:
    """Which version it is, what it replaces and why, and what to do when it is not right."""
    written = long_date(agreement.written.astimezone(LONDON).date())
    said = [tr("This is version {version}, written on {day}.", version=agreement.version, day=written)]
    if agreement.version > 1 and reason:
        before = agreement.version - 1
        said.append(tr("It replaces version {version}, because: {reason}.", version=before, reason=reason))
    elif agreement.version > 1:
        said.append(tr("It replaces version {version}.", version=agreement.version - 1))
    said.append(
        tr(
            "If something in it is not as you remember it, or is not done in time, ring {service} on {phone}.",
            service=service_name,
            phone=service_phone,
        )
    )
    if not _in_english():
        said.append(tr("The copy in English is the one that binds."))
    return " ".join(said)


def large_print(page: dict[str, Any], at: datetime) -> bytes:
    """The same words at 18 points and more, one below the other instead of in a table. typesetting.NotTypeset."""
    return typeset("agreement", {**page, "large": True}, at)


def plain_text(page: dict[str, Any]) -> str:
    """The same words for screen readers, Braille displays and whoever cannot open a PDF."""
    headings = page["headings"]
    facts = "\n".join(f"{fact['label']}: {fact['value']}" for fact in page["facts"])
    terms = "\n\n".join(
        "\n".join(
            (
                _wrapped(f"{term['number']}. {term['what']}"),
                f"{headings['who']}: {term['who']}",
                f"{headings['by_when']}: {term['by_when']}",
                *([_wrapped(f"{headings['checked']}: {term['checked']}")] if term["checked"] else []),
            )
        )
        for term in page["terms"]
    )
    parts = [
        f"{page['service']}\n{page['title'].upper()}",
        facts,
        f"{headings['present'].upper()}\n" + "\n".join(page["present"]),
        f"{headings['agreed'].upper()}\n{_wrapped(page['introduction'])}",
        terms,
        *([f"{headings['not_agreed'].upper()}\n{_wrapped(page['not_agreed'])}"] if page["not_agreed"] else []),
        f"{headings['wishes'].upper()}\n{_wrapped(page['wishes'])}",
        f"{headings['about'].upper()}\n" + "\n".join(_wrapped(f"- {line}") for line in page["statements"]),
        _wrapped(page["closing"]),
    ]
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, WIDTH, break_long_words=False) for line in text.splitlines())


def _described(case: CaseView, person: PersonView) -> str:
    """ "Tom Reed, Oakfield School", "Maria Kowalska, parent or carer", "Ann Bell, supporter (Maria Kowalska)"."""
    party = case.party(person.party)
    is_lead_of_family = person.role == PersonRole.LEAD and party.role in _FAMILY
    of = party.organisation or (tr(_FAMILY[party.role]) if is_lead_of_family else party.name)
    if person.role in _HELPERS:
        return f"{person.details.name}, {tr(_HELPERS[person.role])} ({party.name})"
    return f"{person.details.name}, {of}"


_FAMILY = {PartyRole.PARENT: marked("parent or carer"), PartyRole.YOUNG_PERSON: marked("young person")}
_HELPERS = {PersonRole.SUPPORTER: marked("supporter"), PersonRole.INTERPRETER: marked("interpreter")}


def _in_english() -> bool:
    return speech().language == Language.ENGLISH


def long_date(day: date) -> str:
    """ "Monday 7 December 2026": with the day of the week, which a slip of the pen would contradict."""
    return f"{day:%A} {plain_date(day)}" if _in_english() else words.day(day)


def plain_date(day: date) -> str:
    """ "7 December 2026"."""
    return f"{day.day} {day:%B} {day.year}" if _in_english() else words.day(day)


def clock(moment: datetime) -> str:
    """ "10:30 am"."""
    if not _in_english():
        return words.clock(moment)
    return f"{moment.hour % 12 or 12}:{moment:%M} {'am' if moment.hour < 12 else 'pm'}"


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
