"""The doors of a case: what people can do, as Updates named like their commands. A validator judges by the case's own
state (domain/rules); facts of the database are asked for in the handler. A refusal is a code and ids; pages word it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import (
        LETTERS_BY_HAND,
        READ_REPLY,
        Agreement,
        CaseStart,
        Journey,
        Letter,
        Meeting,
        MeetingStatus,
    )
    from domain.parties import Person, PersonRole
    from domain.refusals import Refusal
    from domain.rules import Refused, judge
    from domain.stages import Closing, ClosingReason, OutcomeDetail
    from workflows.asks import Asks
    from workflows.errands import Errands, near
    from workflows.meetings import Meetings, end_of
    from workflows.neighbours import Admission, Admitted, CaseFile, MediatorQuestion, Reassignment, Verdict

REFUSED = "refused"
"""The type of the ApplicationError that a refused Update raises; its details are the code and what it is about."""


class Accepted(BaseModel):
    """The command took effect and is filed."""


def workflow_id(case_id: str) -> str:
    """The id of a case's workflow: opaque, one for each case."""
    return f"case-{case_id}"


class Doors(ABC):
    """Handlers and validators. What follows from an answer is the journey's business (case.py)."""

    case: CaseStart
    journey: Journey
    asks: Asks
    errands: Errands
    meetings: Meetings
    at_the_desk: asyncio.Lock  # one act at a time

    # Explaining, permission, consent

    @workflow.update
    async def record_explaining_call(self, command: c.RecordExplainingCall) -> Accepted:
        async with self.heard(command):
            self.asks.learn("explaining_call", command.outcome)
            if command.permission != "not_yet":
                self.asks.learn("permission", _yes(command.permission == "given"))
        return await self.accept(command, outcome=command.outcome, permission=command.permission)

    @record_explaining_call.validator
    def may_record_explaining_call(self, command: c.RecordExplainingCall) -> None:
        self.judge(command)

    @workflow.update
    async def record_permission(self, command: c.RecordPermission) -> Accepted:
        async with self.heard(command):
            self.asks.learn("permission", _yes(command.given))
        return await self.accept(command, given=_yes(command.given), how=command.how)

    @record_permission.validator
    def may_record_permission(self, command: c.RecordPermission) -> None:
        self.judge(command)

    @workflow.update
    async def answer_consent(self, command: c.AnswerConsent) -> Accepted:
        async with self.heard(command):
            key = f"consent/{command.party}"
            first_time = key not in self.journey.facts
            self.asks.learn(key, _yes(command.yes))
            if command.yes and first_time:
                self.write_to(command.party, "consent_receipt", key, reply=True)
        return await self.accept(command, command.party, answer=_yes(command.yes), how=command.how)

    @answer_consent.validator
    def may_answer_consent(self, command: c.AnswerConsent) -> None:
        self.judge(command)

    @workflow.update
    async def decide_on_silence(self, command: c.DecideOnSilence) -> Accepted:
        async with self.heard(command):
            if command.decision == "close":
                self.asks.learn(command.ask, "silent")
            else:
                if command.decision == "replace_contact":
                    await self.replace_silent_contact(command)
                self.errands.close_tasks(lambda task: task.about == command.ask and not task.kind.startswith("letter_"))
                self.asks.start_again(command.ask, from_rung=0 if command.decision == "replace_contact" else 1)
        return await self.accept(command, command.ask, decision=command.decision)

    @decide_on_silence.validator
    def may_decide_on_silence(self, command: c.DecideOnSilence) -> None:
        self.judge(command)

    async def replace_silent_contact(self, command: c.DecideOnSilence) -> None:
        ask = self.journey.open_ask(command.ask)
        if ask is None or self.journey.party(ask.of) is None:
            raise refusal(Refusal.NOT_ASKED, command.ask)
        await self.admit_a_lead(command, ask.of)

    # Allocation

    @workflow.update
    async def offer_mediator(self, command: c.OfferMediator) -> Accepted:
        async with self.heard(command):
            question = MediatorQuestion(case_id=self.case.case_id, mediator=command.mediator)
            self.heed(await near(CaseFile.may_be_offered, question, "may this mediator be offered the case?"))
            self.judge(command)
            self.offer_to(command.mediator)
            for ask in self.journey.open_asks("mediator_choice"):
                self.asks.learn(ask.key, "picked")
        return await self.accept(command, mediator=command.mediator)

    @offer_mediator.validator
    def may_offer_mediator(self, command: c.OfferMediator) -> None:
        self.judge(command)

    @workflow.update
    async def answer_allocation(self, command: c.AnswerAllocation) -> Accepted:
        async with self.heard(command):
            if command.conflict:
                question = MediatorQuestion(case_id=self.case.case_id, mediator=self.journey.offered_to)
                await near(CaseFile.declare_conflict, question, "keep the declared conflict")
                self.judge(command)
            accepts = command.accepts and not command.conflict
            self.asks.learn(f"acceptance/{command.offer}", _yes(accepts))
        return await self.accept(command, answer=_yes(accepts))

    @answer_allocation.validator
    def may_answer_allocation(self, command: c.AnswerAllocation) -> None:
        self.judge(command)

    def offer_to(self, mediator: str) -> None:
        self.journey.offered_to = mediator
        self.journey.offer += 1

    # Initial visits

    @workflow.update
    async def offer_visit_dates(self, command: c.OfferVisitDates) -> Accepted:
        async with self.heard(command):
            number = self.meetings.visit_round(command.party)
            self.meetings.offer_visit(command, number)
            self.asks.learn(f"visit_dates/{command.party}/{number}", "offered")
            choice = f"visit_choice/{command.party}/{number}"
            self.errands.close_tasks(lambda task: task.about == choice and task.kind != "letter_failed")
            self.asks.start_again(choice, from_rung=0)  # other dates than before
        return await self.accept(command, command.party)

    @offer_visit_dates.validator
    def may_offer_visit_dates(self, command: c.OfferVisitDates) -> None:
        self.judge(command)

    @workflow.update
    async def choose_visit_date(self, command: c.ChooseVisitDate) -> Accepted:
        async with self.heard(command):
            number = self.meetings.visit_round(command.party)
            if command.start is not None:
                visit = self.meetings.of_visit(command.party, number)
                await self.book(command, visit, next(slot for slot in visit.offered if slot.start == command.start))
            self.asks.learn(
                f"visit_choice/{command.party}/{number}", "none_suits" if command.start is None else "chosen"
            )
        return await self.accept(command, command.party, how=command.how)

    @choose_visit_date.validator
    def may_choose_visit_date(self, command: c.ChooseVisitDate) -> None:
        self.judge(command)

    @workflow.update
    async def record_visit(self, command: c.RecordVisit) -> Accepted:
        async with self.heard(command):
            key = f"visit/{command.party}/{self.meetings.visit_round(command.party)}"
            if command.held:
                await self.admit(command, command.party, PersonRole.SUPPORTER)
                self.judge(command)
            self.meetings.record(key, MeetingStatus.HELD if command.held else MeetingStatus.NO_SHOW)
            self.asks.learn(key, "held" if command.held else "no_show")
        return await self.accept(command, command.party, held=_yes(command.held))

    @record_visit.validator
    def may_record_visit(self, command: c.RecordVisit) -> None:
        self.judge(command)

    # Joint meeting

    @workflow.update
    async def give_availability(self, command: c.GiveAvailability) -> Accepted:
        async with self.heard(command):
            meeting = self.meetings.latest_joint()
            meeting.availability[command.party] = command.half_days
            self.asks.learn(f"availability/{command.party}/{meeting.key.partition('/')[2]}", "given")
        return await self.accept(command, command.party, how=command.how)

    @give_availability.validator
    def may_give_availability(self, command: c.GiveAvailability) -> None:
        self.judge(command)

    @workflow.update
    async def fix_joint_meeting(self, command: c.FixJointMeeting) -> Accepted:
        async with self.heard(command):
            meeting = self.meetings.latest_joint()
            place: dict[str, str | bool] = {
                "venue": command.venue,
                "online": not command.venue,
                "offer_command": command.id,
            }
            await self.book(command, meeting, command.slot, place)
            self.asks.learn(meeting.key.replace("joint_meeting", "joint_date"), "fixed")
        return await self.accept(command, meeting.key)

    @fix_joint_meeting.validator
    def may_fix_joint_meeting(self, command: c.FixJointMeeting) -> None:
        self.judge(command)

    @workflow.update
    async def record_joint_meeting(self, command: c.RecordJointMeeting) -> Accepted:
        async with self.heard(command):
            meeting = self.meetings.latest_joint()
            self.meetings.record(meeting.key, MeetingStatus.HELD)
            meeting.present, meeting.outcome = list(dict.fromkeys(command.present)), command.outcome
            self.outcome_detail = command.detail
            self.asks.learn(meeting.key, command.outcome)
        return await self.accept(command, meeting.key, outcome=command.outcome)

    @record_joint_meeting.validator
    def may_record_joint_meeting(self, command: c.RecordJointMeeting) -> None:
        self.judge(command)

    # Agreement

    @workflow.update
    async def write_agreement(self, command: c.WriteAgreement) -> Accepted:
        async with self.heard(command):
            version = self.journey.agreement.version + 1 if self.journey.agreement else 1
            self.journey.agreement = Agreement(
                version=version,
                command=command.id,
                terms=command.terms,
                meeting=self.meetings.latest_joint().key,
                written=workflow.now(),
                status="comments" if command.comments_wanted else "draft",
            )
            self.end_round_of_comments()
            self.asks.learn("terms/1", "written")
        return await self.accept(command, version=str(version))

    @write_agreement.validator
    def may_write_agreement(self, command: c.WriteAgreement) -> None:
        self.judge(command)

    @workflow.update
    async def comment_on_agreement(self, command: c.CommentOnAgreement) -> Accepted:
        async with self.heard(command):
            if self.journey.agreement:
                self.journey.agreement.comments[command.party] = "agrees" if command.agrees else "wants_changes"
            self.asks.learn(f"comments/{command.party}/{command.version}", _yes(command.agrees))
        return await self.accept(command, command.party, answer=_yes(command.agrees), how=command.how)

    @comment_on_agreement.validator
    def may_comment_on_agreement(self, command: c.CommentOnAgreement) -> None:
        self.judge(command)

    @workflow.update
    async def issue_agreement(self, command: c.IssueAgreement) -> Accepted:
        async with self.heard(command):
            if self.journey.agreement:
                self.journey.agreement.status = "draft"
            self.end_round_of_comments()
        return await self.accept(command, version=str(command.version))

    @issue_agreement.validator
    def may_issue_agreement(self, command: c.IssueAgreement) -> None:
        self.judge(command)

    def end_round_of_comments(self) -> None:
        """Nobody is asked about a wording that has been replaced or that stands."""
        for ask in [*self.journey.open_asks("comments"), *self.journey.open_asks("issue")]:
            self.asks.learn(ask.key, "superseded")

    @workflow.update
    async def record_action(self, command: c.RecordAction) -> Accepted:
        async with self.heard(command):
            for action in self.journey.actions:
                if action.number == command.action:
                    action.state = "done" if command.done else "not_done"
            self.asks.learn(f"action/{command.action}", _yes(command.done))
        return await self.accept(command, f"action/{command.action}", done=_yes(command.done), how=command.how)

    @record_action.validator
    def may_record_action(self, command: c.RecordAction) -> None:
        self.judge(command)

    @workflow.update
    async def give_feedback(self, command: c.GiveFeedback) -> Accepted:
        async with self.heard(command):
            self.asks.learn(f"feedback/{command.party}", "given")
        return await self.accept(command, command.party, score=str(command.score))

    @give_feedback.validator
    def may_give_feedback(self, command: c.GiveFeedback) -> None:
        self.judge(command)

    # Changes to what was booked

    @workflow.update
    async def move_meeting(self, command: c.MoveMeeting) -> Accepted:
        async with self.heard(command):
            meeting = self.meeting(command.meeting)
            before = meeting.slot
            moved = {**self.meetings.place_of(command), "sequence": meeting.sequence + 1}
            claim = self.meetings.booking(meeting.model_copy(update=moved), command.slot)
            had = self.meetings.booking(meeting, before or command.slot).resources
            # one transaction claims the new time and lets go of the old one: a refusal leaves the old one as it was
            self.heed(await near(CaseFile.reserve, claim, f"claim the calendars for {meeting.key}, moved"))
            if self.journey.closing is not None:  # the case ended meanwhile, and gives back what it had
                await near(CaseFile.let_go, claim, f"let go of {meeting.key}")
                self.judge(command)
            self.meetings.move(meeting, command)
            if left := [resource for resource in had if resource not in claim.resources]:
                self.errands.cancel(claim.model_copy(update={"resources": left}))
            self.errands.book(claim)
            self.asks.expect(meeting.key, end_of(command.slot))
            self.to_all_invited(meeting, "moved", meeting.sequence)
        dates = {"before": before.start.isoformat(), "after": command.slot.start.isoformat()} if before else {}
        return await self.accept(command, meeting.key, where=command.where, **dates)

    @move_meeting.validator
    def may_move_meeting(self, command: c.MoveMeeting) -> None:
        self.judge(command)

    @workflow.update
    async def cancel_meeting(self, command: c.CancelMeeting) -> Accepted:
        async with self.heard(command):
            meeting = self.meeting(command.meeting)
            await self.call_off(meeting)
        return await self.accept(command, meeting.key)

    @cancel_meeting.validator
    def may_cancel_meeting(self, command: c.CancelMeeting) -> None:
        self.judge(command)

    @workflow.update
    async def replace_mediator(self, command: c.ReplaceMediator) -> Accepted:
        async with self.heard(command):
            if command.why == "conflict":
                question = MediatorQuestion(case_id=self.case.case_id, mediator=command.mediator)
                await near(CaseFile.declare_conflict, question, "keep the conflict of interest")
                self.judge(command)
            await self.release_the_mediator(for_good=command.why != "unavailable")
        return await self.accept(command, why=command.why)

    @replace_mediator.validator
    def may_replace_mediator(self, command: c.ReplaceMediator) -> None:
        self.judge(command)

    @workflow.update
    async def replace_contact(self, command: c.ReplaceContact) -> Accepted:
        async with self.heard(command):
            await self.admit_a_lead(command, command.party)
        return await self.accept(command, command.party)

    @replace_contact.validator
    def may_replace_contact(self, command: c.ReplaceContact) -> None:
        self.judge(command)

    async def admit_a_lead(self, command: c.Command, party: str) -> None:
        """From now on they speak for the party: what is being asked is asked anew, and they are invited to what is
        booked. Actions have their own dates and are reminded of as before."""
        before = self.lead_of(party)
        if not await self.admit(command, party, PersonRole.LEAD):
            raise refusal(Refusal.NAME_MISSING)
        self.judge(command)
        asked = [ask.key for ask in self.journey.asks if ask.of == party and ask.due is None]
        self.errands.close_tasks(
            lambda task: task.about in asked and (task.kind != "letter_failed" or f"/{before}/" in task.key)
        )
        for key in asked:
            self.asks.start_again(key, from_rung=0)
        invited = self.invite_who_is_new(party)
        if not asked and not invited:  # else a question or an invitation tells them
            self.write_to(party, "contact_changed", reply=True)

    def lead_of(self, party: str) -> str:
        return next(one.lead for one in self.journey.parties if one.key == party)

    @workflow.update
    async def add_supporter(self, command: c.AddSupporter) -> Accepted:
        async with self.heard(command):
            if not await self.admit(command, command.party, PersonRole.SUPPORTER):
                raise refusal(Refusal.NAME_MISSING)
            self.invite_who_is_new(command.party)
        return await self.accept(command, command.party)

    @add_supporter.validator
    def may_add_supporter(self, command: c.AddSupporter) -> None:
        self.judge(command)

    def invite_who_is_new(self, party: str) -> bool:
        """To the party's meetings that are booked. False: nobody had to be invited."""
        new = [(meeting, people) for meeting, people in self.meetings.welcome(party) if people]
        for meeting, people in new:
            self.to_all_invited(meeting, "booked", only=people)
        return bool(new)

    def meeting(self, key: str) -> Meeting:
        """Of a command that was judged, so it is there."""
        meeting = self.journey.meeting(key)
        if meeting is None:
            raise refusal(Refusal.NO_SUCH_MEETING, key)
        return meeting

    # At any moment

    @workflow.update
    async def withdraw(self, command: c.Withdraw) -> Accepted:
        async with self.heard(command):
            closing = Closing(reason=ClosingReason.WITHDRAWN, who=command.party)
            if command.actor.kind == "participant":
                self.end(closing)
            else:
                self.end_unless_undone(closing)
        return await self.accept(command, command.party, how=command.how)

    @withdraw.validator
    def may_withdraw(self, command: c.Withdraw) -> None:
        self.judge(command)

    @workflow.update
    async def close_case(self, command: c.CloseCase) -> Accepted:
        async with self.heard(command):
            self.end_unless_undone(Closing(reason=command.reason))
        return await self.accept(command, reason=command.reason)

    @close_case.validator
    def may_close_case(self, command: c.CloseCase) -> None:
        self.judge(command)

    @workflow.update
    async def undo(self, command: c.Undo) -> Accepted:
        async with self.heard(command):
            self.journey.ending = None
            self.asks.hush(self.journey.silent, moved=False)
        return await self.accept(command)

    @undo.validator
    def may_undo(self, command: c.Undo) -> None:
        self.judge(command)

    @workflow.update
    async def reassign(self, command: c.Reassign) -> Accepted:
        async with self.heard(command):
            order = Reassignment(case_id=self.case.case_id, coordinator=command.coordinator)
            self.heed(await near(CaseFile.reassign, order, "hand the case to another coordinator"))
        return await self.accept(command)

    @reassign.validator
    def may_reassign(self, command: c.Reassign) -> None:
        self.judge(command)

    @workflow.update
    async def pause(self, command: c.Pause) -> Accepted:
        async with self.heard(command):
            self.journey.paused = True
        return await self.quiet(command)

    @pause.validator
    def may_pause(self, command: c.Pause) -> None:
        self.judge(command)

    @workflow.update
    async def resume(self, command: c.Resume) -> Accepted:
        async with self.heard(command):
            self.journey.paused = False
        return await self.quiet(command)

    @resume.validator
    def may_resume(self, command: c.Resume) -> None:
        self.judge(command)

    @workflow.update
    async def hold(self, command: c.Hold) -> Accepted:
        async with self.heard(command):
            self.journey.on_hold = True
            self.errands.open_task("safeguarding", f"safeguarding/{command.id}", role=c.StaffRole.SAFEGUARDING_LEAD)
            self.write_to_staff(c.StaffRole.SAFEGUARDING_LEAD, "staff_task", f"safeguarding/{command.id}", reply=True)
        return await self.quiet(command)

    @hold.validator
    def may_hold(self, command: c.Hold) -> None:
        self.judge(command)

    @workflow.update
    async def release(self, command: c.Release) -> Accepted:
        async with self.heard(command):
            self.journey.on_hold = False
            self.errands.close_tasks(lambda task: task.kind == "safeguarding")
        return await self.quiet(command)

    @release.validator
    def may_release(self, command: c.Release) -> None:
        self.judge(command)

    async def quiet(self, command: c.Command) -> Accepted:
        self.asks.hush(self.journey.silent)
        return await self.accept(command)

    @workflow.update
    async def tick_task(self, command: c.TickTask) -> Accepted:
        async with self.heard(command):
            self.tick(command)
        return await self.accept(command, command.task, outcome=command.outcome)

    def tick(self, command: c.TickTask) -> None:
        """A call that reached nobody stays a task, for another time."""
        [task] = [task for task in self.journey.tasks if task.key == command.task]
        if command.outcome in c.NOBODY_REACHED:
            task.due = command.call_back or self.asks.policy.next_morning(workflow.now())
            self.errands.changed()
            return
        if task.kind in LETTERS_BY_HAND:
            self.errands.seen_to.append(task.key)
        self.errands.close_tasks(lambda one: one is task)
        if task.kind == READ_REPLY:
            self.asks.replies_have_changed()

    @tick_task.validator
    def may_tick_task(self, command: c.TickTask) -> None:
        self.judge(command)

    @workflow.update
    async def change_policy(self, command: c.ChangePolicy) -> Accepted:
        async with self.heard(command):
            self.journey.policy_name = command.policy.name
            self.journey.record_only_after_start = command.policy.record_only_after_start
            self.errands.new_policy = command.policy
            self.asks.retune(command.policy)
        return await self.accept(command, policy=command.policy.name)

    @change_policy.validator
    def may_change_policy(self, command: c.ChangePolicy) -> None:
        self.judge(command)

    # What comes into the mailbox

    @workflow.update
    async def receive_reply(self, command: c.ReceiveReply) -> Accepted:
        async with self.heard(command):
            self.errands.open_task(READ_REPLY, f"reply/{command.person}/{command.id}", command.person)
            self.asks.replies_have_changed()
        return await self.accept(command, command.person)

    @receive_reply.validator
    def may_receive_reply(self, command: c.ReceiveReply) -> None:
        self.judge(command)

    @workflow.update
    async def note_automatic_reply(self, command: c.NoteAutomaticReply) -> Accepted:
        async with self.heard(command):
            pass  # a line of the timeline, and nothing more
        return await self.accept(command, command.person)

    @note_automatic_reply.validator
    def may_note_automatic_reply(self, command: c.NoteAutomaticReply) -> None:
        self.judge(command)

    @workflow.update
    async def report_bounce(self, command: c.ReportBounce) -> Accepted:
        async with self.heard(command):
            letter = Letter(kind=command.kind_of_letter, about=command.about, to=command.to, number=command.number)
            self.errands.open_task("letter_failed", f"letter/{letter.key}", letter.about)
        return await self.accept(command, command.about, kind=command.kind_of_letter, to=command.to, state="bounced")

    @report_bounce.validator
    def may_report_bounce(self, command: c.ReportBounce) -> None:
        self.judge(command)

    # How it is done

    outcome_detail: OutcomeDetail | None

    def judge(self, command: c.Command) -> None:
        """Raises the refusal that the state of the case demands. A command stands in the case file under the id of its
        Update: one that was copied from a history and sent again under another id is nobody's."""
        update = workflow.current_update_info()
        if update is None or update.id != command.id or command.case_id != self.case.case_id:
            raise refusal(Refusal.NOT_YOURS)
        try:
            judge(command, self.journey, workflow.now())
        except Refused as refused:
            raise refusal(refused.code, refused.about) from refused

    @asynccontextmanager
    async def heard(self, command: c.Command) -> AsyncIterator[None]:
        """One act at a time, and only when the case has come to rest. A worker that loads a case afresh may be handed
        an Update together with completions that came before it, and sees the Update first: acting on it at once would
        put the case's commands in another order than a replay does."""
        async with self.at_the_desk:
            await self.errands.filed()
            self.judge(command)  # the state may have moved while it waited
            yield

    def heed(self, verdict: Verdict) -> None:
        """Raises the refusal that the facts of the database demand."""
        if verdict.refusal:
            raise refusal(Refusal(verdict.refusal), verdict.about)

    async def accept(self, command: c.Command, about: str = "", **detail: str) -> Accepted:
        """The act is a line of the timeline, and filed before the person reads that it was accepted."""
        self.errands.note(command.kind(), about, by=command.actor.id, command=command.id, **detail)
        await self.errands.filed()
        return Accepted()

    async def book(
        self, command: c.Command, meeting: Meeting, slot: c.Slot, place: dict[str, str | bool] | None = None
    ) -> None:
        """Claim the calendars, or refuse and change nothing; the state is looked at again, for a withdrawal may have
        come meanwhile."""
        booking = self.meetings.booking(meeting.model_copy(update=place), slot)
        self.heed(await near(CaseFile.reserve, booking, f"claim the calendars for {meeting.key}"))
        try:
            self.judge(command)
        except ApplicationError:
            await near(CaseFile.let_go, booking, f"let go of {meeting.key}")
            raise
        self.meetings.booked(meeting, slot, place or {})
        self.errands.book(booking)
        self.to_all_invited(meeting, "booked")

    async def admit(self, command: c.Command, party: str, role: PersonRole) -> str:
        """The person named in the command's texts becomes a participant; "" when nobody is named."""
        admission = Admission(case_id=self.case.case_id, command=command.id, party=party, role=role)
        admitted: Admitted = await near(CaseFile.admit, admission, f"admit a {role} of {party}")
        self.heed(Verdict(refusal=admitted.refusal))
        people = next(p.people for p in self.journey.parties if p.key == party)
        if admitted.person and admitted.person not in [person.key for person in people]:
            people.append(Person(key=admitted.person, role=role, channel=admitted.channel))
        return admitted.person

    @abstractmethod
    def to_all_invited(self, meeting: Meeting, what: str, number: int = 1, *, only: list[str] | None = None) -> None:
        """A letter about a meeting to each who is invited, and to the mediator; or only to some."""

    @abstractmethod
    async def call_off(self, meeting: Meeting) -> None:
        """A booked meeting does not take place: everyone invited is told, and another round begins."""

    @abstractmethod
    async def release_the_mediator(self, *, for_good: bool) -> None:
        """The mediator no longer has the case, and another is looked for."""

    @abstractmethod
    def write_to(self, party: str, kind: str, about: str = "", *, reply: bool = False) -> None:
        """A letter to a party's lead."""

    @abstractmethod
    def write_to_staff(self, role: c.StaffRole, kind: str, about: str, number: int = 1, *, reply: bool = False) -> None:
        """A letter to a member of staff."""

    @abstractmethod
    def end_unless_undone(self, closing: Closing) -> None:
        """The case ends with this closing after the minutes in which staff may think better of it."""

    @abstractmethod
    def end(self, closing: Closing) -> None:
        """The case ends with this closing."""


def refusal(code: Refusal, about: str = "") -> ApplicationError:
    """The error by which an Update is refused."""
    return ApplicationError(code, code, about, type=REFUSED, non_retryable=True)


def _yes(yes: bool) -> str:
    return "yes" if yes else "no"
