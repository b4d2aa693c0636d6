import socket
from collections.abc import Callable, Iterator

import pytest

from tests.real_service import Service, running


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    """So many different free ports. All are held while looking, so that none comes twice."""

    def find(count: int) -> list[int]:
        held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        try:
            return [one.getsockname()[1] for one in held]
        finally:
            for one in held:
                one.close()

    return find


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, free_ports: Callable[[int], list[int]]) -> Iterator[Service]:
    """The real stack, one for all tests that need it."""
    with running(tmp_path_factory.mktemp("service"), free_ports(6)) as up:
        yield up
