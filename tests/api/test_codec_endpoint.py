import httpx
import pytest
from fastapi import FastAPI, Request
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads
from temporalio.converter import WorkflowSerializationContext

from api.codec_endpoint import codec_router
from domain.commands import StaffRole
from settings import Settings
from temporal_client import SealingCodec, data_converter
from tests.api.staff_world import running

KEYS = {"k": bytes(32)}
UI = "http://127.0.0.1:8233"


async def signed_in(request: Request) -> bool:
    return "session" in request.cookies


def client(*, trust_local_ui: bool = False, caller: str = "127.0.0.1") -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(codec_router(SealingCodec(KEYS), UI, signed_in, trust_local_ui=trust_local_ui))
    transport = httpx.ASGITransport(app, client=(caller, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://service")


async def sealed_body() -> str:
    context = WorkflowSerializationContext("default", "case-1")
    payloads = await data_converter(KEYS).with_context(context).encode(["consent/p3"])
    return json_format.MessageToJson(Payloads(payloads=payloads))


async def test_operations_read_what_was_sealed() -> None:
    async with client() as ui:
        answer = await ui.post(
            "/codec/decode", content=await sealed_body(), headers={"Origin": UI, "Cookie": "session=1"}
        )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert json_format.Parse(answer.text, Payloads()).payloads[0].data == b'"consent/p3"'


async def test_others_read_nothing() -> None:
    async with client() as ui:
        answer = await ui.post("/codec/decode", content=await sealed_body(), headers={"Origin": UI})
    assert answer.status_code == 403
    assert "Sign in" in answer.text


@pytest.mark.parametrize(
    ("origin", "caller", "status"),
    [
        (UI, "127.0.0.1", 200),
        ("http://localhost:8233", "127.0.0.1", 200),
        ("http://elsewhere.example", "127.0.0.1", 403),
        ("http://127.0.0.1:9999", "127.0.0.1", 403),
        (UI, "192.0.2.7", 403),
    ],
)
async def test_in_development_the_local_ui_is_trusted_and_nothing_else(origin: str, caller: str, status: int) -> None:
    async with client(trust_local_ui=True, caller=caller) as ui:
        answer = await ui.post("/codec/decode", content=await sealed_body(), headers={"Origin": origin})
    assert answer.status_code == status


async def test_preflight_answers_the_uis_origin_only() -> None:
    async with client() as ui:
        ours = await ui.options("/codec/decode", headers={"Origin": UI})
        theirs = await ui.options("/codec/decode", headers={"Origin": "http://elsewhere.example"})
    assert ours.headers["access-control-allow-origin"] == UI
    assert "x-namespace" in ours.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in theirs.headers


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b'{"payloads": 3}', b'{"other": []}'])
async def test_bad_input_is_refused_in_words(body: bytes) -> None:
    async with client() as ui:
        answer = await ui.post("/codec/decode", content=body, headers={"Origin": UI, "Cookie": "session=1"})
    assert answer.status_code == 400
    assert answer.text == "This is no list of payloads."


async def test_foreign_payloads_and_huge_requests_are_refused() -> None:
    body = (await sealed_body()).replace('"data": "', '"data": "AAAA')
    async with client() as ui:
        foreign = await ui.post("/codec/decode", content=body, headers={"Cookie": "session=1"})
        huge = await ui.post("/codec/decode", content=b" " * 9_000_000, headers={"Cookie": "session=1"})
    assert foreign.status_code == 400
    assert huge.status_code == 413


@pytest.mark.parametrize(
    ("environment", "role", "status"),
    [
        ("production", None, 403),
        ("production", StaffRole.MANAGER, 403),
        ("production", StaffRole.OPERATIONS, 200),
        ("test", None, 403),
        ("development", None, 200),
    ],
)
async def test_in_production_only_signed_in_operations_read(
    settings: Settings, environment: str, role: StaffRole | None, status: int
) -> None:
    """The app as it is wired, with the Temporal UI's own origin on this machine."""
    async with running(settings.model_copy(update={"environment": environment})) as (world, browser):
        somebody = browser()
        if role:
            _, email, password = await world.staff("Ola Operator", role)
            await somebody.sign_in(email, password)
        body = json_format.MessageToJson(Payloads())
        ui = {"Origin": settings.temporal_ui_url}
        answer = await somebody.client.post("/codec/decode", content=body, headers=ui)
    assert answer.status_code == status
