import re
from datetime import timedelta

import pytest

from activities.correspondence import no_longer_wanted
from domain import titles, words
from domain.agreement_to_mediate import LATEST, TEXTS
from domain.commands import StaffRole
from domain.journey import Letter, Meeting, MeetingStatus, OpenAsk, Task
from domain.parties import Channel, PartyRole, PersonRole
from domain.view import StaffView
from letters.rendering import LINK, personal_link, purpose_of, render, script_of
from letters.situations import CANNOT_OPEN_IT, STAFF, case_for, letter
from letters.texts import kinds
from tests.sample_case import ACCESS, CHILD, NOW, SERVICE, party, sample_case


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in STAFF])
def test_what_a_letter_says_can_be_said_on_the_telephone(kind: str) -> None:
    said = script_of(render(case_for(kind), letter(kind), service=SERVICE, now=NOW).text)
    assert said
    whole = " ".join(said)
    for not_said in (LINK, "Dear", "Kind regards", SERVICE.email):
        assert not_said not in whole


def test_on_paper_there_is_the_text_with_room_for_a_signature_and_on_the_telephone_it_is_read_out() -> None:
    case = sample_case(signatures=[])
    assert case.journey
    in_use = case.journey.person("p2.1")  # the one that is left when letters came back, whatever was asked for
    assert in_use
    for kind in ("sign_ask", "sign_remind"):
        in_use.channel = Channel.EMAIL
        assert "AGREEMENT TO MEDIATE" not in render(case, letter(kind), service=SERVICE, now=NOW).text
        in_use.channel = Channel.POST
        paper = render(case, letter(kind), service=SERVICE, now=NOW).text
        assert all(point in paper for point in (*TEXTS[LATEST], "Signature: ...", "send this letter back"))
        in_use.channel = Channel.PHONE
        script = " ".join(script_of(render(case, letter(kind), service=SERVICE, now=NOW).text))
        assert all(point in script for point in (*TEXTS[LATEST], "Do you agree to this?"))


def test_whoever_signed_keeps_the_text_and_hears_how_to_take_it_back() -> None:
    text = render(sample_case(), letter("sign_receipt"), service=SERVICE, now=NOW).text
    assert "signed for your side on Tue 24 Nov 2026 by Sam Head." in text
    assert all(point in text for point in TEXTS[1])
    case = sample_case()
    assert case.journey
    case.journey.signatures[0].taken_back = True
    assert "That no longer counts" in render(case, letter("sign_ask"), service=SERVICE, now=NOW).text
    assert no_longer_wanted(case, case.journey, letter("sign_receipt"), NOW) == "taken_back"


def test_the_mediator_is_reminded_how_the_child_is_heard_and_who_has_to_sign() -> None:
    case = sample_case(signs=True, to_sign=["p2", "p3"], voice={"how": "own_words", "at": NOW, "command": "v"})
    to_mediator = Letter(kind="joint_meeting_remind", about="joint_meeting/1", to="mediator/m1")
    text = render(case, to_mediator, service=SERVICE, now=NOW).text
    assert "How the child is to be heard: In the child's own words" in text
    assert "in the room at the latest: Ann Example, Westshire Council" in text
    others = render(case, letter("joint_meeting_remind"), service=SERVICE, now=NOW).text
    assert "own words" not in others
    assert "Still to sign" not in others


@pytest.mark.parametrize("text", [point for points in TEXTS.values() for point in points])
def test_the_agreement_to_mediate_is_in_short_sentences(text: str) -> None:
    assert all(len(sentence.split()) <= 25 for sentence in re.split(r"(?<=[.?]) ", text))


def test_a_reminder_offers_no_date_that_has_passed() -> None:
    case = sample_case()
    meeting = case.journey.meeting("visit/p1/1") if case.journey else None
    assert meeting
    assert meeting.slot
    first, second = meeting.slot, meeting.slot.model_copy(update={"start": meeting.slot.start + timedelta(days=1)})
    meeting.offered = [first, second]
    text = render(case, letter("visit_choice_remind"), service=SERVICE, now=first.start).text
    assert words.slot(first) not in text
    assert "this date:" in text
    assert words.slot(second) in text
    text = render(case, letter("visit_choice_remind"), service=SERVICE, now=second.start).text
    assert "have passed" in text
    assert "say on your own page that you need others" in text


