"""Eliciting from a warm store: no requests, how many answers a second, and does memory stay flat?

    python benchmarks/elicitation_warm.py [--texts 1000000] [--folder prepared]

The corpus is a folder of files with 10,000 Docs each; a folder that is named is kept, and prepared only once.
Writes a figure next to the numbers.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from elicitation_server import RESULTS, cpu_seconds, machine, resident_mib, texts, write_result

from spacy_cotner.cli.elicit import elicit
from spacy_cotner.data.leaks import LeakCount
from spacy_cotner.elicitation import AnswerStore, Elicitor, ElicitSettings, load_settings
from spacy_cotner.elicitation.corpus import CorpusWriter
from spacy_cotner.elicitation.doc_bin import QuickDocBin

SHARD = 10_000
GRAINS = ["noun", "sentence"]


def prepare(folder: Path, settings: ElicitSettings, count: int) -> None:
    """Write the corpus, and an answer for each of its texts.

    folder (Path): Where to.
    settings (ElicitSettings): Shapes the keys.
    count (int): How many texts.
    """
    store = AnswerStore(str(settings.store))
    elicitor = Elicitor(settings)
    for start in range(0, count, SHARD):
        docs = list(texts(min(SHARD, count - start), start))
        doc_bin = QuickDocBin(["ENT_IOB", "ENT_TYPE"])
        for number, doc in enumerate(docs, start):
            doc._.image = f"{number}.jpg"  # posts come with pictures; these grains do not ask about them
            doc_bin.add(doc)
        doc_bin.to_disk(folder / f"{start:08}.spacy")
        requests = [part for doc in docs for part in elicitor.plan(doc)]
        answer = "Ada Lovelace is a mathematician, Acme Corp a company, Paris a city. " * 4
        about = (
            (r.key, r.grain, r.text, None, f"{answer}{r.key[:8]}", "m", "m", 9, 9, 0.0) for r in requests
        )  # type: ignore[union-attr]
        store.add_rows(about)
    store.close()


def watch_memory(samples: list[tuple[int, float]]) -> None:
    """samples (List[Tuple[int, float]]): Gets Docs and MiB at the end of every file that is written."""
    flush = CorpusWriter._flush

    def flush_and_look(writer: CorpusWriter) -> None:
        flush(writer)
        samples.append((len(samples) * SHARD, round(resident_mib(), 1)))

    CorpusWriter._flush = flush_and_look  # type: ignore[method-assign]


def figure(samples: list[tuple[int, float]], path: Path) -> None:
    """Draw memory over Docs; an SVG by hand needs no plotting library.

    samples (List[Tuple[int, float]]): Docs, MiB.
    path (Path): The file.
    """
    most, top = max(docs for docs, _ in samples) or 1, 1.2 * max(mib for _, mib in samples)
    points = " ".join(f"{60 + 520 * docs / most:.1f},{260 - 230 * mib / top:.1f}" for docs, mib in samples)
    labels = f'<text x="60" y="290">0</text><text x="520" y="290">{most:,} Docs</text>'
    labels += f'<text x="4" y="{260 - 230 / 1.2:.0f}">{top / 1.2:.0f} MiB</text><text x="40" y="264">0</text>'
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300" font-family="sans-serif" '
        'font-size="12">'
        '<rect width="600" height="300" fill="white"/><path d="M60 20V260H580" fill="none" stroke="black"/>'
        f'<polyline points="{points}" fill="none" stroke="#0a6" stroke-width="2"/>{labels}</svg>\n',
        encoding="utf8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    on = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = args.folder or Path(name)
        # Nobody listens there: a single request would stop the run.
        values: dict[str, Any] = {
            "store": str(folder / "a.sqlite"),
            "use": GRAINS,
            "source.base_url": "http://127.0.0.1:9/v1",
        }
        settings = load_settings(None, {f"elicit.{key}": value for key, value in values.items()})
        start = time.perf_counter()
        if not (folder / "in").exists():
            (folder / "in").mkdir(parents=True)
            # In a process of its own: what it leaves in memory is not that of the run.
            child = get_context("spawn").Process(target=prepare, args=(folder / "in", settings, args.texts))
            child.start()
            child.join()
        prepared = time.perf_counter() - start
        gc.freeze()  # as the command does
        samples: list[tuple[int, float]] = []
        watch_memory(samples)
        start, cpu = time.perf_counter(), cpu_seconds()
        tally = elicit(folder / "in", folder / "out", settings, leaks=LeakCount())
        seconds, cpu = time.perf_counter() - start, cpu_seconds() - cpu
        answers = tally.total("cached")
        size = (folder / "a.sqlite").stat().st_size
    figure(samples, RESULTS / "elicitation_memory.svg")
    write_result(
        "elicitation_warm",
        {
            "machine": on,
            "texts": args.texts,
            "grains": GRAINS,
            "answers_from_the_store": answers,
            "requests": tally.total("answered") + tally.total("failed"),
            "prepare_seconds": round(prepared, 1),  # next to nothing for a folder that was prepared before
            "seconds": round(seconds, 1),
            "answers_per_second": round(answers / seconds),
            # What a busy machine does not spoil.
            "answers_per_cpu_second": round(answers / cpu),
            "store_mib": round(size / 2**20),
            "memory_mib": {
                "after_first_file": samples[1][1],
                "at_the_middle": samples[len(samples) // 2][1],
                "at_the_end": samples[-1][1],
                "most": max(mib for _, mib in samples),
            },
        },
    )


if __name__ == "__main__":
    main()
