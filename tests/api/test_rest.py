"""The JSON door: what it takes, what it shows and to whom, and that no input breaks it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlmodel import select

from api.rest.bodies import ReferralBody, parse
from api.rest.examples import EXAMPLES
from api.rest.problems import MEDIA_TYPE
from api.rest.routes import description, router
from api.services import Services
from api.shield import Shield
from casefile.letters import SentWords, place_of
from casefile.tables import Case, CommandRow, LetterRow
from domain.commands import COMMANDS, StaffRole
from domain.journey import Journey
from domain.refusals import SENTENCES, Refusal
from tests.api.conftest import CHILD, NOW, Account, FilledCase
from tests.api.fakes import FakeTemporal


@pytest.fixture
async def client(services: Services, staff: dict[str, Account]) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(openapi_url=None)
    app.state.services = services
    app.include_router(router)
    app.add_middleware(Shield, https=services.settings.over_https)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
def coordinator(staff: dict[str, Account]) -> dict[str, str]:
    return staff["coordinator"].bearer


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that a response tells."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    told: dict[str, Any] = response.json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


# Description


def test_the_description_is_openapi_3_1() -> None:
    described = description()
    assert described["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(described).validate()


def test_the_description_knows_every_command_with_an_example() -> None:
    command = description()["paths"]["/api/cases/{reference}/commands/{kind}"]["post"]
    kinds = next(p for p in command["parameters"] if p["name"] == "kind")["schema"]["enum"]
    examples = command["requestBody"]["content"]["application/json"]["examples"]
    assert kinds == list(examples) == list(COMMANDS)
    assert "Policy" not in description()["components"]["schemas"]


@pytest.mark.parametrize("kind", COMMANDS)
async def test_every_example_is_taken(kind: str, services: Services, staff: dict[str, Account]) -> None:
    by: dict[str, Any] = {"id": "one", "case_id": "case", "actor": staff["manager"].actor, "at": NOW}
    command, _ = await parse(COMMANDS[kind], EXAMPLES[kind], services.intake, **by)
    assert command.kind() == kind


def test_the_example_of_a_referral_is_taken() -> None:
    assert ReferralBody.model_validate(EXAMPLES["refer"]).parties


async def test_anybody_may_read_the_description(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/openapi.json")
    assert response.status_code == 200
    assert "/api/cases" in response.json()["paths"]


# Who


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
async def test_without_a_token_nothing_opens(client: httpx.AsyncClient, header: dict[str, str]) -> None:
    told = problem(await client.get("/api/cases", headers=header), 401)
    assert "wrong" not in json.dumps(told)


async def test_operations_see_no_personal_data(
    client: httpx.AsyncClient, staff: dict[str, Account], filled: FilledCase
) -> None:
    for path in ("", f"/{filled.reference}", f"/{filled.reference}/agreement.pdf"):
        problem(await client.get(f"/api/cases{path}", headers=staff["operations"].bearer), 403)
    for path in ("tasks", "mediators", "venues"):
        problem(await client.get(f"/api/{path}", headers=staff["operations"].bearer), 403)
    assert (await client.get("/api/cases", headers=staff["jack"].bearer)).status_code == 200


@pytest.mark.parametrize("roles", [[StaffRole.MEDIATOR], [StaffRole.OPERATIONS, StaffRole.MEDIATOR]])
async def test_mediators_see_their_own_cases_only(
    client: httpx.AsyncClient,
    staff: dict[str, Account],
    filled: FilledCase,
    services: Services,
    roles: list[StaffRole],
) -> None:
    own, others = staff["mediator"].bearer, staff["other_mediator"].bearer
    for name in ("mediator", "other_mediator"):
        await services.staff.set_roles(staff[name].id, roles, NOW)
    assert (await client.get("/api/cases", headers=own)).json()["total"] == 1
    assert (await client.get("/api/cases", headers=others)).json()["total"] == 0
    asked = await client.get("/api/cases", params={"mediator": "mediator"}, headers=others)
    assert asked.json()["total"] == 0
    assert (await client.get(f"/api/cases/{filled.reference}", headers=own)).status_code == 200
    for path in ("", "/agreement.pdf", "/letters/one"):
        problem(await client.get(f"/api/cases/{filled.reference}{path}", headers=others), 404)
    problem(await client.post(f"/api/cases/{filled.reference}/commands/hold", headers=others), 404)
    assert [task["key"] for task in (await client.get("/api/tasks", headers=own)).json()["tasks"]] == ["terms/1"]
    assert (await client.get("/api/tasks", headers=others)).json()["tasks"] == []
    problem(await client.post("/api/cases", json=EXAMPLES["refer"], headers=own), 403)


# Cases


async def test_a_case_begins_once(
    client: httpx.AsyncClient, coordinator: dict[str, str], temporal: FakeTemporal
) -> None:
    headers = {**coordinator, "Idempotency-Key": "0f8c-1"}
    first = await client.post("/api/cases", json=EXAMPLES["refer"], headers=headers)
    assert first.status_code == 201
    assert first.json()["status"] == "accepted"
    assert first.headers["location"] == f"/api/cases/{first.json()['reference']}"
    again = await client.post("/api/cases", json=EXAMPLES["refer"], headers=headers)
    assert (again.status_code, again.json()["reference"]) == (200, first.json()["reference"])
    other = await client.post("/api/cases", json=somebody_else(1), headers=coordinator)
    assert other.json()["reference"] != first.json()["reference"]
    assert len(temporal.started) == 2
    fresh = (await client.get(first.headers["location"], headers=coordinator)).json()
    assert fresh["stage"] == "referral"
    assert fresh["child"]["name"] == EXAMPLES["refer"]["child"]["name"]


def somebody_else(n: int) -> dict[str, Any]:
    """A referral about a child whom no other referral is about."""
    body: dict[str, Any] = json.loads(json.dumps(EXAMPLES["refer"]))
    body["child"] = {"name": ["Noah Bright", "Zebedee Quill"][n], "born": f"201{n}-01-02"}
    body["parties"][0]["people"] = [{"name": "P", "email": f"p{n}@family.example"}]
    return body


async def test_a_known_child_is_told_and_saved_only_as_another_matter(
    client: httpx.AsyncClient, coordinator: dict[str, str], services: Services
) -> None:
    begun = (await client.post("/api/cases", json=EXAMPLES["refer"], headers=coordinator)).json()["reference"]
    again = json.loads(json.dumps(EXAMPLES["refer"]))
    again["child"] = {"name": "Samm Exampel"}
    again["parties"][0]["people"] = [{"name": "Other Parent", "email": "other@family.example"}]
    told = problem(await client.post("/api/cases", json=again, headers=coordinator), 409)
    [known] = told["candidates"]
    assert (known["reference"], known["child"], known["stage"]) == (begun, "Sam Example", "referral")
    assert (known["coordinator"], known["why"]) == ("Coordinator Person", ["similar_name"])
    named = {**again, "not_a_duplicate_of": [begun]}
    assert (
        "why_another_matter" in problem(await client.post("/api/cases", json=named, headers=coordinator), 422)["detail"]
    )
    wrong = {**again, "not_a_duplicate_of": ["SM-2026-00099"], "why_another_matter": "New"}
    problem(await client.post("/api/cases", json=wrong, headers=coordinator), 409)
    made = await client.post("/api/cases", json={**named, "why_another_matter": "About transport"}, headers=coordinator)
    assert made.status_code == 201
    case_id = await services.cases.case_id(made.json()["reference"])
    said = (await services.cases.load(case_id)).texts[await services.reading.referral_command(case_id)]
    assert said == {"references": [begun], "why": "About transport"}


async def test_a_case_under_a_named_policy(
    client: httpx.AsyncClient, coordinator: dict[str, str], temporal: FakeTemporal, services: Services
) -> None:
    assert (
        await client.post("/api/cases", json={**EXAMPLES["refer"], "policy": "demo"}, headers=coordinator)
    ).status_code == 201
    assert temporal.started[0].policy.name == "demo"
    services.intake.allow_demo = False
    told = problem(
        await client.post("/api/cases", json={**EXAMPLES["refer"], "policy": "demo"}, headers=coordinator), 422
    )
    assert told["errors"][0]["field"] == "policy"


async def test_a_wrong_referral_names_the_fields(client: httpx.AsyncClient, coordinator: dict[str, str]) -> None:
    body = json.loads(json.dumps(EXAMPLES["refer"]))
    body["parties"][1]["people"][0]["email"] = "no address\r\nBcc: everybody@example.org"
    body["password"] = "s3cret"
    del body["child"]["name"]
    told = problem(await client.post("/api/cases", json=body, headers=coordinator), 422)
    assert {error["field"] for error in told["errors"]} == {"child.name", "parties.1.people.0.email", "password"}
    assert "s3cret" not in json.dumps(told)
    assert "Bcc" not in json.dumps(told)


async def test_a_case_is_shown_whole(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase
) -> None:
    case = (await client.get(f"/api/cases/{filled.reference}", headers=coordinator)).json()
    assert case["reference"] == filled.reference
    assert case["route"] == "disagreement_resolution"
    assert case["stage"] == "joint_meeting"
    assert {"who": "Oakfield School", "of": "p2"}.items() <= case["waiting_for"][1].items()
    assert {"what": "Reminder 2 to Oakfield School", "unless": "they answer", "at": "2026-11-25T10:00:00Z"} in case[
        "next"
    ]
    assert [person["name"] for person in case["participants"]] == [
        "Alex Parent",
        "Chris Head",
        "Fay Friend",
        "Robin Officer",
    ]
    assert case["meetings"][1]["place"] == "Exampleton Library, 2 Market Street, Exampleton"
    assert case["meetings"][0]["place"] == "At your home"
    assert case["agreement"]["terms"][0]["what"] == "A quiet room at lunch time."
    assert [task["key"] for task in case["tasks"]][:2] == ["joint_date/1", "decide/consent/p3"]
    assert [event["what"] for event in case["timeline"]] == ["refer", "stage", "record_visit", "write_agreement"]
    assert case["timeline"][0]["by"] == "Coordinator Person"
    assert case["closed"] is None
    assert {"kind": "answer_consent", "about": "p2"} in case["possible"]


async def test_what_was_said_alone_with_the_mediator_stays_there(
    client: httpx.AsyncClient, staff: dict[str, Account], filled: FilledCase
) -> None:
    for name, sees in {"mediator": True, "coordinator": False, "manager": False}.items():
        case = await client.get(f"/api/cases/{filled.reference}", headers=staff[name].bearer)
        assert ("PRIVATE-TO-THE-MEDIATOR" in case.text) == sees
        assert "They want peace." in case.text  # what may be shared


async def test_a_closed_case_says_why(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase
) -> None:
    journey = (await filled.journey()).model_dump()
    closing = {"reason": "agreement_full", "outcome": "extra_support"}
    await filled.file(Journey.model_validate({**journey, "asks": [], "closing": closing, "closed_at": NOW}))
    case = (await client.get(f"/api/cases/{filled.reference}", headers=coordinator)).json()
    assert case["closed"].items() >= closing.items()
    assert case["next"] == []


@pytest.mark.both_databases
async def test_lists_filter_and_page(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase
) -> None:
    for n in range(2):
        await client.post("/api/cases", json=somebody_else(n), headers=coordinator)
    page = (await client.get("/api/cases", params={"per_page": 2}, headers=coordinator)).json()
    assert (page["total"], len(page["cases"])) == (3, 2)
    assert page["cases"][0]["reference"] == filled.reference
    rest = (await client.get("/api/cases", params={"per_page": 2, "page": 2}, headers=coordinator)).json()
    assert len(rest["cases"]) == 1
    escalated = await client.get("/api/cases", params={"escalated": True, "open": True}, headers=coordinator)
    assert [line["reference"] for line in escalated.json()["cases"]] == [filled.reference]
    assert escalated.json()["cases"][0]["child"] == CHILD


# Commands


async def test_a_command_is_accepted_refused_or_pending(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase, temporal: FakeTemporal
) -> None:
    path = f"/api/cases/{filled.reference}/commands"
    body = {"party": "p2", "yes": True, "how": "phone", "note": "Rang at ten."}
    accepted = await client.post(f"{path}/answer_consent", json=body, headers=coordinator)
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert temporal.updates[0].model_dump().items() >= {"party": "p2", "yes": True, "how": "phone"}.items()

    temporal.refuse["pause"] = (Refusal.PAUSED, "")
    refused = await client.post(f"{path}/pause", headers=coordinator)
    assert (refused.status_code, refused.json()) == (
        409,
        {"status": "refused", "message": SENTENCES[Refusal.PAUSED], "code": "paused"},
    )
    temporal.away = True
    pending = await client.post(f"{path}/hold", json={}, headers={**coordinator, "Idempotency-Key": "again"})
    assert (pending.status_code, pending.json()["status"]) == (202, "pending")
    assert (await client.get(f"/api/cases/{filled.reference}", headers=coordinator)).json()["pending"] == ["hold"]
    temporal.away = False
    again = await client.post(f"{path}/hold", json={}, headers={**coordinator, "Idempotency-Key": "again"})
    assert (again.status_code, again.json()["status"]) == (200, "accepted")


async def test_a_policy_is_changed_by_its_name(
    client: httpx.AsyncClient, staff: dict[str, Account], filled: FilledCase, temporal: FakeTemporal
) -> None:
    path, manager = f"/api/cases/{filled.reference}/commands/change_policy", staff["manager"].bearer
    assert (
        await client.post(path, json={"policy": "standard", "reason": "new targets"}, headers=manager)
    ).status_code == 200
    assert temporal.updates[0].model_dump()["policy"]["holidays"]
    told = problem(await client.post(path, json={"policy": {"name": "mine", "ladders": {}}}, headers=manager), 422)
    assert told["errors"][0]["field"] == "policy"


async def test_the_targets_are_read_by_whoever_works_on_cases(
    client: httpx.AsyncClient, staff: dict[str, Account]
) -> None:
    told = (await client.get("/api/policy", headers=staff["coordinator"].bearer)).json()
    assert (told["version"], told["since"]) == (1, None)
    assert told["sentences"][2].startswith("Consent: reminders after 3, 6 and 9 working days")
    assert "2026-12-25" in told["closed"]
    problem(await client.get("/api/policy", headers=staff["operations"].bearer), 403)


async def test_an_unknown_command_is_told_which_there_are(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase
) -> None:
    told = problem(await client.post(f"/api/cases/{filled.reference}/commands/fly", headers=coordinator), 404)
    assert told["commands"] == list(COMMANDS)


async def test_a_key_serves_one_purpose(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase
) -> None:
    headers = {**coordinator, "Idempotency-Key": "one"}
    path = f"/api/cases/{filled.reference}/commands"
    assert (await client.post(f"{path}/pause", headers=headers)).status_code == 200
    assert "Idempotency-Key" in problem(await client.post(f"{path}/hold", headers=headers), 422)["detail"]
    problem(await client.post("/api/cases", json=somebody_else(0), headers=headers), 422)


async def test_unknown_fields_are_named(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase
) -> None:
    path = f"/api/cases/{filled.reference}/commands/answer_consent"
    body = {"party": "p2", "yes": True, "how": "phone", "actor": {"kind": "staff", "id": "x"}, "colour": "red"}
    told = problem(await client.post(path, json=body, headers=coordinator), 422)
    assert {error["field"] for error in told["errors"]} == {"actor", "colour"}


DEEP = "[" * 100_000 + "]" * 100_000
BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "not UTF-8": b'{"note": "\xff\xfe"}',
    "NUL": b'{"party": "p2\\u0000", "yes": true, "how": "phone", "note": "a\\u0000b", "mediator": "\\u0000"}',
    "half a surrogate": b'{"\\ud800": 1, "note": "\\udfff", "party": "\\ud800", "task": "\\ud800", "name": "\\ud800"}',
    "deep": DEEP.encode(),
    "deep note": b'{"note": ' + b"[" * 900 + b"]" * 900 + b"}",
    "huge number": b'{"offer": 1' + b"0" * 4000 + b', "accepts": true, "version": 1e999, "action": NaN}',
    "huge digits": b'{"offer": 1' + b"0" * 9000 + b"}",
    "huge text": json.dumps({"note": "x" * 900_000}).encode(),
    "too much": json.dumps({"note": "x" * 2_000_000}).encode(),
    "wrong types": json.dumps(
        {
            "party": {"a": 1},
            "yes": "perhaps",
            "how": [],
            "note": 5,
            "slots": "now",
            "terms": {},
            "what": [[]],
            "half_days": {"x": "y"},
            "slot": 7,
            "policy": ["standard"],
            "child": [],
            "parties": {"0": None},
            "about": False,
            "start": 1e30,
            "present": [None],
        }
    ).encode(),
    "far away": json.dumps(
        {
            "party": "p1",
            "slots": [{"start": "9999-12-31T23:55:00-12:00"}],
            "start": "0001-01-01T00:00:00+14:00",
            "how": "phone",
            "slot": {"start": "9999-12-31T23:55:00-12:00"},
            "terms": [{"owner": "p1", "by": "9999-12-31"}],
            "what": ["x"],
        }
    ).encode(),
    "header": json.dumps(
        {"name": "A\r\nBcc: b@example.org", "email": "a@b.example\r\nBcc: x", "decision": "wait"}
    ).encode(),
}


@pytest.mark.parametrize("bad", BAD_BODIES)
async def test_no_body_breaks_a_command(
    client: httpx.AsyncClient,
    staff: dict[str, Account],
    filled: FilledCase,
    temporal: FakeTemporal,
    services: Services,
    bad: str,
) -> None:
    headers = {**staff["manager"].bearer, "Content-Type": "application/json"}
    optional = {"pause", "resume", "hold", "release", "undo", "take_case"}  # an empty body is a good one
    for kind in COMMANDS:
        path = f"/api/cases/{filled.reference}/commands/{kind}"
        response = await client.post(path, content=BAD_BODIES[bad], headers=headers)
        if bad in ("nothing", "null") and kind in optional:
            assert response.status_code == 200
        elif bad in ("nothing", "null") and kind == "reopen_case":  # it lacks nothing but the reason
            assert response.json()["code"] == "words_missing"
        else:
            assert 400 <= response.status_code < 500, (kind, response.text)
            problem(response, response.status_code)
    for command in temporal.updates:
        assert command.kind() in optional


@pytest.mark.parametrize("bad", BAD_BODIES)
@pytest.mark.parametrize("path", ["/api/cases", "/api/mediators", "/api/venues"])
async def test_no_body_breaks_what_is_added(
    client: httpx.AsyncClient, staff: dict[str, Account], services: Services, path: str, bad: str
) -> None:
    headers = {**staff["manager"].bearer, "Content-Type": "application/json"}
    response = await client.post(path, content=BAD_BODIES[bad], headers=headers)
    assert 400 <= response.status_code < 500
    problem(response, response.status_code)
    async with services.database.read() as session:
        assert (await session.exec(select(Case))).all() == []


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_is_not_json_is_told_so(
    client: httpx.AsyncClient, coordinator: dict[str, str], content_type: str
) -> None:
    headers = {**coordinator, "Content-Type": content_type}
    problem(await client.post("/api/cases", content=json.dumps(EXAMPLES["refer"]), headers=headers), 422)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 101, "ü", "a/../b"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, coordinator: dict[str, str], key: str) -> None:
    headers = [*coordinator.items(), ("Idempotency-Key", key.encode("latin-1"))]
    response = await client.post("/api/cases", json=EXAMPLES["refer"], headers=headers)  # type: ignore[arg-type]
    problem(response, 422)


@pytest.mark.parametrize(
    "path",
    [
        "cases?page=0",
        "cases?page=99999999999999999999",
        "cases?per_page=1000",
        "cases?stage=nowhere",
        "cases?open=perhaps",
        "cases?reference=%00",
        "cases?reference=%25",
        "cases?mediator=%ff",
        "cases?colour=red",
        "tasks?role=king",
        "tasks?reference=x",
        "tasks?reference=SM-2026-99999",
        "cases/SM-2026-99999",
        "cases/%00",
        "cases/SM-2026-00001%00",
        "cases/..%2f..%2fetc",
        "cases/" + "x" * 5000,
        "cases/SM-2026-99999/agreement.pdf?version=0",
        "cases/SM-2026-99999/letters/%00",
        "nothing",
        "cases/SM-2026-99999/letters",
        "",
    ],
)
async def test_no_address_breaks_it(client: httpx.AsyncClient, coordinator: dict[str, str], path: str) -> None:
    response = await client.get(f"/api/{path}", headers=coordinator)
    assert response.status_code in (404, 422)
    problem(response, response.status_code)


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient, coordinator: dict[str, str]) -> None:
    response = await client.delete("/api/cases", headers=coordinator)
    assert response.headers["allow"] == "GET, POST"
    problem(response, 405)
    problem(await client.put("/api/cases/SM-2026-00001/commands/hold", headers=coordinator), 405)


async def test_a_fault_of_ours_tells_nothing(
    client: httpx.AsyncClient,
    coordinator: dict[str, str],
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(services.cases, "list", broken)
    assert "hunter2" not in json.dumps(problem(await client.get("/api/cases", headers=coordinator), 500))
    logged = "".join(capfd.readouterr())
    assert "RuntimeError" in logged
    assert "hunter2" not in logged


@pytest.mark.both_databases
async def test_an_erased_case_is_gone(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase, services: Services
) -> None:
    async with services.database.write() as session:
        case = await session.get_one(Case, filled.id)
        case.wrapped_key = None
        session.add(case)
    problem(await client.get(f"/api/cases/{filled.reference}", headers=coordinator), 410)
    path = f"/api/cases/{filled.reference}/commands/pause"
    problem(await client.post(path, json={"note": "x"}, headers=coordinator), 410)
    assert (await client.get("/api/cases", headers=coordinator)).json()["cases"][0]["child"] == "(erased)"
    assert (await client.get("/api/tasks", headers=coordinator)).status_code == 200


# Documents, letters, tasks, panel, venues


async def test_the_agreement_can_be_fetched(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase
) -> None:
    path = f"/api/cases/{filled.reference}/agreement.pdf"
    response = await client.get(path, headers=coordinator)
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    problem(await client.get(path, params={"version": 2}, headers=coordinator), 404)


async def test_a_letter_is_read_as_it_was_sent(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase, services: Services
) -> None:
    async with services.database.write() as session:
        case = await session.get_one(Case, filled.id)
        key = services.vault.case_key(filled.id, case.wrapped_key)
        for id, sealed in {
            "one": key.seal(SentWords(subject="Invitation", text="Dear …"), place_of("one")),
            "two": None,
        }.items():
            row = LetterRow(id=id, case_id=filled.id, kind=id, to="p2.1", number=1, queued=NOW, sealed=sealed)
            session.add(row)
    path = f"/api/cases/{filled.reference}"
    letters = (await client.get(path, headers=coordinator)).json()["letters"]
    assert [(letter["kind"], letter["to_name"]) for letter in letters] == [("one", "Chris Head"), ("two", "Chris Head")]
    assert "Dear" not in json.dumps(letters)
    assert (await client.get(f"{path}/letters/one", headers=coordinator)).json()["words"]["subject"] == "Invitation"
    assert (await client.get(f"{path}/letters/two", headers=coordinator)).json()["words"] is None
    problem(await client.get(f"{path}/letters/three", headers=coordinator), 404)


@pytest.mark.both_databases
async def test_tasks_by_role_and_case(client: httpx.AsyncClient, staff: dict[str, Account], filled: FilledCase) -> None:
    manager = staff["manager"].bearer
    tasks = (await client.get("/api/tasks", headers=manager)).json()["tasks"]
    assert tasks[0]["key"] == "terms/1"  # the one that is due
    assert {task["reference"] for task in tasks} == {filled.reference}
    decide = (await client.get("/api/tasks", params={"role": "manager"}, headers=manager)).json()["tasks"]
    assert [task["title"] for task in decide] == [
        "Decide what the silence of Exampleshire County Council means (consent)"
    ]
    assert (await client.get("/api/tasks", params={"mine": True}, headers=manager)).json()["tasks"] == []


@pytest.mark.both_databases
async def test_the_panel_and_venues_are_added_to_by_managers(
    client: httpx.AsyncClient, staff: dict[str, Account], coordinator: dict[str, str], filled: FilledCase
) -> None:
    manager = staff["manager"].bearer
    new = {
        "name": "Priya Shah",
        "email": "Priya@service.example",
        "professional_body": "CMC",
        "registered_until": "2027-12-31",
    }
    problem(await client.post("/api/mediators", json=new, headers=coordinator), 403)
    first = await client.post("/api/mediators", json=new, headers=manager)
    assert first.status_code == 201
    renewed = await client.post("/api/mediators", json={**new, "registered_until": "2029-12-31"}, headers=manager)
    assert renewed.json() == first.json()
    panel = (await client.get("/api/mediators", headers=coordinator)).json()["mediators"]
    assert {m["name"]: (m["registered_until"], m["open_cases"]) for m in panel} == {
        "Mediator Person": ("2028-01-31", 1),
        "Other Mediator Person": ("2028-01-31", 0),
        "Priya Shah": ("2029-12-31", 0),
    }
    hall = {"name": "Hall", "address": "1 High Street", "access": "step-free", "cost": 4500}
    problem(await client.post("/api/venues", json=hall, headers=coordinator), 403)
    for _ in range(2):
        made = await client.post("/api/venues", json=hall, headers={**manager, "Idempotency-Key": "hall"})
        assert made.status_code == 201
    venues = (await client.get("/api/venues", headers=coordinator)).json()["venues"]
    assert [venue["name"] for venue in venues] == ["Exampleton Library", "Hall"]
    assert (venues[1]["access"], venues[1]["cost"]) == ("step-free", 4500)


async def test_reading_changes_nothing(
    client: httpx.AsyncClient, coordinator: dict[str, str], filled: FilledCase, services: Services
) -> None:
    async with services.database.read() as session:
        before = len((await session.exec(select(CommandRow))).all())
    for path in ("cases", f"cases/{filled.reference}", "tasks", "mediators", "venues", "openapi.json"):
        assert (await client.get(f"/api/{path}", headers=coordinator)).status_code == 200
    async with services.database.read() as session:
        assert len((await session.exec(select(CommandRow))).all()) == before
