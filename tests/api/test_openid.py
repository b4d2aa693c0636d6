"""Signing in at the organisation's own provider: a real one, in a process of its own; and tokens that prove nothing."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from api.openid import Attempt, NotTrusted, Provider, ProviderAway
from domain.commands import StaffRole
from settings import Settings
from tests.api.staff_world import Browser, World, hidden, running
from tests.waiting import until

Service = tuple[World, Callable[[], Browser]]
USERS = [
    {"sub": "jo", "email": "Jo@Service.example", "email_verified": True},
    {"sub": "unproved", "email": "jo@service.example", "email_verified": False},
    {"sub": "stranger", "email": "nobody@service.example", "email_verified": True},
    {"sub": "former", "email": "al@service.example", "email_verified": True},
]


@pytest.fixture(scope="module")
def issuer(free_ports: Callable[[int], list[int]]) -> Iterator[str]:
    """A provider's own process."""
    [port] = free_ports(1)
    users = [part for user in USERS for part in ("--user-claims", json.dumps(user))]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "-p", str(port), "-n", "false", *users],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


async def _is_up(issuer: str) -> None:
    async def answers() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{issuer}/jwks")).status_code == 200
            except httpx.HTTPError:
                return False

    await until("the provider answers", answers)


@pytest.fixture
async def service(settings: Settings, issuer: str) -> AsyncIterator[Service]:
    await _is_up(issuer)
    names = {"oidc_issuer": issuer, "oidc_client_id": "mediation", "oidc_client_secret": "s" * 24}
    async with running(settings.model_copy(update=names)) as (world, browser):
        world.clock.now = datetime.now(UTC)  # by which the provider's tokens count
        yield world, browser


async def _at_the_provider(leave: httpx.Response, who: str) -> str:
    """What the provider answers when somebody signs in there as `who`: the way back."""
    assert leave.status_code == 303
    async with httpx.AsyncClient() as client:
        done = await client.post(leave.headers["location"], data={"sub": who})
    back = urlsplit(done.headers["location"])
    return f"{back.path}?{back.query}"


async def _through(one: Browser, who: str, wanted: str = "") -> httpx.Response:
    leave = await one.client.get("/sign-in/elsewhere", params={"next": wanted})
    return await one.client.get(await _at_the_provider(leave, who))


async def test_an_account_is_found_by_the_address_that_the_provider_verified(service: Service) -> None:
    world, browser = service
    await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    jo = browser()
    assert "Sign in with" in (await jo.get("/sign-in")).text
    before = await world.rows()
    answer = await _through(jo, "jo", "/cases/new")
    assert answer.headers["location"] == "/cases/new"
    assert "Jo Coordinator" in (await jo.get("/cases")).text
    after = await world.rows()
    assert [table for table in after if after[table] != before[table]] == ["staff_session"]


@pytest.mark.parametrize("who", ["unproved", "stranger", "former"])
async def test_nobody_else_gets_in_and_no_account_is_made(service: Service, who: str) -> None:
    world, browser = service
    await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    gone, _, _ = await world.staff("Al Former", StaffRole.COORDINATOR)
    await world.services.staff.set_active(gone, False, world.now)
    one, before = browser(), await world.rows()
    answer = await _through(one, who)
    assert answer.status_code == 403
    assert "You are not signed in" in answer.text
    assert (await one.get("/cases")).url.path == "/sign-in"
    assert await world.rows() == before


async def test_a_way_back_is_good_once_in_its_own_browser_and_in_time(service: Service) -> None:
    world, browser = service
    await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
    jo, victim = browser(), browser()
    back = await _at_the_provider(await jo.client.get("/sign-in/elsewhere"), "jo")
    of_another = await victim.client.get(back)  # a link with somebody else's way back
    await victim.client.get("/sign-in/elsewhere")
    of_another_state = await victim.client.get(back)
    made_up = await jo.client.get(back.replace("state=", "state=x"))
    for answer in (of_another, of_another_state, made_up):
        assert answer.status_code == 403
        assert "begun in another window" in answer.text  # the provider was not even asked
    back = await _at_the_provider(await jo.client.get("/sign-in/elsewhere"), "jo")
    cookies = dict(jo.client.cookies)
    assert (await jo.client.get(back)).status_code == 303
    again = browser()
    again.client.cookies.update({name: value for name, value in cookies.items() if name == "elsewhere"})
    assert (await again.client.get(back)).status_code == 403  # the code was used
    late = browser()
    back = await _at_the_provider(await late.client.get("/sign-in/elsewhere"), "jo")
    world.clock.now += timedelta(minutes=10)
    assert (await late.client.get(back)).status_code == 403
    assert (await late.client.get("/sign-in/back?error=access_denied")).status_code == 403


