"""The second step of signing in: set up, asked for, replayed, guessed, lost and taken away."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pyotp
import pytest
from sqlmodel import select

from casefile.account_events import account_events
from casefile.second_factors import RECOVERY_CODES
from casefile.tables import RecoveryCode, SecondFactor
from domain.commands import StaffRole
from settings import Settings
from tests.api.staff_world import Browser, World, hidden, running, text_of

Service = tuple[World, Callable[[], Browser]]
pytestmark = pytest.mark.both_databases


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    async with running(settings) as found:
        yield found


@pytest.fixture
async def strict(settings: Settings) -> AsyncIterator[Service]:
    """A service that demands a second step of everybody."""
    async with running(settings.model_copy(update={"second_factor": "demanded"})) as found:
        yield found


class Telephone:
    """An authenticator app that has photographed the square of a page."""

    def __init__(self, world: World, page: str) -> None:
        assert 'class="segno"' in page  # the square
        self.world = world
        self.app = pyotp.TOTP(re.sub(r"\s", "", re.findall(r'class="secret">([A-Z2-7 ]+)<', page)[0]))

    @property
    def code(self) -> str:
        return self.app.at(self.world.now)

    @property
    def next_code(self) -> str:
        """The code of a moment later: each is good once."""
        self.world.clock.now += timedelta(seconds=30)
        return self.code


async def _with_second_step(world: World, browser: Callable[[], Browser]) -> tuple[str, str, str, Telephone, list[str]]:
    """id, e-mail address, password, telephone and recovery codes of somebody who set it up on their account's page."""
    staff_id, email, password = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    jo = browser()
    await jo.sign_in(email, password)
    telephone = Telephone(world, (await jo.get("/account/second-step")).text)
    wrong = await jo.post("/account/second-step", {"halfway": hidden(jo.page, "halfway"), "code": "000000"})
    assert wrong.status_code == 422
    assert await world.services.second_factors.of(staff_id) is None
    done = await jo.post("/account/second-step", {"halfway": hidden(jo.page, "halfway"), "code": telephone.code})
    return staff_id, email, password, telephone, _codes(done.text)


def _codes(page: str) -> list[str]:
    codes = re.findall(r'class="secret">([a-z0-9]{5}-[a-z0-9]{5})<', page)
    assert len(set(codes)) == RECOVERY_CODES
    return codes


async def _password(one: Browser, email: str, password: str) -> dict[str, str]:
    """The first step; gives what the form of the second one carries."""
    answer = await one.sign_in(email, password)
    assert answer.status_code == 200
    assert (await one.client.get("/cases")).status_code == 303  # not signed in yet
    return {"halfway": hidden(answer.text, "halfway")}


async def test_after_the_password_comes_a_code_and_each_is_good_once(service: Service) -> None:
    world, browser = service
    _, email, password, telephone, _ = await _with_second_step(world, browser)
    jo = browser()
    half = await _password(jo, email, password)
    replayed = await jo.post("/sign-in/code", {**half, "code": telephone.code})  # the one that set it up
    assert replayed.status_code == 422
    assert "used a moment ago" in replayed.text
    code = telephone.next_code
    assert (await jo.post("/sign-in/code", {**half, "code": f" {code[:3]} {code[3:]} "})).status_code == 303
    assert (await jo.get("/cases")).url.path == "/cases"
    other = browser()
    half = await _password(other, email, password)
    assert (await other.post("/sign-in/code", {**half, "code": code})).status_code == 422
    world.clock.now += timedelta(seconds=30)
    assert (await other.post("/sign-in/code", {**half, "code": code})).status_code == 422
    assert (await other.get("/cases")).url.path == "/sign-in"


async def test_the_page_that_was_asked_for_comes_after_both_steps(service: Service) -> None:
    world, browser = service
    _, email, password, telephone, _ = await _with_second_step(world, browser)
    jo = browser()
    await jo.get("/cases/new")
    answer = await jo.post("/sign-in", {"email": email, "password": password, "next": "/cases/new"})
    form = {name: hidden(answer.text, name) for name in ("halfway", "next", "kept")}
    answer = await jo.post("/sign-in/code", {**form, "code": telephone.next_code})
    assert answer.headers["location"] == "/cases/new"


async def test_wrong_codes_are_counted_whatever_browser_they_come_from(service: Service) -> None:
    world, browser = service
    _, email, password, telephone, codes = await _with_second_step(world, browser)
    for _ in range(5):
        guesser = browser()
        half = await _password(guesser, email, password)  # that the password is right forgives no wrong code
        assert (await guesser.post("/sign-in/code", {**half, "code": "nonsense"})).status_code == 422
    jo = browser()
    half = await _password(jo, email, password)
    for right in (telephone.next_code, codes[0]):
        locked = await jo.post("/sign-in/code", {**half, "code": right})
        assert locked.status_code == 429
        assert "Wait 15 minutes" in locked.text
    world.clock.now += timedelta(minutes=16)
    half = await _password(jo, email, password)
    assert (await jo.post("/sign-in/code", {**half, "code": "nonsense"})).status_code == 422
    assert (await jo.post("/sign-in/code", {**half, "code": telephone.next_code})).status_code == 429  # one try each
    world.clock.now += timedelta(minutes=16)
    half = await _password(jo, email, password)
    assert (await jo.post("/sign-in/code", {**half, "code": telephone.code})).status_code == 303


