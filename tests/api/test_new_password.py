"""A forgotten password: asked for, chosen by link, once and in time; and what nobody can learn from it."""

import unicodedata
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from api.staff.new_password import COOKIE
from casefile.password_resets import PasswordLink
from casefile.tables import PasswordReset
from domain.accounts import objection_to
from domain.commands import StaffRole
from settings import Settings
from tests.api.staff_world import Browser, World, running, text_of

Service = tuple[World, Callable[[], Browser]]
NEW = "four quiet herons wading"


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    async with running(settings) as found:
        yield found


async def _asks(one: Browser, email: str) -> httpx.Response:
    await one.get("/sign-in/forgotten")
    return await one.post("/sign-in/forgotten", {"email": email})


async def _letter(world: World) -> PasswordLink | None:
    """What the newest letter holds, when the worker sends it."""
    return await world.services.password_resets.to_send(world.temporal.password_links[-1], world.now)


async def _link(world: World, one: Browser, email: str) -> str:
    """The token of a link that came by e-mail, which this browser then opens."""
    await _asks(one, email)
    letter = await _letter(world)
    assert letter
    assert letter.email == email
    opened = await one.get(f"/sign-in/new-password/{letter.token}")
    assert opened.url.path == "/sign-in/new-password"
    assert letter.token not in opened.text
    return letter.token


async def _chooses(one: Browser, password: str = NEW, again: str | None = None) -> httpx.Response:
    return await one.post("/sign-in/new-password", {"password": password, "again": again or password})


@pytest.mark.both_databases
async def test_a_new_password_is_chosen_by_link(service: Service) -> None:
    world, browser = service
    staff_id, email, password = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    elsewhere, jo = browser(), browser()
    await elsewhere.sign_in(email, password)
    token = await world.services.staff.new_token(staff_id, "other system", world.now)
    await _link(world, jo, email)
    answer = await _chooses(jo)
    assert answer.headers["location"] == "/sign-in?chosen=1"
    assert "Your new password stands" in (await jo.get("/sign-in?chosen=1")).text
    assert (await elsewhere.get("/cases")).url.path == "/sign-in"
    assert await world.services.staff.by_token(token) is None
    assert (await jo.sign_in(email, password)).status_code == 422
    assert (await jo.sign_in(email, NEW)).status_code == 303


@pytest.mark.both_databases
async def test_a_link_is_good_once_for_half_an_hour_and_voids_the_others(service: Service) -> None:
    world, browser = service
    _, email, _ = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    jo, thief = browser(), browser()
    late = await _link(world, jo, email)
    world.clock.now += timedelta(minutes=30)
    over = await _chooses(jo)
    assert over.status_code == 410
    assert "This link is over" in over.text
    first = await _link(world, jo, email)
    second = await _link(world, jo, email)
    assert len({late, first, second}) == 3
    assert (await _chooses(jo)).status_code == 303
    for token in (late, first, second, "x", ""):
        thief.client.cookies.set(COOKIE, token, path="/sign-in/new-password")
        assert (await thief.get("/sign-in/new-password")).status_code == 410
        await thief.get("/sign-in")
        assert (await _chooses(thief, "another password of a thief")).status_code == 410
    assert (await jo.sign_in(email, NEW)).status_code == 303


async def test_what_follows_every_link_changes_nothing(service: Service) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    jo, scanner = browser(), browser()
    await _asks(jo, email)
    letter = await _letter(world)
    assert letter
    before = await world.rows()
    for _ in range(3):
        assert (await scanner.get(f"/sign-in/new-password/{letter.token}")).status_code == 200
        assert (await scanner.get("/sign-in/forgotten")).status_code == 200
    assert await world.rows() == before
    assert (await jo.sign_in(email, password)).status_code == 303
    assert letter.token not in str(before)


