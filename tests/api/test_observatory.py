"""The headers of our answers, scored as Mozilla's HTTP Observatory scores a site that is reached over https
(mozilla/http-observatory, httpobs/docs/scoring.md, of 27 February 2024): of the tests that a header or a cookie
decides, what it takes off and what it adds. Plain http is sent on by the proxy before us (docs/deployment.md)."""

import httpx
import pytest

from domain.commands import StaffRole
from settings import Settings
from tests.api.staff_world import running

GOAL = 125
HALF_A_YEAR = 15_768_000  # seconds


def _directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split(";") if part.strip())}


def _scored(answer: httpx.Response) -> dict[str, int]:
    """By test, what it adds to a hundred."""
    headers = answer.headers
    policy = _directives(headers.get("content-security-policy", ""))
    sources = [source for directive in policy.values() for source in directive]
    unsafe = {"'unsafe-inline'", "'unsafe-eval'", "data:", "http:", "https:", "*"} & {*sources}
    cookies = [cookie.lower() for cookie in headers.get_list("set-cookie")]
    guarded = [all(word in cookie for word in ("secure", "httponly", "samesite=")) for cookie in cookies]
    transport = headers.get("strict-transport-security", "")
    seconds = int(transport.partition("max-age=")[2].partition(";")[0] or 0)
    resource = headers.get("cross-origin-resource-policy", "")
    return {
        "content security policy": 10 if policy.get("default-src") == ["'none'"] and not unsafe else -20,
        "cookies": 0 if not cookies else 5 if all(guarded) else -20,
        "cross-origin resource policy": 10 if resource in ("same-origin", "same-site") else 0,
        "referrer policy": 5
        if headers.get("referrer-policy") in ("no-referrer", "same-origin", "strict-origin")
        else -5,
        "transport security": 0 if seconds >= HALF_A_YEAR else -20,
        "scripts from elsewhere": 0 if "<script" not in answer.text else -5,
        "content types": 0 if headers.get("x-content-type-options") == "nosniff" else -5,
        "frames": 5 if policy.get("frame-ancestors") in (["'none'"], ["'self'"]) else -20,
        "sharing across origins": -50 if headers.get("access-control-allow-origin") == "*" else 0,
    }


@pytest.mark.parametrize("path", ["/sign-in", "/", "/cases", "/my/nothing", "/refer", "/office", "/api/openapi.json"])
async def test_every_kind_of_page_scores_what_the_goal_asks(settings: Settings, path: str) -> None:
    over_https = settings.model_copy(update={"public_url": "https://service.example"})
    async with running(over_https) as (world, browser):
        jo = browser()
        _, email, password = await world.staff("Jo Coordinator", StaffRole.COORDINATOR)
        signed_in = await jo.sign_in(email, password)
        for answer in (signed_in, await jo.client.get(path)):
            scored = _scored(answer)
            assert 100 + sum(scored.values()) >= GOAL, scored


async def test_over_plain_http_no_browser_is_told_to_keep_to_https(settings: Settings) -> None:
    """Somebody tries the service out on their own machine: it would lock their other local pages out."""
    async with running(settings) as (_, browser):
        assert "strict-transport-security" not in (await browser().client.get("/sign-in")).headers
