"""Ask many requests: from the store when it can, from the LLM when it must, in the order they came."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from threading import Event
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from .answers import Answer, Rejected
from .background import Background
from .ledger import Ledger
from .request import Request
from .store import AnswerStore

Item = TypeVar("Item")

# How many items are looked up in the store at once, and how many may wait for the slowest answer. Both bound
# memory; the second is large because one answer that hangs must not starve the slots.
LOOKUP = 64
WINDOW = 2048

# Seconds that requests under way get when the run is stopped.
GRACE = 5.0

# Seconds that the user's thread leaves the loop alone while there is no need to prepare more.
PAUSE = 0.02

# Seconds between looks at what another process is asking.
PATIENCE = 0.5


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


class Pending:
    """A question that is under way; written by the loop, read by the thread that waits for it."""

    __slots__ = ("error", "outcome")

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        """RETURNS (bool): Whether it is known what became of it."""
        return self.outcome is not None or self.error is not None


# What an item waits for: an outcome, or a question with its key (empty if the item is not the first to ask).
Part = Outcome | tuple[str, Pending]


class Desk(NamedTuple):
    """What the loop works with.

    client (Asks): Sends.
    ledger (Optional[Ledger]): Remembers, if there is a store.
    ready (asyncio.Semaphore): Bounds how many requests are made ready at once.
    """

    client: Asks
    ledger: Ledger | None
    ready: asyncio.Semaphore


class Asker(Generic[Item]):
    """Sends what is missing, with a bounded number of items in memory.

    open_client (Optional[Callable[[], Asks]]): Makes the client, when the first request has to be sent.
        None: nothing is sent.
    store (Optional[AnswerStore]): Where answers are kept.
    slots (int): Requests that the client has on the wire at once. Twice as many are made ready, so that none
        of them waits for the store or for the preparation of the next request.
    """

    def __init__(
        self, open_client: Callable[[], Asks] | None, store: AnswerStore | None, slots: int = 16
    ) -> None:
        self._open_client = open_client
        self._store = store
        self._slots = slots
        self._desks: list[Desk] = []  # none or one
        self._background: Background | None = None
        self._finalizer: weakref.finalize[..., Any] | None = None
        self._under_way: dict[str, Pending] = {}
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._begun = self._ended = 0
        self._progress = Event()
        self._failure: BaseException | None = None

    @property
    def sent(self) -> int:
        """RETURNS (int): Requests that went out, repeated ones included."""
        return sum(desk.client.sent for desk in self._desks)

    def stream(
        self, jobs: Iterable[tuple[Item, list[Request | Outcome]]]
    ) -> Iterator[tuple[Item, list[Outcome]]]:
        """Ask about a stream of items.

        jobs (Iterable[Tuple[Item, List[Union[Request, Outcome]]]]): Each item with its questions; what is
            decided already is passed through.
        YIELDS (Tuple[Item, List[Outcome]]): The items in their order, with an outcome for each question.
        RAISES (CotnerError): If there is no point in going on; what came is in the store.
        """
        self._failure = None
        for desk in self._desks:
            desk.client.resume()
        waiting: deque[tuple[Item, list[Part]]] = deque()
        jobs, more = iter(jobs), True
        try:
            while more or waiting:
                self._progress.clear()
                while waiting and _is_done(waiting[0][1]):
                    yield self._finish(*waiting.popleft())
                if more and self._has_room(len(waiting)):
                    chunk = list(islice(jobs, LOOKUP))
                    more = bool(chunk)
                    waiting.extend(self._start(chunk))
                elif more or waiting:
                    self._wait()
        finally:
            self._stop()

    def _has_room(self, waiting: int) -> bool:
        return waiting < WINDOW and self._begun - self._ended < 4 * self._slots

    def _wait(self) -> None:
        self._progress.wait(1.0)  # not for ever: Ctrl-C must get through on every platform
        if self._begun - self._ended > self._slots:
            # Enough is prepared: a few more may come. Changing threads for each answer costs both of them.
            time.sleep(PAUSE)

    def _start(self, chunk: list[tuple[Item, list[Request | Outcome]]]) -> list[tuple[Item, list[Part]]]:
        keys = [part.key for _, parts in chunk for part in parts if isinstance(part, Request)]
        known = self._known(keys) if self._store is not None else {}
        new: list[tuple[Request, Pending]] = []
        started = [(item, [self._begin(part, known, new) for part in parts]) for item, parts in chunk]
        if new:
            self._begun += len(new)
            self._running().call(self._launch, new)
        return started

    def _known(self, keys: list[str]) -> dict[str, Outcome]:
        assert self._store is not None
        known = {key: Outcome("cached", answer.text) for key, answer in self._store.get_many(keys).items()}
        missing = [key for key in keys if key not in known]
        for key in self._store.in_batches(missing):
            # It is paid for already.
            known[key] = Outcome("failed", reason="in a batch", detail="fetch it with --batch collect")
        return known

    def _begin(
        self, part: Request | Outcome, known: dict[str, Outcome], new: list[tuple[Request, Pending]]
    ) -> Part:
        if isinstance(part, Outcome):
            return part
        if part.key in known:
            return known[part.key]
        if self._open_client is None:
            return Outcome("failed", reason="not in the store")
        if part.key in self._under_way:
            # The same question about two items is asked once.
            return "", self._under_way[part.key]
        pending = self._under_way[part.key] = Pending()
        new.append((part, pending))
        return part.key, pending

    def _finish(self, item: Item, parts: list[Part]) -> tuple[Item, list[Outcome]]:
        return item, [part if isinstance(part, Outcome) else self._result(*part) for part in parts]

    def _result(self, key: str, pending: Pending) -> Outcome:
        if pending.error is not None:
            raise self._failure or pending.error
        outcome = pending.outcome
        assert outcome is not None
        if key:
            self._under_way.pop(key, None)
            return outcome
        if outcome.status == "answered":
            return Outcome("cached", outcome.text)
        return outcome._replace(prompt_tokens=0, completion_tokens=0)

    def _launch(self, new: list[tuple[Request, Pending]]) -> None:
        """In the loop, as is everything from here to `_desk`."""
        loop = asyncio.get_running_loop()
        for request, pending in new:
            task = loop.create_task(self._ask(request))
            self._tasks.add(task)
            task.add_done_callback(partial(self._settle, pending))

    def _settle(self, pending: Pending, task: asyncio.Task[Outcome]) -> None:
        self._tasks.discard(task)
        pending.error = asyncio.CancelledError() if task.cancelled() else task.exception()
        pending.outcome = None if pending.error else task.result()
        if pending.error and self._failure is None:
            # The run is over: what is not sent yet would be paid for and lost, on a full disk for example.
            self._failure = pending.error
            for desk in self._desks:
                desk.client.stop()
        self._ended += 1
        self._progress.set()

    async def _ask(self, request: Request) -> Outcome:
        """Claim, ask, commit, and only then tell."""
        client, ledger, ready = self._desk()
        while True:
            async with ready:
                known = await ledger.claim(request) if ledger else True
                answer = await client.ask(request) if known is True else known
            if isinstance(answer, Answer | Rejected):
                break
            await asyncio.sleep(PATIENCE)  # another process is asking
        if known is not True:
            return Outcome("cached", answer.text)
        if ledger is not None:
            await ledger.keep(request, answer)
        model = answer.model or request.body["model"]
        if isinstance(answer, Answer):
            return Outcome("answered", answer.text, "", "", model, *answer[2:])
        return Outcome("failed", "", answer.reason, answer.detail, model, *answer[4:])

    def _desk(self) -> Desk:
        if not self._desks:
            assert self._open_client is not None
            ledger = Ledger(self._store) if self._store is not None else None
            self._desks.append(Desk(self._open_client(), ledger, asyncio.Semaphore(2 * self._slots)))
        return self._desks[0]

    def _running(self) -> Background:
        if self._background is None:
            self._background = Background("cotner-asker")
            # Also runs when nobody calls `close`: at the end of the process, or when a pipeline is dropped.
            self._finalizer = weakref.finalize(self, _shut_down, self._background, self._desks)
        return self._background

    def _stop(self) -> None:
        """What is under way is paid for: it gets some seconds to arrive, unless Ctrl-C comes again."""
        self._under_way.clear()
        if self._begun == self._ended or self._background is None:
            return
        for desk in self._desks:
            desk.client.stop()
        deadline = time.monotonic() + GRACE
        try:
            while self._begun > self._ended and (left := deadline - time.monotonic()) > 0:
                self._progress.clear()
                self._progress.wait(min(left, 0.1))
        finally:
            self._background.call(self._cancel)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        for desk in self._desks:
            if desk.ledger is not None:
                desk.ledger.release()

    def close(self) -> None:
        """Close the connections and stop the loop; the asker can be used again."""
        if self._finalizer is not None:
            self._finalizer()
        self._desks, self._background, self._finalizer = [], None, None


def _shut_down(background: Background, desks: list[Desk]) -> None:
    for desk in desks:
        background.run(desk.client.close())
        if desk.ledger is not None:
            background.run(desk.ledger.close())
    background.stop()


def _is_done(parts: list[Part]) -> bool:
    return all(isinstance(part, Outcome) or part[1].is_done for part in parts)
