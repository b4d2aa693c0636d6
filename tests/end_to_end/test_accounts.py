"""A forgotten password on the real processes: asked for on a page, sent by the worker, chosen by the link."""

import asyncio
import re
import subprocess
import sys

import httpx

from tests.api.staff_world import Browser
from tests.real_service import ROOT, Service
from tests.waiting import until

ADDRESS, NEW = "ada@service.example", "four quiet herons wading"


def add_ada(service: Service) -> None:
    subprocess.run(
        [sys.executable, "cli.py", "user", "add", "Ada Late", ADDRESS, "coordinator"],
        cwd=ROOT,
        env=service.settings.as_environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )


async def test_a_forgotten_password_is_chosen_anew(service: Service) -> None:
    await asyncio.to_thread(add_ada, service)
    async with httpx.AsyncClient(base_url=service.settings.public_url, timeout=60) as client:
        ada = Browser(client)
        await ada.get("/sign-in/forgotten")
        assert "Look into your mail" in (await ada.post("/sign-in/forgotten", {"email": ADDRESS})).text

        async def letters() -> list[str]:
            return [one.get_content() for one in service.mail() if one["X-Envelope-To"] == ADDRESS]

        [letter] = await until("the link comes by e-mail", letters)
        [link] = re.findall(rf"{service.settings.public_url}(/sign-in/new-password/\S+)", letter)
        await ada.get(link)
        assert (await ada.post("/sign-in/new-password", {"password": NEW, "again": NEW})).status_code == 303
        assert (await ada.sign_in(ADDRESS, NEW)).headers["location"] == "/today"
        assert "Ada Late" in (await ada.get("/account")).text