@pytest.mark.parametrize("to", ["p1.1", "p2.1"])
@pytest.mark.parametrize("kind", ["visit_missed", "joint_meeting_missed", "joint_meeting_not_held"])
def test_nobody_is_blamed_for_a_meeting_that_was_missed(kind: str, to: str) -> None:
    """And nobody is promised dates that a manager has not decided on."""
    about = "visit/p1/1" if kind.startswith("visit") else "joint_meeting/1"
    case = sample_case()
    text = render(case, Letter(kind=kind, about=about, to=to), service=SERVICE, now=NOW).text
    assert re.search(r"missed|not held", text)
    for blame in ("you did not come", "failed", "did not attend", "must", "no-show"):
        assert blame not in text
    assert re.search(r"new dates? soon|a new date\.", text)
    assert ("need not tell us why" in text) == (to == "p1.1" and kind.endswith("_missed"))
    assert case.journey
    for meeting in case.journey.meetings:
        meeting.status, meeting.absent = MeetingStatus.NO_SHOW, ["p1", "p2"]
    case.policy = case.policy.model_copy(update={"no_shows_before_decision": 1})
    text = render(case, Letter(kind=kind, about=about, to=to), service=SERVICE, now=NOW).text
    assert "new date" not in text


def test_every_kind_has_its_template_and_its_title() -> None:
    assert kinds() == sorted(titles.LETTERS)


@pytest.mark.parametrize("kind", kinds())
def test_a_letter_is_whole(kind: str) -> None:
    case = case_for(kind)
    rendered = render(case, letter(kind), service=SERVICE, now=NOW)
    print(rendered.subject, rendered.text, sep="\n\n")
    assert "\n" not in rendered.subject
    assert "SM-2026-00042" in rendered.subject
    assert rendered.text.startswith("Dear ")
    for needed in (case.reference, SERVICE.phone, SERVICE.email, "Jo Coordinator"):
        assert needed in rendered.text
    whole = rendered.subject + rendered.text
    for name in CHILD.split():
        assert name not in whole
    assert not any(party.name in rendered.subject for party in case.parties)
    assert not re.search(r"\{|\}|None|Undefined|\n\n\n|[^\n.:] {2,}", whole)
    assert (LINK in rendered.text) == (purpose_of(letter(kind)) is not None)
    assert re.search(r"\n\nIf you have a question", rendered.text)
    if kind in CANNOT_OPEN_IT:
        assert "http" not in rendered.text
    elif kind in STAFF:
        assert "https://mediation.example/cases/SM-2026-00042" in rendered.text
    else:
        assert "appeal to the SEND Tribunal is not affected" in rendered.text
        assert "https://" not in rendered.text  # the personal link stands there as a placeholder only


def test_which_link_a_letter_carries() -> None:
    carried = {kind: purpose_of(letter(kind)) for kind in kinds()}
    assert carried["permission_ask"] == carried["permission_remind"] == "permission"
    assert carried["consent_ask"] == carried["consent_remind"] == "consent/p2"
    assert carried["consent_receipt"] == carried["referral_received"] == carried["agreement_copy"] == "case"
    assert carried["visit_choice_ask"] == "visit_choice/p1/1"
    assert carried["comments_remind"] == "comments/p2/1"
    assert carried["action_remind"] == "action/1"
    assert carried["papers_to_read"] == carried["paper_destroyed"] == "papers"
    assert carried["feedback_ask"] == "feedback/p1"
    assert carried["visit_booked"] == carried["visit_remind"] == carried["joint_meeting_remind"] == "case"
    none = {kind for kind, purpose in carried.items() if purpose is None}
    assert none == {kind for kind in kinds() if kind.startswith("closed_")} | {*STAFF, *CANNOT_OPEN_IT} | {
        "visit_cancelled",
        "joint_meeting_cancelled",
        "withdrawal_receipt",
        "no_longer_part",
        "message",
    }
    assert personal_link(SERVICE, "tok") == "https://mediation.example/l/tok"


