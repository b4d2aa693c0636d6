"""Personal links. The token is moved out of the address at once: it would stay in histories and on shared screens.

A GET changes nothing, for mail scanners follow every link; whoever answers presses a button. What a page shows first
holds no child's data and no other party's address: a link that lives for weeks is no sign-in."""

import hashlib
import hmac
import re
import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.cookies import keep_cookie
from api.forms import Field, Typed
from api.intake import Answer
from api.languages import read_in
from api.limits import network_of
from api.pages import page
from api.party.contact import CALL, READING, WHEN
from api.party.preparation import CHILD, TAKE_BACK, beside, may_say_how_the_child_is_heard
from api.party.progress import answer_by, coming, questions_for, steps
from api.party.question import NOTE, Question
from api.party.questions import fields_of_command, question_of, referrer_in_words
from api.passes import open_until
from api.privacy import participant_may_open, participant_may_read_agreement
from api.services import Services, ServicesDep
from casefile.cases import NoSuchCase, derived_id
from casefile.links import LinkView
from casefile.proofs import Whom
from casefile.vault import Erased
from domain import words
from domain.commands import Actor, Command, How, Texts, Withdraw
from domain.journey import MeetingStatus
from domain.languages import WHOLE, Language, marked, speech, tr
from domain.papers import NotTaken, why_not_taken
from domain.parties import BY_HAND, ORGANISATIONS, Channel, party_of
from domain.refusals import Refusal
from domain.stages import Stage
from domain.view import CaseView

router = APIRouter(include_in_schema=False)

CSRF, KEY = "csrf", "once"
LINK_ID = re.compile(r"[0-9a-f]{1,64}")
COOKIE_SECONDS = 12 * 60 * 60


@router.get("/l/{token:path}")
async def arrive(token: str, request: Request, services: ServicesDep) -> Response:
    """The address in a letter."""
    link = await services.links.find(token)
    if link is None:
        return unknown_link(request)
    return let_in(services, link, token)


def let_in(services: Services, link: LinkView, token: str, to: str = "") -> Response:
    """To the page of a link, or one beside it (`to`, such as "/papers"). The token goes into a cookie."""
    response = RedirectResponse(f"/my/{link.id}{to}", 303)
    keep_cookie(services, response, _cookie(link.id), token, f"/my/{link.id}", COOKIE_SECONDS)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/code")
async def may_type_code(request: Request) -> Response:
    """Where people come who have a letter on paper."""
    return page(request, "party/code.html", typed=Typed(), form=_code_form())


@router.post("/code")
async def type_code(request: Request, services: ServicesDep) -> Response:
    """The code of a posted letter leads to the same page as its square. No session, so nothing could be forged."""
    typed = Typed.of(await request.form())
    typed.check(_code_form())
    wrong_codes, network, now = request.app.state.limits.wrong_codes, network_of(request), services.clock()
    if wrong_codes.wait(network, now):
        typed.wrong("code", tr("Too many codes were tried from here. Wait an hour, or ring us: we are glad to help."))
        return page(request, "party/code.html", 429, typed=typed, form=_code_form())
    token = None if typed.errors else await services.links.token_of_code(typed.one("code")[:60])
    if token:
        return RedirectResponse(f"/l/{token}", 303)
    wrong_codes.use(network, now)
    typed.wrong("code", tr("This code opens nothing. Check it against your letter, or ring us: we are glad to help."))
    return page(request, "party/code.html", 422, typed=typed, form=_code_form())


@router.get("/my/{link_id}")
async def read(link_id: str, request: Request, services: ServicesDep) -> Response:
    """The page of a link."""
    visit = await find_visit(link_id, request, services)
    return visit.show() if visit else unknown_link(request)


@router.post("/my/{link_id}")
async def answer(link_id: str, request: Request, services: ServicesDep) -> Response:
    """The answer to the question of a link."""
    visit = await find_visit(link_id, request, services)
    return await _answered(visit, Typed.of(await request.form())) if visit else unknown_link(request)


async def _answered(visit: "Visit", typed: Typed) -> Response:
    if not visit.is_ours(typed):
        return visit.show(status=403, stale=True)
    if known := await visit.known(typed):
        return await visit.result(known)
    question = visit.question
    if question is None or not question.open:
        return visit.show(status=409)
    typed.check(question.form)
    fields = fields_of_command(question, typed)
    try:
        texts = question.texts(typed)
    except ValidationError as error:
        labels = {**{one.name: one.label for one in question.form}, NOTE: tr("Your words")}
        typed.blame(error, {name: name for name in labels}, labels)
    if typed.errors:
        return visit.show(status=422, typed=typed)
    try:
        command = question.kind.model_validate({**fields, **visit.envelope(typed)})
    except ValidationError:
        return visit.show(status=422, typed=typed, stale=True)
    return await visit.send(command, texts)


