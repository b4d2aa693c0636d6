"""The questions of the public referral form, by who fills it in, and how their answers become a referral."""

from typing import Any

from pydantic import ValidationError

from api.forms import Field, Group, Option, Part, Typed, fields_of
from casefile.enquiries import EnquiryText
from domain.languages import Language, marked, speech, tr
from domain.parties import Channel, PartyRole, PersonRole
from domain.referral import ReferralForm

WHO: dict[str, str] = {
    "parent": marked("I am a parent or carer"),
    "young-person": marked("I am a young person (16 to 25)"),
    "representative": marked("I act for a parent, carer or young person"),
    "school": marked("I write for a school or college"),
    "local-authority": marked("I write for a local authority"),
}
"""Who may fill in the form, by the last part of its address."""

PERMISSION: dict[str, str] = {
    "representative": marked(
        "The parent, carer or young person has asked me to act for them, and agrees to this referral."
    ),
    "school": marked("The family has given us permission to refer them, and to give you the details on this form."),
    "local-authority": marked(
        "The family has given us permission to refer them, and to give you the details on this form."
    ),
}
"""What those who refer for a family must state."""

_ORGANISATIONS = {"school": PartyRole.SCHOOL, "local-authority": PartyRole.LOCAL_AUTHORITY}
_UNKNOWN_CONTACT = {"school": "SENCO", "authority": "SEN team"}  # how our letters greet whom nobody has named yet
_EMAIL_HINT = marked("We send you a code to this address, to be sure that it is yours.")


def questions_of(who: str) -> list[Part]:
    """The form, from the first question to the last."""
    parts: list[Part] = [_author(who)]
    if who in PERMISSION:
        parts.append(_family(who))
    parts += [_child(who), *_others(who)]
    if who in PERMISSION:
        tick = Field(
            "permission",
            tr(PERMISSION[who]),
            "tick",
            hint="" if who == "representative" else tr("We can only accept a referral that the family agrees to."),
        )
        parts.append(Group(tr("The family’s permission"), (tick,)))
    return parts


def _author(who: str) -> Group:
    organisation = {
        "school": (tr("Name of the school or college"), tr("Give the name of the school or college.")),
        "local-authority": (tr("Name of the local authority"), tr("Give the name of the local authority.")),
    }
    fields = [
        Field("name", tr("Your name"), missing=tr("Give your name."), autocomplete="name"),
        Field(
            "email",
            tr("Your e-mail address"),
            "email",
            hint=tr(_EMAIL_HINT),
            missing=tr("Give your e-mail address."),
            autocomplete="email",
        ),
        Field(
            "phone",
            tr("Your telephone number"),
            "phone",
            hint=tr("So that we can ring you."),
            optional=True,
            autocomplete="tel",
        ),
    ]
    if who in organisation:
        label, missing = organisation[who]
        fields.insert(0, Field("organisation", label, missing=missing))
    if who == "representative":
        fields.insert(
            1,
            Field(
                "organisation",
                tr("Your organisation"),
                hint=tr("For example a SENDIASS, a charity or a law firm."),
                optional=True,
            ),
        )
    if who == "young-person":
        fields.append(_born(tr("Your date of birth")))
    return Group(tr("About you"), tuple(fields))


def _family(who: str) -> Group:
    asked = tr("Whom do you act for?") if who == "representative" else tr("Who is it?")
    return Group(
        tr("The parent, carer or young person"),
        (
            Field(
                "family_role",
                asked,
                "choice",
                options=(
                    Option(PartyRole.PARENT, tr("A parent or carer")),
                    Option(PartyRole.YOUNG_PERSON, tr("A young person (16 to 25)")),
                ),
                missing=tr("Say whether it is a parent or carer, or a young person."),
            ),
            Field("family_name", tr("Their name"), missing=tr("Give the name of the parent, carer or young person.")),
            Field(
                "family_email",
                tr("Their e-mail address"),
                "email",
                hint=tr("Their own, not yours. If they have none, a telephone number is enough."),
                optional=True,
                either=True,
            ),
            Field("family_phone", tr("Their telephone number"), "phone", optional=True, either=True),
        ),
        hint=tr("They decide whether mediation goes ahead.")
        if who == "representative"
        else tr("They are asked themselves whether they want to take part."),
    )


def _child(who: str) -> Group:
    about = Field(
        "about",
        tr("What is the disagreement about?"),
        "words",
        hint=tr("A few sentences are enough. We talk about it when we ring."),
        rows=6,
        missing=tr("Say what the disagreement is about."),
    )
    if who == "young-person":
        return Group(tr("The disagreement"), (about,))
    child = Field("child", tr("Child’s name"), missing=tr("Give the child’s name."))
    if who in PERMISSION:
        child = Field(
            "child",
            tr("Child’s name"),
            hint=tr("Leave it empty if it is the young person named above."),
            missing=tr("Give the child’s name."),
        )
    return Group(tr("The child and the disagreement"), (child, _born(tr("Child’s date of birth")), about))


def _born(label: str) -> Field:
    return Field("born", label, "birthday", optional=True)


def _others(who: str) -> list[Group]:
    """The other sides. A family names one at least; where an organisation refers, the family is the other side."""
    groups = []
    if who != "school":
        groups.append(_other("school", tr("The school or college"), tr("Name of the school or college"), _hint(who)))
    if who != "local-authority":
        hint = "" if groups else _hint(who)
        groups.append(_other("authority", tr("The local authority"), tr("Name of the council"), hint))
    return groups


def _hint(who: str) -> str:
    known = (
        tr("Fill in what you know. We contact nobody there until we have spoken with you.")
        if who in PERMISSION
        else tr("Fill in what you know. We contact nobody there until you have said yes.")
    )
    which = "" if who in _ORGANISATIONS else tr("Name the school, the local authority, or both.")
    return " ".join(filter(None, (which, known)))


