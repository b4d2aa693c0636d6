"""The meetings of a case: initial visits and the joint meeting, from the dates offered to the record of them. State
only; calendars and letters are the errands' business."""

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.commands import MoveMeeting, OfferVisitDates, Slot
    from domain.journey import CaseStart, Journey, Meeting, MeetingStatus
    from domain.parties import PersonRole
    from workflows.neighbours import Booking


class Meetings:
    """Keeps the meetings in the case's journey, one for each round ("visit/p1/2")."""

    def __init__(self, case: CaseStart, journey: Journey) -> None:
        self.case, self.journey = case, journey

    # Visits

    def visit_round(self, party: str) -> int:
        """The round of visiting that is open for a party: the number in the key of its open ask."""
        for ask in self.journey.asks:
            if ask.kind in ("visit_dates", "visit_choice", "visit") and ask.key.split("/")[1] == party:
                return int(ask.key.split("/")[2])
        raise LookupError(party)

    def of_visit(self, party: str, number: int) -> Meeting:
        """The visit of a round; made when there is none yet."""
        return self.journey.meeting(f"visit/{party}/{number}") or self._new(
            Meeting(key=f"visit/{party}/{number}", party=party)
        )

    def visited(self, party: str) -> bool:
        """Has the party been visited?"""
        return any(meeting.party == party and meeting.status == MeetingStatus.HELD for meeting in self.journey.meetings)

    def offer_visit(self, command: OfferVisitDates, number: int) -> None:
        visit = self.of_visit(command.party, number)
        visit.offered, visit.online, visit.offer_command = command.slots, command.online, command.id

    # The joint meeting

    def new_joint(self, number: int, half_days: list[str]) -> Meeting:
        """The joint meeting of a round; a case that was opened again has it already."""
        key = f"joint_meeting/{number}"
        return self.journey.meeting(key) or self._new(Meeting(key=key, half_days=half_days))

    def latest_joint(self) -> Meeting:
        """The joint meeting that is being arranged or was held last. LookupError: none yet."""
        meeting = self.journey.latest_joint()
        if meeting is None:
            raise LookupError("joint_meeting")
        return meeting

    def everyone_has_met(self) -> bool:
        """Has a joint meeting come to an agreement?"""
        return any(meeting.outcome in ("full", "partial") for meeting in self.journey.meetings)

    # Both

    def booking(self, meeting: Meeting, slot: Slot) -> Booking:
        """The meeting's claim on the calendars of the mediator, while the case has one, and of the venue."""
        resources = [f"mediator/{self.journey.mediator}"] if self.journey.mediator else []
        resources += [f"venue/{meeting.venue}"] if meeting.venue else []
        return Booking(
            case_id=self.case.case_id,
            reference=self.case.reference,
            meeting=meeting.key,
            resources=resources,
            slot=slot,
            sequence=meeting.sequence,
            online=meeting.online,
        )

    def booked(self, meeting: Meeting, slot: Slot, place: dict[str, str | bool]) -> None:
        for name, value in place.items():
            setattr(meeting, name, value)
        meeting.slot, meeting.status = slot, MeetingStatus.BOOKED
        meeting.invited = self._welcome(meeting.party)

    def move(self, meeting: Meeting, command: MoveMeeting) -> None:
        """The same meeting at another time or place, with a SEQUENCE of its own."""
        if meeting.slot:
            meeting.former.append(meeting.slot)
        for name, value in self.place_of(command).items():
            setattr(meeting, name, value)
        meeting.slot = command.slot
        meeting.sequence += 1
        meeting.invited = self._welcome(meeting.party)  # who has joined or left the party since

    def place_of(self, command: MoveMeeting) -> dict[str, str | bool]:
        """What of the meeting a move to elsewhere changes."""
        if command.where == "same":
            return {}
        return {"venue": command.venue, "online": command.online, "offer_command": command.id}

    def cancel(self, meeting: Meeting) -> None:
        """It does not take place; the cancellation has a SEQUENCE of its own."""
        meeting.status = MeetingStatus.CANCELLED
        meeting.sequence += 1

    def welcome(self, party: str) -> list[tuple[Meeting, list[str]]]:
        """Somebody has joined or left a party: who is now invited to what lies ahead, and was not before."""
        found = []
        for meeting in self.booked_ahead():
            if meeting.party in ("", party):
                before, meeting.invited = meeting.invited, self._welcome(meeting.party)
                found.append((meeting, [person for person in meeting.invited if person not in before]))
        return found

    def record(self, key: str, status: MeetingStatus) -> None:
        meeting = self.journey.meeting(key)
        if meeting:
            meeting.status = status

    def cancel_what_is_booked(self) -> list[Meeting]:
        """Marks each that lies ahead as cancelled, with a SEQUENCE of its own, and gives them back. One that has begun
        is no longer cancelled: people were there, though it was not recorded."""
        booked = self.booked_ahead()
        for meeting in booked:
            self.cancel(meeting)
        return booked

    def booked_ahead(self) -> list[Meeting]:
        """Booked, and not begun yet."""
        return [
            meeting
            for meeting in self.journey.meetings
            if meeting.status == MeetingStatus.BOOKED and meeting.slot and meeting.slot.start > workflow.now()
        ]

    def _welcome(self, party: str) -> list[str]:
        """Who is invited: the people of the party (to a visit) or of all who have agreed to take part (to the joint
        meeting), replaced contacts and those who only get copies left out."""
        return [
            person.key
            for each in self.journey.parties
            if party == each.key or (party == "" and self.journey.takes_part(each.key))
            for person in each.people
            if person.key == each.lead or person.role not in (PersonRole.LEAD, PersonRole.IN_COPY)
        ]

    def _new(self, meeting: Meeting) -> Meeting:
        self.journey.meetings.append(meeting)
        return meeting


def end_of(slot: Slot) -> datetime:
    """When a meeting is over, and its record is due."""
    return slot.start + timedelta(minutes=slot.minutes)
