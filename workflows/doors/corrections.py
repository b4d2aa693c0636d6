"""The doors by which what was recorded wrongly is put right. What a record can become is domain/corrections.py's; what
follows for a journey that cannot be rewound, and for people who were misled, stands here."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.corrections import NOT_YET, meeting_after
    from domain.journey import Action, Agreement, Letter, MeetingStatus, OpenAsk
    from domain.refusals import Refusal
    from domain.stages import Closing, ClosingReason, Stage
    from workflows.doors.desk import Accepted, Desk, refusal
    from workflows.errands import near
    from workflows.neighbours import CaseFile, WordsToCorrect

SUPERSEDED = "superseded"  # the answer to what need not be answered any more
AGAIN = ("another", "no_show")  # outcomes of a joint meeting after which there is another


class Corrections(Desk):
    """Handlers and validators of the corrections."""

    @workflow.update
    async def correct_details(self, command: c.CorrectDetails) -> Accepted:
        async with self.heard(command):
            order = WordsToCorrect(
                case_id=self.case.case_id, command=command.id, what=command.what, party=command.party or ""
            )
            self.heed(await near(CaseFile.correct_details, order, f"correct the words about the {command.what}"))
        return await self.accept(command, command.party or "", which=command.what)

    @correct_details.validator
    def may_correct_details(self, command: c.CorrectDetails) -> None:
        self.judge(command)

    @workflow.update
    async def correct_record(self, command: c.CorrectRecord) -> Accepted:
        async with self.heard(command):
            was = self.journey.facts[command.record].answer
            said = {"was": was, "answer": command.answer} | self.who_came(command)
            kind, _, about = command.record.partition("/")
            if closing := self.ends_with(kind, about, command.answer):
                self.end_unless_undone(closing, lambda: self.recorded_as(command))
            else:
                self.recorded_as(command)
                match kind:
                    case "explaining_call" if command.answer == NOT_YET:
                        self.ask_again(command.record)
                    case "consent":
                        self.consent_is_otherwise(command, about)
                    case "visit":
                        await self.visit_was_otherwise(command, about.partition("/")[0])
                    case "joint_meeting" if was in AGAIN and command.answer not in AGAIN:
                        self.no_other_meeting_is_needed(command.record, missed=was == "no_show")
                    case "joint_meeting":
                        self.send_copies_to_the_forgotten()
                    case "action" if command.answer == NOT_YET:
                        self.ask_again(command.record)
        return await self.accept(command, command.record, **said)

    @correct_record.validator
    def may_correct_record(self, command: c.CorrectRecord) -> None:
        self.judge(command)

    def ends_with(self, kind: str, about: str, answer: str) -> Closing | None:
        """How the case ends when this is the answer; None: it goes on. The same as when it had been given at first."""
        before_it_is_asked = self.journey.stage in (Stage.REFERRAL, Stage.EXPLAINING)
        match kind, answer:
            case "explaining_call", "signpost":
                return Closing(reason=ClosingReason.OUT_OF_SCOPE)
            case "explaining_call", "not_now":
                return Closing(reason=ClosingReason.WITHDRAWN, who=self.case.referrer)
            case "permission", "no" if not before_it_is_asked:
                return Closing(reason=ClosingReason.NOT_AGREED, who=self.case.referrer)
            case "consent", "no" if not before_it_is_asked and self.journey.stage != Stage.PERMISSION:
                return Closing(reason=ClosingReason.NOT_AGREED, who=about)
            case "joint_meeting", "none":
                return Closing(reason=ClosingReason.NO_AGREEMENT)
        return None

    def recorded_as(self, command: c.CorrectRecord) -> None:
        """The record itself, wherever the journey holds it."""
        key, answer = command.record, command.answer
        self.journey.corrected[key] = self.journey.corrected.get(key, 0) + 1
        if answer == NOT_YET:
            self.asks.forget(key)
        else:
            self.asks.learn(key, answer)
        kind, _, about = key.partition("/")
        meeting = self.journey.meeting(key)
        if kind == "visit":
            self.meetings.record(key, MeetingStatus(answer))
        elif kind == "joint_meeting" and meeting:
            meeting.outcome, meeting.status, meeting.absent = answer, MeetingStatus.HELD, []
            meeting.present = meeting.present if command.present is None else list(dict.fromkeys(command.present))
            meeting.detail = self.outcome_detail = command.detail or self.outcome_detail
        elif kind == "comments" and self.journey.agreement:
            self.journey.agreement.comments[about.partition("/")[0]] = "agrees" if answer == "yes" else "wants_changes"
        elif kind == "action":
            action = self.journey.action(int(about))
            if action:
                action.state = "done" if answer == "yes" else "not_done" if answer == "no" else "open"

    # What follows from it

    def consent_is_otherwise(self, command: c.CorrectRecord, party: str) -> None:
        if command.answer == NOT_YET and self.journey.stage == Stage.CONSENT:
            self.put_right(party, command.record)  # they have a letter that says that they agreed
            self.ask_again(command.record)

    async def visit_was_otherwise(self, command: c.CorrectRecord, party: str) -> None:
        """Nobody came: other dates are offered. Or it was held after all: those offered since are needless."""
        if command.answer == "no_show":
            self.ask_again(command.record)
            return
        self.put_right(party, command.record)  # they have a letter that says that we missed each other
        self.close_calls_about_no_shows("visit", party)
        open_asks = [ask.key for kind in ("visit_dates", "visit_choice") for ask in self.asks_about(kind, party)]
        number = max((int(key.rpartition("/")[2]) for key in open_asks), default=0)
        other = next((m for m in self.journey.meetings if m.party == party and m.status == MeetingStatus.BOOKED), None)
        if other:
            await self.call_off(other)
        elif offered := self.journey.meeting(f"visit/{party}/{number}"):
            offered.status = MeetingStatus.CANCELLED
        undecided = [ask.key for ask in self.asks_about("no_show", party)]
        rounds = [f"visit_dates/{party}/{number}", f"visit_choice/{party}/{number}"] if open_asks else []
        self.supersede(*undecided, *rounds)

    def asks_about(self, kind: str, party: str) -> list[OpenAsk]:
        """What is open about a party, of whomever it is asked."""
        return [ask for ask in self.journey.open_asks(kind) if ask.key.startswith(f"{kind}/{party}/")]

    def no_other_meeting_is_needed(self, record: str, *, missed: bool) -> None:
        """There was an agreement: nobody need say any more when they could come to another meeting. `missed`: it was
        recorded as not held, and everyone was told so."""
        meeting = self.journey.meeting(record)
        other = meeting_after(self.journey, meeting) if meeting else None  # None: a manager was still to decide
        number = other.key.partition("/")[2] if other else ""
        asked = {party.key: f"availability/{party.key}/{number}" for party in self.journey.parties}
        for party, ask in asked.items():
            if missed or self.asks.was_asked(ask):
                self.put_right(party, record)
        self.close_calls_about_no_shows("joint_meeting")
        self.supersede(*(ask.key for ask in self.journey.open_asks("no_show")))
        if other:
            other.status = MeetingStatus.CANCELLED
            self.supersede(*asked.values(), f"joint_date/{number}", other.key)

    def supersede(self, *keys: str) -> None:
        for key in keys:
            if key not in self.journey.facts:
                self.asks.learn(key, SUPERSEDED)

    def send_copies_to_the_forgotten(self) -> None:
        """Of an agreement that was issued: whoever was present has a copy, too. None is called back."""
        agreement = self.journey.agreement
        if agreement is None or agreement.status != "issued":
            return
        for person in self.meetings.latest_joint().present:
            if person not in agreement.copies:
                agreement.copies.append(person)
                self.errands.send(Letter(kind="agreement_copy", about=f"agreement/{agreement.version}", to=person))

    def put_right(self, party: str, record: str) -> None:
        """A letter to somebody whom our mistake has misled: each correction is a letter of its own. It leaves at once,
        but for a safeguarding hold."""
        number = self.journey.corrected[record]
        self.write_to(party, "correction", record, number=number, reply=not self.journey.on_hold)

    def who_came(self, command: c.CorrectRecord) -> dict[str, str]:
        """Who was added to, and who was taken off those present, for the timeline."""
        meeting = self.journey.meeting(command.record)
        if meeting is None or command.present is None:
            return {}
        added = [key for key in command.present if key not in meeting.present]
        removed = [key for key in meeting.present if key not in command.present]
        return {name: " ".join(keys) for name, keys in (("added", added), ("removed", removed)) if keys}

    # The agreement

    @workflow.update
    async def amend_agreement(self, command: c.AmendAgreement) -> Accepted:
        async with self.heard(command):
            before, meeting = self.issued_agreement(), self.meetings.latest_joint()
            version = before.version + 1
            self.journey.agreement = Agreement(
                version=version,
                command=command.id,
                terms=command.terms,
                meeting=before.meeting,
                written=workflow.now(),
                copies=before.copies,
            )
            said = {"version": str(version)}
            if command.outcome and command.outcome != meeting.outcome:
                said |= {"was": meeting.outcome, "answer": command.outcome}
                meeting.outcome = command.outcome
                self.asks.learn(meeting.key, command.outcome)
            self.follow_as_amended(command.terms)
            self.errands.set_going(self.give_everyone_present_a_copy())
        return await self.accept(command, **said)

    @amend_agreement.validator
    def may_amend_agreement(self, command: c.AmendAgreement) -> None:
        self.judge(command)

    def issued_agreement(self) -> Agreement:
        """Of a command that was judged, so there is one."""
        if self.journey.agreement is None:
            raise refusal(Refusal.NOT_ASKED)
        return self.journey.agreement

    def follow_as_amended(self, terms: list[c.Term]) -> None:
        """What is done stays done; what has another date or owner is followed anew; what was dropped is not followed
        any more; what is new is followed, too."""
        for number, term in enumerate(terms, 1):
            key = f"action/{number}"
            action = self.journey.action(number)
            if action is None:
                self.journey.actions.append(Action(number=number, owner=term.owner, by=term.by))
                self.ask_again(key)
            elif action.state != "done":
                self.follow_otherwise(action, term, key)

    def follow_otherwise(self, action: Action, term: c.Term, key: str) -> None:
        changed = (action.owner, action.by) != (term.owner, term.by)
        action.owner, action.by = term.owner, term.by
        if term.dropped:
            action.state = "dropped"
            self.supersede(key)
        elif action.state == "open" and changed:
            self.asks.expect(key, self.due_of(action), of=action.owner)
        elif action.state != "open" and (changed or action.state == "dropped"):
            action.state = "open"
            self.asks.forget(key)
            self.ask_again(key)
