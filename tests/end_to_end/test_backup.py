"""The rehearsal: a backup in the middle of a case, the machine is lost, and the case goes on to its end elsewhere."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from demo import open_office
from settings import GENERATED
from tests.end_to_end.by_telephone import (
    calendars_show_each_meeting_once,
    nothing_was_lost_and_nothing_came_twice,
    refer,
)
from tests.real_service import ROOT, frozen, running
from tests.waiting import until


async def test_a_case_goes_on_from_a_backup(tmp_path: Path, free_ports: Callable[[int], list[int]]) -> None:
    ports, run = free_ports(6), f"b{datetime.now(UTC):%H%M%S}"
    backup, elsewhere = tmp_path / "backup", tmp_path / "in-the-safe"
    with running(tmp_path, ports) as service:
        var = service.settings.var_dir
        shutil.copy2(var / GENERATED, elsewhere)
        case = await refer(service, await open_office(service.settings, run), run)
        await case.explained_and_permitted()
        await case.everyone_consents_and_the_mediator_accepts()
        await case.chooses("p1", await case.offers_a_visit("p1"))
        second = await case.offers_a_visit("p2")
        await calendars_show_each_meeting_once(case)
        await case.letters_have_left()
        with frozen(service, "worker"):
            choice = asyncio.create_task(case.chooses("p2", second))
            await case.is_stored("choose_visit_date")  # and its case has not heard it yet
            said = await asyncio.to_thread(command, service.settings.as_environment(), "backup", str(backup))
            sent = service.mail()
            service.kill_everything()
        choice.cancel()
        with suppress(asyncio.CancelledError):
            await choice
    assert f"keep a copy of {var / GENERATED} in another place" in said

    shutil.rmtree(var)
    shutil.copytree(backup, var)  # as docs/runbook.md says
    shutil.copy2(elsewhere, var / GENERATED)
    with running(tmp_path, ports) as service:
        await until("what was stored before the loss has reached its case", case.seen, lambda seen: not seen["pending"])
        await case.chooses("p3", await case.offers_a_visit("p3"))
        for party in ("p1", "p2", "p3"):
            await case.was_visited(party)
        await case.carried_home(case.office.free_slot())
        await nothing_was_lost_and_nothing_came_twice(case, earlier_mail=sent)
        await calendars_show_each_meeting_once(case)


def command(environment: dict[str, str], *words: str) -> str:
    """What a command of the service prints. AssertionError: it failed."""
    done = subprocess.run(
        [sys.executable, "cli.py", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
