"""The way of a deployment's messages: one coroutine for each input stream, and one for each of its partitions."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection

from modelyard.pump.answers import Source, answer
from modelyard.pump.crew import Crew
from modelyard.pump.tables import TIMEOUT, Tables
from modelyard.resources.routes import DeploymentRoute, StreamRoute

RENEW = TIMEOUT / 3
"""How long to wait before showing again that the deployment lives, in seconds."""

IDLE = 5.0
"""How long to wait for news of a partition before looking anyway, in seconds: a group may have been set back."""

AGAIN = 1.0
"""How long to wait after something went wrong, in seconds."""

_log = logging.getLogger(__name__)


class Flow:
    """Let the messages of one deployment flow through its workers.

    Args:
        deployment_id: The deployment.
        streams: What it reads and writes.
        tables: Its work in the database.
    """

    def __init__(self, deployment_id: str, streams: StreamRoute, *, tables: Tables) -> None:
        self.streams = streams
        self._deployment_id = deployment_id
        self._tables = tables
        self._crew = Crew()
        self._news: dict[Source, asyncio.Event] = defaultdict(asyncio.Event)
        self._lost: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._partitions: dict[Source, asyncio.Task[None]] = {}
        self._keepers = [self._task(self._keep, stream_id) for stream_id in streams.inputs]

    def follow(self, route: DeploymentRoute) -> None:
        """Use the replicas that a route names."""
        self._crew.follow(route.replicas)

    def arrived(self, stream_id: str, partitions: Collection[int]) -> None:
        """Look at partitions that have new messages."""
        if stream_id in self.streams.inputs:
            for number in partitions:
                self._news[Source(stream_id, number)].set()

    async def close(self) -> None:
        """Stop; what is in the hands of workers is answered another time."""
        tasks = [*self._keepers, *self._partitions.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._crew.follow(())

    def _task(self, step: Callable[[str], Awaitable[None]], stream_id: str) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._forever(lambda: step(stream_id)))

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except Exception:
                _log.exception("deployment=%s does not get on with its streams; tried again", self._deployment_id)
                await asyncio.sleep(AGAIN)

    async def _keep(self, stream_id: str) -> None:
        """Hold the partitions of a stream, and let those flow that are held."""
        lost = self._lost[stream_id]
        lost.clear()
        held = {Source(stream_id, number) for number in await asyncio.to_thread(self._tables.reserve, stream_id)}
        running = {source for source in self._partitions if source.stream_id == stream_id}
        for source in running - held:
            self._partitions.pop(source).cancel()
        for source in held - running:
            self._partitions[source] = asyncio.get_running_loop().create_task(
                self._forever(lambda source=source: self._move_on(source))  # type: ignore[misc]
            )
        await _set_within(lost, RENEW)

    async def _move_on(self, source: Source) -> None:
        """Answer the next messages of a partition, or wait for some."""
        news = self._news[source]
        news.clear()
        work = await asyncio.to_thread(self._tables.read, source)
        if work is None:
            self._lost[source.stream_id].set()
            await _set_within(news, AGAIN)
        elif not work.batch.messages:
            await _set_within(news, IDLE)
        else:
            answers = await asyncio.gather(*(answer(self._crew, kept, source) for kept in work.batch.messages))
            await asyncio.to_thread(self._tables.write, work, answers, outputs=self.streams.outputs)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait until an event is set, and no longer than so many seconds."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return
