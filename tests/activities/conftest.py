"""The desk of the letters, for the tests of every channel."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from aiosmtpd.controller import Controller

from casefile.database import Database
from tests.activities.desk import Desk, Post


@pytest.fixture
def post(free_ports: Callable[[int], list[int]]) -> Iterator[Post]:
    post, [port] = Post(), free_ports(1)
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    post.url = f"smtp://127.0.0.1:{port}"
    yield post
    controller.stop()


@pytest.fixture
async def desk(database_url: str, post: Post) -> AsyncIterator[Desk]:
    database = Database(database_url)
    desk = Desk(database, post)
    await desk.open()
    yield desk
    await database.close()
