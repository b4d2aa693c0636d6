"""Somebody is on the line: find their case, and enter in one save whatever they answer, for any party.

What is looked for is posted, never put into an address, so that no name stands in a log or a browser's history."""

import re
import secrets
from dataclasses import dataclass, replace
from functools import partial

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import STALE, Me, is_stale, shows_stale_forms_again
from api.forms import Field, Option, Typed
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.access import case_of
from api.staff.doing import KEY, read_command
from api.staff.forms import FORMS, CommandForm, Setting
from api.staff.forms.base import HOW, NOTE, SAID_BY
from api.staff.forms.preparation import SIGNED_BY
from api.staff.lists import waiting_names
from api.staff.meanwhile import Meanwhile, meanwhile
from casefile.cases import derived_id
from casefile.commands import StoredElsewhere
from casefile.notices import notice_of
from casefile.staff import StaffMember
from domain import words
from domain.commands import COMMANDS, Command, How, Texts
from domain.likeness import LONGEST_SEARCH, sought
from domain.possible import possible
from domain.refusals import SENTENCES, Refusal
from domain.view import CaseView, PartyView

router = APIRouter(include_in_schema=False)

BOX = Field(
    "looking_for",
    "Who or what are you looking for?",
    hint="A name of the child or of anybody in the case, a telephone number, an e-mail address, a postcode, a date of "
    "birth, a school, or the reference. Several together narrow it down.",
    missing="Type what the caller tells you: a name, a number, an address or the reference.",
)


@router.get("/calls")
async def show(request: Request, me: Me) -> Response:
    return page(request, "staff/calls.html", typed=Typed(), box=BOX, found=None, refusal="", waiting=waiting_names)


@router.post("/calls")
@shows_stale_forms_again
async def search(request: Request, services: ServicesDep, me: Me) -> Response:
    """The cases that have what was typed: with the child, the parties, the stage and what is waited for."""
    typed = Typed.of(await request.form())
    typed.check([BOX])
    wanted = sought(typed.one(BOX.name))
    if len(typed.one(BOX.name)) > LONGEST_SEARCH:
        typed.wrong(BOX.name, f"Use at most {LONGEST_SEARCH} characters.")
    elif not (wanted.reference or wanted.words):
        typed.wrong(BOX.name, "There is no name, number or address in this. Type a name, say, or the reference.")
    stale = is_stale(request)
    found = None if typed.errors or stale else await services.finding.search(wanted)
    return page(
        request,
        "staff/calls.html",
        403 if stale else 422 if typed.errors else 200,
        typed=typed,
        box=BOX,
        found=found,
        refusal=STALE if stale else "",
        waiting=waiting_names,
    )


# One call about one case

SPEAKER, OTHER, WITHDRAWS, NONE = "speaker", "other", "withdraws", "none"
_KINDS = (
    "record_permission",
    "answer_consent",
    "choose_visit_date",
    "sign_agreement_to_mediate",
    "record_childs_voice",
    "give_availability",
    "comment_on_agreement",
    "record_action",
    "withdraw",  # the last: what else was said still counts
)
_POSTED = re.compile(rf"({'|'.join(_KINDS)})-([A-Za-z0-9]*)-([a-z_]+)")
_ASKED_ONCE = (HOW, SAID_BY, SIGNED_BY, NOTE)


