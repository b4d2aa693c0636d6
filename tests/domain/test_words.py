from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from domain import titles, words
from domain.commands import EVERY_COMMAND, StaffRole
from domain.corrections import RECORDED_BY
from domain.journey import Armed, Event, LetterState, OpenAsk, Task
from domain.parties import Channel, PartyRole, PersonRole
from domain.policy import STANDARD_LADDERS, Do
from domain.refusals import Refusal
from domain.stages import Closing, ClosingReason, OutcomeDetail, Stage
from tests.sample_case import NOW, SLOT, sample_case

AT = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)


def ask(key: str, of: str, do: Do, number: int = 1, at: datetime = AT) -> OpenAsk:
    return OpenAsk(key=key, of=of, asked=NOW, armed=Armed(at=at, do=do, number=number))


def event(what: str, about: str = "", by: str = "", **detail: str) -> str:
    happened = Event(number=1, at=NOW, what=what, about=about, by=by, detail=detail)
    return words.event_sentence(sample_case(), happened)


def test_what_came_late_says_when_it_was_due() -> None:
    assert event("rung_remind", "consent/p2", number="2") == "Reminder 2: consent of Oakfield School"
    late = event("rung_remind", "consent/p2", number="2", was_due=AT.isoformat())
    assert late == "Reminder 2: consent of Oakfield School (late: it was due Thu 3 Dec 09:00)"


def task(kind: str, key: str, about: str = "") -> str:
    return words.task_title(
        sample_case(), Task(key=key, kind=kind, about=about, role=StaffRole.COORDINATOR, opened=NOW)
    )


def test_why_a_step_comes_when_it_does() -> None:
    def why(key: str, of: str, do: Do = Do.REMIND, **more: object) -> str:
        one = ask(key, of, do).model_copy(update=more)
        return words.next_steps(sample_case(asks=[one]))[0].why

    assert why("consent/p2", "p2", climbed=2) == "6 working days without an answer"
    assert why("consent/p2", "p2", climbed=2, by_post=True) == "6 working days without an answer, and 4 for the post"
    put_off = why("consent/p2", "p2", climbed=1, later=1)
    assert put_off == "3 working days without an answer, postponed by 1 working day"
    assert why("consent/p2", "p2", Do.ASK) == "in office hours"
    assert why("visit/p1/1", "mediator", climbed=1) == "1 working day before the date"
    assert why("action/1", "p2", climbed=1) == "on the day itself"
    assert why("action/1", "p2", Do.ESCALATE, climbed=3) == "5 working days after the date"


def test_what_was_done_about_a_step() -> None:
    assert event("skip_step", "consent/p2", step="remind", number="2") == (
        "A step was skipped: reminder 2, consent of Oakfield School"
    )
    assert event("bring_step_forward", "consent/p2", step="phone_task", number="1") == (
        "A step was brought forward: call, consent of Oakfield School"
    )
    later = (AT + timedelta(days=1)).isoformat()
    assert event("postpone_step", "consent/p2", step="remind", number="2", before=AT.isoformat(), after=later) == (
        "A step was postponed: reminder 2, consent of Oakfield School: from Thu 3 Dec 09:00 to Fri 4 Dec 09:00"
    )


# Days and times


def test_times_are_those_of_londons_clocks() -> None:
    assert words.moment(AT) == "Thu 3 Dec 2026, 09:00"
    assert words.moment(datetime(2027, 6, 1, 23, 30, tzinfo=UTC)) == "Wed 2 Jun 2027, 00:30"
    assert words.day(date(2027, 1, 5)) == "Tue 5 Jan 2027"
    assert words.slot(SLOT) == "Thu 3 Dec 2026, 10:00 to 11:30"
    assert words.slot_to_choose(SLOT) == "Thu 3 Dec, 10:00 to 11:30"
    assert words.half_day_to_choose("2026-12-07/am") == "Mon 7 Dec, morning"
    assert words.half_day_to_choose("2026-12-07/pm") == "Mon 7 Dec, afternoon"
    assert words.half_day("2026-12-07/am") == "Mon 7 Dec 2026, morning"
    assert words.half_day("2026-12-07/pm") == "Mon 7 Dec 2026, afternoon"


# What comes next


def test_a_reminder_in_words() -> None:
    step = words.next_steps(sample_case(asks=[ask("consent/p2", "p2", Do.REMIND, 2)]))[0]
    assert step.sentence() == "Reminder 2 to Oakfield School on Thu 3 Dec 09:00, unless they answer"


