"""The store as an event loop uses it: claims before asking, answers after, many in one commit."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from ..errors import CotnerError
from .answers import Answer, Rejected
from .request import Request
from .store import AnswerStore

# Seconds after which the claims of a process that died are anybody's. One that lives renews them long before.
LEASE = 20.0

# Seconds that a group gathers when so many requests are under way. Nobody waits for it: by then, requests are
# claimed before there is a slot for them.
GATHER, MANY = 0.02, 16


class Entry(NamedTuple):
    """Something to write.

    request (Request): What it is about.
    came (Union[Answer, Rejected, None]): What came back; None to claim the request.
    done (asyncio.Future): Set when it is committed.
    """

    request: Request
    came: Answer | Rejected | None
    done: asyncio.Future[Answer | bool]


class Ledger:
    """Writes what is ready together in one transaction, in a thread, while the loop goes on.

    A commit costs the same for one row and for fifty; and a disk that takes its time must not keep requests
    from being sent. Lives in one event loop.

    store (AnswerStore): Where it is written.
    """

    def __init__(self, store: AnswerStore) -> None:
        self._store = store
        self._token = uuid.uuid4().hex
        self._thread = ThreadPoolExecutor(1, "cotner-store")
        self._entries: list[Entry] = []
        self._writer: asyncio.Task[None] | None = None
        self._renewer: asyncio.Task[None] | None = None
        self._claimed: set[str] = set()

    async def claim(self, request: Request) -> Answer | bool:
        """Claim a request before it is sent.

        request (Request): About to be asked.
        RETURNS (Union[Answer, bool]): Whether nobody else is asking it; or its answer, if that has come.
        RAISES (CotnerError): If the store can't be used.
        """
        return await self._write(request, None)

    async def keep(self, request: Request, came: Answer | Rejected) -> None:
        """Keep what came and give the claim up; committed when this returns.

        request (Request): What was asked.
        came (Union[Answer, Rejected]): What came back.
        RAISES (CotnerError): If the store can't be used.
        """
        await self._write(request, came)

    async def _write(self, request: Request, came: Answer | Rejected | None) -> Answer | bool:
        loop = asyncio.get_running_loop()
        entry = Entry(request, came, loop.create_future())
        self._entries.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._commit_all())
        return await entry.done

    async def _commit_all(self) -> None:
        """While one group is committed, the next one gathers."""
        loop = asyncio.get_running_loop()
        while self._entries:
            await asyncio.sleep(GATHER if len(self._claimed) > MANY else 0)
            group, self._entries = self._entries, []
            try:
                results = await loop.run_in_executor(self._thread, self._commit, group)
            except Exception as error:
                _fail(group, error)
                continue
            for entry in group:
                self._settle(entry, results.get(entry.request.key, True))
        if self._claimed and (self._renewer is None or self._renewer.done()):
            self._renewer = loop.create_task(self._renew())

    def _settle(self, entry: Entry, result: Answer | bool) -> None:
        if entry.came is not None:
            self._claimed.discard(entry.request.key)
        elif result is True:
            self._claimed.add(entry.request.key)
        if not entry.done.done():  # whoever waited may have been cancelled
            entry.done.set_result(result)

    def _commit(self, group: list[Entry]) -> dict[str, Answer | bool]:
        """In the thread: all of the group, or nothing."""
        wanted = [request.key for request, came, _ in group if came is None]
        with self._store.transaction():
            for request, came, _ in group:
                if isinstance(came, Answer):
                    self._store.put(request, came)
                elif came is not None and (came.completion_tokens or came.text):
                    self._store.put_rejected(request, came)
            self._store.release(self._token, [request.key for request, came, _ in group if came is not None])
            return self._store.claim(wanted, self._token, LEASE) if wanted else {}

    async def _renew(self) -> None:
        loop = asyncio.get_running_loop()
        while self._claimed:
            await asyncio.sleep(LEASE / 4)
            with suppress(CotnerError):  # the next commit will say what is wrong
                await loop.run_in_executor(self._thread, self._store.renew, self._token, LEASE)

    def release(self) -> None:
        """Give up all claims: nothing more will be asked."""
        self._claimed.clear()
        with suppress(CotnerError):  # they run out by themselves
            self._store.release(self._token)

    async def close(self) -> None:
        """Finish what is being written, and stop."""
        if self._writer is not None:
            await self._writer
        if self._renewer is not None:
            self._renewer.cancel()
        self._thread.shutdown(wait=False)
        self.release()


def _fail(group: list[Entry], error: Exception) -> None:
    for entry in group:
        if not entry.done.done():
            entry.done.set_exception(error)
