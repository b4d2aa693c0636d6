"""The page of the service's targets: what it says, what a change would do, and that it is saved once and whole."""

import csv
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from api.permissions import MANAGES, MAY
from casefile.cases import derived_id
from casefile.policies import ChangedMeanwhile, Draft
from casefile.tables import Case, CommandRow, PolicyVersion
from domain.commands import Actor, ChangePolicy, StaffRole
from domain.journey import Armed, Event, Journey, OpenAsk
from domain.policy import STANDARD_LADDERS, Do
from domain.stages import Closing, ClosingReason
from domain.targets import STEPS, Closure, Targets
from tests.api.fakes import file_journey
from tests.api.staff_world import NOW, Browser, Office, form_of, parties, text_of

pytestmark = pytest.mark.both_databases
ASKED = NOW - timedelta(days=12)  # a Thursday; eight working days ago
MAX = Actor(kind="staff", id="max", roles=[StaffRole.MANAGER])


def fields(page: str) -> dict[str, list[str]]:
    return form_of(page, "/policy/edit")


async def filled_in(browser: Browser, version: str = "", **typed: str | list[str]) -> dict[str, list[str]]:
    """The form as it opens, with a reason, for running cases, and with what is typed on top."""
    page = await browser.get("/policy/edit" + (f"?version={version}" if version else ""))
    assert page.status_code == 200, page.text
    said = {"scope": "running", "reason": "The commissioners ask for it.", **typed}
    return fields(page.text) | {name: value if isinstance(value, list) else [value] for name, value in said.items()}


async def press(browser: Browser, action: str, form: dict[str, list[str]]):  # type: ignore[no-untyped-def]
    return await browser.post("/policy/edit", {**form, "action": action})


async def chased_case(office: Office, key: str, **journey: object) -> str:
    """A case in which consent has been chased twice, on the eighth working day: its id."""
    case_id, _ = await office.world.case(office.jo_id, key=f"refer-{key}-0123456789")
    ask = OpenAsk(key="consent/p2", of="p2", asked=ASKED, climbed=3, armed=Armed(at=NOW, do=Do.REMIND, number=3))
    state = Journey.model_validate(
        {"parties": parties(), "stage": "consent", "contacted": ["p1", "p2", "p3"], "asks": [ask], **journey}
    )
    await file_journey(office.world.services, case_id, state)
    return case_id


async def given(office: Office) -> list[CommandRow]:
    async with office.world.services.database.read() as session:
        kind = ChangePolicy.kind()
        return list(await session.exec(select(CommandRow).where(CommandRow.kind == kind)))


async def delivered(office: Office) -> None:
    office.world.clock.now += timedelta(seconds=20)
    await office.world.services.intake.relay_once()


# Reading


def test_the_page_knows_every_ladder() -> None:
    assert sorted(kind for kinds in STEPS.values() for kind in kinds) == sorted(STANDARD_LADDERS)


async def test_the_targets_in_plain_words(office: Office) -> None:
    page = text_of((await office.max.get("/policy")).text)
    assert "Consent: reminders after 3, 6 and 9 working days, a call after 11, a manager decides after 13." in page
    assert "The joint meeting: reminders 5, 2 and 1 working days before the date" in page
    assert "08:00 to 18:00" in page
    assert "Fri 25 Dec 2026: Christmas Day" in page
    assert "Version 1. Days are" in page


async def test_only_managers(office: Office) -> None:
    assert MAY["GET /policy"] == MANAGES
    for browser in (office.jo, office.meg):
        assert (await browser.get("/policy")).status_code == 403
        assert (await browser.get("/policy/edit")).status_code == 403
        await browser.get("/cases")
        assert (await press(browser, "save", {})).status_code == 403
        assert "/policy" not in browser.page
    stranger = office.browser()
    assert "Sign in" in (await stranger.get("/policy")).text


# What changes for whom