@pytest.mark.parametrize(
    ("key", "of", "do", "what", "unless"),
    [
        ("consent/p2", "p2", Do.ASK, "Letter to Oakfield School, asking for consent", "they answer"),
        ("consent/p2", "p2", Do.PHONE_TASK, "Phone task for the coordinator: ring Oakfield School", "they answer"),
        (
            "consent/p2",
            "p2",
            Do.MANAGER_DECIDES,
            "The manager decides what the silence of Oakfield School means",
            "they answer",
        ),
        ("acceptance/1", "mediator", Do.LAPSE, "The case is offered to the next mediator", "they answer"),
        ("comments/p1/1", "p1", Do.LAPSE, "The wording counts as agreed by Ann Example", "they answer"),
        (
            "explaining_call",
            "coordinator",
            Do.REMIND,
            "Reminder 1 to the coordinator: the explaining call (Ann Example)",
            "the call is recorded",
        ),
        (
            "visit/p2/1",
            "mediator",
            Do.REMIND,
            "Reminder of the initial visit to Oakfield School",
            "it is moved or cancelled",
        ),
        (
            "visit/p2/1",
            "mediator",
            Do.TASK,
            "Task for the mediator: record the initial visit of Oakfield School",
            "the visit is recorded",
        ),
        (
            "joint_meeting/1",
            "mediator",
            Do.REMIND,
            "Reminder of the joint meeting to everyone invited",
            "it is moved or cancelled",
        ),
        (
            "joint_date/1",
            "coordinator",
            Do.ESCALATE,
            "The manager is told of the delay: a date for the joint meeting",
            "it is fixed",
        ),
        ("action/1", "p2", Do.REMIND, "Reminder 1 to Oakfield School of action 1", "it is recorded as done"),
    ],
)
def test_armed_rungs_in_words(key: str, of: str, do: Do, what: str, unless: str) -> None:
    step = words.next_steps(sample_case(asks=[ask(key, of, do)]))[0]
    assert (step.what, step.unless) == (what, unless)


def test_every_rung_of_every_ladder_has_its_words() -> None:
    """Whatever a policy arms, somebody can read it."""
    for kind, ladder in STANDARD_LADDERS.items():
        for rung in ladder:
            key = f"{kind}/p1/1" if kind not in ("action", "permission", "explaining_call") else f"{kind}/1"
            step = words.next_steps(sample_case(asks=[ask(key, "p1", rung.do)]))[0]
            assert step.what.strip()
            assert "{" not in step.sentence()
            assert "/" not in step.sentence()
            assert "_" not in step.sentence()
    assert set(words.ASKS) == set(STANDARD_LADDERS)


def test_the_nearest_comes_first() -> None:
    later = AT + timedelta(days=1)
    asks = [ask("consent/p3", "p3", Do.REMIND, at=later), ask("consent/p2", "p2", Do.REMIND)]
    assert [step.at for step in words.next_steps(sample_case(asks=asks))] == [AT, later]


@pytest.mark.parametrize(
    "state", [{"paused": True}, {"on_hold": True}, {"closing": Closing(reason=ClosingReason.WITHDRAWN)}]
)
def test_nothing_is_armed_while_all_is_silent(state: dict[str, object]) -> None:
    asks = [ask("consent/p2", "p2", Do.REMIND)]
    assert words.next_steps(sample_case(asks=asks))
    assert words.next_steps(sample_case(asks=asks, **state)) == []


def test_before_the_workflow_has_filed_anything() -> None:
    case = sample_case()
    case.journey = None
    assert words.next_steps(case) == []
    assert words.waiting_for(case) == ["the coordinator: the referral is being taken in"]


def test_whom_the_case_waits_for() -> None:
    asks = [ask("consent/p2", "p2", Do.REMIND), ask("visit_dates/p1/1", "mediator", Do.REMIND)]
    assert words.waiting_for(sample_case(asks=asks)) == [
        "Oakfield School: consent",
        "the mediator: dates for the initial visit of Ann Example",
    ]


# Who


def test_who() -> None:
    case = sample_case()
    assert words.who(case, "p1") == "Ann Example"
    assert words.who(case, "p2.2") == "Kim Senco"
    assert words.who(case, "safeguarding_lead") == "the safeguarding lead"
    assert words.recipient(case, "mediator/m1") == "Max Mediator (mediator)"
    assert words.recipient(case, "coordinator") == "Jo Coordinator (coordinator)"
    assert words.recipient(case, "manager") == "the manager"
    assert words.actor(case, "s1") == "Jo Coordinator"
    assert words.actor(case, "p1.1") == "Ann Example"
    assert words.actor(case, "somebody") == "a member of staff"
    assert words.actor(case, "") == ""


def test_names_with_braces_stay_names() -> None:
    case = sample_case(asks=[ask("consent/p2", "p2", Do.REMIND)])
    case.parties[1].organisation = "{who} School"
    assert words.next_steps(case)[0].what == "Reminder 1 to {who} School"
    assert words.ask_title(case, "visit_dates/p2/1") == "dates for the initial visit of {who} School"


# Tasks and the timeline


