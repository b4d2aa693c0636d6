"""The journey of a case, as the leaflet tells it ("What to expect in Mediation"), from top to bottom."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.commands import StaffRole
    from domain.journey import (
        BEGUN_ANEW,
        LETTERS_BY_HAND,
        LETTERS_IN_TROUBLE,
        POSSIBLE_DUPLICATE,
        READ_REPLY,
        Action,
        Armed,
        CaseStart,
        Ending,
        Fact,
        Journey,
        Letter,
        Meeting,
        MeetingStatus,
        OpenAsk,
    )
    from domain.parties import ORGANISATIONS, Channel, party_of
    from domain.policy import Do
    from domain.scheduling import half_days_to_ask
    from domain.stages import Closing, ClosingReason, Stage
    from domain.working_days import add_working_days, at_local, local_day
    from workflows import begun_anew
    from workflows.addresses import Addresses
    from workflows.asks import Asks
    from workflows.details import ESCALATED, ON_HOLD, STAGE, WAITING_FOR, details_of, roles_waited_for
    from workflows.doors import Doors
    from workflows.errands import Errands, near, together
    from workflows.meetings import Meetings, end_of
    from workflows.neighbours import (
        AgreementToMake,
        CaseFile,
        Documents,
        MediatorChoice,
        NextMediator,
        OfCase,
        OfTwoCases,
        Parties,
        References,
        Verdict,
    )
    from workflows.papers import Papers

COORDINATOR, MEDIATOR, MANAGER = StaffRole.COORDINATOR, StaffRole.MEDIATOR, StaffRole.MANAGER
UNTIL_SOMEBODY_COMES = timedelta(hours=1)
MOST_TO_COMPARE = 5  # the likeliest; the case page names all
END_OF_THE_DAY = time(17)  # an action is due by the end of the office day that the agreement names

SURVIVES_THE_END = (
    "safeguarding",
    "breach",
    *LETTERS_IN_TROUBLE,
    "calendar_failed",
    "cancel_requested",
    BEGUN_ANEW,
    READ_REPLY,
    *LETTERS_BY_HAND,
)  # tasks that a person must still see to

LATE = timedelta(hours=1)  # what comes later than it was due, after an outage say, is told with its date


def begun(case: CaseStart) -> Journey:
    """The journey of a case that was just referred."""
    return Journey(
        parties=case.parties,
        contacted=[case.referrer],
        record_only_after_start=case.policy.record_only_after_start,
    )


class Ended(Exception):
    """The journey ends here, with this closing."""

    def __init__(self, reason: ClosingReason, who: str = "") -> None:
        super().__init__(reason)
        self.closing = Closing(reason=reason, who=who)


@workflow.defn
class MediationCase(Doors):
    """One case, from the referral to everyone's copy of the agreement."""

    @workflow.init
    def __init__(self, case: CaseStart) -> None:
        self.case = case
        self.journey = case.as_filed.journey if case.as_filed else begun(case)
        self.errands = Errands(
            case, self.journey, policy=lambda: self.asks.policy, show=self.show, came_back=self.came_back
        )
        self.asks = Asks(self.journey, case.policy, climb=self.climb, changed=self.errands.changed)
        self.addresses = Addresses(case, self.journey, self.errands, self.asks, self.would_come_too_late)
        self.meetings = Meetings(case, self.journey)
        self.papers = Papers(case, self.journey, self.errands, policy=lambda: self.asks.policy)
        self.at_the_desk = asyncio.Lock()
        self.outcome_detail = None
        self.handover: asyncio.Task[None] | None = None  # looks for another mediator, beside the journey
        self.preparing: list[asyncio.Task[None]] = []  # waits for signatures and the child's voice, beside the journey
        self.coming: dict[str, asyncio.Task[None]] = {}  # parties that joined later, brought in beside the journey
        self.farewell: asyncio.Task[None] | None = None
        self.walking = False
        self.again: list[asyncio.Task[None]] = []  # what is asked again, beside the journey
        self.shown: tuple[Stage, bool, bool] | None = None
        self.left_off: Stage | None = None  # the section in the midst of which a case that was begun anew goes on
        self.entered = False  # the first section
        if case.as_filed:
            self.asks.done_so_far.update(case.as_filed.climbed)
            self.errands.go_on_after(case.as_filed)
            if self.journey.closing is None:
                self.asks.go_on()
                self.left_off = self.journey.stage
                self.errands.changes += 1  # to be filed: whoever acts now is heard when the case is taken up

    @workflow.run
    async def run(self, case: CaseStart) -> Closing:
        self.errands.begin()
        if workflow.patched("together"):
            self.errands.keep_going(self.asks.keep_time())
        if case.lists_waiting:
            self.errands.keep_going(self.keep_listed())
        if case.compare:
            self.errands.set_going(self.look_whether_the_child_is_known())
        if case.begun_anew:
            begun_anew.say_so(self)
        if case.as_filed is not None:
            begun_anew.take_up(self, case.as_filed)
        if self.journey.closing is None:  # and even if what was taken up ends it at once
            await self.go_on_to_the_end()
        else:
            await self.until_somebody_comes()
        while True:
            await self.errands.until(lambda: self.journey.closing is None or self.is_over())
            if self.journey.closing is not None:
                self.errands.end()
                return self.journey.closing
            await self.go_on_to_the_end()  # it was opened again

    async def go_on_to_the_end(self) -> None:
        closing = await self.until_ended(asyncio.create_task(self.journey_of_the_leaflet()))
        self.farewell = self.errands.set_going(self.tell_everyone(closing))

    def is_over(self) -> bool:
        return self.errands.all_home() and workflow.all_handlers_finished()

    async def until_somebody_comes(self) -> None:
        """A case that had ended is begun again for an act that is on its way to it. When that never arrives, the case
        ends as it was."""
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self.journey.closing is None or self.errands.changes > 0,
                timeout=UNTIL_SOMEBODY_COMES,
                timeout_summary="it stays closed, unless somebody comes",
            )

    async def look_whether_the_child_is_known(self) -> None:
        """Whoever referred on the public form was told nothing of other cases; a coordinator has to look at them."""
        likely: References = await near(
            CaseFile.same_child, OfCase(case_id=self.case.case_id), "is the child known already?"
        )
        for reference in likely.references[:MOST_TO_COMPARE]:
            self.errands.open_task(POSSIBLE_DUPLICATE, f"{POSSIBLE_DUPLICATE}/{reference}", reference)

    # The journey, as the leaflet tells it

    async def journey_of_the_leaflet(self) -> Closing:
        for stage, section in (
            (Stage.EXPLAINING, self.explain_to_the_referrer),
            (Stage.PERMISSION, self.get_permission_to_contact_the_others),
            (Stage.CONSENT, self.get_consent_of_everyone),
            (Stage.ALLOCATION, self.allocate_a_mediator),
            (Stage.INITIAL_VISITS, self.visit_each_party),
            (Stage.JOINT_MEETING, self.meet_together),
            (Stage.AGREEMENT, self.record_the_agreement),
            (Stage.ACTIONS, self.follow_the_actions),
        ):
            if self.left_off is None or not stage.lies_before(self.left_off):
                self.enter(stage)
                await section()
        full = self.meetings.latest_joint().outcome == "full"
        return Closing(reason=ClosingReason.AGREEMENT_FULL if full else ClosingReason.AGREEMENT_PARTIAL)

    async def explain_to_the_referrer(self) -> None:
        """ "We will contact you to explain the process in more detail and answer any questions.\""""
        if not self.journey.reopened and self.left_off is None:
            self.write_to(self.case.referrer, "referral_received", reply=True)
        await self.hear_the_referrer()

    async def hear_the_referrer(self) -> None:
        outcome = (await self.ask("explaining_call", COORDINATOR)).answer
        if outcome == "signpost":
            raise Ended(ClosingReason.OUT_OF_SCOPE)
        if outcome == "not_now":
            raise Ended(ClosingReason.WITHDRAWN, self.case.referrer)

    async def get_permission_to_contact_the_others(self) -> None:
        """ "We will, with your permission, contact the other parties involved." Until then nobody else exists."""
        if (await self.ask("permission", self.case.referrer)).answer == "no":
            raise Ended(ClosingReason.NOT_AGREED, self.case.referrer)
        await self.until_nothing_is_asked_again()
        self.journey.contacted = [party.key for party in self.journey.parties]

    async def get_consent_of_everyone(self) -> None:
        """ "Mediation can only take place if all parties agree to take part." The first no ends it."""
        await together(*(self.get_consent_of(party.key) for party in self.journey.parties[1:]))
        for party in [party for party in self.journey.newcomers if party not in self.still_coming()]:
            self.prepare(self.introduce(party))  # the case had ended before the others heard of them
        await self.everyone_has_come_in()
        await self.until_nothing_is_asked_again()

    async def get_consent_of(self, party: str) -> None:
        if (await self.ask(f"consent/{party}", party)).answer == "no":
            raise Ended(ClosingReason.NOT_AGREED, party)

    async def allocate_a_mediator(self) -> None:
        """ "The case will then be allocated to a member of our mediation team." Silence passes it to the next."""
        await self.find_a_mediator()
        await self.everyone_has_come_in()

    async def find_a_mediator(self) -> None:
        while not self.journey.mediator:
            if not self.journey.offered_to:
                await self.ask(f"mediator_choice/{self.journey.offer + 1}", COORDINATOR)
            accepted = await self.ask(f"acceptance/{self.journey.offer}", MEDIATOR)
            asked, self.journey.offered_to = self.journey.offered_to, ""
            if accepted.answer == "yes":
                self.journey.mediator = asked
                self.errands.close_tasks(lambda task: task.key == "escalated/allocation")
            else:
                self.journey.tried.append(asked)
                await self.pass_on_to_the_next_of_the_panel()

    async def pass_on_to_the_next_of_the_panel(self) -> None:
        if self.journey.offer >= self.asks.policy.offers_before_alert:
            self.errands.open_task("escalated", "escalated/allocation", role=MANAGER)
        question = NextMediator(case_id=self.case.case_id, tried=self.journey.tried + self.journey.replaced)
        choice: MediatorChoice = await near(CaseFile.next_mediator, question, "who of the panel is next?")
        if choice.mediator:
            self.offer_to(choice.mediator)

    async def visit_each_party(self) -> None:
        """ "There will be an individual meeting with each party involved in the disagreement.\""""
        self.journey.signs = workflow.patched("agreement_to_mediate")
        here = [party.key for party in self.journey.parties if party.key not in self.still_coming()]
        await together(*(self.visit(party) for party in here))
        await self.everyone_has_come_in()
        await self.until_nothing_is_asked_again()

    async def visit(self, party: str, number: int = 0) -> None:
        """Again while none of the dates suited, it was cancelled, or nobody came; but not once everyone has met."""
        while not self.meetings.visited(party) and not self.meetings.everyone_has_met():
            number += 1
            await self.ask(f"visit_dates/{party}/{number}", MEDIATOR)
            if (await self.ask(f"visit_choice/{party}/{number}", party)).answer == "chosen":
                self.close_calls_about_no_shows("visit", party)
                visit = self.meetings.of_visit(party, number)
                before = visit.key in self.journey.facts  # the case was opened again
                outcome = (await self.ask_for_record(visit)).answer
                if outcome == "no_show" and not before and workflow.patched("no_shows"):
                    await self.after_a_no_show(visit, [party])
                await self.until_it_is_decided(visit)
        self.have_it_sign(party)  # confidentiality was explained to it

    async def visit_another_time(self, missed: str) -> None:
        """It was recorded as held, and nobody had come."""
        visit = self.journey.meeting(missed)
        if visit is not None:
            await self.after_a_no_show(visit, [visit.party])
            await self.visit(visit.party, int(missed.rpartition("/")[2]))

    async def meet_together(self) -> None:
        """ "Once we have collected everyone's views, we will invite them all to a joint meeting.\""""
        number, outcome = 0, "another"
        while outcome in ("another", "cancelled", "no_show"):
            number += 1
            by_post = any(party.by_post for party in self.journey.parties)
            half_days = half_days_to_ask(workflow.now(), self.asks.policy, by_post=by_post)
            meeting = self.meetings.new_joint(number, half_days)
            if f"joint_date/{number}" not in self.journey.facts:  # else the case was opened again after that round
                here = [party.key for party in self.journey.parties if party.key not in self.still_coming()]
                await together(*(self.ask_when_they_can_come(party, number) for party in here))
                await self.everyone_has_come_in()
            await self.ask(f"joint_date/{number}", COORDINATOR)
            self.close_calls_about_no_shows("joint_meeting")
            if self.journey.signs:
                self.see_to_the_childs_voice()
            before = meeting.key in self.journey.facts
            outcome = (await self.ask_for_record(meeting)).answer
            if outcome == "no_show" and not before:
                self.tell_those_who_came(meeting)
                await self.after_a_no_show(meeting, meeting.absent)
                outcome = self.journey.facts[meeting.key].answer  # it was held after all, by a correction meanwhile
            await self.until_it_is_decided(meeting)
        for ask in [*self.journey.open_asks("sign"), *self.journey.open_asks("childs_voice")]:
            self.asks.learn(ask.key, "lapsed")  # it was for this meeting
        if outcome == "none":
            raise Ended(ClosingReason.NO_AGREEMENT)
        await self.leave_off_visits()

    # Before everyone meets

    def have_it_sign(self, party: str) -> None:
        """The agreement to mediate: every party is asked once, before everyone meets."""
        if self.journey.signs and party not in self.journey.to_sign and not self.meetings.everyone_has_met():
            self.journey.to_sign.append(party)
            self.ask_to_sign(party)

    def ask_to_sign(self, party: str) -> None:
        """It runs beside the journey: it delays no booking, and holds up nothing."""
        self.prepare(self.ask(f"sign/{party}", party))

    def see_to_the_childs_voice(self) -> None:
        """ "The child's wishes and feelings" are heard, so somebody has to decide how, before the day."""
        booked = any(meeting.key.startswith("joint_meeting/") for meeting in self.meetings.booked_ahead())
        if booked and self.journey.voice_is_open and not self.journey.open_asks("childs_voice"):
            number = 1 + sum(key.startswith("childs_voice/") for key in self.journey.facts)
            self.prepare(self.ask(f"childs_voice/{self.journey.asked_of_the_child[0]}/{number}", MEDIATOR))

    def prepare(self, asking: Coroutine[Any, Any, object]) -> None:
        async def answered() -> None:
            await asking

        self.preparing = [task for task in self.preparing if not task.done()]
        self.preparing.append(self.errands.set_going(answered()))

    async def ask_when_they_can_come(self, party: str, number: int) -> None:
        self.have_it_sign(party)  # at the latest now, visited or not
        await self.ask(f"availability/{party}/{number}", party)

    async def ask_for_record(self, meeting: Meeting) -> Fact:
        """Those invited are reminded before the meeting; the mediator is asked for its record after it."""
        return await self.ask(meeting.key, MEDIATOR, due=end_of(meeting.slot) if meeting.slot else None)

    # When somebody does not come

    async def after_a_no_show(self, meeting: Meeting, absent: list[str]) -> None:
        """Nobody is blamed. Whoever missed the meeting is told that new dates follow, and an organisation's office is
        rung; whoever has missed too many is rung, and a manager decides how it goes on."""
        sort, number = meeting.key.split("/")[0], meeting.key.split("/")[-1]
        undecided = []
        for party in [party for party in self.journey.parties if party.key in absent]:
            key = f"no_show/{party.key}/{sort}/{number}"
            self.write_to(party.key, f"{sort}_missed", meeting.key)
            if self.journey.no_shows(party.key, sort) >= self.asks.policy.no_shows_before_decision:
                undecided.append(self.let_the_manager_decide(key, party.key))
            elif party.role in ORGANISATIONS:
                self.errands.open_task("phone", f"phone/{key}/1", key)
        if undecided:
            await together(*undecided)

    async def let_the_manager_decide(self, key: str, party: str) -> None:
        await self.ask(key, party)

    async def until_it_is_decided(self, meeting: Meeting) -> None:
        """The case was begun anew while a manager had to decide about those who had not come."""
        sort, number = meeting.key.split("/")[0], meeting.key.split("/")[-1]
        undecided = [
            ask
            for ask in self.asks.as_they_stood.values()
            if ask.kind == "no_show" and ask.key.endswith(f"/{sort}/{number}") and meeting.party in ("", ask.of)
        ]
        if undecided:
            await together(*(self.let_the_manager_decide(ask.key, ask.of) for ask in undecided))

    def tell_those_who_came(self, meeting: Meeting) -> None:
        """Everyone invited of the parties that came, neutrally: not who was missing."""
        for person in meeting.invited:
            if party_of(person) not in meeting.absent:
                self.errands.send(Letter(kind="joint_meeting_not_held", about=meeting.key, to=person))

    def close_calls_about_no_shows(self, sort: str, party: str = "") -> None:
        """A new date is there: their office need not be rung any more."""
        if self.walking:  # the date that is passed over was there before
            return
        self.errands.close_tasks(
            lambda task: (
                task.kind == "phone"
                and task.about.startswith(f"no_show/{party}/" if party else "no_show/")
                and f"/{sort}/" in task.about
            )
        )

    async def record_the_agreement(self) -> None:
        """ "We will record your agreement for you, and everyone present will receive a copy of it.\""""
        await self.ask("terms/1", MEDIATOR)
        while (agreement := self.journey.agreement) and agreement.status == "comments":
            await together(*(self.ask_for_comments(p.key, agreement.version) for p in self.journey.parties))
            if agreement is self.journey.agreement and agreement.status == "comments":
                if "wants_changes" in agreement.comments.values():
                    await self.ask(f"issue/{agreement.version}", MEDIATOR)
                else:
                    agreement.status = "draft"
        if agreement is None or agreement.status != "issued":  # else the case was opened again
            await self.give_everyone_present_a_copy()

    async def ask_for_comments(self, party: str, version: int) -> None:
        agreement = self.journey.agreement
        if (await self.ask(f"comments/{party}/{version}", party)).answer == "lapsed" and agreement:
            agreement.comments[party] = "silent"

    async def give_everyone_present_a_copy(self) -> None:
        agreement = self.journey.agreement
        if agreement is None:
            raise ValueError("an agreement is issued after it was written")
        order = AgreementToMake(case_id=self.case.case_id, version=agreement.version, command=agreement.command)
        await self.errands.filed()  # the document is made from the case file
        task = f"document/agreement/{agreement.version}"
        while (await near(Documents.make_agreement, order, f"typeset agreement {agreement.version}")).trouble:
            self.errands.open_task("document_failed", task)
            await workflow.wait_condition(lambda: self.journey.task(task) is None)
        agreement.status, agreement.issued = "issued", workflow.now()
        agreement.copies = list(dict.fromkeys([*agreement.copies, *self.meetings.latest_joint().present]))
        for person in agreement.copies:
            self.errands.send(Letter(kind="agreement_copy", about=f"agreement/{agreement.version}", to=person))
        self.errands.note("agreement_issued", version=str(agreement.version))

    async def follow_the_actions(self) -> None:
        """Actions are followed until they are done, and everyone is asked how it was."""
        terms = self.journey.agreement.terms if self.journey.agreement else []
        if not self.journey.actions:  # else the case was opened again, and some may be done
            self.journey.actions = [Action(number=n, owner=term.owner, by=term.by) for n, term in enumerate(terms, 1)]
        await together(
            *(self.follow(action) for action in self.journey.actions),
            *(self.ask_for_feedback(party.key) for party in self.journey.parties),
        )
        await self.until_nothing_is_asked_again()

    async def follow(self, action: Action) -> None:
        await self.ask(f"action/{action.number}", action.owner, due=self.due_of(action))

    def due_of(self, action: Action) -> datetime:
        return at_local(action.by, END_OF_THE_DAY)

    async def ask_for_feedback(self, party: str) -> None:
        await self.ask(f"feedback/{party}", party)

    # When a party joins later

    def bring_in(self, party: str) -> None:
        self.journey.newcomers.append(party)
        self.coming[party] = self.errands.set_going(self.bring_up_to_the_others(party))

    async def bring_up_to_the_others(self, party: str) -> None:
        """Asked for their consent, visited, and asked when they can come, as far as the others are by then; beside the
        journey, each of whose steps waits for them before it is over.

        "Voluntary: it goes ahead only if all agree" (practice, 1.3). So a no of theirs ends the case as anybody's does,
        and a joint meeting that was booked before is recorded with an end only when they have agreed (domain/rules); as
        soon as they have, they are invited to it. The visit is theirs as it is everybody's (leaflet), but nothing hangs
        on it: when everyone has met before it could be held, it is not looked for any more."""
        try:
            await self.get_consent_of(party)
            await self.introduce(party)
            if not self.journey.takes_part(party):  # taken out again
                return
            if self.journey.stage in (Stage.INITIAL_VISITS, Stage.JOINT_MEETING):
                await self.visit(party)
            if self.journey.stage == Stage.JOINT_MEETING:
                meeting = self.meetings.latest_joint()
                if meeting.status == MeetingStatus.OFFERED:
                    await self.ask_when_they_can_come(party, int(meeting.key.partition("/")[2]))
        except Ended as ended:
            self.end(ended.closing)

    async def introduce(self, party: str) -> None:
        """They have agreed: the others are told, and they have what the others have. On a safeguarding hold that waits,
        for invitations leave at once; meanwhile their yes may be taken back, or they are taken out."""

        def taken_out() -> bool:
            return party not in self.journey.newcomers

        await workflow.wait_condition(
            lambda: taken_out() or (self.journey.takes_part(party) and not self.journey.on_hold)
        )
        if taken_out():
            return
        self.journey.newcomers.remove(party)
        self.errands.note("party_came_in", party)
        for other in [key for key in self.journey.contacted if key != party and self.journey.takes_part(key)]:
            self.write_to(other, "party_joined", f"joined/{party}")
        self.invite_who_is_new(party)
        self.papers.tell_of_earlier_ones(party)

    def still_coming(self) -> list[str]:
        return [party for party, task in self.coming.items() if not task.done()]

    async def everyone_has_come_in(self) -> None:
        while self.still_coming():
            await workflow.wait_condition(lambda: not self.still_coming())

    async def leave_off_visits(self) -> None:
        """Everyone has met: a visit that somebody has not had, who joined late or whose record was corrected, is not
        looked for any more. Nothing else is asked beside the journey by then."""
        beside = [task for task in (*self.coming.values(), *self.again) if not task.done()]
        asked = [ask.key for ask in self.journey.asks]
        for task in beside:
            task.cancel()
            await workflow.wait([task])
        for key in [key for key in asked if beside and key not in [ask.key for ask in self.journey.asks]]:
            self.close_tasks_about(key)
        for meeting in [meeting for meeting in self.meetings.booked_ahead() if meeting.party]:
            await self.call_off(meeting)

    # When an answer was taken back

    def ask_again(self, record: str) -> None:
        """The journey cannot be rewound: what it has passed is asked beside it, and the step at which everyone must
        have answered waits for that."""
        kind, _, about = record.partition("/")
        match kind:
            case "explaining_call":
                part = self.hear_the_referrer()
            case "consent":
                part = self.get_consent_of(about)
            case "visit":
                part = self.visit_another_time(record)
            case "action" if action := self.journey.action(int(about)):
                part = self.follow(action)
            case _:
                raise ValueError(f"nobody knows how to ask again: {record}")

        self.beside(part)

    def beside(self, part: Coroutine[Any, Any, object]) -> None:
        """Runs beside the journey, and may end it."""

        async def watched() -> None:
            try:
                await part
            except Ended as ended:
                self.end(ended.closing)

        self.again.append(self.errands.set_going(watched()))

    async def until_nothing_is_asked_again(self) -> None:
        if any(not task.done() for task in self.again):
            await workflow.wait_condition(lambda: all(task.done() for task in self.again))

    # When the mediator changes

    async def release_the_mediator(self, *, for_good: bool) -> None:
        """Parties have found dates with much effort: a meeting whose first reminder is still to come is kept for the
        new mediator. What comes too soon is cancelled, and dates that were only offered are taken back."""
        mediator = f"mediator/{self.journey.mediator}"
        ahead = self.meetings.booked_ahead()
        for meeting in ahead:
            if meeting.slot:
                entry = self.meetings.booking(meeting, meeting.slot)
                self.errands.cancel(entry.model_copy(update={"resources": [mediator]}))
        self.journey.replaced.append(self.journey.mediator)
        if for_good:
            self.journey.tried.append(self.journey.mediator)
        self.journey.mediator = ""
        self.errands.send(
            Letter(kind="mediator_released", about="", to=mediator, number=len(self.journey.replaced), reply=True)
        )
        for ask in self.journey.open_asks("visit_choice"):
            self.asks.learn(ask.key, "taken_back")
        for meeting in ahead:
            if not (self.asks.not_reminded_yet(meeting.key) and await self.claim(meeting)):
                await self.call_off(meeting)
        self.handover = self.errands.set_going(self.hand_over_to_another())

    async def hand_over_to_another(self) -> None:
        await self.find_a_mediator()
        async with self.at_the_desk:
            if not self.journey.mediator:  # replaced again in the same breath
                return
            for meeting in self.meetings.booked_ahead():
                if await self.claim(meeting) and meeting.slot:
                    self.errands.book(self.meetings.booking(meeting, meeting.slot))
                    theirs = [f"mediator/{self.journey.mediator}"]
                    self.to_all_invited(meeting, "booked", len(self.journey.replaced) + 1, only=theirs)
                else:  # at that time the new mediator is somewhere else
                    await self.call_off(meeting)
            for ask in [ask for ask in self.journey.asks if ask.of == MEDIATOR and ask.kind != "acceptance"]:
                if self.journey.meeting(ask.key) is None:
                    self.asks.start_again(ask.key, from_rung=0)
                elif self.journey.task(ask.key):  # held, and not recorded yet
                    self.write_to_staff(MEDIATOR, "staff_task", ask.key)
            for task in self.journey.tasks:
                if task.kind == "sign":
                    self.write_to_staff(MEDIATOR, "staff_task", task.about)
            if self.journey.mediator != self.journey.replaced[-1]:  # else it was a mistake, and nobody was told
                for party in filter(self.journey.takes_part, self.journey.contacted):
                    self.write_to(party, "mediator_changed", number=self.journey.offer)
            self.errands.note("mediator_took_over")

    async def claim(self, meeting: Meeting) -> bool:
        """The calendars that the meeting needs now; False: one of them is taken."""
        if meeting.slot is None:
            return False
        booking = self.meetings.booking(meeting, meeting.slot)
        verdict: Verdict = await near(CaseFile.reserve, booking, f"claim the calendars for {meeting.key}")
        return not verdict.refusal

    async def call_off(self, meeting: Meeting) -> None:
        self.meetings.cancel(meeting)
        self.asks.learn(meeting.key, "cancelled")
        await self.cancel(meeting)

    # How it ends

    def end(self, closing: Closing) -> None:
        closing.outcome = self.outcome_detail
        self.journey.closing, self.journey.ending, self.journey.reopening = closing, None, None

    def end_unless_undone(
        self,
        closing: Closing,
        record: Callable[[], None] = lambda: None,
        answered: Callable[[], bool] = lambda: False,
    ) -> None:
        minutes = timedelta(minutes=self.asks.policy.minutes_to_regret)
        if not minutes or not workflow.patched("regret"):
            record()
            self.end(closing)
            return
        ending = self.journey.ending = Ending(closing=closing, at=workflow.now() + minutes)
        self.asks.hush(True)
        self.carry_out_later(ending, record, answered)

    def carry_out_later(
        self, ending: Ending, record: Callable[[], None] = lambda: None, answered: Callable[[], bool] = lambda: False
    ) -> None:
        """The end that staff have entered takes effect when the minutes to regret are over."""
        closing = ending.closing

        async def later() -> None:
            with suppress(TimeoutError):  # the time has come
                await workflow.wait_condition(
                    lambda: self.journey.ending is not ending or answered(),
                    timeout=ending.at - workflow.now(),
                    timeout_summary=f"the case ends ({closing.reason}), unless undone",
                )
            if self.journey.ending is not ending:  # undone, if in the same breath
                return
            if answered():
                self.undo_the_end()
                self.errands.note("undo")
            else:
                record()
                self.end(closing)

        self.errands.set_going(later())

    async def until_ended(self, journey: asyncio.Task[Closing]) -> Closing:
        """The journey's own end, or the one that somebody asked for, whichever comes first."""
        await self.errands.until(lambda: journey.done() or self.journey.closing is not None)
        if self.journey.closing is None:
            try:
                self.end(await journey)
            except Ended as ended:
                self.end(ended.closing)
        else:
            journey.cancel()
            await workflow.wait([journey])
        for beside in [*self.preparing, *self.coming.values(), *self.again, *filter(None, [self.handover])]:
            beside.cancel()
            await workflow.wait([beside])
        assert self.journey.closing is not None
        return self.journey.closing

    async def tell_everyone(self, closing: Closing) -> None:
        """Neutrally: neither who nor why. Nobody hears of a case whose parties we were not allowed to contact."""
        self.journey.closed_at = workflow.now()
        self.journey.paused = False  # what is to be told is told; a safeguarding hold stays until it is released
        self.errands.close_tasks(lambda task: task.kind not in SURVIVES_THE_END)
        mediator = self.journey.mediator or self.journey.offered_to
        self.journey.offered_to = ""
        self.enter(Stage.CLOSED)
        into = {"into": closing.into} if closing.into else {}
        self.errands.note("closed", closing.who, reason=closing.reason, **into)
        for meeting in self.meetings.cancel_what_is_booked():
            await self.cancel(meeting)
        know_it, there_too = await self.who_knows_of_an_earlier_end(), await self.who_goes_on_elsewhere(closing)
        number = self.journey.reopened + 1
        for party in self.journey.contacted:
            if not self.has_heard_of_it(party) or party in know_it:
                continue
            if closing.reason == ClosingReason.WITHDRAWN and party == closing.who:
                self.write_to(party, "withdrawal_receipt", number=number, reply=True)
            elif party in there_too:
                self.write_to(party, "closed_duplicate", number=number)
            else:
                self.write_to(party, f"closed_{_LETTER_OF.get(closing.reason, 'by_service')}", number=number)
        if mediator and f"mediator/{mediator}" not in know_it:
            self.errands.send(Letter(kind="closed_mediator", about="", to=f"mediator/{mediator}", number=number))

    async def who_knows_of_an_earlier_end(self) -> list[str]:
        """Nobody is told twice, when a case that was opened again closes before that was told. Party keys, and
        "mediator/<id>"."""
        if not self.journey.reopened:
            return []
        told = (await self.who_was_told_of_the_end()).to
        return [*told, *(party_of(to) for to in told)]

    async def who_goes_on_elsewhere(self, closing: Closing) -> list[str]:
        """Of a duplicate: the parties that may know of the case in which it goes on, for they are party to it."""
        if not closing.into:
            return []
        question = OfTwoCases(case_id=self.case.case_id, other=closing.into)
        parties: Parties = await near(CaseFile.parties_there_too, question, f"who is party to {closing.into} too?")
        return parties.keys

    def has_heard_of_it(self, party: str) -> bool:
        """Whoever was not reached before the end, by night or because mail was away, is not told of it either."""
        spoke = f"consent/{party}" in self.journey.facts
        return spoke or party == self.case.referrer or party in self.journey.reached

    async def cancel(self, meeting: Meeting) -> None:
        if meeting.slot is None:
            return
        booking = self.meetings.booking(meeting, meeting.slot)
        await near(CaseFile.let_go, booking, f"let go of {meeting.key}")
        self.errands.cancel(booking)
        self.to_all_invited(meeting, "cancelled")

    # How it is done

    async def ask(self, key: str, of: str, due: datetime | None = None) -> Fact:
        """Ask, wait, and clear what had been set going about it. A manager may have taken silence for an end."""
        fact = await self.asks.ask(key, of, due)
        if self.walking:  # it was known long ago
            return fact
        self.close_tasks_about(key)
        if self.journey.closing is not None:  # the case ended in the same breath
            raise asyncio.CancelledError
        if fact.answer == "silent":
            raise Ended(ClosingReason.NOT_CONTACTABLE, of)
        return fact

    def close_tasks_about(self, key: str) -> None:
        self.errands.close_tasks(lambda task: key in (task.key, task.about) and task.kind not in LETTERS_BY_HAND)

    def climb(self, ask: OpenAsk, armed: Armed) -> None:
        """A rung's time has come."""
        match armed.do:
            case Do.ASK | Do.REMIND:
                self.write_about(ask, armed)
            case Do.TASK:
                self.errands.open_task(ask.kind, ask.key, role=StaffRole(ask.of))
                if ask.of == MEDIATOR:  # who does not live in the queue, as a coordinator does
                    self.write_to_staff(MEDIATOR, "staff_task", ask.key)
            case Do.PHONE_TASK:
                self.errands.open_task("phone", f"phone/{ask.key}/{armed.number}", ask.key)
            case Do.IN_THE_ROOM:
                self.errands.open_task(ask.kind, f"in_the_room/{ask.key}", ask.key, MEDIATOR)
                self.write_to_staff(MEDIATOR, "staff_task", ask.key, armed.number)
            case Do.MANAGER_DECIDES:
                self.errands.open_task("decide", f"decide/{ask.key}", ask.key, MANAGER)
                self.write_to_staff(MANAGER, "staff_escalate", ask.key, armed.number)
            case Do.ESCALATE:
                self.errands.open_task("escalated", f"escalated/{ask.key}", ask.key, MANAGER)
                self.write_to_staff(MANAGER, "staff_escalate", ask.key, armed.number)
            case Do.LAPSE:
                self.asks.learn(ask.key, "lapsed")
        if armed.do != Do.TASK:
            late = {"was_due": armed.at.isoformat()} if workflow.now() - armed.at > LATE else {}
            self.errands.note(f"rung_{armed.do}", ask.key, number=str(armed.number), **late)

    def write_about(self, ask: OpenAsk, armed: Armed) -> None:
        """The letter of a rung: to those invited to a meeting, to a member of staff, or to a party's lead."""
        meeting = self.journey.meeting(ask.key)
        if meeting is not None and not self.journey.mediator:  # nobody has taken the case over in time
            self.errands.set_going(self.call_off(meeting))
        elif meeting is not None:
            self.to_all_invited(meeting, "remind", armed.number)
        elif ask.kind == "acceptance":
            to = f"mediator/{self.journey.offered_to}"
            self.errands.send(Letter(kind="acceptance_ask", about=ask.key, to=to, while_asked=ask.key))
        elif ask.of in list(StaffRole):
            self.write_to_staff(StaffRole(ask.of), "staff_remind", ask.key, armed.number)
        else:
            kind = f"{ask.kind}_{armed.do}"
            self.write_to(ask.of, kind, ask.key, number=armed.number, while_asked=ask.key)

    def write_to(
        self, party: str, kind: str, about: str = "", *, number: int = 1, reply: bool = False, while_asked: str = ""
    ) -> None:
        """To a party's lead, if we may write to the party at all."""
        if party in self.journey.contacted:
            to = self.lead_of(party)
            self.errands.send(
                Letter(kind=kind, about=about, to=to, number=number, reply=reply, while_asked=while_asked)
            )

    async def came_back(self, letter: Letter, channel: Channel) -> bool:
        return await self.addresses.came_back(letter, channel)

    async def went_astray(self, letter: Letter, channel: Channel) -> None:
        await self.addresses.went_astray(letter, channel)

    def write_to_staff(self, role: StaffRole, kind: str, about: str, number: int = 1, *, reply: bool = False) -> None:
        if role == MEDIATOR and not self.journey.mediator:
            return  # whoever takes the case over is asked anew
        to = f"mediator/{self.journey.mediator}" if role == MEDIATOR else str(role)
        asked = about if self.journey.open_ask(about) else ""
        self.errands.send(Letter(kind=kind, about=about, to=to, number=number, reply=reply, while_asked=asked))

    def to_all_invited(self, meeting: Meeting, what: str, number: int = 1, *, only: list[str] | None = None) -> None:
        """Confirmations, changes and cancellations leave at once; a reminder is wanted only while the meeting lies
        ahead, and nothing is wanted any more of a date that has been changed since."""
        sort = "visit" if meeting.party else "joint_meeting"
        ahead = meeting.key if what == "remind" else ""
        mediator = [f"mediator/{self.journey.mediator}"] if self.journey.mediator else []
        for to in [*meeting.invited, *mediator] if only is None else only:
            if what == "remind" and self.would_come_too_late(to, meeting):
                continue
            self.errands.send(
                Letter(
                    kind=f"{sort}_{what}",
                    about=meeting.key,
                    to=to,
                    number=number,
                    reply=what != "remind",
                    while_asked=ahead,
                    sequence=meeting.sequence,
                )
            )

    def would_come_too_late(self, to: str, meeting: Meeting) -> bool:
        """A letter by post would arrive on the day of the meeting, or after it."""
        person = self.journey.person(to)
        if person is None or person.channel != Channel.POST or meeting.slot is None:
            return False
        policy = self.asks.policy
        arrives = add_working_days(local_day(workflow.now()), policy.posting_days, policy.holidays)
        return arrives >= local_day(meeting.slot.start)

    def enter(self, stage: Stage) -> None:
        self.journey.stage, self.entered = stage, True
        if self.walking:
            self.errands.changed()
        else:
            self.errands.note("stage", stage)

    def show(self) -> None:
        """What operations read in the Temporal UI about this case."""
        workflow.set_current_details(details_of(self.case, self.journey))
        if not self.case.lists_waiting and self.marks() != self.shown:
            self.shown = self.marks()
            workflow.upsert_search_attributes(self.as_listed())

    async def keep_listed(self) -> None:
        """By what operations filter their lists: told anew when a mark has changed, not on every answer, which would be
        half of all that a case asks of Temporal. It waits for what is asked at that moment to be asked."""
        while True:
            await workflow.wait_condition(lambda: self.marks() != self.shown)
            self.shown = self.marks()
            waiting = WAITING_FOR.value_set(roles_waited_for(self.journey))
            workflow.upsert_search_attributes([*self.as_listed(), waiting])

    def marks(self) -> tuple[Stage, bool, bool]:
        return self.journey.stage, self.journey.escalated, self.journey.on_hold

    def as_listed(self) -> list[SearchAttributeUpdate[Any]]:
        stage, escalated, on_hold = self.marks()
        return [STAGE.value_set(stage), ESCALATED.value_set(escalated), ON_HOLD.value_set(on_hold)]


_LETTER_OF = {
    reason: reason.value
    for reason in (
        ClosingReason.AGREEMENT_FULL,
        ClosingReason.AGREEMENT_PARTIAL,
        ClosingReason.NO_AGREEMENT,
        ClosingReason.NOT_AGREED,
        ClosingReason.WITHDRAWN,
        ClosingReason.NOT_CONTACTABLE,
        ClosingReason.OUT_OF_SCOPE,
    )
}
