"""How long a connection may keep its place, so that some that send nothing shut nobody out."""

import asyncio
from typing import cast

import h11
from fastapi import HTTPException
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from romnet_bench.study.guard import guarded
from romnet_bench.study.refusals import refuse

SLOWEST_HEAD = 10.0  # seconds, from a connection's beginning to the end of a request's headers
SLOWEST_READER = 300.0  # seconds in which what was sent is taken
MOST_CONNECTIONS = 900  # below the 1,024 files that systems commonly let a process open
MOST_REQUESTS = 400  # that are being answered at once


class Connection(H11Protocol):
    """Uvicorn's connection, with bounds on how long and how many wait for a request."""

    _waits_since: float | None = None  # for a request's headers; None: it has them
    _deadline: asyncio.TimerHandle | None = None
    _reader_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes a new one in; of too many, the one that has waited longest goes."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._wait()
        if len(self.connections) > MOST_CONNECTIONS:
            waiting = [one for one in self.connections if isinstance(one, Connection)]
            min(waiting, key=Connection._since).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Reads on; the deadline for headers goes on too, until they are whole."""
        self.app = _crowded if len(self.tasks) >= MOST_REQUESTS else self.config.loaded_app
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        """Goes on to the next request, which waits for its headers again."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends."""
        super().connection_lost(exc)
        for timer in (self._deadline, self._reader_deadline):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        """Waits until what was sent is taken, but not for ever."""
        super().pause_writing()
        self._reader_deadline = self.loop.call_later(SLOWEST_READER, self.transport.abort)

    def resume_writing(self) -> None:
        """Goes on writing."""
        super().resume_writing()
        if self._reader_deadline is not None:
            self._reader_deadline.cancel()

    def _since(self) -> float:
        return self.loop.time() if self._waits_since is None else self._waits_since

    def _wait(self) -> None:
        """Begins the time for a request's headers, lets it go on, or ends it: as things stand."""
        waits = self.conn.their_state is h11.IDLE
        if waits and self._waits_since is None:
            self._waits_since = self.loop.time()
            self._deadline = self.loop.call_later(SLOWEST_HEAD, self._end)
        elif not waits and self._deadline is not None:
            self._waits_since = None
            self._deadline.cancel()

    def _end(self) -> None:
        """Ends it, unless what was sent before is still being taken."""
        if self.transport.get_write_buffer_size():
            self._deadline = self.loop.call_later(SLOWEST_HEAD, self._end)
        else:
            self.transport.abort()


async def _answer_crowd(scope: Scope, receive: Receive, send: Send) -> None:
    wait = {"Retry-After": "10", "Connection": "close"}
    error = HTTPException(503, "Too many people are here right now: try again in a moment.", wait)
    await refuse(scope["path"], error)(scope, receive, send)


_crowded = guarded(_answer_crowd)
