"""An answer that is good for a moment, for doors at which machines knock without end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Remembered(Generic[Answer]):
    """However many ask, it is looked up once in so many seconds; those who ask meanwhile wait for the same answer. An
    error is not remembered."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = asyncio.Lock()
        self._known: tuple[float, Answer] | None = None

    async def __call__(self, look_up: Callable[[], Awaitable[Answer]]) -> Answer:
        async with self._lock:
            if self._known is None or self._clock() - self._known[0] >= self._seconds:
                self._known = self._clock(), await look_up()
            return self._known[1]
