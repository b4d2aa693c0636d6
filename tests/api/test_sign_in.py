"""Signing in: who gets in, for how long, and what keeps others out."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from api.auth import cookie_value
from domain.commands import StaffRole
from settings import Settings
from tests.api.staff_world import Browser, World, form_of, hidden, running

COORDINATOR, MANAGER, MEDIATOR, OPERATIONS = (
    StaffRole.COORDINATOR,
    StaffRole.MANAGER,
    StaffRole.MEDIATOR,
    StaffRole.OPERATIONS,
)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[tuple[World, Callable[[], Browser]]]:
    async with running(settings) as found:
        yield found


async def test_a_member_of_staff_signs_in_and_out(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    jo = browser()
    assert (await jo.get("/cases")).url.path == "/sign-in"
    answer = await jo.sign_in(email.upper(), password)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/today"
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("staff="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Jo Coordinator" in (await jo.get("/cases")).text
    kept = dict(jo.client.cookies)
    await jo.post("/sign-out")
    assert (await jo.get("/cases")).url.path == "/sign-in"
    jo.client.cookies.update(kept)  # the old cookie opens nothing: the session is gone, not only the cookie
    assert (await jo.get("/cases")).url.path == "/sign-in"


async def test_with_https_the_cookie_is_secure(settings: Settings) -> None:
    async with running(settings.model_copy(update={"public_url": "https://service.example"})) as (world, browser):
        _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
        answer = await browser().sign_in(email, password)
        cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-staff="))
        assert "Secure" in cookie


async def test_wrong_passwords_unknown_and_inactive_people_read_the_same(
    service: tuple[World, Callable[[], Browser]],
) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    gone, gone_email, gone_password = await world.staff("Al Former", COORDINATOR)
    await world.services.staff.set_active(gone, False, world.now)
    sentences = set()
    for address, word in ((email, "not-this-one"), ("nobody@service.example", password), (gone_email, gone_password)):
        one = browser()
        answer = await one.sign_in(address, word)
        assert answer.status_code == 422
        assert f'value="{address}"' in answer.text
        assert word not in answer.text.replace(address, "")
        sentences.add(answer.text.replace(address, "").replace(hidden(answer.text, "csrf"), ""))
    assert len(sentences) == 1


async def test_after_five_wrong_passwords_even_the_right_one_waits(
    service: tuple[World, Callable[[], Browser]],
) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    jo = browser()
    for _ in range(5):
        assert (await jo.sign_in(email, "wrong")).status_code == 422
    locked = await jo.sign_in(email, password)
    assert locked.status_code == 429
    assert "Too many wrong passwords" in locked.text
    assert (await jo.sign_in("somebody@service.example", "x")).status_code == 422
    world.clock.now += timedelta(minutes=6)
    assert (await jo.sign_in(email, password)).status_code == 303


async def test_sessions_end_when_nobody_is_there_and_after_twelve_hours(
    service: tuple[World, Callable[[], Browser]],
) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    jo = browser()
    await jo.sign_in(email, password)
    for _ in range(28):  # somebody who reads keeps the session alive …
        world.clock.now += timedelta(minutes=25)
        assert (await jo.get("/cases")).url.path == "/cases"
    world.clock.now += timedelta(minutes=21)  # … until 12 hours are over
    assert (await jo.get("/cases")).url.path == "/sign-in"
    await jo.sign_in(email, password)
    world.clock.now += timedelta(minutes=30)
    assert (await jo.get("/cases")).url.path == "/sign-in"


async def test_how_long_sessions_last_is_a_setting(settings: Settings) -> None:
    shorter = settings.model_copy(update={"session_idle_minutes": 5, "session_hours": 1})
    async with running(shorter) as (world, browser):
        _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
        jo = browser()
        await jo.sign_in(email, password)
        world.clock.now += timedelta(minutes=5)
        assert (await jo.get("/cases")).url.path == "/sign-in"
        await jo.sign_in(email, password)
        for minutes, page in ((4, "/cases"),) * 14 + ((4, "/sign-in"),):
            world.clock.now += timedelta(minutes=minutes)
            assert (await jo.get("/cases")).url.path == page


async def test_one_password_for_many_addresses_is_stopped_too(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    guesser = browser()
    for n in range(60):
        assert (await guesser.sign_in(f"n{n}@service.example", "Spring2026!")).status_code == 422
    stopped = await guesser.sign_in("another@service.example", "Spring2026!")
    assert stopped.status_code == 429
    assert "from where you are" in stopped.text
    assert (await guesser.sign_in(email, password)).status_code == 429
    world.clock.now += timedelta(hours=1)
    assert (await guesser.sign_in(email, password)).status_code == 303


TYPED = {"note": "a death in the family, <ring> on Monday", "key": "pause-0123456789abcdef"}


async def _typed_while_the_session_ended(world: World, jo: Browser, *, minutes: int) -> tuple[str, httpx.Response]:
    """A form is opened, its session ends, and the form is sent."""
    jo_id = (await world.services.staff.list())[0].id
    _, reference = await world.rich_case(jo_id, jo_id)
    path = f"/cases/{reference}/do/pause"
    await jo.get(path)
    world.clock.now += timedelta(minutes=minutes)
    return path, await jo.post(path, TYPED)


@pytest.mark.parametrize("minutes", [31, 12 * 60 + 1])
async def test_what_was_typed_when_the_session_ended_is_shown_again(
    service: tuple[World, Callable[[], Browser]], minutes: int
) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    jo = browser()
    await jo.sign_in(email, password)
    path, answer = await _typed_while_the_session_ended(world, jo, minutes=minutes)
    assert answer.status_code == 401
    assert "What you typed is kept" in answer.text
    assert "death in the family" not in answer.text  # whoever sits there now has not signed in yet
    kept = hidden(answer.text, "kept")
    assert (await jo.post("/sign-in", {"email": email, "password": "wrong", "kept": kept})).status_code == 422
    assert hidden(jo.page, "kept") == kept
    signed_in = await jo.post("/sign-in", {"email": email, "password": password, "kept": kept})
    assert signed_in.status_code == 200
    again = form_of(signed_in.text, path)
    assert again == {name: [value] for name, value in TYPED.items()}
    shown = await jo.client.post(path, data=again)
    assert shown.status_code == 403
    assert "signed in anew" in shown.text
    assert form_of(shown.text, path)["note"] == [TYPED["note"]]
    assert world.taken == []
    jo.page = shown.text
    assert (await jo.post(path, {"note": TYPED["note"]})).status_code == 303
    assert [command.kind() for command in world.taken] == ["pause"]


async def test_what_was_typed_is_shown_to_nobody_else(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    _, *other = await world.staff("Max Manager", MANAGER)
    jo = browser()
    await jo.sign_in(email, password)
    _, answer = await _typed_while_the_session_ended(world, jo, minutes=31)
    kept = hidden(answer.text, "kept")
    signed_in = await jo.post("/sign-in", {"email": other[0], "password": other[1], "kept": kept})
    assert signed_in.status_code == 303
    assert "death" not in (await jo.get("/")).text


@pytest.mark.parametrize("how", ["signed out", "from another site", "without the form's token", "a day later"])
async def test_nothing_is_kept_of_what_no_ended_session_typed(
    service: tuple[World, Callable[[], Browser]], how: str
) -> None:
    world, browser = service
    jo_id, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    _, reference = await world.rich_case(jo_id, jo_id)
    path = f"/cases/{reference}/do/pause"
    jo = browser()
    await jo.sign_in(email, password)
    await jo.get(path)
    cookies, token = dict(jo.client.cookies), hidden(jo.page, "csrf")
    if how == "signed out":
        await jo.post("/sign-out")
        jo.client.cookies.update(cookies)
    world.clock.now += timedelta(minutes=31) if how != "a day later" else timedelta(hours=37)
    if how == "from another site":
        jo.client.cookies.clear()
    answer = await jo.post(path, {**TYPED, "csrf": token if how != "without the form's token" else "x"})
    assert answer.status_code == 401
    assert hidden(answer.text, "kept") == ""


async def test_forged_cookies_are_nobodys(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    jo = browser()
    await jo.sign_in(email, password)
    good = jo.client.cookies["staff"]
    for forged in ("", "x", "a.b.c", good[:-1] + ("0" if good[-1] != "0" else "1"), cookie_value(world.services, "x")):
        stranger = browser()
        stranger.client.cookies.set("staff", forged)
        assert (await stranger.get("/cases")).url.path == "/sign-in", forged


@pytest.mark.both_databases
async def test_a_new_password_and_a_deactivation_end_sessions(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    jo_id, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    _, manager_email, manager_password = await world.staff("Max Manager", MANAGER)
    jo, manager = browser(), browser()
    await jo.sign_in(email, password)
    await manager.sign_in(manager_email, manager_password)
    await manager.get("/staff")
    shown = await manager.post(f"/staff/{jo_id}/password")
    assert shown.status_code == 200
    assert (await jo.get("/cases")).url.path == "/sign-in"
    assert (await jo.sign_in(email, password)).status_code == 422
    new = shown.text.split('class="secret">')[1].split("<")[0]
    assert (await jo.sign_in(email, new)).status_code == 303
    await manager.get("/staff")
    assert (await manager.post(f"/staff/{jo_id}/deactivate")).status_code == 303
    assert (await jo.get("/cases")).url.path == "/sign-in"


@pytest.mark.both_databases
async def test_the_last_manager_stays(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    manager_id, email, password = await world.staff("Max Manager", MANAGER)
    manager = browser()
    await manager.sign_in(email, password)
    await manager.get("/staff")
    answer = await manager.post(f"/staff/{manager_id}/deactivate")
    assert answer.status_code == 409
    assert "last manager" in answer.text


async def test_nobody_is_led_to_another_site(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/cases\r\nX: y"):
        jo = browser()
        await jo.get("/sign-in")
        answer = await jo.post("/sign-in", {"email": email, "password": password, "next": target})
        assert answer.headers["location"] == "/today", target
    jo = browser()
    await jo.get("/cases/new")
    assert hidden(jo.page, "next") == "/cases/new"
    answer = await jo.post("/sign-in", {"email": email, "password": password, "next": "/cases/new"})
    assert answer.headers["location"] == "/cases/new"


async def test_posts_without_the_browsers_token_do_nothing(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    jo_id, email, password = await world.staff("Jo Coordinator", COORDINATOR, MANAGER, MEDIATOR)
    _, reference = await world.rich_case(jo_id, jo_id)
    jo = browser()
    without = await jo.client.post("/sign-in", data={"email": email, "password": password})
    assert without.status_code == 403
    await jo.sign_in(email, password)
    before = await world.rows()
    for path in ("/cases/new", f"/cases/{reference}/do/pause", "/panel", "/venues", "/staff", "/sign-out",
                 "/staff/x/password", "/panel/x/conflict"):  # fmt: skip
        for data in ({}, {"csrf": ""}, {"csrf": "x" * 43}):
            answer = await jo.client.post(path, data=data)
            assert answer.status_code == 403, path
            assert "nothing was" in answer.text
    assert await world.rows() == before


async def test_operations_begin_at_a_page_without_names(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    _, email, password = await world.staff("Olga Operations", OPERATIONS)
    olga = browser()
    await olga.sign_in(email, password)
    assert (await olga.get("/")).url.path == "/operations"


async def test_the_first_manager_is_made_once(service: tuple[World, Callable[[], Browser]]) -> None:
    world, browser = service
    password = await world.services.staff.create_first_manager("First", "first@service.example", world.now)
    assert password
    assert (await browser().sign_in("first@service.example", password)).status_code == 303
    assert await world.services.staff.create_first_manager("Second", "second@service.example", world.now) is None


@pytest.mark.both_databases
async def test_tokens_of_the_json_door(service: tuple[World, Callable[[], Browser]]) -> None:
    world, _ = service
    jo_id, _, _ = await world.staff("Jo Coordinator", COORDINATOR)
    token = await world.services.staff.new_token(jo_id, "other system", world.now)
    found = await world.services.staff.by_token(token)
    assert found
    assert found.id == jo_id
    assert await world.services.staff.by_token(token + "x") is None
    assert token not in str(await world.rows())
    await world.services.staff.set_active(jo_id, False, world.now)
    assert await world.services.staff.by_token(token) is None