@pytest.mark.both_databases
async def test_known_unknown_and_inactive_addresses_are_answered_alike(service: Service) -> None:
    world, browser = service
    _, email, _ = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    gone_id, gone, _ = await world.staff("Al Former", StaffRole.COORDINATOR)
    await world.services.staff.set_active(gone_id, False, world.now)
    said, letters = set(), []
    for address in (email, gone, "nobody@service.example"):
        answer = await _asks(browser(), address)
        said.add((answer.status_code, answer.text.replace(address, "")))
        letters.append(await _letter(world) is not None)
    assert len(said) == 1
    assert letters == [True, False, False]
    assert len(world.temporal.password_links) == 3
    async with world.services.database.read() as session:
        assert len((await session.exec(select(PasswordReset))).all()) == 3
    world.temporal.away = True
    answer = await _asks(browser(), email)
    assert (answer.status_code, answer.text.replace(email, "")) in said


async def test_few_links_are_sent_to_an_address_and_from_a_network(service: Service) -> None:
    world, browser = service
    _, email, _ = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    for spelt in (email, email.upper(), email.replace("@", "+x@")):
        assert (await _asks(browser(), spelt)).status_code == 200
    refused = await _asks(browser(), email)
    assert refused.status_code == 429
    assert "Retry-After" in refused.headers
    for n in range(17):
        assert (await _asks(browser(), f"n{n}@service.example")).status_code == 200
    assert (await _asks(browser(), "last@service.example")).status_code == 429
    assert len(world.temporal.password_links) == 20
    world.clock.now += timedelta(hours=1)
    assert (await _asks(browser(), email)).status_code == 200


async def test_a_poor_password_is_refused_and_the_link_stays_good(service: Service) -> None:
    world, browser = service
    _, email, _ = await world.staff("Jolanta Coordinator", StaffRole.COORDINATOR)
    jo = browser()
    await _link(world, jo, email)
    for poor, again, why in (
        ("", "", "12 characters or more"),
        ("too short", "", "12 characters or more"),
        ("aaaaaaaaaaaabbbb", "", "easy to guess"),
        ("jolanta-jolanta-1", "", "easy to guess"),
        ("x" * 201, "", "at most 200"),
        ("tab\tbetween the words", "", "letters, digits"),
        (NEW, NEW + "s", "not the same"),
    ):
        answer = await _chooses(jo, poor, again)
        assert answer.status_code == 422
        assert why in text_of(answer.text)
        assert not poor or f'value="{poor}"' not in answer.text
    assert (await jo.client.post("/sign-in/new-password", data={"password": NEW, "again": NEW})).status_code == 403
    assert (await _chooses(jo, "Žluťoučký kůň pěl")).status_code == 303
    as_another_keyboard_writes_it = unicodedata.normalize("NFD", "Žluťoučký kůň pěl")
    assert (await jo.sign_in(email, as_another_keyboard_writes_it)).status_code == 303


async def test_a_manager_or_they_themselves_have_a_link_sent(service: Service) -> None:
    world, browser = service
    jo_id, email, password = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    _, *boss_signs_in = await world.staff("Max Manager", StaffRole.MANAGER)
    boss, jo = browser(), browser()
    await boss.sign_in(*boss_signs_in)
    await jo.sign_in(email, password)
    await boss.get(f"/staff/{jo_id}")
    sent = await boss.post(f"/staff/{jo_id}/link")
    said = text_of((await boss.get(sent.headers["location"])).text)
    assert f"on its way to {email}" in said
    assert "Link to a new password sent, by Max Manager" in said
    letter = await _letter(world)
    assert letter
    assert letter.email == email
    await jo.get("/account")
    sent = await jo.post("/account/password")
    assert f"on its way to {email}" in text_of((await jo.get(sent.headers["location"])).text)
    assert await _letter(world)
    assert (await jo.get("/cases")).url.path == "/cases"  # nothing is changed before the link is used


def test_a_good_password_may_hold_anything_that_is_long_enough() -> None:
    for good in (NEW, "correct horse battery staple", "Tr0ub4dor&3-and-more", "pięć żółtych słoni"):
        assert objection_to(good, "jo@service.example") == ""