@pytest.mark.parametrize("kind", ["joint_meeting_booked", "joint_meeting_moved", "joint_meeting_remind"])
def test_a_family_reads_how_it_gets_into_the_venue(kind: str) -> None:
    case = sample_case()
    case.venues["v1"].rooms, case.venues["v1"].cost = "one for twelve", 4550

    def text(to: str, *, to_a_stranger: bool = False) -> str:
        order = letter(kind).model_copy(update={"to": to})
        return render(case, order, service=SERVICE, now=NOW, to_a_stranger=to_a_stranger).text

    family, school, stranger = text("p1.1"), text("p2.1"), text("p1.1", to_a_stranger=True)
    assert f"Where: Town Hall, 1 High Street\nAccess: {ACCESS}\n" in family
    assert "Town Hall, 1 High Street" in school
    assert ACCESS not in school + stranger
    assert "twelve" not in family + school
    case.venues["v1"].access = ""
    assert "Access:" not in text("p1.1")


def test_an_invitation_to_a_stranger_does_not_name_the_family() -> None:
    for kind in ("consent_ask", "consent_remind"):
        text = render(sample_case(), letter(kind), service=SERVICE, now=NOW).text
        assert "Ann Example" not in text
        assert "a child" in text


def test_who_joins_is_named_unless_it_is_somebody_of_the_family() -> None:
    text = render(sample_case(), letter("party_joined"), service=SERVICE, now=NOW).text
    assert "Westshire Council now also takes part" in text
    order = Letter(kind="party_joined", about="joined/p1", to="p2.1")
    text = render(sample_case(), order, service=SERVICE, now=NOW).text
    assert "A parent or carer now also takes part" in text
    assert "Ann" not in text


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in STAFF])
def test_no_letter_tells_one_parent_where_the_other_is(kind: str) -> None:
    case = case_for(kind)
    father = party("p4", PartyRole.PARENT, "", ("Tom Elsewhere", "tom@elsewhere.example", PersonRole.LEAD))
    details = father.people[0].details
    details.phone, details.address, details.postcode = "07700 900999", "9 Far Lane", "EX9 9ZZ"
    case.parties.append(father)
    order = letter(kind)
    rendered = render(case, order if order.to == "p1.1" else order.model_copy(update={"to": "p1.1"}),
                      service=SERVICE, now=NOW)  # fmt: skip
    for secret in ("tom@elsewhere.example", "07700 900999", "Far Lane", "EX9 9ZZ"):
        assert secret not in rendered.model_dump_json()


def test_who_no_longer_comes_along_has_the_meeting_taken_out_of_their_calendar() -> None:
    order = Letter(kind="no_longer_part", about="joint_meeting/1", to="p2.2")
    rendered = render(sample_case(), order, service=SERVICE, now=NOW)
    assert rendered.invitation is not None
    assert rendered.invitation.method == "CANCEL"
    assert "Thu 3 Dec 2026, 10:00 to 11:30" in rendered.text
    assert render(sample_case(), letter("no_longer_part"), service=SERVICE, now=NOW).invitation is None


def test_a_consent_that_comes_late_is_told_who_the_mediator_is() -> None:
    late = render(sample_case(), letter("consent_receipt"), service=SERVICE, now=NOW).text
    assert "Max Mediator is the mediator" in late
    early = render(sample_case(mediator="").model_copy(update={"mediator": None}), letter("consent_receipt"),
                   service=SERVICE, now=NOW).text  # fmt: skip
    assert "we choose a mediator" in early


def test_neutral_closings_name_nobody() -> None:
    for kind in kinds():
        if kind.startswith("closed_") and kind != "closed_mediator":
            text = render(case_for(kind), letter(kind), service=SERVICE, now=NOW).text
            assert "Oakfield" not in text
            assert "Westshire" not in text


