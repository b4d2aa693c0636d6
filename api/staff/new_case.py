"""A new case: one form, a page to check the answers, and then the case. The form keeps everything that was typed,
whichever button is pressed; nothing is stored before the last one."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.auth import STALE, Me, is_stale, shows_stale_forms_again
from api.forms import Field, Fold, Group, Option, Part, Typed, fields_of
from api.intake import NoSuchPolicy
from api.pages import page
from api.services import ServicesDep
from api.staff.access import case_of
from api.staff.doing import KEY
from api.staff.forms.base import REACHED_AT, channel_field, contact_fields, needed_for, reading_fields
from casefile.commands import StoredElsewhere
from casefile.finding import FoundCase
from domain import titles
from domain.parties import ORGANISATIONS, Channel, PartyRole, PersonRole
from domain.referral import MOST_PARTIES, MOST_PEOPLE, AnotherMatter, ReferralForm
from domain.view import CaseView, PartyView

router = APIRouter(include_in_schema=False)

PEOPLE = 3  # of each party are asked for; a party of another case may bring more
WHY_ANOTHER = Field(
    "why_another",
    "Why is it another matter?",
    "words",
    hint="One sentence, such as “a new dispute, about transport”, or “her brother”. Kept with the new case.",
    rows=2,
    missing="Say why it is another matter, so that colleagues understand it later.",
)
_REFERRERS = (PartyRole.PARENT, PartyRole.YOUNG_PERSON, PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY)
_OTHERS = tuple(role for role in PersonRole if role != PersonRole.LEAD)


_TICKED = ("interpreter", "easy_read")
_DETAILS = ("name", "email", "phone", "address", "postcode", "channel", "language", "reads", *_TICKED, "adjustments")


def child_fields() -> list[Part]:
    return [
        Group(
            "The child or young person",
            (
                Field("child", "Child's name", missing="Give the child's name."),
                Field("born", "Date of birth", "birthday", optional=True),
                Field(
                    "about",
                    "What is the disagreement about?",
                    "words",
                    hint="In a few sentences, as the referrer puts it.",
                    rows=5,
                    missing="Say what the disagreement is about.",
                ),
            ),
        )
    ]


def party_fields(n: int) -> Group:
    """The questions about a party and its lead contact."""
    first = n == 1
    whose = whose_of(n)
    contact = f"the contact of {whose}"
    roles = _REFERRERS if first else tuple(PartyRole)
    return Group(
        title_of(n),
        (
            Field(
                f"p{n}_role",
                "Who refers?" if first else "Who are they?",
                "pick",
                options=(Option("", "Choose"), *(Option(role, titles.PARTY_ROLES[role]) for role in roles)),
                optional=n > 2,
                missing="Choose who refers." if first else f"Choose who {whose} is.",
            ),
            Field(
                f"p{n}_organisation",
                "Organisation",
                hint="Of a school, authority or health body.",
                optional=True,
            ),
            Field(
                f"p{n}_1_name",
                "Contact's name",
                hint="" if first else "Not known yet? Leave it empty: letters then go to the organisation.",
                optional=not first,
                missing=f"Give the name of the contact of {whose}.",
            ),
            channel_field(f"p{n}_1_channel"),
            *(
                Field(f"p{n}_1_{part}", label, kind, optional=True, rows=3, missing=f"Give {what} of {contact}.")
                for part, (label, kind, what) in REACHED_AT.items()
            ),
            Field(f"p{n}_1_postcode", "Postcode", optional=True),
        ),
        hint="" if n < 3 else "Leave it empty when there are no more parties.",
        beside=True,
        optional=n > 2,
    )


def title_of(n: int) -> str:
    return "Who refers" if n == 1 else f"Other party {n - 1}"


def whose_of(n: int) -> str:
    return "the referrer" if n == 1 else f"other party {n - 1}"


def people_fields(n: int, count: int) -> Fold:
    """The questions about the other people of a party."""
    return Fold(
        f"Language, needs, and more people of {whose_of(n)}: a decision-maker, a supporter, an interpreter",
        (
            Group(
                f"What the contact of {whose_of(n)} needs",
                (
                    Field(f"p{n}_1_language", "Language", hint="Such as Polish, BSL.", optional=True),
                    *(replace(one, name=f"p{n}_1_{one.name}") for one in reading_fields()),
                    Field(f"p{n}_1_adjustments", "Other needs", hint="Such as large print, step-free.", optional=True),
                ),
                beside=True,
                optional=True,
            ),
            *(_person(n, m) for m in range(2, count + 1)),
        ),
    )


def _person(n: int, m: int) -> Group:
    whose = f"p{n}_{m}_"
    as_what = Field(
        f"{whose}role",
        "As",
        "pick",
        options=tuple(Option(role, titles.PERSON_ROLES[role]) for role in _OTHERS),
        optional=True,
    )
    asked_of_contacts = {one.name for one in reading_fields()}  # whom we write to; others say it in words
    name, *details = (
        replace(one, name=f"{whose}{one.name}", optional=True)
        for one in contact_fields()
        if one.name not in asked_of_contacts
    )
    return Group(
        f"Person {m} of {whose_of(n)}",
        (name, as_what, *details),
        beside=True,
        optional=True,
    )


def questions_of(blocks: list[int], typed: Typed) -> list[Part]:
    """All questions, in the order of the page."""
    form: list[Part] = []
    for n in blocks:
        form += [party_fields(n), people_fields(n, _people(typed, n))]
        if n == 1:
            form += child_fields()
    return form


def _people(typed: Typed, n: int) -> int:
    """How many people of a party the form asks for."""
    more = [m for m in range(PEOPLE + 1, MOST_PEOPLE + 1) if f"p{n}_{m}_name" in typed.values]
    return max([PEOPLE, *more])


@router.get("/cases/new")
async def show(request: Request, services: ServicesDep, me: Me, split_from: str = "") -> Response:
    """An empty form, or one with the participants of another case who were chosen (api/staff/split.py)."""
    typed, blocks = Typed(values={"key": [secrets.token_hex(16)]}), 3
    if split_from:
        case = await case_of(services, me, split_from)
        chosen = [party for party in case.parties if party.key in request.query_params.getlist("party")]
        typed.values |= as_typed(case, chosen)
        blocks = max(2, len(chosen))
    return _form(request, services.intake.policy_names(), typed, blocks)


@router.post("/cases/new")
@shows_stale_forms_again
async def answer(request: Request, services: ServicesDep, me: Me) -> Response:
    typed, policies = Typed.of(await request.form()), services.intake.policy_names()
    action, key = typed.one("action"), typed.one("key")
    count = typed.one("blocks")
    blocks = min(max(int(count), 2), MOST_PARTIES) if count.isascii() and count.isdigit() and len(count) < 3 else 3
    if is_stale(request):
        typed.values["key"] = [key if KEY.fullmatch(key) else secrets.token_hex(16)]
        return _form(request, policies, typed, blocks, 403, STALE)
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open “New case” again.")
    if action == "add_party":
        return _form(request, policies, typed, min(blocks + 1, MOST_PARTIES))
    if action == "change":
        return _form(request, policies, typed, blocks)
    split_from = typed.one("split_from")
    if split_from:
        await case_of(services, me, split_from)  # it is there, and may be seen
    form = read(typed, blocks)
    if form is None:
        return _form(request, policies, typed, blocks, 422)
    try:
        async with services.database.one_look():
            await services.intake.policy(form.policy)
            known = await services.intake.known_as(form, key, split_from)
        another = _another_matter(typed, known, just_decided=action == "another")
        if known and another is None:
            return _same_child(request, typed, known, blocks, 422 if typed.errors else 200)
        if action != "create":
            return _check(request, typed, form, blocks)
        referred = await services.intake.refer(form, key, me.actor(), me.id, another, split_from)
    except NoSuchPolicy as error:
        typed.wrong("policy", str(error))
        return _form(request, policies, typed, blocks, 422)
    except StoredElsewhere:
        raise HTTPException(409, "This form was used before, for something else. Open “New case” again.") from None
    return RedirectResponse(f"/cases/{referred.reference}?done={key}", 303)


def _another_matter(typed: Typed, known: list[FoundCase], *, just_decided: bool) -> AnotherMatter | None:
    """What was decided about the cases that are likely about the same child. None: not decided about all of them yet;
    with complaints in `typed`, when the reason is missing."""
    if just_decided:  # what the page showed then, and no case that has come in since
        typed.values["other_than"] = list(dict.fromkeys(typed.many("other_than") + typed.many("shown")))
    decided = [one.line.reference for one in known if one.line.reference in typed.many("other_than")]
    if not decided or len(decided) < len(known):
        return None
    try:
        return AnotherMatter(references=decided, why=typed.one("why_another"))
    except ValidationError as error:
        typed.blame(error, {"why": "why_another"}, {"why_another": WHY_ANOTHER.label})
        if not typed.one("why_another"):
            typed.errors["why_another"] = WHY_ANOTHER.missing
        return None


def read(typed: Typed, blocks: int) -> ReferralForm | None:
    """The referral as it was typed; None, and complaints in `typed`."""
    shown = [n for n in range(1, blocks + 1) if n <= 2 or _anything(typed, n)]
    questions = questions_of(shown, typed)
    typed.check(questions)
    born = typed.day("born", "The date of birth")
    asked = {one.name: one for one in fields_of(questions)}
    labels = {name: _label(one) for name, one in asked.items()}
    names = {"": "p1_1_email", "child": "born", "child.name": "child", "about": "about", "policy": "policy"}
    parties: list[dict[str, Any]] = []
    for place, n in enumerate(shown):
        role = typed.one(f"p{n}_role")
        if role in ORGANISATIONS and not typed.one(f"p{n}_organisation"):
            typed.wrong(f"p{n}_organisation", f"Give the name of the organisation of {whose_of(n)}.")
        needed = f"1_{needed_for(typed.one(f'p{n}_1_channel'))}"
        if role in ORGANISATIONS and not typed.one(f"p{n}_1_name"):
            typed.values[f"p{n}_1_name"] = [typed.one(f"p{n}_organisation")]
        for part in ("role", "1_name", needed):  # an optional block that was begun is finished
            if not typed.one(f"p{n}_{part}"):
                typed.wrong(f"p{n}_{part}", asked[f"p{n}_{part}"].missing)
        names |= {f"parties.{place}": f"p{n}_1_name", f"parties.{place}.organisation": f"p{n}_organisation"}
        people: list[dict[str, str]] = []
        for m in range(1, _people(typed, n) + 1):
            person = {part: value for part in _DETAILS if (value := typed.one(f"p{n}_{m}_{part}"))}
            if m > 1 and not person.keys() - {"channel"}:  # which is never empty
                continue
            channel = person.get("channel", Channel.EMAIL)
            needed = needed_for(channel)
            if m > 1 and channel != Channel.EMAIL and needed not in person:  # an e-mail address may follow later
                what = f"{REACHED_AT[needed][2]} of person {m} of {whose_of(n)}"
                typed.wrong(f"p{n}_{m}_{needed}", f"Give {what}, or choose another way to reach them.")
            whom = f"parties.{place}.people.{len(people)}"
            names |= {f"{whom}.{part}": f"p{n}_{m}_{part}" for part in ("name", "email", "phone", *person)}
            people.append({**person, "role": "lead" if m == 1 else typed.one(f"p{n}_{m}_role") or "in_copy"})
        parties.append({"role": role, "organisation": typed.one(f"p{n}_organisation"), "people": people})
    try:
        form = ReferralForm.model_validate(
            {
                "child": {"name": typed.one("child"), "born": born},
                "about": typed.one("about"),
                "parties": parties,
                "policy": typed.one("policy") or "standard",
            }
        )
    except ValidationError as error:
        typed.blame(error, names, labels)
        return None
    return None if typed.errors else form


def _label(one: Field) -> str:
    """The question as a complaint names it, with the party that it is about."""
    party = one.name.partition("_")[0]
    return f"{one.label} of {whose_of(int(party[1:]))}" if party[1:].isdigit() else one.label.rstrip("?")


def _anything(typed: Typed, n: int) -> bool:
    return any(
        typed.one(name)
        for name in typed.values
        if name.startswith(f"p{n}_") and not name.endswith(("_role", "_channel"))
    )


def _form(
    request: Request, policies: Mapping[str, str], typed: Typed, blocks: int, status: int = 200, refusal: str = ""
) -> Response:
    targets = Field(
        "policy",
        "Targets",
        "pick",
        hint="By which people are reminded. Those of real cases count working days and keep office hours.",
        options=tuple(Option(name, title) for name, title in policies.items()),
        value="standard",
    )
    questions = questions_of(list(range(1, blocks + 1)), typed)
    typed.in_order(questions)
    return page(
        request,
        "staff/new_case.html",
        status,
        typed=typed,
        questions=questions,
        policies=[targets] if len(policies) > 1 else [],
        blocks=blocks,
        may_add=blocks < MOST_PARTIES,
        key=typed.one("key"),
        refusal=refusal,
        split_from=typed.one("split_from"),
        decided=[(name, value) for name in ("other_than", "why_another", "split_from") for value in typed.many(name)],
    )


def _kept(typed: Typed, *but: str) -> list[tuple[str, str]]:
    """All that was typed, to be carried along by a page that does not ask for it."""
    own = ("csrf", "action", "key", "blocks", "shown", *but)
    return [(name, value) for name, values in typed.values.items() for value in values if name not in own]


def _same_child(request: Request, typed: Typed, known: list[FoundCase], blocks: int, status: int) -> Response:
    return page(
        request,
        "staff/new_case_known.html",
        status,
        typed=typed,
        known=known,
        why=[WHY_ANOTHER],
        kept=_kept(typed, "other_than", "why_another"),
        blocks=blocks,
        key=typed.one("key"),
    )


def as_typed(case: CaseView, parties: list[PartyView]) -> dict[str, list[str]]:
    """The child and some parties of a case as this form would have been filled in with them. What it is about is left
    open: that is what is new."""
    born = case.child.born
    said: dict[str, object] = {"split_from": case.reference, "child": case.child.name}
    if born:
        said["born"] = born.isoformat()
    for n, party in enumerate(parties, 1):
        said |= {f"p{n}_role": party.role, f"p{n}_organisation": party.organisation}
        others = [one for one in party.people if one.role != PersonRole.LEAD]
        for m, person in enumerate([party.lead, *others], 1):
            details = person.details.model_dump(mode="json")
            details |= {ticked: "yes" if details[ticked] else "" for ticked in _TICKED}
            said |= {f"p{n}_{m}_{part}": details[part] for part in _DETAILS}
            if m > 1:
                said[f"p{n}_{m}_role"] = person.role
    return {name: [str(value)] for name, value in said.items()}


def _check(request: Request, typed: Typed, form: ReferralForm, blocks: int) -> Response:
    kept = _kept(typed)
    return page(
        request,
        "staff/new_case_check.html",
        form=form,
        kept=kept,
        blocks=blocks,
        key=typed.one("key"),
    )