@router.get("/my/{link_id}/withdraw")
async def may_withdraw(link_id: str, request: Request, services: ServicesDep) -> Response:
    """Asks once more, before somebody leaves the mediation."""
    visit = await find_visit(link_id, request, services)
    if visit is None:
        return unknown_link(request)
    if not visit.may_act:
        return RedirectResponse(f"/my/{link_id}", 303)
    return visit.page("party/withdraw.html", stale=False)


@router.post("/my/{link_id}/withdraw")
async def withdraw(link_id: str, request: Request, services: ServicesDep) -> Response:
    """Somebody leaves the mediation."""
    visit = await find_visit(link_id, request, services)
    if visit is None:
        return unknown_link(request)
    visit.doing = Withdraw
    typed = Typed.of(await request.form())
    if not visit.is_ours(typed):
        return visit.page("party/withdraw.html", 403, stale=True)
    if known := await visit.known(typed):
        return await visit.result(known)
    if not visit.may_act:
        return visit.show(status=409)
    return await visit.send(Withdraw(party=visit.party, how=How.LINK, **visit.envelope(typed)), Texts())


@router.get(f"/my/{{link_id}}/{TAKE_BACK}")
@router.get(f"/my/{{link_id}}/{CHILD}")
@router.get(f"/my/{{link_id}}/{CALL}")
@router.get(f"/my/{{link_id}}/{WHEN}")
@router.get(f"/my/{{link_id}}/{READING}")
async def read_beside(link_id: str, request: Request, services: ServicesDep) -> Response:
    """A page beside the one of a link: to take a signature back, to say how the child is to be heard, to be rung,
    to say how they read."""
    visit = await find_visit(link_id, request, services)
    return visit.show() if visit and visit.turns_to(_last_part(request)) else unknown_link(request)


@router.post(f"/my/{{link_id}}/{TAKE_BACK}")
@router.post(f"/my/{{link_id}}/{CHILD}")
@router.post(f"/my/{{link_id}}/{CALL}")
@router.post(f"/my/{{link_id}}/{WHEN}")
@router.post(f"/my/{{link_id}}/{READING}")
async def answer_beside(link_id: str, request: Request, services: ServicesDep) -> Response:
    """The answer to the question of such a page."""
    visit = await find_visit(link_id, request, services)
    if visit is None or not visit.turns_to(_last_part(request)):
        return unknown_link(request)
    return await _answered(visit, Typed.of(await request.form()))


@router.get("/my/{link_id}/ask/{key:path}")
async def read_asked(link_id: str, key: str, request: Request, services: ServicesDep) -> Response:
    """Another question that this person is asked in the same case."""
    visit = await find_visit(link_id, request, services)
    if visit is None:
        return unknown_link(request)
    return visit.show() if visit.turns_to_question(key) else RedirectResponse(f"/my/{link_id}", 303)


@router.post("/my/{link_id}/ask/{key:path}")
async def answer_asked(link_id: str, key: str, request: Request, services: ServicesDep) -> Response:
    """The answer to it."""
    visit = await find_visit(link_id, request, services)
    if visit is None:
        return unknown_link(request)
    typed = Typed.of(await request.form())
    if visit.turns_to_question(key) or not visit.is_ours(typed):
        return await _answered(visit, typed)
    known = await visit.known(typed)  # the same form, sent twice
    return await visit.result(known) if known else visit.show(status=409)


def _code_form() -> list[Field]:
    hint = tr("Twelve letters and numbers, such as K7QX-M2PD-9RTA.")
    return [Field("code", tr("The code in your letter"), hint=hint)]


def _last_part(request: Request) -> str:
    return request.url.path.rpartition("/")[2]