def test_a_duplicate_goes_on_under_another_reference() -> None:
    text = render(case_for("closed_duplicate"), letter("closed_duplicate"), service=SERVICE, now=NOW).text
    assert "Please use this reference from now on: SM-2026-00007" in text


def test_a_mediator_hears_that_the_case_is_open_again() -> None:
    to_mediator = Letter(kind="case_reopened", about="", to="mediator/m1")
    text = render(sample_case(), to_mediator, service=SERVICE, now=NOW).text
    assert "is open again" in text
    assert "https://mediation.example/cases/SM-2026-00042" in text


def test_a_booking_says_when_where_and_who_may_come() -> None:
    rendered = render(sample_case(), letter("visit_booked"), service=SERVICE, now=NOW)
    for needed in ("Thu 3 Dec 2026, 10:00 to 11:30", "Library, Room 2", "Max Mediator", "supporter", "confidential"):
        assert needed in rendered.text
    assert rendered.invitation is not None
    assert rendered.invitation.method == "REQUEST"
    cancelled = render(sample_case(), letter("visit_cancelled"), service=SERVICE, now=NOW)
    assert cancelled.invitation is not None
    assert cancelled.invitation.method == "CANCEL"
    assert render(sample_case(), letter("visit_remind"), service=SERVICE, now=NOW).invitation is None


def test_a_move_says_the_old_date_and_the_new() -> None:
    case = sample_case()
    visit = case.meeting("visit/p1/1")
    assert visit.slot
    old = visit.slot.model_copy(update={"start": visit.slot.start - timedelta(days=1)})
    older = visit.slot.model_copy(update={"start": visit.slot.start - timedelta(days=3)})
    visit.former = [old]
    rendered = render(case, letter("visit_moved"), service=SERVICE, now=NOW)
    assert f"It does not take place on {words.slot(old)} any more." in rendered.text
    assert f"When: {words.slot(visit.slot)}" in rendered.text
    assert rendered.invitation is not None
    assert rendered.invitation.method == "REQUEST"
    visit.former = [older, visit.slot, old]  # moved there and back: the date that holds again is not called off
    text = render(case, letter("visit_moved"), service=SERVICE, now=NOW).text
    assert f"any of these dates:\n\n- {words.slot(older)}\n- {words.slot(old)}\n" in text
    visit.former = [visit.slot]
    assert "Only the place is new." in render(case, letter("visit_moved"), service=SERVICE, now=NOW).text


def test_silence_that_counts_as_an_answer_is_announced_with_its_day() -> None:
    assert "by Tue 1 Dec 2026, 09:00" in render(sample_case(), letter("comments_ask"), service=SERVICE, now=NOW).text


def test_papers_are_named_in_no_letter() -> None:
    """A title may name the child, and the letter may reach the wrong person."""
    for kind in ("papers_to_read", "paper_destroyed"):
        text = render(sample_case(), letter(kind), service=SERVICE, now=NOW).text
        assert "therapist" not in text
        assert "scan" not in text
    assert "sent us a file on Tue 24 Nov 2026" in text
    assert (
        "The joint meeting: Thu 3 Dec 2026"
        in render(sample_case(), letter("papers_to_read"), service=SERVICE, now=NOW).text
    )


def test_the_copy_carries_the_agreement() -> None:
    assert render(sample_case(), letter("agreement_copy"), service=SERVICE, now=NOW).attachments == ["agreement/1"]