def test_tasks_in_words() -> None:
    assert task("explaining_call", "explaining_call") == "Explain mediation to Ann Example (the explaining call)"
    assert task("visit_dates", "visit_dates/p2/1") == "Offer dates for the initial visit to Oakfield School"
    assert task("phone", "phone/consent/p2/1", "consent/p2") == "Ring Oakfield School: no answer yet (consent)"
    assert (
        task("decide", "decide/consent/p2", "consent/p2")
        == "Decide what the silence of Oakfield School means (consent)"
    )
    assert task("escalated", "escalated/joint_date/1", "joint_date/1") == "Late: a date for the joint meeting"
    assert task("escalated", "escalated/allocation") == "No mediator has taken the case yet: look at the panel"
    assert (
        task("letter_failed", "letter/consent_ask/p2.1/1", "consent/p2")
        == "“Invitation to take part” could not be delivered to Sam Head: find out why"
    )
    assert "to Max Mediator (mediator)" in task("letter_failed", "letter/acceptance_ask/mediator/m1/1")
    assert (
        task("letter_unclear", "unclear/consent_ask/p2.1/1", "consent/p2")
        == "“Invitation to take part” may or may not have reached Sam Head: ask them"
    )
    assert task("letter_waits", "waits/consent_ask/p2.1/1", "consent/p2").startswith(
        "“Invitation to take part” to Sam Head has not left for an hour."
    )
    assert (
        task("calendar_failed", "calendar/visit/p2/1/0", "visit/p2/1")
        == "Check the calendars by hand: Initial visit: Oakfield School"
    )
    assert task("read_reply", "reply/p2.1/m1", "p2.1") == "Read the reply of Sam Head"
    assert task("safeguarding", "safeguarding/x1") == "Safeguarding: look at the case today"


def test_the_timeline_in_words() -> None:
    assert event("stage", "consent") == "Next stage: Everyone's consent"
    assert (
        event("answer_consent", "p2", answer="yes", how="phone")
        == "Oakfield School answered whether they take part: yes, by phone"
    )
    assert (
        event("record_explaining_call", outcome="go_on", permission="not_yet")
        == "The explaining call was recorded: go on"
    )
    assert event("rung_remind", "consent/p2", number="2") == "Reminder 2: consent of Oakfield School"
    assert (
        event("letter_failed", "consent/p2", kind="consent_ask", to="p2.1", state="bounced")
        == "“Invitation to take part” could not be delivered to Sam Head"
    )
    assert (
        event("letter_failed", "consent/p2", kind="consent_ask", to="p2.1", state="ambiguous")
        == "“Invitation to take part” may or may not have reached Sam Head"
    )
    assert event("receive_reply", "p2.1") == "Sam Head replied by e-mail"
    assert event("tick_task", "reply/p2.1/m1", outcome="done") == "Ticked off: Read the reply of Sam Head"
    assert (
        event("report_bounce", "consent/p2", kind="consent_ask", to="p2.1", state="bounced")
        == "“Invitation to take part” could not be delivered to Sam Head"
    )
    assert event("closed", "p2", reason="withdrawn") == "The case closed because Oakfield School withdrew."
    assert event("record_visit", "p1", held="no") == "The initial visit of Ann Example was recorded: nobody came"
    assert (
        event("tick_task", "phone/consent/p2/1", outcome="voicemail")
        == "Ticked off: Ring Oakfield School: no answer yet (consent): left a message"
    )
    assert (
        event("tick_task", "phone/consent_ask/p2.1/1:consent:p2", outcome="spoke")
        == "Ticked off: Ring Sam Head: “Invitation to take part”: spoke to them"
    )
    assert (
        event("tick_task", "post/consent_ask/p2.1/1:consent:p2", outcome="posted")
        == "Ticked off: Print and post “Invitation to take part” to Sam Head"
    )
    assert event("tick_task", "document/agreement/1").startswith("Ticked off: The agreement could not be made")
    assert event("record_action", "action/1", done="yes").endswith("action 1 of the agreement (Oakfield School): done")
    assert (
        event("move_meeting", "visit/p1/1", before="2026-12-03T10:00:00+00:00", after="2026-12-04T09:00:00+00:00")
        == "The initial visit of Ann Example was moved: from Thu 3 Dec 10:00 to Fri 4 Dec 09:00"
    )
    assert event("something_new", "p1") == "Something new (Ann Example)"


def test_a_correction_says_from_what_to_what() -> None:
    said = event("correct_record", "visit/p2/1", "s1", was="held", answer="no_show")
    assert said == "Corrected: the initial visit of Oakfield School, from “held” to “nobody came”"
    said = event("correct_record", "joint_meeting/1", "s1", was="full", answer="full", added="p2.2 p3.1")
    assert said == "Corrected: the joint meeting; present after all: Kim Senco, Pat Officer"
    assert event("correct_details", "p2", "s1", which="organisation") == (
        "Corrected: the organisation's name (Oakfield School)"
    )
    assert event("amend_agreement", "", "s1", version="2", was="full", answer="partial") == (
        "The agreement was amended: version 2 replaces the one before, from “full agreement” to “partial agreement”"
    )