class Visit:
    """One person at the page of their link."""

    def __init__(
        self, request: Request, services: Services, link: LinkView, token: str, case: CaseView, waiting: list[str]
    ) -> None:
        self.request, self.services, self.link, self.case = request, services, link, case
        self.party = party_of(link.person)
        self.gone = case.journey is not None and link.person in case.journey.left
        self.now = services.clock()
        self.asked = link.purpose  # the key of the question that the page shows, if it shows one
        self.whom = Whom.of(case.id, link.person)
        self.pass_cookie = f"read-{self.whom.key}"
        self.unlocked = open_until(request, services, self.pass_cookie, self.whom.key) is not None
        self.question: Question | None = (
            None if self.gone else question_of(case, link.person, link.purpose, self.now, self.unlocked)
        )
        self.csrf = hmac.new(services.settings.link_signing_key(), f"form:{token}".encode(), hashlib.sha256).hexdigest()
        self.doing: type[Command] | None = None  # beside the question of the link
        self.waiting = waiting  # kinds of this person's commands that have not taken effect yet
        self.path = f"/my/{link.id}"

    def turns_to(self, name: str) -> bool:
        """From the page of the link to one beside it. False: this link has none of this name."""
        self.question = None if self.gone else beside(self.case, self.link.person, self.link.purpose, name)
        self.path, self.asked = f"/my/{self.link.id}/{name}", ""
        return self.question is not None

    def turns_to_question(self, key: str) -> bool:
        """From the page of the link to a question that is open for the same person. False: none is."""
        asked = not self.gone and key in [one for one, _ in questions_for(self.case, self.link.person, self.now)]
        if asked:
            self.question = question_of(self.case, self.link.person, key, self.now, self.unlocked)
            self.path = f"/my/{self.link.id}/ask/{key}"
            self.asked = key
        return asked

    # Showing

    def show(self, status: int = 200, typed: Typed | None = None, *, stale: bool = False) -> Response:
        """The link's page: its question, what was answered before, its papers, or where the case stands."""
        if self.gone:
            return self._told(tr("You do not take part any more"), tr(NO_LONGER_PART), status)
        if self.link.purpose == "papers" and self.question is None:
            return RedirectResponse(f"/my/{self.link.id}/papers", 303)
        if self.question is None:
            return self.page("party/case.html", status, stale=stale)
        if self.question.kind.kind() in self.waiting:
            return self._told(tr("We have your answer"), tr(PENDING), status)
        if not self.question.open:
            said, about = self.question.said or self.question.over, self.question
            return self._told(about.title, said, status, more=self._more, points=about.points)
        return self.page(self.question.template, status, typed=typed or Typed(), stale=stale)

    @property
    def _more(self) -> tuple[str, str] | None:
        """A page beside the link's own, where a question was answered."""
        its_own = self.question is not None and self.path == f"/my/{self.link.id}"
        return self.question.more if its_own and self.question and self.question.said else None

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        journey = self.case.journey
        return page(
            self.request,
            template,
            status,
            reference=self.case.reference,
            question=self.question,
            csrf=self.csrf,
            once=secrets.token_urlsafe(16),
            link=self.path,
            link_id=self.link.id,
            unlocked=self.unlocked,
            gets_codes=self.channel not in BY_HAND,
            referrer=referrer_in_words(self.case),
            stage=tr(STAGES[journey.stage if journey else Stage.REFERRAL]),
            steps=steps(journey),
            coming=coming(self.case, self.link.person, self.now),
            answer_by=answer_by(self.case, self.asked, self.now),
            meetings=self._meetings(),
            actions=self._actions(),
            may_act=self.may_act,
            may_keep_language=self._may_keep_language,
            reader=self.case.person(self.link.person).details,
            of_an_organisation=self.case.party(self.party).role in ORGANISATIONS,
            asks_of_the_child=journey is not None and may_say_how_the_child_is_heard(journey, self.link.person),
            told_of_the_child=journey is not None and not journey.voice_is_open,
            has_agreement=journey is not None and participant_may_read_agreement(journey, self.link.person),
            has_papers=self.link.purpose == "case" and self.may_see_papers,
            withdrawing="withdraw" in self.waiting,
            closed=words.closing_sentence(journey.closing, self.case, for_everyone=True)
            if journey and journey.closing
            else "",
            **context,
        )

    def _told(self, title: str, message: str, status: int, **more: Any) -> Response:
        return self.page(
            "party/told.html", status, title=title, message=message, **{"more": None, "points": (), **more}
        )

    def _meetings(self) -> list[dict[str, str]]:
        """The meetings that this person is invited to."""
        return [
            {
                "what": tr("Your individual visit") if meeting.party else tr("Joint meeting"),
                "when": words.slot(meeting.slot),
                "where": self.case.place_of(meeting),
                "calendar": f"/my/{self.link.id}/calendar/{meeting.key}",
            }
            for meeting in (self.case.journey.meetings if self.case.journey else [])
            if meeting.status == MeetingStatus.BOOKED and meeting.slot and self.link.person in meeting.invited
        ]

    def _actions(self) -> list[dict[str, Any]]:
        """How far the agreement is carried out, without its words."""
        journey = self.case.journey
        if journey is None or journey.agreement is None or journey.agreement.status != "issued":
            return []
        return [
            {
                "number": action.number,
                "owner": words.who(self.case, action.owner),
                "by": words.day(action.by),
                "state": tr(ACTION_STATES[action.state]),
                "done": action.state == "done",
            }
            for action in journey.actions
        ]

    @property
    def channel(self) -> Channel:
        """How we write to this person now."""
        return self.case.channel_of(self.link.person)

    # Answering

    @property
    def may_act(self) -> bool:
        """Speaks for a party of an open case that we may write to. A supporter's or a copy's link ends nothing for it,
        and changes nothing."""
        journey = self.case.journey
        open_to_it = journey is not None and not journey.closing and self.party in journey.contacted
        return open_to_it and self.speaks_for_the_party

    @property
    def speaks_for_the_party(self) -> bool:
        party = self.case.journey.party(self.party) if self.case.journey else None
        return party is not None and party.lead == self.link.person

    @property
    def _may_keep_language(self) -> bool:
        """They read in a language in which we could write to them, and do not yet."""
        read, written = speech().language, self.case.language_of(self.link.person)
        return read in WHOLE and read != written and not self.path.endswith(f"/{READING}")

    @property
    def may_see_papers(self) -> bool:
        """Whether there is anything for them on the page of papers."""
        papers = self.case.journey.papers if self.case.journey else []
        return self.may_act or any(participant_may_open(self.case.journey, self.link.person, one) for one in papers)  # type: ignore[arg-type]

    def is_ours(self, typed: Typed) -> bool:
        """Whether the form that was posted is one that this link's page had shown."""
        given = typed.one(CSRF)
        return hmac.compare_digest(given.encode(errors="replace"), self.csrf.encode()) and bool(typed.one(KEY))

    def command_id(self, typed: Typed) -> str:
        """The same for the same form, however often it is posted; no link can name another's command."""
        return derived_id("form", self.link.id, typed.one(KEY))

    def envelope(self, typed: Typed) -> dict[str, Any]:
        return {
            "id": self.command_id(typed),
            "case_id": self.case.id,
            "actor": Actor(kind="participant", id=self.link.person),
            "at": self.services.clock(),
        }

    async def known(self, typed: Typed) -> Answer | None:
        """The answer that this very form had before."""
        outcome = await self.services.commands.outcome(self.command_id(typed))
        return None if outcome.status == "pending" else await self.services.intake.answer(self.case.id, outcome)

    async def send(self, command: Command, texts: Texts) -> Response:
        return await self.result(await self.services.intake.take(command, texts))

    async def result(self, answer: Answer) -> Response:
        """What became of it, honestly."""
        match answer.status:
            case "accepted":
                return self._told(tr("Thank you"), tr(ACCEPTED.get(self._kind, RECORDED)), 200)
            case "pending":
                return self._told(tr("We have your answer"), tr(PENDING), 202)
        return self._told(tr("This was not recorded"), why_refused(answer.code), 409)

    @property
    def _kind(self) -> str:
        doing = self.doing or (self.question.kind if self.question else None)
        return doing.kind() if doing else ""


