"""The doors of the journey: what it waits for, step by step as the leaflet tells it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.agreement_to_mediate import LATEST
    from domain.childs_voice import ChildsVoice
    from domain.journey import LETTERS_IN_TROUBLE, Agreement, Meeting, MeetingStatus
    from domain.parties import PersonRole
    from domain.refusals import Refusal
    from domain.stages import Closing, ClosingReason
    from workflows.doors.desk import Accepted, Desk, refusal, yes_or_no
    from workflows.errands import near
    from workflows.neighbours import CaseFile, MediatorQuestion


class Steps(Desk):
    """Handlers and validators of the answers."""

    # Explaining, permission, consent

    @workflow.update
    async def record_explaining_call(self, command: c.RecordExplainingCall) -> Accepted:
        async with self.heard(command):
            closing = self.end_of_the_call(command)
            if closing and self.can_be_regretted(command):
                self.end_unless_undone(
                    closing, lambda: self.learn_of_the_call(command), lambda: self.says("explaining_call", "go_on")
                )
            else:
                self.learn_of_the_call(command)
        return await self.accept(command, outcome=command.outcome, permission=command.permission)

    @record_explaining_call.validator
    def may_record_explaining_call(self, command: c.RecordExplainingCall) -> None:
        self.judge(command)

    def learn_of_the_call(self, command: c.RecordExplainingCall) -> None:
        self.asks.learn("explaining_call", command.outcome)
        if command.permission != "not_yet":
            self.asks.learn("permission", yes_or_no(command.permission == "given"))

    def end_of_the_call(self, command: c.RecordExplainingCall) -> Closing | None:
        """How the case ends after such a call; None: it goes on."""
        if command.outcome == "signpost":
            return Closing(reason=ClosingReason.OUT_OF_SCOPE)
        if command.outcome == "not_now":
            return Closing(reason=ClosingReason.WITHDRAWN, who=self.case.referrer)
        refused = command.permission == "refused" or self.says("permission", "no")
        return Closing(reason=ClosingReason.NOT_AGREED, who=self.case.referrer) if refused else None

    @workflow.update
    async def record_permission(self, command: c.RecordPermission) -> Accepted:
        async with self.heard(command):
            asked = self.journey.open_ask("permission") is not None  # else it ends when the journey comes to it
            if not command.given and asked and self.can_be_regretted(command):
                closing = Closing(reason=ClosingReason.NOT_AGREED, who=self.case.referrer)
                self.end_unless_undone(
                    closing, lambda: self.asks.learn("permission", "no"), lambda: self.says("permission", "yes")
                )
            else:
                self.asks.learn("permission", yes_or_no(command.given))
        return await self.accept(command, given=yes_or_no(command.given), how=command.how)

    @record_permission.validator
    def may_record_permission(self, command: c.RecordPermission) -> None:
        self.judge(command)

    @workflow.update
    async def answer_consent(self, command: c.AnswerConsent) -> Accepted:
        async with self.heard(command):
            key = f"consent/{command.party}"
            first_time = key not in self.journey.facts
            asked = self.journey.open_ask(key) is not None  # else it ends when the journey comes to it
            if not command.yes and asked and self.can_be_regretted(command):
                closing = Closing(reason=ClosingReason.NOT_AGREED, who=command.party)
                self.end_unless_undone(closing, lambda: self.asks.learn(key, "no"), lambda: self.says(key, "yes"))
            else:
                self.asks.learn(key, yes_or_no(command.yes))
            if command.yes and first_time:
                # Consent that is given anew is confirmed anew; an earlier receipt was for somebody else's answer
                number = self.journey.reopened + self.journey.corrected.get(key, 0) + 1
                self.write_to(command.party, "consent_receipt", key, number=number, reply=True)
        return await self.accept(command, command.party, answer=yes_or_no(command.yes), how=command.how)

    @answer_consent.validator
    def may_answer_consent(self, command: c.AnswerConsent) -> None:
        self.judge(command)

    @workflow.update
    async def decide_on_silence(self, command: c.DecideOnSilence) -> Accepted:
        async with self.heard(command):
            decision: str = command.decision
            after_no_shows = command.ask.startswith("no_show/")
            if decision == "replace_contact":
                await self.replace_silent_contact(command)
            if decision == "close":
                self.take_silence_for_an_end(command)
            elif after_no_shows:
                decision = "another_date" if decision == "wait" else decision
                self.asks.learn(command.ask, "another_date")
            else:
                self.errands.close_tasks(lambda task: task.about == command.ask and not task.kind.startswith("letter_"))
                self.asks.start_again(command.ask, from_rung=0 if command.decision == "replace_contact" else 1)
        return await self.accept(command, command.ask, decision=decision)

    @decide_on_silence.validator
    def may_decide_on_silence(self, command: c.DecideOnSilence) -> None:
        self.judge(command)

    def take_silence_for_an_end(self, command: c.DecideOnSilence) -> None:
        ask = self.journey.open_ask(command.ask)
        if ask is None or not self.can_be_regretted(command):
            self.asks.learn(command.ask, "silent")
            return
        closing = Closing(reason=ClosingReason.NOT_CONTACTABLE, who=ask.of)
        self.end_unless_undone(
            closing, lambda: self.asks.learn(command.ask, "silent"), lambda: command.ask in self.journey.facts
        )

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
            self.asks.learn(f"acceptance/{command.offer}", yes_or_no(accepts))
        return await self.accept(command, answer=yes_or_no(accepts))

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
            self.errands.close_tasks(lambda task: task.about == choice and task.kind not in LETTERS_IN_TROUBLE)
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
            if command.held and command.childs_voice and command.party in self.journey.asked_of_the_child:
                undecided = command.childs_voice == ChildsVoice.UNDECIDED
                if not (undecided and self.journey.voice):  # another parent may have said it before
                    self.hear_the_child(command, command.childs_voice)
            self.meetings.record(key, MeetingStatus.HELD if command.held else MeetingStatus.NO_SHOW)
            self.asks.learn(key, "held" if command.held else "no_show")
        voice = {"voice": command.childs_voice} if command.childs_voice else {}
        return await self.accept(command, command.party, held=yes_or_no(command.held), **voice)

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
            for ask in self.journey.open_asks("availability"):  # of a party that joined after the others had answered
                self.asks.learn(ask.key, "fixed")
            self.asks.learn(meeting.key.replace("joint_meeting", "joint_date"), "fixed")
        return await self.accept(command, meeting.key)

    @fix_joint_meeting.validator
    def may_fix_joint_meeting(self, command: c.FixJointMeeting) -> None:
        self.judge(command)

    @workflow.update
    async def record_joint_meeting(self, command: c.RecordJointMeeting) -> Accepted:
        async with self.heard(command):
            meeting = self.meetings.latest_joint()
            missed = command.outcome == "no_show"
            if command.outcome == "none" and self.can_be_regretted(command):
                self.end_unless_undone(
                    Closing(reason=ClosingReason.NO_AGREEMENT),
                    lambda: self.learn_of_the_meeting(command, meeting),
                    lambda: meeting.key in self.journey.facts,
                )
            else:
                self.learn_of_the_meeting(command, meeting)
        absent = {"absent": ",".join(meeting.absent)} if missed else {}
        return await self.accept(command, meeting.key, outcome=command.outcome, **absent)

    def learn_of_the_meeting(self, command: c.RecordJointMeeting, meeting: Meeting) -> None:
        missed = command.outcome == "no_show"
        self.meetings.record(meeting.key, MeetingStatus.NO_SHOW if missed else MeetingStatus.HELD)
        meeting.present, meeting.outcome = list(dict.fromkeys(command.present)), command.outcome
        meeting.absent = list(dict.fromkeys(command.absent))
        meeting.detail = self.outcome_detail = command.detail
        for party in command.signed_in_room:
            self.sign(command, party, c.How.IN_PERSON, LATEST)
        self.asks.learn(meeting.key, command.outcome)

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
            self.asks.learn(f"comments/{command.party}/{command.version}", yes_or_no(command.agrees))
        return await self.accept(command, command.party, answer=yes_or_no(command.agrees), how=command.how)

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
            action = self.journey.action(command.action)
            if action is not None:
                action.state = "done" if command.done else "not_done"
            self.asks.learn(f"action/{command.action}", yes_or_no(command.done))
        return await self.accept(command, f"action/{command.action}", done=yes_or_no(command.done), how=command.how)

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
