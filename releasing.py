"""A release while cases run: can the new code go on with them, and which build does? The recipe is in docs/runbook.md.

A case lives for weeks, so with BUILD_ID set it moves to the current build at its next step (AUTO_UPGRADE), and
`workflow.patched` keeps it on the way that it began. Without BUILD_ID any worker takes any step."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from temporalio.api.enums.v1 import RoutingConfigUpdateState
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest, SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import WorkerDeploymentConfig

from replaying import Verdict, of_files, of_server, recorded, replay
from settings import Settings
from temporal_client import connect

ALL_WELL, SOME_CANNOT, NOBODY_KNOWS = 0, 1, 2  # exit codes
Given = ParamSpec("Given")
Act = Callable[Given, Coroutine[Any, Any, int]]


def deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """How a worker tells Temporal which code it has; None: it does not, and takes whatever comes."""
    if not settings.build_id:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment_name, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


def in_a_sentence(act: Act[Given]) -> Act[Given]:
    """A server that is away, or says no, is no traceback for whoever sits at the terminal."""

    @wraps(act)
    async def done(*args: Given.args, **kwargs: Given.kwargs) -> int:
        try:
            return await act(*args, **kwargs)
        except (RPCError, RuntimeError) as error:  # RuntimeError: the SDK's word for a server that is away
            print(f"Temporal cannot do that now: {error}", file=sys.stderr)
            return NOBODY_KNOWS

    return done


@in_a_sentence
async def verify(settings: Settings, workflows: list[type], closed_within: timedelta) -> int:
    """Of all that runs on the server, and of what ended a short while ago."""
    client = await connect(settings)
    queue = settings.temporal_task_queue
    print(f"Queue {queue}, namespace {settings.temporal_namespace}, server {settings.temporal_address}:")
    return _told(await replay(of_server(client, queue, closed_within), workflows, client.data_converter))


async def verify_recorded(folder: Path, workflows: list[type]) -> int:
    """Of what was recorded, in the clear, in files (`make histories`)."""
    files = recorded(folder)
    if not files:
        print(f"There are no recorded histories in {folder}.", file=sys.stderr)
        return NOBODY_KNOWS
    return _told(await replay(of_files(files), workflows, pydantic_data_converter))


def _told(verdict: Verdict) -> int:
    for one in verdict.stuck:
        print(one)
    print(verdict)
    return SOME_CANNOT if verdict.stuck else ALL_WELL


@in_a_sentence
async def make_current(settings: Settings) -> int:
    """From now on this build begins what begins, and goes on with all that runs."""
    if not settings.build_id:
        print("BUILD_ID is missing: it says which build is to become the current one.", file=sys.stderr)
        return NOBODY_KNOWS
    client = await connect(settings)
    answer = await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace, deployment_name=settings.deployment_name, build_id=settings.build_id
        )
    )
    while await _is_being_spread(client, settings.deployment_name):
        await asyncio.sleep(0.2)
    before = answer.previous_deployment_version.build_id or "none"
    print(f"Build {settings.build_id} of {settings.deployment_name} is current. Before, it was {before}.")
    return ALL_WELL


async def _is_being_spread(client: Client, deployment_name: str) -> bool:
    """The server has taken note, and its task queues hear of it one after the other: within seconds."""
    described = await client.workflow_service.describe_worker_deployment(
        DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment_name)
    )
    state = described.worker_deployment_info.routing_config_update_state
    return state == RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