async def find_visit(link_id: str, request: Request, services: Services) -> Visit | None:
    """Who stands behind the cookie of this page; None when it is not the person of this link."""
    async with services.database.one_look():
        return await _visit(link_id, request, services)


async def _visit(link_id: str, request: Request, services: Services) -> Visit | None:
    token = request.cookies.get(_cookie(link_id), "") if LINK_ID.fullmatch(link_id) else ""
    link = await services.links.find(token) if token else None
    if link is None or link.id != link_id:
        return None
    try:
        case = await services.cases.load(link.case_id)
        person = case.person(link.person)
    except (NoSuchCase, Erased, KeyError):
        return None
    invited = link.purpose.startswith("consent/") and request.url.path == f"/my/{link_id}"
    read_in(request, person.details.reads, tuple(Language) if invited else WHOLE)
    pending = await services.commands.pending(link.case_id)
    waiting = [c.kind() for c in pending if c != "refer" and c.actor.id == link.person]
    return Visit(request, services, link, token, case, waiting)


def _cookie(link_id: str) -> str:
    return f"link-{link_id}"


def unknown_link(request: Request) -> Response:
    return page(request, "party/unknown.html", 404)


PENDING = marked(
    "It takes effect as soon as our case system is reachable again, usually within minutes. You need not send it again."
)

NO_LONGER_PART = marked("You do not take part in this mediation any more, and you need not do anything.")

