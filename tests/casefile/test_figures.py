"""What operations see of all cases at once: how many, how old, how late."""

import pytest

from casefile.figures import figures
from casefile.letter_texts import LetterTexts, TextDraft, note_failure
from casefile.tables import TaskRow
from domain.commands import StaffRole
from domain.journey import Armed, OpenAsk
from domain.policy import Do
from domain.stages import Stage
from tests.casefile.conftest import DAY, HOUR, MINUTE, NOW, File

pytestmark = pytest.mark.both_databases


async def test_an_empty_case_file_has_nothing_to_tell(file: File) -> None:
    found = await figures(file.database, NOW)
    assert found.cases == {stage.value: 0 for stage in Stage if stage != Stage.CLOSED}
    assert (found.escalated, found.step_late, found.letter_waits, found.command_waits) == (0, 0, 0, 0)
    assert (found.asks, found.tasks) == ({}, {})
    assert found.letters == {"failed": 0, "ambiguous": 0}  # to be seen growing, they begin at nought


async def test_open_cases_are_counted_by_stage_and_by_what_is_special_about_them(file: File) -> None:
    await file.case("a", Stage.CONSENT, escalated=True)
    await file.case("b", Stage.CONSENT, on_hold=True, coordinator_id=None)
    await file.case("c", Stage.AGREEMENT, paused=True)
    await file.case("d", Stage.CLOSED, closed_at=NOW, escalated=True, on_hold=True)
    found = await figures(file.database, NOW)
    assert {stage: count for stage, count in found.cases.items() if count} == {"consent": 2, "agreement": 1}
    assert (found.escalated, found.on_hold, found.paused, found.not_taken) == (1, 1, 1, 1)


async def test_an_ask_is_overdue_past_its_date_or_when_all_reminders_were_in_vain(file: File) -> None:
    soon = Armed(at=NOW + DAY, do=Do.REMIND, number=1)
    in_vain = OpenAsk(key="consent/p3", of="p3", asked=NOW - 20 * DAY, climbed=6)
    asks = [
        OpenAsk(key="consent/p2", of="p2", asked=NOW - DAY, climbed=1, armed=soon),
        OpenAsk(key="visit/p1/1", of="mediator", asked=NOW - DAY, due=NOW - HOUR, armed=soon),
        OpenAsk(key="visit/p2/1", of="mediator", asked=NOW - DAY, due=NOW + HOUR, armed=soon),
        in_vain,
    ]
    await file.case("a", Stage.CONSENT, asks)
    await file.case("b", Stage.CONSENT, [in_vain], on_hold=True)  # its ladders stand still on purpose
    await file.case("c", Stage.CONSENT, [in_vain])
    await file.add(TaskRow(case_id="c", key="r", kind="read_reply", about="p3.1", role="coordinator", opened=NOW))
    found = await figures(file.database, NOW)
    assert found.asks == {"consent": 4, "visit": 2}
    assert found.asks_overdue == {"consent": 1, "visit": 1}


async def test_tasks_are_late_by_role(file: File) -> None:
    await file.case("a", Stage.CONSENT)
    for key, role, due, closed in (
        ("1", StaffRole.COORDINATOR, NOW - MINUTE, None),
        ("2", StaffRole.COORDINATOR, NOW + MINUTE, None),
        ("3", StaffRole.MANAGER, None, None),
        ("4", StaffRole.COORDINATOR, NOW - DAY, NOW),
    ):
        await file.add(TaskRow(case_id="a", key=key, kind="phone", role=role, opened=NOW, due=due, closed=closed))
    found = await figures(file.database, NOW)
    assert found.tasks == {"coordinator": 2, "manager": 1}
    assert found.tasks_overdue == {"coordinator": 1, "manager": 0}


async def test_letters_that_wait_on_purpose_are_not_late(file: File) -> None:
    await file.case("moves", Stage.CONSENT)
    await file.case("held", Stage.CONSENT, on_hold=True)
    await file.letter("moves", 1, "queued", NOW - 2 * HOUR)
    await file.letter("moves", 2, "ambiguous", NOW - DAY)
    await file.letter("moves", 3, "failed", NOW - DAY, problem="550")
    await file.letter("held", 1, "queued", NOW - 9 * DAY)
    found = await figures(file.database, NOW)
    assert found.letters == {"queued": 2, "ambiguous": 1, "failed": 1}
    assert found.letter_waits == 2 * 3600


async def test_the_oldest_command_without_an_answer_and_the_latest_step(file: File) -> None:
    await file.case("a", Stage.CONSENT, next_at=NOW - 20 * MINUTE)
    await file.case("b", Stage.CONSENT, next_at=NOW + DAY)
    await file.case("c", Stage.CLOSED, closed_at=NOW, next_at=NOW - 30 * DAY)
    await file.command("a", 1, NOW - DAY, answered=True)
    await file.command("a", 2, NOW - 6 * MINUTE, answered=False)
    await file.command("b", 1, NOW - MINUTE, answered=False)
    found = await figures(file.database, NOW)
    assert (found.commands_pending, found.command_waits, found.step_late) == (2, 360, 1200)


async def test_a_text_by_which_letters_fail_counts_until_it_is_mended(file: File) -> None:
    texts = LetterTexts(file.database)
    draft = TextDraft(language="en", name="consent_ask", base=0, text="A ({{ reference }})", reason="Shorter.")
    await texts.save(draft, "form-1", "s1", NOW)
    async with file.database.write() as session:
        await note_failure(session, ["consent_ask", "_signature"], "UndefinedError", NOW)
    assert (await figures(file.database, NOW)).letter_texts_failing == 1
    await texts.save(draft.model_copy(update={"base": 1, "text": ""}), "form-2", "s1", NOW)
    assert (await figures(file.database, NOW)).letter_texts_failing == 0
