"""A fake server that speaks OpenAI's protocol on loopback, with failures by script.

Also runs by itself, for benchmarks: `python tests/fake_openai.py --port 8765 --latency 0.2`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

# The planted key: it must turn up nowhere.
KEY = "sk-planted-0123456789"

# A script gets the request and the number of times that this very request came before, and says what happens:
# None: the normal answer. str: this text. int: this status. dict: merged into the choice.
# "hang", "drop", "cut": never answer, close the connection, stop in the middle of the JSON.
Script = Callable[[dict[str, Any], int], Any]


# Shares of the requests that fail, each attempt by itself.
FAULTS: dict[int | str, float] = {429: 0.05, 500: 0.03, "drop": 0.01, "cut": 0.01, "hang": 0.005}


def faulty(seed: int = 0) -> Script:
    """A script under which a tenth of the attempts fail, in all the ways there are."""
    rng = random.Random(seed)

    def script(request: dict[str, Any], times: int) -> Any:
        draw = rng.random()
        for kind, share in FAULTS.items():
            if draw < share:
                return kind
            draw -= share
        return None

    return script


class FakeOpenAI:
    """Serves in a thread of its own between `start` and `stop`."""

    def __init__(self, script: Script | None = None, latency: float = 0.0, port: int = 0) -> None:
        self.script = script or (lambda request, times: None)
        self.latency = latency
        self.port = port
        self.retry_after = "0.01"
        self.error_message = "scripted failure"
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: dict[str, int] = {}
        self.answered: dict[str, int] = {}
        self.kinds: dict[str, int] = {}
        self.keep = True
        self.at_once = self.most_at_once = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> FakeOpenAI:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.open(), self.loop).result(10)
        return self

    async def open(self) -> None:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        async def close() -> None:
            self.server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        asyncio.run_coroutine_threadsafe(close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self.exchange(reader, writer):
                await writer.drain()
        writer.close()

    async def exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        headers = {name.lower(): value for line in head[1:] if line for name, value in [line.split(": ", 1)]}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.headers.append(headers)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self.respond(head[0], body, writer)
        finally:
            self.at_once -= 1

    async def respond(self, line: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if line.startswith("GET /stats "):
            self.send(writer, 200, json.dumps(self.stats()).encode())
            return True
        if line.startswith("GET /answered "):
            self.send(writer, 200, json.dumps(self.answered).encode())
            return True
        request = json.loads(body)
        if self.keep:
            self.requests.append(request)
        digest = hashlib.sha256(body).hexdigest()
        times = self.times.get(digest, 0)
        self.times[digest] = times + 1
        what = self.script(request, times)
        self.count(what if isinstance(what, int | str) else "good")
        if what == "hang":
            await asyncio.sleep(3600)
        if self.latency:
            await asyncio.sleep(self.latency)
        if what == "drop":
            return False
        if isinstance(what, int):
            error = {"error": {"message": self.error_message, "code": "scripted"}}
            self.send(writer, what, json.dumps(error).encode())
            return True
        answer = json.dumps(completion(request, what, digest)).encode()
        if what != "cut":
            self.answered[digest] = self.answered.get(digest, 0) + 1
        self.send(writer, 200, answer[:40] if what == "cut" else answer)
        return True

    def count(self, kind: int | str) -> None:
        name = str(kind) if kind in FAULTS else "good"
        self.kinds[name] = self.kinds.get(name, 0) + 1

    def stats(self) -> dict[str, Any]:
        """What benchmarks want to know: requests by kind, different ones, those answered more than once."""
        again = sum(n > 1 for n in self.answered.values())
        sums = {"different": len(self.times), "answered": len(self.answered), "answered_again": again}
        return {"kinds": self.kinds, "most_at_once": self.most_at_once, **sums}

    def send(self, writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
        retry = f"Retry-After: {self.retry_after}\r\n" if status == 429 else ""
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{retry}"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode("latin1") + body)


def completion(request: dict[str, Any], what: Any, digest: str) -> dict[str, Any]:
    """The same answer to the same request, unless the script wants another."""
    content = what if isinstance(what, str) else f"Explained {digest[:12]}."
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": content},
    }
    choice.update(what if isinstance(what, dict) else {})
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {
        "id": digest[:8],
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [choice],
        "usage": usage,
    }


@contextlib.contextmanager
def fake_openai(script: Script | None = None, latency: float = 0.0) -> Iterator[FakeOpenAI]:
    """A running server, stopped at the end of the block."""
    server = FakeOpenAI(script, latency).start()
    try:
        yield server
    finally:
        server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--retry-after", default="0.5")
    arguments = parser.parse_args()
    fake = FakeOpenAI(faulty() if arguments.faults else None, arguments.latency, arguments.port)
    fake.keep, fake.retry_after = False, arguments.retry_after
    fake.start().thread.join()
