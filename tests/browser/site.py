"""A service on a real port, for a real browser: the office of tests/api, before a Temporal that only pretends. It
runs in a thread of its own, since the browser is driven from the test's."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from api.app import create_app
from api.services import Services
from settings import Settings
from tests.api.fakes import Clock, FakeTemporal, services_on, settings_for
from tests.api.staff_world import NOW, World

Result = TypeVar("Result")


class Site:
    """Its address, and its world, which is looked into and changed by `do`."""

    def __init__(self, folder: Path, port: int, database_url: str) -> None:
        self.settings: Settings = settings_for(folder, api_port=port, database_url=database_url)
        self.world: World
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._server: uvicorn.Server

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """In the service's own thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    @contextmanager
    def open(self) -> Iterator["Site"]:
        thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])
        thread.start()
        assert self._up.wait(60), "the pages are not served"
        try:
            yield self
        finally:
            self._server.should_exit = True
            thread.join(30)

    async def _serve(self) -> None:
        clock, temporal = Clock(NOW), FakeTemporal()

        def opens(settings: Settings) -> AbstractAsyncContextManager[Services]:
            return services_on(settings, clock, temporal)

        app = create_app(self.settings, opens)
        self._server = uvicorn.Server(
            uvicorn.Config(app, host=self.settings.host, port=self.settings.api_port, log_config=None)
        )
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            assert not serving.done(), "the pages are not served"
            await asyncio.sleep(0.02)
        self.world = World(app.state.services, clock, temporal)
        self._up.set()
        await serving
