"""What the elicitation benchmarks share: the fake server as a process, texts, and how results are written."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import Doc

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"


class Server:
    """A fake server in a process of its own, so that it does not share the client's interpreter lock."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self._stats = f"http://127.0.0.1:{port}/stats"

    def stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(self._stats, timeout=10) as response:
            return dict(json.load(response))


@contextlib.contextmanager
def fake_server(*args: str) -> Iterator[Server]:
    """args (str): Options of `tests/fake_openai.py`.
    YIELDS (Server): The running server.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = ROOT / "tests" / "fake_openai.py"
    process = subprocess.Popen([sys.executable, str(script), "--port", str(port), *args])
    server = Server(port)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                server.stats()
                break
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def texts(count: int, start: int = 0) -> Iterator[Doc]:
    """count (int): How many.
    YIELDS (Doc): Synthetic posts, all different.
    """
    nlp = spacy.blank("en")
    for number in range(start, start + count):
        yield nlp.make_doc(f"Post {number}: Ada Lovelace visits Acme Corp in Paris #{number % 97}")


def cpu_seconds() -> float:
    """RETURNS (float): CPU time of this process, its threads included."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_mib() -> float:
    """RETURNS (float): Memory that this process holds now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def machine() -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): What the numbers were measured on."""
    import openai

    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "openai": openai.__version__,
        "spacy": spacy.__version__,
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def write_result(name: str, result: dict[str, Any]) -> None:
    """name (str): File name without suffix.
    result (Dict[str, Any]): Printed and written as JSON.
    """
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf8")
    print(text)