def test_an_amended_agreement_says_what_it_replaces_and_why() -> None:
    case = sample_case()
    assert case.journey
    assert case.journey.agreement
    case.journey.agreement.version, case.journey.agreement.command = 2, "amend1"
    case.texts["amend1"] = {"what": ["Six hours"], "reason": "The hours were wrong."}
    copy = Letter(kind="agreement_copy", about="agreement/2", to="p2.1")
    rendered = render(case, copy, service=SERVICE, now=NOW)
    assert rendered.subject.startswith("A new version of the agreement")
    assert "version 2. It takes the place of the one you had before." in rendered.text
    assert "The hours were wrong." in rendered.text
    assert rendered.attachments == ["agreement/2"]


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("consent/p2", "you have not told us so"),
        ("visit/p1/1", "your first meeting has taken place"),
        ("joint_meeting/1", "no other joint meeting is needed"),
    ],
)
def test_a_letter_that_puts_a_mistake_right_says_which(about: str, said: str) -> None:
    text = render(sample_case(), Letter(kind="correction", about=about, to="p1.1"), service=SERVICE, now=NOW).text
    assert said in text
    assert "We made a mistake, and we are sorry." in text


def test_the_reminder_of_an_action_says_which() -> None:
    text = render(sample_case(), letter("action_remind"), service=SERVICE, now=NOW).text
    assert "five hours of help" in text
    assert "Fri 15 Jan 2027" in text


def test_a_task_is_told_in_words() -> None:
    tasks = [Task(key="phone/consent/p2/1", kind="phone", about="consent/p2", role=StaffRole.COORDINATOR, opened=NOW)]
    order = Letter(kind="staff_task", about="phone/consent/p2/1", to="coordinator")
    text = render(sample_case(tasks=tasks), order, service=SERVICE, now=NOW).text
    assert "Ring Oakfield School: no answer yet (consent)" in text
    assert "Dear Jo Coordinator" in text


def test_what_the_case_does_not_hold_is_not_papered_over() -> None:
    with pytest.raises(LookupError):
        render(sample_case(actions=[]), letter("action_remind"), service=SERVICE, now=NOW)
    with pytest.raises(Exception, match="undefined"):
        render(
            sample_case(meetings=[Meeting(key="visit/p1/1", party="p1")]),
            letter("visit_booked"),
            service=SERVICE,
            now=NOW,
        )


@pytest.mark.parametrize("what", ["booked", "remind", "cancelled"])
@pytest.mark.parametrize("about", ["visit/p1/1", "joint_meeting/1"])
def test_the_mediator_hears_of_meetings_as_staff_do(about: str, what: str) -> None:
    order = Letter(kind=f"{about.partition('/')[0]}_{what}", about=about, to="mediator/m1")
    assert purpose_of(order) is None
    rendered = render(sample_case(), order, service=SERVICE, now=NOW)
    assert rendered.text.startswith("Dear Max Mediator,")
    assert "https://mediation.example/cases/SM-2026-00042" in rendered.text
    assert LINK not in rendered.text
    assert "\n\n\n" not in rendered.text
    assert rendered.invitation is None  # the calendar server has it already


def test_a_manager_reads_what_there_is_to_decide() -> None:
    tasks = [
        Task(key="decide/consent/p2", kind="decide", about="consent/p2", role=StaffRole.MANAGER, opened=NOW),
    ]
    order = Letter(kind="staff_escalate", about="consent/p2", to="manager")
    boss = StaffView(id="s9", name="Bo Manager", email="bo@service.example")
    text = render(sample_case(tasks=tasks), order, service=SERVICE, now=NOW, staff=boss).text
    assert "Dear Bo Manager" in text
    assert "Decide what the silence of Oakfield School means (consent)" in text


def test_names_are_text_and_never_template() -> None:
    case = sample_case(asks=[OpenAsk(key="consent/p2", of="p2", asked=NOW)])
    case.parties[1].people[0].details.name = "{{ 7 * 7 }} <b>Sam & Co</b>"
    assert "Dear {{ 7 * 7 }} <b>Sam & Co</b>," in render(case, letter("consent_ask"), service=SERVICE, now=NOW).text


def test_a_case_that_nobody_has_taken_is_signed_by_the_service_once() -> None:
    case = sample_case()
    case.coordinator = StaffView(id="", name="", email="")
    text = render(case, letter("referral_received"), service=SERVICE, now=NOW).text
    assert text.count(SERVICE.name) == 1
    assert words.recipient(case, "coordinator") == "the coordinator"