async def test_the_first_step_counts_for_ten_minutes_and_at_its_own_browser(service: Service) -> None:
    world, browser = service
    _, email, password, telephone, _ = await _with_second_step(world, browser)
    jo, stranger = browser(), browser()
    half = await _password(jo, email, password)
    await stranger.get("/sign-in")
    for other, form in ((stranger, half), (jo, {"halfway": "x"}), (jo, {"halfway": half["halfway"][:-8] + "AAAAAAA="})):
        answer = await other.post("/sign-in/code", {**form, "code": telephone.next_code})
        assert answer.headers["location"] == "/sign-in"
        assert (await other.client.get("/cases")).status_code == 303
    assert (await jo.client.post("/sign-in/code", data={**half, "code": telephone.next_code})).status_code == 403
    world.clock.now += timedelta(minutes=11)
    answer = await jo.post("/sign-in/code", {**half, "code": telephone.code})
    assert answer.headers["location"] == "/sign-in"


async def test_a_recovery_code_lets_in_once(service: Service) -> None:
    world, browser = service
    staff_id, email, password, _, codes = await _with_second_step(world, browser)
    jo = browser()
    half = await _password(jo, email, password)
    assert (await jo.post("/sign-in/code", {**half, "code": codes[3].upper().replace("-", " ")})).status_code == 303
    assert f"{RECOVERY_CODES - 1} left" in text_of((await jo.get("/account")).text)
    again = browser()
    half = await _password(again, email, password)
    assert (await again.post("/sign-in/code", {**half, "code": codes[3]})).status_code == 422
    events = await account_events(world.services.database, world.services.vault, staff_id)
    assert [one.what for one in events if one.what == "recovery_code_used"] == ["recovery_code_used"]


async def test_nothing_that_opens_an_account_is_kept_in_the_open(service: Service) -> None:
    world, browser = service
    *_, telephone, codes = await _with_second_step(world, browser)
    async with world.services.database.read() as session:
        [factor] = (await session.exec(select(SecondFactor))).all()
        hashes = (await session.exec(select(RecoveryCode.code_hash))).all()
    assert telephone.app.secret.encode() not in factor.sealed
    kept = str(await world.rows()) + str(hashes)
    for secret in (telephone.app.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in kept


async def test_where_it_is_demanded_it_is_set_up_at_the_first_sign_in(strict: Service) -> None:
    world, browser = strict
    staff_id, email, password = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    jo = browser()
    await jo.get("/cases/new")
    answer = await jo.post("/sign-in", {"email": email, "password": password, "next": "/cases/new"})
    assert "Set up the second step" in answer.text
    assert password not in answer.text
    assert (await jo.client.get("/cases")).status_code == 303
    telephone = Telephone(world, answer.text)
    form = {name: hidden(answer.text, name) for name in ("halfway", "next", "kept")}
    wrong = await jo.post("/sign-in/set-up", {**form, "code": "123"})
    assert wrong.status_code == 422
    assert telephone.app.secret == Telephone(world, wrong.text).app.secret
    done = await jo.post("/sign-in/set-up", {**form, "code": telephone.code})
    assert done.status_code == 200
    assert len(_codes(done.text)) == RECOVERY_CODES
    assert 'href="/cases/new"' in done.text
    assert (await jo.get("/cases")).url.path == "/cases"
    thief = browser()  # who knows the password, and set the app up on another telephone before
    await thief.sign_in(email, password)
    answer = await thief.post("/sign-in/set-up", {**form, "code": telephone.next_code})
    assert answer.headers["location"] == "/sign-in"
    factor = await world.services.second_factors.of(staff_id)
    assert factor
    assert factor.codes_left == RECOVERY_CODES


async def test_new_recovery_codes_and_another_telephone_ask_for_a_code(service: Service) -> None:
    world, browser = service
    staff_id, email, password, telephone, old = await _with_second_step(world, browser)
    jo = browser()
    half = await _password(jo, email, password)
    await jo.post("/sign-in/code", {**half, "code": telephone.next_code})
    await jo.get("/account")
    for action in ("codes", "move"):
        assert (await jo.post("/account", {"action": action, "code": "000000"})).status_code == 422
    fresh = _codes((await jo.post("/account", {"action": "codes", "code": telephone.next_code})).text)
    assert not set(fresh) & set(old)
    assert await world.services.second_factors.check(staff_id, old[0], world.now) == "wrong"
    await jo.get("/account")
    assert (await jo.post("/account", {"action": "move", "code": fresh[0]})).headers[
        "location"
    ] == "/account/second-step"
    assert await world.services.second_factors.of(staff_id) is None


async def test_a_manager_takes_it_away_with_a_reason(service: Service) -> None:
    world, browser = service
    staff_id, email, password, telephone, _ = await _with_second_step(world, browser)
    jo, boss = browser(), browser()
    half = await _password(jo, email, password)
    await jo.post("/sign-in/code", {**half, "code": telephone.next_code})
    boss_id, *boss_signs_in = await world.staff("Max Manager", StaffRole.MANAGER)
    await boss.sign_in(*boss_signs_in)
    await boss.get(f"/staff/{staff_id}")
    assert (await boss.post(f"/staff/{staff_id}/second-step", {"reason": " "})).status_code == 422
    assert await world.services.second_factors.of(staff_id)
    assert (await boss.post(f"/staff/{staff_id}/second-step", {"reason": "Dropped in the sea"})).status_code == 303
    assert (await jo.get("/cases")).url.path == "/sign-in"  # signed out everywhere
    assert (await jo.sign_in(email, password)).status_code == 303
    history = text_of((await boss.get(f"/staff/{staff_id}")).text)
    assert "Second step taken away, by Max Manager Dropped in the sea" in history
    assert "Dropped in the sea" not in str(await world.rows())
    await world.services.second_factors.set_up(boss_id, telephone.app.secret, telephone.code, world.now)
    await boss.get(f"/staff/{boss_id}")
    assert (await boss.post(f"/staff/{boss_id}/second-step", {"reason": "Mine"})).status_code == 422  # not their own