async def test_a_preview_says_what_changes_for_whom_and_saves_nothing(office: Office) -> None:
    await chased_case(office, "one")
    await chased_case(office, "two", paused=True)
    before = await office.world.rows()
    form = await filled_in(
        office.max,
        **{"consent-remind": "1, 2, 3", "consent-phone_task": "4", "consent-manager_decides": "5"},
    )
    answer = await press(office.max, "preview", form)
    assert answer.status_code == 200
    page = text_of(answer.text)
    assert "Nothing is saved yet" in page
    assert "Consent: reminders after 1, 2 and 3 working days, a call after 4, a manager decides after 5. Before" in page
    assert "2 of 3 running cases" in page
    assert "1 next step moves." in page
    assert "1 step comes at once." in page
    assert "1 case is paused, on hold or about to close" in page
    assert "A manager decides at once" in page
    assert "when the case goes on" in page
    assert "School: consent Reminder, " in page
    assert "Oakfield" not in page, "a list of all cases has no names"
    assert await office.world.rows() == before


async def test_meetings_on_a_day_that_is_closed_from_now_on(office: Office) -> None:
    day = (NOW + timedelta(days=3)).date().isoformat()  # the visit of the authority
    form = await filled_in(office.max, closure_1_first=day, closure_1_name="Bank holiday: the coronation")
    page = text_of((await press(office.max, "preview", form)).text)
    assert "Closed as well on Fri 4 Dec 2026." in page
    assert f"{office.reference} : the initial visit" in page or f"{office.reference}: the initial visit" in page
    assert "These meetings stay booked." in page


async def test_many_steps_are_shown_in_part_and_downloaded_whole(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.staff.policy.ON_PAGE", 1)
    await chased_case(office, "one")
    await chased_case(office, "two")
    form = await filled_in(office.max, **{"consent-remind": "3, 6, 10"})
    page = await press(office.max, "preview", form)
    assert "The first 1 of 2 steps" in text_of(page.text)
    answer = await press(office.max, "download", fields(page.text))
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.reader(StringIO(answer.text)))
    assert len(lines) == 3
    assert lines[1][1:4] == ["School", "consent", "reminder"]
    assert await given(office) == []


async def test_back_from_the_preview_everything_stands_as_typed(office: Office) -> None:
    form = await filled_in(
        office.max, **{"consent-remind": "4, 8"}, closure_1_first="2026-12-29", closure_1_name="Between the years",
        open_on=["2026-12-28", "2027-01-01"],
    )  # fmt: skip
    page = await press(office.max, "preview", form)
    assert page.status_code == 200, text_of(page.text)
    again = fields((await press(office.max, "change", fields(page.text))).text)
    assert {name: again.get(name) for name in form} == form


# Saving