@dataclass(frozen=True)
class Item:
    """One thing that a party can answer now, with the form of its command."""

    kind: str
    about: str
    party: str
    form: CommandForm
    setting: Setting

    @property
    def title(self) -> str:
        return self.form.title(self.setting, self.kind)

    @property
    def points(self) -> list[str]:
        """What is read out before it is answered."""
        return self.form.points(self.setting)

    def name(self, question: str) -> str:
        """The question's name on this page, where several forms stand together."""
        return f"{self.kind}-{self.about}-{question}"

    def questions(self) -> list[Field]:
        """Those of the command's form, but for what is asked once for the whole call; all may stay unanswered."""
        found = [one for one in self.form.questions(self.setting) if isinstance(one, Field) and one not in _ASKED_ONCE]
        if not found:  # a withdrawal has no question; that it is meant must be said
            found = [Field(WITHDRAWS, f"{self.setting.party} withdraws", "tick")]
        asked = []
        for n, one in enumerate(found):
            options = one.options
            if one.kind == "ticks":  # nothing ticked is no answer here
                options = (*options, Option(NONE, "None of these suits"))
            hint = (one.hint if one.kind != "ticks" else "") or (self.form.intro(self.setting) if n == 0 else "")
            asked.append(replace(one, name=self.name(one.name), options=options, hint=hint, optional=True))
        return asked

    def hidden(self) -> dict[str, str]:
        return {self.name(name): value for name, value in self.form.hidden(self.setting).items()}

    def is_answered(self, typed: Typed) -> bool:
        return any(value.strip() for one in self.questions() for value in typed.many(one.name))

    def command_id(self, key: str) -> str:
        return command_id(key, self.kind, self.about)

    async def read(
        self, services: Services, me: StaffMember, typed: Typed, key: str, note: str = ""
    ) -> tuple[Command, Texts] | None:
        """None, and complaints in `typed` at the questions of this page. `note`: that of the call, which follows the
        party's own words where the form asks for them."""
        prefix = self.name("")
        own = {name.removeprefix(prefix): values for name, values in typed.values.items() if name.startswith(prefix)}
        half_days = own.get("half_days", [])
        if NONE in half_days and len(half_days) > 1:
            typed.wrong(self.name("half_days"), "Tick what suits, or “None of these suits”; not both.")
            return None
        if half_days == [NONE]:
            own["half_days"] = []
        own["note"] = ["\n".join(part for part in (*own.get("note", []), note) if part.strip())]
        alone = Typed({**own, "how": typed.many("how"), "said_by": [_said_by(typed, self.setting.case)]}, posted=True)
        command = await read_command(services, me, self.setting, self.form, self.kind, alone, self.command_id(key))
        asked, once = [one.name for one in self.questions()], [one.name for one in _ASKED_ONCE]
        for name, complaint in alone.errors.items():
            at = self.name(name)
            typed.wrong(at if at in asked else name if name in once else "", complaint)
        return command


def command_id(key: str, kind: str, about: str) -> str:
    """The same save gives the same commands."""
    return derived_id("call", key, kind, about)


def items_of(case: CaseView, me: StaffMember, services: Services) -> list[Item]:
    """What the parties can answer now, in the order in which it is recorded."""
    journey = case.journey
    if journey is None or journey.closing:
        return []
    owners = {str(action.number): action.owner for action in journey.actions}
    found = []
    for one in possible(journey):
        if one.kind not in _KINDS or not me.has(*COMMANDS[one.kind].may):
            continue
        form, setting = FORMS[one.kind], Setting(case, journey, one.about, me.roles, [], [], services.clock())
        if form.about_is_known(setting):
            party = owners[one.about] if one.kind == "record_action" else one.about or journey.parties[0].key
            found.append(Item(one.kind, one.about, party, form, setting))
    return sorted(found, key=lambda item: _KINDS.index(item.kind))


def call_questions(case: CaseView) -> tuple[list[Field], Field]:
    """Who is speaking and how, asked once; and the note."""
    people = [(party, person) for party in case.parties for person in party.people]
    options = [
        Option(person.key, person.details.name + (f", {party.organisation}" if party.organisation else ""))
        for party, person in people
    ]
    who = Field(
        SPEAKER,
        "Who says it?",
        "pick",
        options=(Option("", "Choose"), *options, Option(OTHER, "Somebody else")),
        missing="Choose who says it.",
    )
    else_ = replace(SAID_BY, label="If somebody else: who?", hint="Their name, and what they are to the party.")
    return [who, else_, replace(HOW, label="How does it reach you?", value=How.PHONE)], NOTE


def _said_by(typed: Typed, case: CaseView) -> str:
    speaker = typed.one(SPEAKER)
    if speaker in ("", OTHER):
        return typed.one("said_by")
    return words.who(case, speaker)


@router.get("/cases/{reference}/call")
async def show_call(request: Request, services: ServicesDep, me: Me, reference: str) -> Response:
    case = await case_of(services, me, reference)
    typed = Typed()
    since = await meanwhile(services, case, me, typed)
    return _page(request, services, me, case, since, typed, secrets.token_hex(16))


