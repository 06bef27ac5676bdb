"""SIGKILL at random moments of one run: is the store the same in the end, and was anything paid for twice?

python benchmarks/elicitation_kill.py [--kills 20] [--docs 3000]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from elicitation_server import Server, fake_server, machine, texts, write_result
from spacy.tokens import DocBin

CONCURRENCY = 16


def command(folder: Path, store: Path, base_url: str) -> list[str]:
    """RETURNS (List[str]): The command line of a user."""
    line = (
        f"-m spacy cotner elicit {folder / 'in.spacy'} {folder / 'out.spacy'} --store {store} --grains noun"
    )
    line += f" --elicit.source.base_url {base_url} --elicit.source.concurrency {CONCURRENCY}"
    return [sys.executable, *line.split()]


def answered(server: Server) -> dict[str, int]:
    """RETURNS (Dict[str, int]): How often each request was answered, by the start of its digest."""
    with urllib.request.urlopen(server.base_url.replace("/v1", "/answered"), timeout=30) as response:
        return {digest[:12]: times for digest, times in json.load(response).items()}


def stored(store: Path) -> dict[str, str]:
    """RETURNS (Dict[str, str]): Key -> answer; the answers of the fake server name their request."""
    if not store.exists():
        return {}
    with sqlite3.connect(store) as db:
        try:
            return dict(db.execute("SELECT key, answer FROM answers").fetchall())
        except sqlite3.OperationalError:  # killed before the table was made
            return {}


def digests(answers: dict[str, str]) -> set[str]:
    return {match[1] for answer in answers.values() if (match := re.search(r"Explained (\w+)", answer))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--docs", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng, on = random.Random(args.seed), machine()
    env = {**os.environ, "OPENAI_API_KEY": "k"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        DocBin(docs=texts(args.docs)).to_disk(folder / "in.spacy")
        with fake_server("--latency", "0.1") as server:
            subprocess.run(
                command(folder, folder / "calm.sqlite", server.base_url),
                env=env,
                check=True,
                capture_output=True,
            )
            calm = stored(folder / "calm.sqlite")
        with fake_server("--latency", "0.1") as server:
            line, store = command(folder, folder / "killed.sqlite", server.base_url), folder / "killed.sqlite"
            sent_again, kept = 0, []
            for _ in range(args.kills):
                before, safe = answered(server), digests(stored(store))
                child = subprocess.Popen(line, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                # Some die before their first request, most in the middle of many.
                enough = sum(before.values()) + rng.randrange(0, args.docs // args.kills)
                while child.poll() is None and sum(answered(server).values()) <= enough:
                    time.sleep(0.02)
                time.sleep(rng.random() * 0.1)
                child.send_signal(signal.SIGKILL)
                child.wait()
                after = answered(server)
                sent_again += sum(after[digest] > before[digest] for digest in safe)
                kept.append(len(stored(store)))
            before, safe = answered(server), digests(stored(store))
            subprocess.run(line, env=env, check=True, capture_output=True)
            times = answered(server)
            sent_again += sum(times[digest] > before[digest] for digest in safe)
        killed = stored(store)
    write_result(
        "elicitation_kill",
        {
            "machine": on,
            "setup": {"docs": args.docs, "kills": args.kills, "seed": args.seed, "concurrency": CONCURRENCY},
            "answers_kept_at_each_kill": kept,
            "final_store_equals_that_of_an_undisturbed_run": killed == calm,
            "answers": len(killed),
            "stored_answers_that_were_asked_for_again": sent_again,
            # Answered by the server while the client was dying: at most `concurrency` at each kill.
            "lost_in_flight": sum(times.values()) - len(times),
            "most_that_could_be_in_flight": args.kills * CONCURRENCY,
        },
    )


if __name__ == "__main__":
    main()