def _other(name: str, legend: str, label: str, hint: str) -> Group:
    return Group(
        legend,
        (
            Field(name, label, optional=True),
            Field(f"{name}_contact", tr("Whom do you deal with there?"), optional=True),
            Field(f"{name}_email", tr("Their e-mail address"), "email", optional=True),
            Field(f"{name}_phone", tr("Their telephone number"), "phone", optional=True),
        ),
        hint=hint,
        beside=True,
        optional=True,
    )


def read(who: str, typed: Typed) -> EnquiryText | None:
    """The referral as it was typed; None, and complaints in `typed`."""
    questions = questions_of(who)
    if who in PERMISSION and typed.one("family_role") == PartyRole.YOUNG_PERSON and not typed.one("child"):
        typed.values["child"] = [typed.raw("family_name")]
    typed.check(questions)
    fields = fields_of(questions)
    labels = {one.name: one.label.rstrip("?") for one in fields} | {
        "family_email": tr("The family’s e-mail address"),
        "family_phone": tr("The family’s telephone number"),
        "school_email": tr("The school’s e-mail address"),
        "school_phone": tr("The school’s telephone number"),
        "authority_email": tr("The authority’s e-mail address"),
        "authority_phone": tr("The authority’s telephone number"),
    }
    born = typed.day("born", tr("The date of birth"))
    if who in PERMISSION and typed.one("permission") != "yes":
        typed.wrong("permission", tr("Tick this box when it is so. Without the family’s permission we cannot go on."))
    parties, names = _parties(who, typed)
    try:
        form = ReferralForm.model_validate(
            {
                "child": {"name": typed.one("name" if who == "young-person" else "child"), "born": born},
                "about": typed.one("about"),
                "parties": parties,
                "family_permits": who in PERMISSION,
            }
        )
    except ValidationError as error:
        typed.blame(error, names, labels)
        typed.in_order(questions)
        return None
    if typed.errors:
        typed.in_order(questions)
        return None
    author = "p1.2" if who == "representative" else "p1.1"
    answers = {one.name: typed.raw(one.name) for one in fields} | typed.left_as_typed()
    return EnquiryText(form=form, email=typed.one("email"), who=who, author=author, answers=answers)


def _parties(who: str, typed: Typed) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The parties, the referrer first, and at which question a complaint about each of their parts belongs."""
    names = {"child": "born", "child.name": "child", "about": "about", "": "email"}
    parties: list[dict[str, Any]] = []

    def add(role: str, organisation: tuple[str, str], *people: tuple[str, str, dict[str, str]], later: bool) -> None:
        """`organisation` and each of the `people`: the question, and what stands there."""
        place = f"parties.{len(parties)}"
        names[place] = names[f"{place}.organisation"] = organisation[0]
        for number, (prefix, name, _) in enumerate(people):
            for part in ("email", "phone"):
                names[f"{place}.people.{number}.{part}"] = f"{prefix}{part}"
            names[f"{place}.people.{number}"] = names[f"{place}.people.{number}.name"] = name
        parties.append(
            {
                "role": role,
                "organisation": organisation[1],
                "people": [person for *_, person in people],
                "reached_later": later,
            }
        )

    written = speech().language  # whoever fills the form in in another language reads our letters in it
    author = (
        "",
        "name",
        {**_person(typed, "", typed.one("name")), "reads": "" if written == Language.ENGLISH else written},
    )
    if who in _ORGANISATIONS:
        add(_ORGANISATIONS[who], ("organisation", typed.one("organisation")), author, later=False)
    if who in PERMISSION:
        family = ("family_", "family_name", _person(typed, "family_", typed.one("family_name")))
        if not typed.one("family_email") and not typed.one("family_phone"):
            typed.wrong(
                "family_email", tr("Give an e-mail address or a telephone number at which we reach the family.")
            )
        people = [family]
        if who == "representative":
            own = typed.one("organisation")
            person = {**author[2], "role": PersonRole.SUPPORTER.value}
            person["name"] = f"{person['name']} ({own})" if own else person["name"]
            people.append(("", "name", person))
        role = typed.one("family_role") or PartyRole.PARENT
        add(role, ("family_role", ""), *people, later=False)
        names[""] = "family_email"
    else:
        role = PartyRole.YOUNG_PERSON if who == "young-person" else PartyRole.PARENT
        add(role, ("name", ""), author, later=False)
    for name, role in (("school", PartyRole.SCHOOL), ("authority", PartyRole.LOCAL_AUTHORITY)):
        if _ORGANISATIONS.get(who) == role:
            continue
        contact = [typed.one(f"{name}_{part}") for part in ("contact", "email", "phone")]
        if not typed.one(name) and any(contact):
            school = tr("Give the name of the school or college as well.")
            typed.wrong(name, school if name == "school" else tr("Give the name of the local authority as well."))
        if typed.one(name):
            prefix = f"{name}_"
            person = _person(typed, prefix, contact[0] or _UNKNOWN_CONTACT[name])
            unreached = not (person["email"] or person["phone"])
            add(role, (name, typed.one(name)), (prefix, f"{prefix}contact", person), later=unreached)
    if len(parties) < 2 and "school" not in typed.errors and "authority" not in typed.errors:
        typed.wrong("school", tr("Name the school or the local authority, or both. Mediation needs another side."))
    return parties, names


def _person(typed: Typed, prefix: str, name: str) -> dict[str, str]:
    """Whoever has no e-mail address is rung."""
    email, phone = typed.one(f"{prefix}email"), typed.one(f"{prefix}phone")
    channel = Channel.PHONE if phone and not email else Channel.EMAIL
    return {"name": name, "email": email, "phone": phone, "channel": channel}
