"""How close the client comes to the ideal rate of a server with a fixed latency, with and without failures.

python benchmarks/elicitation_throughput.py [--faults] [--requests 5000] [--runs 3]
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from elicitation_server import cpu_seconds, fake_server, machine, texts, write_result

from spacy_cotner.elicitation import Elicitor, load_settings

LATENCY = 0.2
CONCURRENCY = 64


def run(base_url: str, store: Path, requests: int, start: int) -> dict[str, Any]:
    """One cold run.

    base_url (str): The server.
    store (Path): A new store.
    requests (int): How many Docs, one grain each.
    start (int): Number of the first text, so that runs ask different things.
    RETURNS (Dict[str, Any]): Rate, CPU per request, what became of the questions.
    """
    values: dict[str, Any] = {
        "store": str(store),
        "use": ["noun"],
        "source.base_url": base_url,
        "source.concurrency": CONCURRENCY,
        "source.timeout": 3.0,
        "source.max_retries": 8,
    }
    docs = list(texts(requests, start))
    elicitor = Elicitor(load_settings(None, {f"elicit.{name}": value for name, value in values.items()}))
    gc.freeze()  # as the command does
    cpu, clock = cpu_seconds(), time.perf_counter()
    statuses = Counter(outcomes["noun"].status for _, outcomes in elicitor.pipe(docs))
    seconds, cpu = time.perf_counter() - clock, cpu_seconds() - cpu
    sent = elicitor.session.sent
    elicitor.close()
    rate, ideal = requests / seconds, CONCURRENCY / LATENCY
    with sqlite3.connect(store) as db:
        stored = db.execute("SELECT COUNT(*), COUNT(DISTINCT key) FROM answers").fetchone()
    return {
        "seconds": round(seconds, 2),
        "rate": round(rate, 1),
        "share_of_ideal": round(rate / ideal, 4),
        "client_cpu_ms_per_request": round(1000 * cpu / requests, 2),
        "outcomes": dict(statuses),
        "sent": sent,
        "stored": stored[0],
        "stored_keys": stored[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--faults", action="store_true")
    args = parser.parse_args()
    runs = []
    on = machine()
    for number in range(args.runs):
        options = ["--latency", str(LATENCY)] + (["--faults"] if args.faults else [])
        with tempfile.TemporaryDirectory() as folder, fake_server(*options) as server:
            result = run(server.base_url, Path(folder) / "a.sqlite", args.requests, number * args.requests)
            kinds = server.stats()["kinds"]
            failed = sum(count for kind, count in kinds.items() if kind != "good")
            runs.append({**result, "failed_attempts": failed, "server": server.stats()})
            print(runs[-1])
    shares = sorted(each["share_of_ideal"] for each in runs)
    name = "elicitation_faults" if args.faults else "elicitation_throughput"
    setup = {"requests": args.requests, "latency": LATENCY, "concurrency": CONCURRENCY, "faults": args.faults}
    spread = {"share_of_ideal_min": shares[0], "median": shares[len(shares) // 2], "max": shares[-1]}
    write_result(name, {"setup": setup, "machine": on, **spread, "runs": runs})


if __name__ == "__main__":
    main()
