"""Temporal servers of a test's own, from the programs that lie beside its Python: the real one, on which time is real,
and one that skips the time in which nothing happens. Both know what our cases show of themselves."""

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment

from temporal_client import register_search_attributes
from workflows.details import ESCALATED, ON_HOLD, STAGE, WAITING_FOR


def _program(name: str) -> str | None:
    """None: it is not there, and the SDK fetches it."""
    return shutil.which(name, path=str(Path(sys.executable).parent))


@asynccontextmanager
async def real(
    converter: DataConverter = pydantic_data_converter, *, attributes: bool = True
) -> AsyncIterator[WorkflowEnvironment]:
    """The development server. `attributes`: the search attributes of a case are registered."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=_program("temporal"),
        data_converter=converter,
        search_attributes=[STAGE, WAITING_FOR, ESCALATED, ON_HOLD] if attributes else [],
    ) as environment:
        yield environment


@asynccontextmanager
async def skipping(converter: DataConverter = pydantic_data_converter) -> AsyncIterator[WorkflowEnvironment]:
    """The server that skips time while somebody waits for the end of a workflow, or sleeps on its clock."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=_program("temporal-test-server"), data_converter=converter
    ) as environment:
        await register_search_attributes(environment.client)
        yield environment
