"""Every page that a browser can be led to, in every state that we know of: the one place that lists them. They are
checked, and photographed for `make screenshots`, by test_every_page.py."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pyotp

from api.public.questions import WHO
from casefile.cases import derived_id
from casefile.second_factors import new_secret
from domain.commands import Actor, StaffRole
from domain.journey import Journey
from domain.panel import NewStanding
from domain.stages import Closing, ClosingReason, Stage
from tests.api.conftest import everything_asked
from tests.api.staff_world import NOW, VALID, World, parties


@dataclass(frozen=True)
class Shown:
    """A page in a state: opened by somebody and, when a button is named, as it answers what was typed and pressed."""

    name: str  # its picture's, too
    path: str
    who: str = "visitor"
    press: str = ""
    typed: dict[str, str] = field(default_factory=dict)  # by the names of the fields
    then: tuple[str, ...] = ()  # buttons that are pressed on the pages that follow
    pictured: bool = True
    only_read: bool = False  # for its HTML, and not rendered: another state shows the same and more
    on_a_desk: bool = False  # looked through for barriers on a wide screen, too, where it looks otherwise


SignIns = dict[str, tuple[str, str]]
"""E-mail address and password of everybody who is at a browser."""

EVERY_ROLE = (StaffRole.COORDINATOR, StaffRole.MANAGER, StaffRole.OPERATIONS)
REFERRAL = {
    "p1_role": "parent", "p1_1_name": "Ruth Whitfield", "p1_1_email": "ruth@family.example", "child": "Maya Whitfield",
    "born-day": "12", "born-month": "4", "born-year": "2017",
    "about": "The help in class that her plan names.", "p2_role": "school",
    "p2_organisation": "Oakfield Primary School", "p2_1_name": "Helen Marsh", "p2_1_email": "head@oakfield.example",
}  # fmt: skip
ENQUIRY = {
    "name": "Ruth Whitfield", "email": "ruth@family.example", "child": "Maya Whitfield",
    "about": "The school wants to end Maya’s support.\nWe do not understand why.",
    "school": "Oakfield Primary School", "authority": "Westborough Council",
}  # fmt: skip
ANOTHER = {**ENQUIRY, "email": "sam@family.example"}  # not so soon after the first code
TOO_SOON = ("Send me the code", "Send the form")
COLLEAGUE = {"name": "Pat New", "email": "pat@service.example", "roles": "coordinator"}
REWORDED = {"subject": "A visit is booked ({{ reference }})", "reason": "Shorter."}
WHERE = {"body": "When: {{ date }}\nPlace: {{ place or 'We will tell you soon' }}", "reason": "Plainer."}
CASES = ("rich", "asked", "fresh", "closed", "paused", "held")


# Before there is anything to see


async def hire(world: World) -> SignIns:
    _, *jo = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    _, *max_ = await world.staff("Max Manager", *EVERY_ROLE)
    return {"jo": (jo[0], jo[1]), "max": (max_[0], max_[1])}


def of_a_new_service() -> list[Shown]:
    lists = ("tasks", "calls", "cases", "print-queue", "panel", "venues", "operations", "breaches")
    return [
        Shown("sign-in", "/sign-in"),
        Shown("sign-in-wrong", "/sign-in", press="Sign in", typed={"email": "jo@service.example", "password": "wrong"}),
        Shown("sign-in-forgotten", "/sign-in/forgotten"),
        Shown("sign-in-forgotten-wrong", "/sign-in/forgotten", press="Send the link"),
        Shown("sign-in-link-sent", "/sign-in/forgotten", press="Send the link", typed={"email": "jo@service.example"}),
        Shown("sign-in-link-over", "/sign-in/new-password/no-such-link", pictured=False),
        Shown("not-there", "/no/such/page"),
        Shown("link-unknown", "/l/no-such-link"),
        Shown("code-on-a-letter", "/code"),
        Shown("code-on-a-letter-wrong", "/code", press="Open my page"),
        *(Shown(f"empty-{name}", f"/{name}", "max") for name in lists),
        Shown("new-case", "/cases/new", "max"),
        Shown("new-case-wrong", "/cases/new", "max", "Check your answers"),
        Shown("new-case-check", "/cases/new", "max", "Check your answers", REFERRAL),
    ]


# In the middle of the work


async def fill(world: World) -> tuple[SignIns, dict[str, str]]:
    """Cases in their states, and who joins the service with them; and what addresses of pages are made of."""
    services, now = world.services, world.now
    jo = (await services.staff.find("jo@service.example")).id  # type: ignore[union-attr]
    meg, *sign_in = await world.mediator("Meg Mediator")
    await world.mediator("Otto Outdated", (now - timedelta(days=9)).date())
    today = now.date()
    standing = NewStanding(
        professional_body="College of Mediators",
        registered_until=today + timedelta(days=45),
        training="SEN law refresher, two days",
        trained_on=today - timedelta(days=80),
        supervised_on=today - timedelta(days=95),
        supervision_due=today - timedelta(days=4),
        capacity=4,
    )
    await services.reading.change_standing(meg, standing)
    await services.reading.declare_conflict(meg, organisation="elmfield academy")
    rich_id, rich = await world.rich_case(jo, meg)
    coordinator = Actor(kind="staff", id=jo, roles=[StaffRole.COORDINATOR])
    mediator = Actor(kind="staff", id=meg, roles=[StaffRole.MEDIATOR])
    [_, venue, *_] = await services.reading.venues()  # which is neutral
    asked = await everything_asked(services, coordinator, mediator, venue.id, world.temporal)
    ids = {"rich": rich, "asked": asked.reference, "mediator": meg, "venue": venue.id}
    over = Closing(reason=ClosingReason.NOT_AGREED)
    others: dict[str, Any] = {"parties": parties(), "stage": Stage.CONSENT}
    for name, child, journey in (
        ("fresh", "Bruno Adler", None),
        ("closed", "Cleo Marsh", Journey(closing=over, closed_at=now - timedelta(days=3), **others)),
        ("paused", "Dina Obi", Journey(paused=True, **others)),
        ("held", "Elif Kaya", Journey(on_hold=True, escalated=True, **others)),
    ):
        case_id, ids[name] = await world.case(jo, f"refer-{name}-0123456789", name=child)
        if journey:
            await world.file(case_id, journey)
    ids["note"] = await _notes_of_jo(world, rich_id, jo)
    for person, purpose in LETTERS:
        ids[purpose] = await asked.token(person, purpose)
    ids |= await _with_a_second_step(world)
    ids["link"] = derived_id("link", asked.id, "p1.1", "papers")
    link = await services.links.find(ids["case"])
    assert link
    ids["own page"] = f"/my/{link.id}"
    return {"meg": (sign_in[0], sign_in[1])}, ids


async def _notes_of_jo(world: World, case_id: str, jo: str) -> str:
    """A private one, and one that was corrected; of that the id."""
    notes = world.services.notes
    await notes.write("private", case_id, jo, "Ask Meg how the visit really went.", True, world.now)
    await notes.write("shared", case_id, jo, "Ruth is best rung before nine.", False, world.now)
    [shared] = await notes.of_case(case_id, lambda author, private: not private)
    await notes.correct(shared.id, case_id, jo, "Ruth is best rung before nine, on her mobile.", world.now)
    return shared.id


async def _with_a_second_step(world: World) -> dict[str, str]:
    """Somebody who signs in with a code, and a link to a new password."""
    sue, email, password = await world.staff("Sue Safe", StaffRole.SAFEGUARDING_LEAD)
    secret = new_secret()
    await world.services.second_factors.set_up(sue, secret, pyotp.TOTP(secret).at(world.now), world.now)
    link = await world.services.password_resets.to_send(await world.services.password_resets.ask(email, world.now), NOW)
    assert link
    return {"sue": sue, "email": email, "password": password, "new-password": link.token}


LETTERS = (
    ("p1.1", "permission"), ("p2.1", "consent/p2"), ("p1.1", "visit_choice/p1/1"), ("p2.1", "sign/p2"),
    ("p1.1", "availability/p1/1"), ("p1.1", "comments/p1/1"), ("p2.1", "action/1"), ("p1.1", "feedback/p1"),
    ("p1.1", "case"), ("p1.1", "papers"),
)  # fmt: skip
"""Whose letter carries a link to what, in the case in which everything is asked at once."""


def of_a_service_at_work(ids: dict[str, str]) -> list[Shown]:
    rich = f"/cases/{ids['rich']}"
    sue = {name: ids[name] for name in ("email", "password")}
    return [
        *(Shown(f"case-{name}", f"/cases/{ids[name]}", "jo", on_a_desk=True) for name in CASES),
        Shown("case-of-the-manager", rich, "max"),
        Shown("case-of-the-mediator", rich, "meg"),
        Shown("case-not-ones-own", f"/cases/{ids['closed']}", "meg"),
        Shown("letter", f"{rich}/letters/letter0", "jo"),
        Shown("letter-bounced", f"{rich}/letters/letter2", "jo", on_a_desk=True),
        Shown("letter-queued", f"{rich}/letters/letter3", "jo"),
        Shown("do-meanwhile", f"{rich}/do/pause", "jo", "Pause the case", {"seen_up_to": "1"}),
        Shown("case-timeline", f"{rich}?show=letters", "jo", pictured=False),
        Shown("note", f"{rich}/note", "jo"),
        Shown("note-wrong", f"{rich}/note", "jo", "Save the note", pictured=False),
        Shown("note-corrected", f"{rich}/notes/{ids['note']}", "jo"),
        Shown("split", f"{rich}/split", "jo"),
        Shown("today", "/today", "jo"),
        Shown("today-one-section", "/today?whose=all&show=waiting", "max"),
        Shown("tasks", "/tasks", "jo"),
        Shown("tasks-of-all", "/tasks?all=1", "max", on_a_desk=True),
        Shown("cases", "/cases", "max", on_a_desk=True),
        Shown("cases-not-saved", "/cases?mine=1", "jo", "Save"),
        Shown("cases-none", "/cases?reference=SM-1999-00001", "jo"),
        Shown("cases-handed-to-nobody", "/cases", "max", "Hand them over"),
        Shown("calls-found", "/calls", "jo", "Find", {"looking_for": "Whitfield"}, on_a_desk=True),
        Shown("calls-not-found", "/calls", "jo", "Find", {"looking_for": "Nobody Known"}),
        Shown("calls-wrong", "/calls", "jo", "Find"),
        Shown("call", f"/cases/{ids['asked']}/call", "jo", on_a_desk=True),
        Shown("call-wrong", f"/cases/{ids['asked']}/call", "jo", "Record all of it"),
        Shown("call-nothing-asked", f"/cases/{ids['closed']}/call", "jo"),
        Shown("new-case-known", "/cases/new", "jo", "Check your answers", REFERRAL),
        Shown("mediations", "/mediator", "meg"),
        Shown("panel", "/panel", "max", on_a_desk=True),
        Shown("panel-wrong", "/panel", "max", "Add to the panel"),
        Shown("panel-member", f"/panel/{ids['mediator']}", "max"),
        Shown("panel-member-wrong", f"/panel/{ids['mediator']}", "max", "Save", {"capacity": "many"}, pictured=False),
        Shown("venues", "/venues", "max"),
        Shown("venue", f"/venues/{ids['venue']}", "max"),
        Shown("venue-wrong", f"/venues/{ids['venue']}", "max", "Save", {"cost": "a lot"}, pictured=False),
        Shown("venues-wrong", "/venues", "max", "Add the venue"),
        Shown("sign-in-code", "/sign-in", press="Sign in", typed=sue),
        Shown("sign-in-new-password", f"/sign-in/new-password/{ids['new-password']}"),
        Shown("sign-in-new-password-wrong", "/sign-in/new-password", press="Use this password", pictured=False),
        Shown("account", "/account", "jo"),
        Shown("account-away-wrong", "/account", "jo", "Save", pictured=False),
        Shown("account-second-step", "/account/second-step", "jo"),
        Shown("account-second-step-wrong", "/account/second-step", "jo", "Go on", {"code": "123"}, pictured=False),
        Shown("staff", "/staff", "max", on_a_desk=True),
        Shown("staff-member", f"/staff/{ids['sue']}", "max"),
        Shown("staff-member-wrong", f"/staff/{ids['sue']}", "max", "Take the second step away", pictured=False),
        Shown("staff-wrong", "/staff", "max", "Add the account"),
        Shown("password", "/staff", "max", "Add the account", COLLEAGUE),
        Shown("targets", "/policy", "max", on_a_desk=True),
        Shown("figures", "/figures", "max"),
        Shown("breaches", "/breaches", "max", on_a_desk=True),
        Shown("figures-wrong", "/figures?first=2026-11-09&last=2026-11-08", "max", pictured=False),
        Shown("targets-edit", "/policy/edit", "max"),
        Shown("targets-wrong", "/policy/edit", "max", "See what changes"),
        Shown("letters", "/letters", "max", on_a_desk=True),
        Shown("letters-text", "/letters/consent_ask", "max", on_a_desk=True),
        Shown("letters-edit", "/letters/visit_booked/edit", "max", on_a_desk=True),
        Shown("letters-edit-wrong", "/letters/consent_ask/edit", "max", "See the letter", {"body": "{{ child }}"}),
        Shown("letters-preview", "/letters/visit_booked.to_staff/edit", "max", "See the letter", REWORDED),
        Shown("letters-saved", "/letters/_where/edit", "max", "See the letter", WHERE, then=("Save the new text",)),
        Shown("operations", "/operations", "max", on_a_desk=True),
        Shown("print-queue", "/print-queue", "jo"),
        Shown("code-to-read-out", f"/cases/{ids['asked']}/code/p2.1", "jo"),
        Shown("code-read-out", f"/cases/{ids['asked']}/code/p2.1", "jo", "Show a code"),
        *_forms(rich),
        *_party_pages(ids),
        Shown("refer", "/refer", on_a_desk=True),
        *(Shown(f"refer-{who}", f"/refer/{who}") for who in WHO),
        Shown("refer-wrong", "/refer/parent", press="Check your answers"),
        Shown("refer-check", "/refer/parent", press="Check your answers", typed=ENQUIRY),
        Shown("refer-code", "/refer/parent", press="Check your answers", typed=ENQUIRY, then=("Send me the code",)),
        Shown("refer-code-wrong", "/refer/parent", press="Check your answers", typed=ANOTHER, then=TOO_SOON),
        Shown("refer-polish", "/refer?language=pl", "polish", pictured=False),
        Shown("refer-polish-wrong", "/refer/parent", "polish", "Sprawdź odpowiedzi", pictured=False),
        Shown("refer-gone", "/refer/code/0123456789abcdef0123456789abcdef"),
    ]  # fmt: skip


def _forms(case: str) -> list[Shown]:
    """Of every act on a case: its form, and what it says when nothing is filled in."""
    found = []
    for kind, (about, _) in VALID.items():
        path = f"{case}/do/{kind}" + (f"?about={quote(about, safe='')}" if about else "")
        name = kind.replace("_", "-")
        found += [
            Shown(f"do-{name}", path, "staff", only_read=True),
            Shown(f"do-{name}-wrong", path, "staff", "*", pictured=False),
        ]
    return found


def _party_pages(ids: dict[str, str]) -> list[Shown]:
    found = []
    for _, purpose in LETTERS:
        name = "party-" + purpose.partition("/")[0].replace("_", "-")
        found.append(Shown(name, f"/l/{ids[purpose]}"))
        if purpose != "case":
            found.append(Shown(f"{name}-wrong", f"/l/{ids[purpose]}", press="*", pictured=False))
    beside = f"/my/{ids['link']}"  # of the letter that was opened last
    return [
        *found,
        *(Shown(f"party-{name}", f"{beside}/{name}") for name in ("call", "when", "reading", "reach", "unlock")),
        Shown("party-unlock-sent", f"{beside}/unlock", press="*"),
        Shown("party-unlock-wrong", f"{beside}/unlock", press="Open the page"),
        Shown("party-call-wrong", f"{beside}/call", press="Please ring me"),
        Shown("office", "/office"),
        Shown("office-wrong", "/office", press="Send me a code"),
        Shown("office-code", "/office", press="Send me a code", typed={"email": "head@oakfield.example"}),
        Shown("office-code-wrong", "/office/code", press="Show my cases"),
        Shown("party-withdraw", f"{ids['own page']}/withdraw"),
        Shown("party-child", f"{ids['own page']}/child"),
        Shown("party-polish", f"/l/{ids['consent/p2']}?language=pl", "polish"),
        Shown("party-polish-wrong", f"/l/{ids['consent/p2']}", "polish", press="Wyślij odpowiedź", pictured=False),
        Shown("party-polish-case", f"/l/{ids['case']}", "polish"),
        Shown("party-arabic", f"/l/{ids['consent/p2']}?language=ar", "arabic", on_a_desk=True),
        Shown("party-arabic-wrong", f"/l/{ids['consent/p2']}", "arabic", press="إرسال جوابي"),
        Shown("party-answered", f"/l/{ids['consent/p2']}", press="Send my answer", typed={"answer": "yes"}),
    ]
