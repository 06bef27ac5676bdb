"""Ask many requests: from the store when it can, from the LLM when it must, in the order they came."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from itertools import islice
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from .answers import Answer, Rejected
from .request import Request
from .store import AnswerStore

Item = TypeVar("Item")

# How many items are looked up in the store at once, and how many may wait for the slowest answer. Both bound
# memory; the second is large because one answer that hangs must not starve the slots.
LOOKUP = 128
WINDOW = 2048

# Seconds that requests under way get when the run is stopped.
GRACE = 5.0


class Outcome(NamedTuple):
    """What became of one question about one item.

    status (str): "answered", "cached", "failed", "skipped" (nothing to ask) or "kept" (already there).
    text (str): The answer.
    reason (str): Why there is none.
    detail (str): More about that.
    model (str): Who answered.
    prompt_tokens (int): Tokens that were sent in this run.
    completion_tokens (int): Tokens that came back in this run.
    """

    status: str
    text: str = ""
    reason: str = ""
    detail: str = ""
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Asks(Protocol):
    """Anything that answers requests: the client, or a fake of it."""

    sent: int

    async def ask(self, request: Request) -> Answer | Rejected: ...

    def stop(self) -> None: ...

    def resume(self) -> None: ...

    async def close(self) -> None: ...


Waiting = Outcome | tuple[str, "Future[Outcome]"]


class Asker(Generic[Item]):
    """Sends what is missing, with a bounded number of items in memory.

    open_client (Callable[[], Asks]): Makes the client, when the first request has to be sent.
    store (Optional[AnswerStore]): Where answers are kept.
    """

    def __init__(self, open_client: Callable[[], Asks], store: AnswerStore | None) -> None:
        self._open_client = open_client
        self._store = store
        self._clients: list[Asks] = []  # none or one
        self._loop: asyncio.AbstractEventLoop | None = None
        self._finalizer: weakref.finalize[..., Any] | None = None
        self._under_way: dict[str, Future[Outcome]] = {}

    @property
    def sent(self) -> int:
        """RETURNS (int): Requests that went out, repeated ones included."""
        return sum(client.sent for client in self._clients)

    def stream(
        self, jobs: Iterable[tuple[Item, list[Request | Outcome]]]
    ) -> Iterator[tuple[Item, list[Outcome]]]:
        """Ask about a stream of items.

        jobs (Iterable[Tuple[Item, List[Union[Request, Outcome]]]]): Each item with its questions; what is
            decided already is passed through.
        YIELDS (Tuple[Item, List[Outcome]]): The items in their order, with an outcome for each question.
        RAISES (CotnerError): If there is no point in going on; what came is in the store.
        """
        for client in self._clients:
            client.resume()
        waiting: deque[tuple[Item, list[Waiting]]] = deque()
        jobs = iter(jobs)
        try:
            while chunk := list(islice(jobs, LOOKUP)):
                waiting.extend(self._start(chunk))
                while waiting and (len(waiting) > WINDOW or _is_done(waiting[0][1])):
                    yield self._finish(*waiting.popleft())
            while waiting:
                yield self._finish(*waiting.popleft())
        finally:
            self._stop()

    def _start(
        self, chunk: list[tuple[Item, list[Request | Outcome]]]
    ) -> Iterator[tuple[Item, list[Waiting]]]:
        keys = [part.key for _, parts in chunk for part in parts if isinstance(part, Request)]
        known = self._store.get_many(keys) if self._store is not None else {}
        for item, parts in chunk:
            yield item, [self._begin(part, known) for part in parts]

    def _begin(self, part: Request | Outcome, known: dict[str, Answer]) -> Waiting:
        if isinstance(part, Outcome):
            return part
        if part.key in known:
            return Outcome("cached", known[part.key].text)
        if part.key not in self._under_way:
            # The same question about two items is asked once.
            future = asyncio.run_coroutine_threadsafe(self._ask(part), self._running_loop())
            self._under_way[part.key] = future
            return part.key, future
        return "", self._under_way[part.key]

    def _finish(self, item: Item, parts: list[Waiting]) -> tuple[Item, list[Outcome]]:
        return item, [part if isinstance(part, Outcome) else self._result(*part) for part in parts]

    def _result(self, key: str, future: Future[Outcome]) -> Outcome:
        outcome = future.result()
        if key:
            self._under_way.pop(key, None)
            return outcome
        if outcome.status == "answered":
            return Outcome("cached", outcome.text)
        return outcome._replace(prompt_tokens=0, completion_tokens=0)

    async def _ask(self, request: Request) -> Outcome:
        """In the loop: ask, commit, and only then tell."""
        if not self._clients:
            self._clients.append(self._open_client())
        answer = await self._clients[0].ask(request)
        model = answer.model or request.body["model"]
        if isinstance(answer, Answer):
            if self._store is not None:
                self._store.put(request, answer)
            return Outcome("answered", answer.text, "", "", model, *answer[2:])
        if self._store is not None and (answer.completion_tokens or answer.text):
            self._store.put_rejected(request, answer)
        return Outcome("failed", "", answer.reason, answer.detail, model, *answer[4:])

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """A loop in a thread of its own: the caller may be inside one already, as in a notebook."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="cotner-asker")
            thread.start()
            # Also runs when nobody calls `close`: at the end of the process, or when a pipeline is dropped.
            self._finalizer = weakref.finalize(self, _shut_down, self._loop, thread, self._clients)
        return self._loop

    def _stop(self) -> None:
        """What is under way is paid for: it gets some seconds to arrive, unless Ctrl-C comes again."""
        waiting = list(self._under_way.values())
        self._under_way.clear()
        if not waiting:
            return
        for client in self._clients:
            client.stop()
        try:
            wait(waiting, timeout=GRACE)
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """Close the connections and stop the loop; the asker can be used again."""
        if self._finalizer is not None:
            self._finalizer()
        self._clients, self._loop, self._finalizer = [], None, None


def _shut_down(loop: asyncio.AbstractEventLoop, thread: threading.Thread, clients: list[Asks]) -> None:
    for client in clients:
        asyncio.run_coroutine_threadsafe(client.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def _is_done(parts: list[Any]) -> bool:
    return all(isinstance(part, Outcome) or part[1].done() for part in parts)