def test_every_answer_that_a_record_can_become_has_its_words() -> None:
    assert set(titles.ANSWERS) == set(RECORDED_BY)


def test_papers_in_words() -> None:
    assert event("add_paper", "p1.1", paper="paper1", how="letter") == (
        "Ann Example gave a paper: “Report of the therapist”: by letter"
    )
    assert event("take_back_paper", "p1.1", how="phone") == "Ann Example took a paper back, and it was erased: by phone"
    assert event("papers_exchanged", number="3") == "The other parties can read what was released (3)"
    ticked = event("tick_task", "post_papers/p2/1", outcome="done")
    assert ticked == "Ticked off: Print the papers of the others and post them to Oakfield School"
    assert task("paper_infected", "paper_infected/p1.1/k", "p1.1").startswith("A file of Ann Example held harmful")
    [step] = words.next_steps(sample_case(asks=[], exchange_at=AT))
    assert step.sentence() == (
        "Papers that were released go to the other parties on Thu 3 Dec 09:00, unless the joint meeting moves"
    )


def test_every_command_has_a_line_for_the_timeline() -> None:
    for kind in EVERY_COMMAND:
        sentence = event(kind, "consent/p2" if kind == "decide_on_silence" else "p2")
        assert "_" not in sentence
        assert not sentence.startswith(kind.replace("_", " ").capitalize()), f"{kind} has no words of its own"


# Endings and refusals


def test_how_a_case_ended() -> None:
    case = sample_case()
    silent = Closing(reason=ClosingReason.NOT_CONTACTABLE, who="p2")
    assert words.closing_sentence(silent, case) == "The case closed because Oakfield School could not be reached."
    full = Closing(reason=ClosingReason.AGREEMENT_FULL, outcome=OutcomeDetail.EXTRA_SUPPORT)
    assert words.closing_sentence(full, case) == "The case closed with a full agreement. Extra support is given."


@pytest.mark.parametrize("reason", list(ClosingReason))
def test_everyone_reads_neither_who_nor_why(reason: ClosingReason) -> None:
    case = sample_case()
    assert words.closing_sentence(Closing(reason=reason, who="p2"), case)
    neutral = words.closing_sentence(Closing(reason=reason, who="p2"), case, for_everyone=True)
    assert "Oakfield" not in neutral
    assert "withdr" not in neutral


def test_refusals_name_what_they_are_about() -> None:
    case = sample_case()
    taken = words.refusal_sentence(Refusal.TAKEN, "mediator/m1", case)
    assert taken == "This time has just been taken in the calendar of Max Mediator. Choose another."
    assert "Town Hall" in words.refusal_sentence(Refusal.TAKEN, "venue/v1", case)
    assert "the venue" in words.refusal_sentence(Refusal.TAKEN, "venue/v1")
    assert words.refusal_sentence(Refusal.NO_SUCH_PARTY, "p9", case).startswith("This case has no party p9.")
    for refusal in Refusal:
        assert "{" not in words.refusal_sentence(refusal)
    assert words.refusal_sentence("unheard_of")


def test_a_call_says_on_which_number() -> None:
    case = sample_case()
    case.parties[1].lead.details.phone = "01632 960231"
    letter = Task(key="phone/consent_ask/p2.1/1:consent:p2", kind="letter_by_phone", about="consent/p2",
                  role=StaffRole.COORDINATOR, opened=NOW)  # fmt: skip
    silent = letter.model_copy(update={"key": "phone/consent/p2/1", "kind": "phone"})
    assert [words.number_to_ring(case, task) for task in (letter, silent)] == ["The number: 01632 960231."] * 2
    posted = letter.model_copy(update={"kind": "letter_by_post"})
    assert words.number_to_ring(case, posted) == ""
    case.parties[1].lead.details.phone = ""
    assert words.number_to_ring(case, letter) == "We have no telephone number of theirs."


def test_every_code_has_its_title() -> None:
    assert set(titles.STAGES) == set(Stage)
    assert set(titles.PARTY_ROLES) == set(PartyRole)
    assert set(titles.PERSON_ROLES) == set(PersonRole)
    assert set(titles.STAFF_ROLES) == set(StaffRole)
    assert set(titles.CLOSING_REASONS) == set(ClosingReason)
    assert set(titles.OUTCOMES) == set(OutcomeDetail)
    assert set(titles.CHANNELS) == set(Channel)
    assert set(get_args(LetterState)) == set(titles.LETTER_STATES)
