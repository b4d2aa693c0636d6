"""The agreement as everyone present receives it: what stands on it, in large print, and as plain text."""

import textwrap
from datetime import date, datetime
from typing import Any

from domain.journey import Agreement
from domain.parties import PartyRole, PersonRole
from domain.titles import PARTY_ROLES
from domain.view import CaseView, PersonView
from domain.working_days import LONDON
from letters.typesetting import typeset

WIDTH = 72  # characters of a line of plain text


class WordsMissing(LookupError):
    """The words of an agreement do not stand in the case file."""


def agreement_page(case: CaseView, agreement: Agreement, service_name: str, service_phone: str) -> dict[str, Any]:
    """What stands on the agreement, word for word. WordsMissing."""
    meeting, texts = case.meeting(agreement.meeting), case.texts.get(agreement.command, {})
    what, checked = texts.get("what", []), texts.get("checked") or [""] * len(agreement.terms)
    if len(what) != len(agreement.terms):
        raise WordsMissing(agreement.command)
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
                "checked": "" if term.dropped else how,
            }
            for number, (term, words, how) in enumerate(zip(agreement.terms, what, checked, strict=True), 1)
        ],
        "not_agreed": texts.get("not_agreed", ""),
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


def large_print(page: dict[str, Any], at: datetime) -> bytes:
    """The same words at 18 points and more, one below the other instead of in a table. typesetting.NotTypeset."""
    return typeset("agreement", {**page, "large": True}, at)


def plain_text(page: dict[str, Any]) -> str:
    """The same words for screen readers, Braille displays and whoever cannot open a PDF."""
    facts = "\n".join(f"{fact['label']}: {fact['value']}" for fact in page["facts"])
    terms = "\n\n".join(
        "\n".join(
            (
                _wrapped(f"{term['number']}. {term['what']}"),
                f"By whom: {term['who']}",
                f"By when: {term['by_when']}",
                *([_wrapped(f"How it is checked: {term['checked']}")] if term["checked"] else []),
            )
        )
        for term in page["terms"]
    )
    parts = [
        f"{page['service']}\n{page['title'].upper()}",
        facts,
        "WHO WAS PRESENT\n" + "\n".join(page["present"]),
        f"WHAT WAS AGREED\n{_wrapped(page['introduction'])}",
        terms,
        *([f"WHAT WAS NOT AGREED\n{_wrapped(page['not_agreed'])}"] if page["not_agreed"] else []),
        f"THE {page['subject'].upper()}’S WISHES AND FEELINGS\n{_wrapped(page['wishes'])}",
        "ABOUT THIS AGREEMENT\n" + "\n".join(_wrapped(f"- {line}") for line in page["statements"]),
        _wrapped(page["closing"]),
    ]
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, WIDTH, break_long_words=False) for line in text.splitlines())


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