RECORDED = marked("We have recorded your answer.")
NOT_RECORDED = marked("This could not be recorded now. Ring us, and we see to it together.")

ACCEPTED = {
    "record_permission": marked("We have recorded your answer. Your coordinator goes on from here."),
    "answer_consent": marked("We have recorded your answer and let you know what comes next."),
    "choose_visit_date": marked("We have recorded your choice. We write to you with all the details."),
    "sign_agreement_to_mediate": marked("You have signed the agreement to mediate. We send you the text to keep."),
    "take_back_signature": marked(
        "The signature no longer counts. You can sign again at any time before everyone meets."
    ),
    "record_childs_voice": marked(
        "We have recorded how your child would like to be heard. You can change it until everyone meets."
    ),
    "give_availability": marked("We have recorded when you can come. We write to you as soon as the date is fixed."),
    "comment_on_agreement": marked("We have recorded your answer."),
    "record_action": marked("We have recorded your answer."),
    "give_feedback": marked("Thank you for your feedback; it helps us to do better."),
    "ask_for_call": marked("We ring you, on the next working day at the latest."),
    "say_how_they_read": marked("We have written down how you read. From now on we go by it."),
    "say_when_to_ring": marked("We have written down when you like to be rung."),
    "replace_contact": marked(
        "From now on we write to you there. The link that you came by no longer opens. A message with a "
        "new one is on its way to you."
    ),
    "withdraw": marked(
        "You have left the mediation. The others are told that it does not go on, without a reason. Your right "
        "to appeal to the Tribunal is not affected."
    ),
}

REFUSED: dict[str, str] = {
    Refusal.ENDED: marked("The mediation has ended, so nothing was changed."),
    Refusal.CONTRADICTS: marked(
        "You gave another answer before, and that one stands. Ring us if you have changed your mind."
    ),
    Refusal.NOT_ASKED: marked("This question is no longer open, so nothing was changed."),
    Refusal.SUPERSEDED: marked("There is a newer question. Use the link in our newest message to you."),
    Refusal.HAVE_MET: marked("Everyone has met, so this can no longer be changed. Ring us if something is wrong."),
    Refusal.NO_SIGNATURE: marked("No signature of yours counts now, so nothing was changed."),
    Refusal.NOT_OFFERED: marked("These dates are no longer on offer. Use the link in our newest message to you."),
    Refusal.IN_THE_PAST: marked("This date has passed. Open the link once more and choose another."),
    Refusal.TAKEN: marked(
        "This date has just been taken by somebody else. Open the link once more and choose another."
    ),
    Refusal.WRONG_VERSION: marked("There is a newer wording. Use the link in our newest message to you."),
    Refusal.CALL_IS_DUE: marked("We know already that you would like to talk, and ring you."),
    Refusal.NO_SUCH_PAPER: marked("This paper is not here any more. Below you see those that are."),
    Refusal.RELEASED_BEFORE: marked("You had let the others have this paper before, so nothing was changed."),
    Refusal.OTHERS_HAVE_IT: marked(
        "The others have had this paper, so it cannot be taken back. Ring us: we ask them to destroy their copies."
    ),
}

ACTION_STATES = {
    "open": marked("Not yet done"),
    "done": marked("Done"),
    "not_done": marked("Will not be done"),
    "dropped": marked("No longer agreed"),
}

STAGES: dict[Stage, str] = {
    Stage.REFERRAL: marked("We have the referral and ring the person who made it, to explain mediation."),
    Stage.EXPLAINING: marked("We ring the person who made the referral, to explain mediation."),
    Stage.PERMISSION: marked("We wait for permission to contact the others."),
    Stage.CONSENT: marked("We ask everyone whether they take part. Mediation goes ahead only if all agree."),
    Stage.ALLOCATION: marked("We look for a mediator who is independent of everyone involved."),
    Stage.INITIAL_VISITS: marked("The mediator meets each side on its own, to hear what matters to them."),
    Stage.JOINT_MEETING: marked("We arrange the joint meeting of everyone, or it is about to take place."),
    Stage.AGREEMENT: marked("What was agreed is being written down. Everyone present receives a copy."),
    Stage.ACTIONS: marked("What was agreed is being carried out. We follow it until it is done."),
    Stage.CLOSED: marked("The mediation has ended."),
}


def why_refused(code: str) -> str:
    """The sentence for a party whose answer was not taken."""
    if code == Refusal.NO_ROOM:
        return why_not_taken(NotTaken.TOO_MANY)
    return tr(REFUSED.get(code, NOT_RECORDED))