@router.post("/cases/{reference}/call")
@shows_stale_forms_again
async def save_call(request: Request, services: ServicesDep, me: Me, reference: str) -> Response:
    """All that was answered becomes commands of the case, together. Nothing is recorded while anything is wrong."""
    case = await case_of(services, me, reference)
    typed = Typed.of(await request.form())
    key = typed.one("key")
    since = await meanwhile(services, case, me, typed)
    shown_again = partial(_page, request, services, me, case, since, typed)
    if is_stale(request):
        return shown_again(secrets.token_hex(16), 403, STALE)
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open it again from the case page.")
    items = items_of(case, me, services)
    posted = _posted(typed)
    if before := await _saved_before(services, case, posted, key):
        if len(before) == len(posted):  # the same page, posted again
            return _back(case, [command_id(key, *one) for one in before])
        for name in list(typed.values):
            if (match := _POSTED.fullmatch(name)) and (match[1], match[2]) in before:
                del typed.values[name]
        return shown_again(secrets.token_hex(16), 409, _SENT_BEFORE)
    _blame_what_is_gone(typed, case, items, posted)
    answered = [item for item in items if item.is_answered(typed)]
    if not answered and not typed.errors:
        typed.wrong("", "Nothing is answered yet. Answer at least one question below, or go back to the case.")
    once, note = call_questions(case)
    typed.check([*once, note])
    if typed.one(SPEAKER) == OTHER and not typed.one("said_by"):
        typed.wrong("said_by", "Give the name of who says it.")
    said_note = typed.one(NOTE.name)  # it stands with the first answer
    read = [await item.read(services, me, typed, key, "" if n else said_note) for n, item in enumerate(answered)]
    given = [one for one in read if one]
    if typed.errors or not given:
        return shown_again(key, 422)
    if since.lines:
        return shown_again(key, 409)
    try:
        answers = await services.intake.take_together(given)
    except StoredElsewhere:
        return shown_again(secrets.token_hex(16), 409, _USED_KEY)
    refused = [(item, one) for item, one in zip(answered, answers, strict=True) if one.status == "refused"]
    if not refused:
        return _back(case, [item.command_id(key) for item in answered])
    kept = [item for item, one in zip(answered, answers, strict=True) if one.status != "refused"]
    for item in kept:  # it is recorded; only the rest is to be put right
        for question in item.questions():
            typed.values.pop(question.name, None)
    said = " ".join(f"{item.title}: {one.message}" for item, one in refused)
    recorded = f" Recorded: {'; '.join(item.title for item in kept)}." if kept else ""
    case = await case_of(services, me, reference)
    return _page(request, services, me, case, since, typed, secrets.token_hex(16), 409, said + recorded)


_USED_KEY = "This page was sent before, with other answers. Look at the case before you send it again."


_SENT_BEFORE = (
    "This page was sent before, and what it said then is recorded. What still stands below is not: check it, and send "
    "it again."
)


def _back(case: CaseView, commands: list[str]) -> Response:
    return RedirectResponse(f"/cases/{case.reference}?done={','.join(commands)}", 303)


def _posted(typed: Typed) -> dict[tuple[str, str], list[str]]:
    """What was answered, by the command and what it is about, whether or not it is still asked."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, values in typed.values.items():
        match, said = _POSTED.fullmatch(name), [value for value in values if value.strip()]
        if match and said and match[3] != "version":
            found.setdefault((match[1], match[2]), []).extend(said)
    return dict(sorted(found.items(), key=lambda one: _KINDS.index(one[0][0])))


async def _saved_before(
    services: Services, case: CaseView, posted: dict[tuple[str, str], list[str]], key: str
) -> list[tuple[str, str]]:
    """Those that were stored under this page's key and not refused."""
    found = []
    for one in posted:
        stored = await notice_of(services.database, case.id, command_id(key, *one))
        if stored is not None and stored.status != "refused":
            found.append(one)
    return found


def _blame_what_is_gone(
    typed: Typed, case: CaseView, items: list[Item], posted: dict[tuple[str, str], list[str]]
) -> None:
    """What was answered and is not asked any more is told, with what was typed, which has no place on the page now."""
    open_now = [(item.kind, item.about) for item in items]
    for (kind, about), said in posted.items():
        if (kind, about) not in open_now:
            whose = f" ({words.who(case, about)})" if about.startswith("p") else ""
            sentence = SENTENCES[Refusal.NOT_ASKED]
            typed.wrong("", f"{COMMANDS[kind].title}{whose}: {sentence} You had entered: {', '.join(said)}.")


def _page(
    request: Request,
    services: Services,
    me: StaffMember,
    case: CaseView,
    since: Meanwhile,
    typed: Typed,
    key: str,
    status: int = 200,
    refusal: str = "",
) -> Response:
    items = items_of(case, me, services)
    once, note = call_questions(case)
    typed.in_order([*once, *(one for party in case.parties for one in _questions_of(items, party)), note])
    return page(
        request,
        "staff/call.html",
        status,
        case=case,
        journey=case.journey,
        waiting=words.waiting_for(case) if case.journey and not case.journey.closing else [],
        once=once,
        note=note,
        parties=[(party, [item for item in items if item.party == party.key]) for party in case.parties],
        # as in doing.py: a stale version stays stale until the page shows the new one
        hidden={
            name: value if refusal or since.lines else typed.raw(name, value)
            for item in items
            for name, value in item.hidden().items()
        },
        anything=bool(items),
        typed=typed,
        key=key,
        refusal=refusal,
        since=since,
    )


def _questions_of(items: list[Item], party: PartyView) -> list[Field]:
    return [one for item in items if item.party == party.key for one in item.questions()]