async def test_running_cases_take_it_and_new_ones_begin_with_it(office: Office) -> None:
    await chased_case(office, "one")
    closed = await chased_case(office, "over", closing=Closing(reason=ClosingReason.CONCEDED), closed_at=NOW)
    form = await filled_in(office.max, **{"consent-remind": "2, 4"})
    answer = await press(office.max, "save", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/policy?saved=2")
    rows = await given(office)
    assert len(rows) == 2, "one command for each running case"
    assert closed not in [row.case_id for row in rows]
    page = text_of((await office.max.get("/policy?saved=2")).text)
    assert "Version 2 is saved" in page
    assert "went to 2 cases: 0 have taken it, 2 are still to take it, 0 refused it" in page
    await delivered(office)
    taken = [command for command in office.world.taken if isinstance(command, ChangePolicy)]
    assert len(taken) == 2
    assert taken[0].policy.version == 2
    assert [rung.after for rung in taken[0].policy.ladder("consent")] == [0, 2, 4, 11, 13]
    assert date(2026, 12, 25) in taken[0].policy.holidays
    assert "2 have taken it, 0 are still to take it" in text_of((await office.max.get("/policy")).text)
    _, reference = await office.world.case(office.jo_id, key="refer-another-0123456789")
    begun = office.world.temporal.started[-1]
    assert (begun.reference, begun.policy.version) == (reference, 2)
    case = await office.world.services.cases.load(rows[0].case_id)
    assert case.texts[rows[0].id]["reason"] == "The commissioners ask for it."


async def test_new_cases_only(office: Office) -> None:
    form = await filled_in(office.max, scope="new", minutes_to_regret="30")
    page = text_of((await press(office.max, "preview", form)).text)
    assert "Running cases stay as they are." in page
    assert "Minutes to undo the end of a case: 30. Before: 10." in page
    assert (await press(office.max, "save", form)).status_code == 303
    assert await given(office) == []
    assert (await office.world.services.intake.policy("standard")).minutes_to_regret == 30
    assert "Stayed as they were" in text_of((await office.max.get("/policy")).text)


async def test_the_days_of_a_stage_count_for_all_cases_and_change_none(office: Office) -> None:
    form = await filled_in(office.max, scope="new", **{"stage_days-joint_meeting": "2"})
    assert "Joint meeting: 2 working days. Before: 20." in text_of((await press(office.max, "preview", form)).text)
    assert (await press(office.max, "save", form)).status_code == 303
    assert await given(office) == []
    assert "Joint meeting: 2 working days." in text_of((await office.max.get("/policy")).text)
    assert "this stage day 2 of 2" in text_of((await office.jo.get(f"/cases/{office.reference}")).text)


async def test_the_same_form_saved_again_is_one_version(office: Office) -> None:
    form = await filled_in(office.max, posting_days="3")
    first = await press(office.max, "save", form)
    again = await press(office.max, "save", form)
    assert first.headers["location"] == again.headers["location"] == "/policy?saved=2"
    assert len(await office.world.services.policies.versions()) == 2
    assert len(await given(office)) == 1


async def test_the_second_of_two_managers_is_told(office: Office) -> None:
    mine = await filled_in(office.max, posting_days="3")
    theirs = await filled_in(office.max, posting_days="4", reason="The post is slow.")
    assert (await press(office.max, "save", theirs)).status_code == 303
    for action in ("preview", "save"):
        answer = await press(office.max, action, mine)
        assert answer.status_code == 409
        page = text_of(answer.text)
        assert "Max Manager has changed the targets since you opened this form (version 2: The post is slow.)" in page
        assert fields(answer.text)["posting_days"] == ["3"], "what was typed is kept"
    again = fields(answer.text)
    page = text_of((await press(office.max, "preview", again)).text)
    assert "Days that a letter travels: 3. Before: 4." in page
    assert (await press(office.max, "save", again)).headers["location"] == "/policy?saved=3"


async def test_two_saves_in_one_moment(office: Office) -> None:
    policies = office.world.services.policies
    draft = Draft(base=1, targets=Targets(posting_days=3), reason="A", running_too=True)
    await policies.save(draft, "form-a", MAX, NOW)
    with pytest.raises(ChangedMeanwhile) as caught:
        await policies.save(draft, "form-b", MAX, NOW)
    assert caught.value.newest.reason == "A"
    async with office.world.services.database.read() as session:
        assert list(await session.exec(select(PolicyVersion.number).order_by(col(PolicyVersion.number)))) == [1, 2]


async def test_nothing_is_saved_when_a_part_of_it_cannot_be(office: Office) -> None:
    """A version without its commands would be a half-truth."""
    policies = office.world.services.policies
    draft = Draft(base=1, targets=Targets(posting_days=3), reason="A", running_too=True)
    async with office.world.services.database.write() as session:
        taken = derived_id("policy", "2", office.case_id)
        session.add(
            CommandRow(
                id=taken, case_id=office.case_id, number=99, kind="pause", payload={}, actor_kind="staff",
                actor_id="max", at=NOW,
            )
        )  # fmt: skip
    with pytest.raises(IntegrityError):
        await policies.save(draft, "form-a", MAX, NOW)
    assert (await policies.current()).number == 1
    assert await given(office) == []


async def test_a_damaged_case_keeps_no_other_from_being_changed(office: Office) -> None:
    async with office.world.services.database.write() as session:
        row = await session.get_one(Case, office.case_id)
        row.wrapped_key = b"damaged"
        session.add(row)
    assert (await press(office.max, "save", await filled_in(office.max, posting_days="3"))).status_code == 303
    assert len(await given(office)) == 1


async def test_cases_for_trying_out_keep_their_own_targets(office: Office) -> None:
    case_id = await chased_case(office, "demo")
    async with office.world.services.database.write() as session:
        row = await session.get_one(Case, case_id)
        row.policy = {**row.policy, "name": "demo"}
        session.add(row)
    form = await filled_in(office.max, posting_days="3")
    assert "of 1 running case" in text_of((await press(office.max, "preview", form)).text)
    await press(office.max, "save", form)
    assert case_id not in [row.case_id for row in await given(office)]


async def test_a_case_that_refuses_is_named(office: Office) -> None:
    await press(office.max, "save", await filled_in(office.max, posting_days="3"))
    office.world.temporal.refuse["change_policy"] = ("ended", "conceded")
    await delivered(office)
    page = text_of((await office.max.get("/policy")).text)
    assert "0 are still to take it, 1 refused it" in page
    assert f"{office.reference} : This case is closed" in page or f"{office.reference}: This case is closed" in page


async def test_back_to_an_earlier_version(office: Office) -> None:
    await press(office.max, "save", await filled_in(office.max, **{"consent-remind": "2, 4"}))
    page = await office.max.get("/policy")
    assert "Go back to version 1" in page.text
    form = await filled_in(office.max, version="1")
    assert form["consent-remind"] == ["3, 6, 9"]
    told = text_of((await press(office.max, "preview", form)).text)
    assert "Consent: reminders after 3, 6 and 9 working days" in told
    assert (await press(office.max, "save", form)).headers["location"] == "/policy?saved=3"
    assert (await office.max.get("/policy/edit?version=9")).status_code == 404


async def test_stragglers_are_brought_up_to_the_present_targets(office: Office) -> None:
    """Nothing is different, and running cases are under older targets: that may be saved; for new cases only, not."""
    refused = await press(office.max, "preview", await filled_in(office.max, scope="new"))
    assert refused.status_code == 422
    assert "nothing to save" in text_of(refused.text)
    page = text_of((await press(office.max, "preview", await filled_in(office.max))).text)
    assert "brought up to them" in page


# What is over stays


async def test_closures_that_are_over_are_kept_and_not_shown(office: Office) -> None:
    past = Closure(first=date(2026, 11, 16), last=date(2026, 11, 17), name="Flood")
    now = Closure(first=date(2026, 11, 30), last=date(2026, 12, 2), name="Removal")
    draft = Draft(base=1, targets=Targets(closures=[past, now]), reason="A", running_too=False)
    await office.world.services.policies.save(draft, "form-a", MAX, NOW)
    form = await filled_in(office.max, closure_1_last="2026-12-03")
    assert (form["closure_1_name"], form["closure_2_name"]) == (["Removal"], [""])
    assert (await press(office.max, "save", form)).status_code == 303
    newest = (await office.world.services.policies.current()).targets
    assert newest.closures == [past, now.model_copy(update={"last": date(2026, 12, 3)})]


# Bad input


@pytest.mark.parametrize(
    ("typed", "question", "sentence"),
    [
        ({"consent-remind": ""}, "consent-remind", "Consent, reminders after: give at least one day."),
        ({"consent-remind": "3, x"}, "consent-remind", "write whole working days with commas between them"),
        ({"consent-remind": "3.5"}, "consent-remind", "write whole working days"),
        ({"consent-remind": "-3"}, "consent-remind", "write whole working days"),
        ({"consent-remind": "0, 3"}, "consent-remind", "each number must be between 1 and 250."),
        ({"consent-remind": "6, 3"}, "consent-remind", "write the days in rising order, each once."),
        ({"consent-remind": "3, 3"}, "consent-remind", "in rising order, each once."),
        ({"consent-remind": "1,2,3,4,5,6,7,8,9,10,11"}, "consent-remind", "at most 10 reminders are possible."),
        ({"consent-phone_task": "9"}, "consent-phone_task", "must come later than the last reminder (9)."),
        ({"consent-phone_task": "10, 11"}, "consent-phone_task", "give one number."),
        ({"consent-manager_decides": "11"}, "consent-manager_decides", "must come later than the call (11)."),
        ({"visit-remind": "1, 2"}, "visit-remind", "the earliest reminder first, such as 5, 2, 1"),
        ({"feedback-lapse": "5"}, "feedback-lapse", "must come later than the question (10)."),
        ({"opens": "25:00"}, "opens", "write the time like 08:00."),
        ({"closes": "07:00"}, "closes", "must close later than it opens."),
        ({"morning": "19:00"}, "morning", "must be made in office hours."),
        ({"posting_days": "11"}, "posting_days", "give a whole number from 0 to 10."),
        ({"minutes_to_regret": "ten"}, "minutes_to_regret", "give a whole number from 0 to 120."),
        ({"stage_days-consent": "0"}, "stage_days-consent", "Everyone's consent: give a whole number from 1 to 250."),
        ({"closure_1_first": "2026-12-29"}, "closure_1_name", "say what it is"),
        ({"closure_1_name": "Flood"}, "closure_1_first", "give the first day"),
        ({"closure_1_first": "2026-11-30", "closure_1_name": "x"}, "closure_1_first", "has passed."),
        ({"closure_1_first": "2030-01-02", "closure_1_name": "x"}, "closure_1_first", "give a day before 2029."),
        ({"closure_1_first": "31/2/2027", "closure_1_name": "x"}, "closure_1_first", "must be a real date"),
        (
            {"closure_1_first": "2026-12-29", "closure_1_last": "2026-12-28", "closure_1_name": "x"},
            "closure_1_last",
            "must not come before the first.",
        ),
        (
            {"closure_1_first": "2026-12-29", "closure_1_last": "2027-02-28", "closure_1_name": "x"},
            "closure_1_last",
            "at most 31 days.",
        ),
        ({"closure_1_first": "2026-12-29", "closure_1_name": "a\x07b"}, "closure_1_name", "control characters"),
        ({"open_on": "2026-12-24"}, "open_on", "choose from what is offered."),
        ({"scope": ""}, "scope", "choose an answer."),
        ({"scope": "all"}, "scope", "choose from what is offered."),
        ({"reason": ""}, "reason", "Give the reason"),
        ({"reason": "x" * 9000}, "reason", "at most 8000 characters"),
    ],
)
async def test_what_cannot_be_is_told_and_kept(
    office: Office, typed: dict[str, str], question: str, sentence: str
) -> None:
    form = await filled_in(office.max, **typed)
    for action in ("preview", "save", "download"):
        answer = await press(office.max, action, form)
        assert answer.status_code == 422
        assert sentence in text_of(answer.text)
        assert f'href="#{question}"' in answer.text
        assert f'id="{question}"' in answer.text
        kept = fields(answer.text)
        for name, value in typed.items():
            if name not in ("scope", "open_on") and "\x07" not in value:
                assert kept[name] == [value]
    assert (await office.world.services.policies.current()).number == 1


async def test_a_form_of_an_earlier_session_is_shown_again(office: Office) -> None:
    form = await filled_in(office.max, posting_days="3")
    stale = await press(office.max, "save", {**form, "csrf": ["old"]})
    assert stale.status_code == 403
    assert fields(stale.text)["posting_days"] == ["3"]
    assert (await office.world.services.policies.current()).number == 1
    assert (await press(office.max, "save", {**form, "key": ["short"]})).status_code == 422


async def test_the_timeline_of_a_case_says_what_changed(office: Office) -> None:
    detail = {"policy": "standard", "changed": "consent,holidays", "moved": "2"}
    event = Event(number=77, at=NOW, what="change_policy", by="max", detail=detail)
    case = await office.world.services.cases.load(office.case_id)
    assert case.journey
    await file_journey(office.world.services, office.case_id, case.journey, [event])
    page = text_of((await office.max.get(f"/cases/{office.reference}")).text)
    assert "Targets changed: consent; bank holidays and closures (2 dates moved)" in page


async def test_holidays_of_later_years_reach_later_cases(office: Office) -> None:
    """The bank holidays are those of the day on which a case begins, not of the day when the targets were saved."""
    await press(office.max, "save", await filled_in(office.max, open_on=["2026-12-28"]))
    office.world.clock.now = datetime(2029, 3, 1, 10, tzinfo=NOW.tzinfo)
    policy = await office.world.services.intake.policy("standard")
    assert date(2031, 12, 25) in policy.holidays