async def test_what_is_asked_of_the_provider(service: Service, issuer: str) -> None:
    _, browser = service
    leave = await browser().client.get("/sign-in/elsewhere")
    asked = {name: value for name, [value] in parse_qs(urlsplit(leave.headers["location"]).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert min(len(asked["state"]), len(asked["nonce"])) >= 43
    for secret in (asked["state"], asked["nonce"]):
        assert secret not in str(leave.headers.get_list("set-cookie"))  # sealed


async def test_a_provider_that_is_away_is_said_so(settings: Settings, free_ports: Callable[[int], list[int]]) -> None:
    [nobody] = free_ports(1)
    names = {"oidc_issuer": f"http://127.0.0.1:{nobody}", "oidc_client_id": "m", "oidc_client_secret": "s"}
    async with running(settings.model_copy(update=names)) as (_, browser):
        answer = await browser().client.get("/sign-in/elsewhere")
        assert answer.status_code == 503
        assert "does not answer just now" in answer.text


async def test_without_the_setting_there_is_no_such_way(settings: Settings) -> None:
    async with running(settings) as (_, browser):
        one = browser()
        assert "/sign-in/elsewhere" not in (await one.get("/sign-in")).text
        assert (await one.client.get("/sign-in/elsewhere")).status_code == 404
        assert (await one.client.get("/sign-in/back?code=x&state=y")).status_code == 404


async def test_own_passwords_can_be_turned_off(settings: Settings, issuer: str) -> None:
    await _is_up(issuer)
    names = {"oidc_issuer": issuer, "oidc_client_id": "m", "oidc_client_secret": "s", "local_passwords": False}
    async with running(settings.model_copy(update=names)) as (world, browser):
        world.clock.now = datetime.now(UTC)
        jo_id, email, password = await world.staff("Jo Manager", StaffRole.MANAGER)
        jo = browser()
        shown = (await jo.get("/sign-in")).text
        assert "Sign in with" in shown
        assert 'type="password"' not in shown
        await jo.get("/sign-in/forgotten")
        for path in ("/sign-in", "/sign-in/forgotten", "/sign-in/new-password", "/sign-in/code", "/sign-in/set-up"):
            assert (await jo.client.post(path, data={"email": email, "password": password})).status_code == 404, path
        assert (await _through(jo, "jo")).headers["location"] == "/today"
        assert "password" not in (await jo.get("/account")).text.lower()
        page = (await jo.get(f"/staff/{jo_id}")).text
        assert f"/staff/{jo_id}/password" not in page
        for path in (f"/staff/{jo_id}/password", f"/staff/{jo_id}/link", "/account/password"):
            assert (await jo.post(path, {"csrf": hidden(page, "csrf")})).status_code == 404, path
        new = {"name": "Nia New", "email": "nia@service.example", "roles": "manager"}
        added = await jo.post("/staff", {"csrf": hidden(page, "csrf"), **new})
        assert added.headers["location"].startswith("/staff/")  # no password to pass on


# Tokens

KEY, STRANGERS = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})
ISSUER, NOW = "https://provider.example", 1_800_000_000
CLAIMS = {
    "iss": ISSUER, "aud": "mediation", "sub": "jo", "iat": NOW, "exp": NOW + 300, "nonce": "the-nonce",
    "email": "jo@service.example", "email_verified": True,
}  # fmt: skip


@dataclass
class Desk:
    """A provider that hands out this token."""

    token: str
    issuer: str = ISSUER

    def __call__(self, request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                places = {"authorization_endpoint": "a", "token_endpoint": "token", "jwks_uri": "keys"}
                return httpx.Response(
                    200, json={"issuer": self.issuer, **{name: f"{ISSUER}/{path}" for name, path in places.items()}}
                )
            case "/token":
                assert parse_qs(request.content.decode())["code_verifier"] == ["the-verifier"]
                assert request.headers["authorization"].startswith("Basic ")
                return httpx.Response(200, json={"id_token": self.token, "token_type": "Bearer"})
        return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})


async def _read(desk: Desk) -> str:
    client = httpx.AsyncClient(transport=httpx.MockTransport(desk))
    provider = Provider(ISSUER, "mediation", "secret", client)
    attempt = Attempt(state="s", nonce="the-nonce", verifier="the-verifier")
    return await provider.verified_email("code", attempt, "https://service.example/sign-in/back", NOW)


def _signed(claims: dict[str, Any], key: RSAKey = KEY) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


async def test_a_token_of_the_provider_for_us_is_believed() -> None:
    assert await _read(Desk(_signed(CLAIMS))) == "jo@service.example"
    both = {**CLAIMS, "aud": ["mediation", "another"], "azp": "mediation"}
    assert await _read(Desk(_signed(both))) == "jo@service.example"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"aud": ["mediation", "another"]},
        {"aud": ["mediation", "another"], "azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": NOW - 61},
        {"exp": None},
        {"iat": NOW + 600},
        {"email": None},
        {"email": ["jo@service.example"]},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
    ],
    ids=str,
)
async def test_a_token_that_proves_nothing_is_not_believed(wrong: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**CLAIMS, **wrong}.items() if value is not None}
    with pytest.raises(NotTrusted):
        await _read(Desk(_signed(claims)))


async def test_a_token_with_another_signature_is_not_believed() -> None:
    of_nobody = _signed(CLAIMS).rpartition(".")[0] + "."
    by_a_shared_secret = jwt.encode({"alg": "HS256", "kid": "one"}, CLAIMS, OctKey.import_key(b"secret" * 8))
    for token in (_signed(CLAIMS, STRANGERS), of_nobody, by_a_shared_secret, "", "x.y.z"):
        with pytest.raises(NotTrusted):
            await _read(Desk(token))


async def test_another_issuers_document_is_not_believed() -> None:
    with pytest.raises(ProviderAway):
        await _read(Desk(_signed(CLAIMS), issuer="https://another.example"))
