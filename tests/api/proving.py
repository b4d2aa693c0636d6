"""Somebody who has typed the code: what their browser holds from then on."""

import httpx
from fastapi import Response

from api.passes import give_pass
from api.services import Services
from casefile.proofs import Whom


def proves(client: httpx.AsyncClient, services: Services, case_id: str, person: str) -> None:
    """Until the half hour is over, this browser reads what is private to the person."""
    whom = Whom.of(case_id, person)
    answer = give_pass(services, Response(), f"read-{whom.key}", whom.key, "/my")
    name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
    client.cookies.set(name, value, path="/my")
