"""One pipeline for entities and relations beside its single-task twins, and how often it asks the encoder.

python benchmarks/relations_joint.py --entities train.spacy dev.spacy --relations train.spacy dev.spacy

The two corpora may be one and the same (the sample), or carry one kind of annotation each (Twitter-2017 and
MNRE, converted with `--relations-only`). Each twin takes the steps of its task, the joint pipeline their sum,
so that all see each text equally often; text only. Checkpoints are chosen on dev, and scored there, unless
`--test` names other texts: on a small dev set a twin, with one task to choose for, has the luckier choice.
One JSON line a run.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import spacy
import torch
from study_runs import ENCODER, score, train

HERE = Path(__file__).parent
CONFIGS = HERE.parent / "configs"


def main() -> None:
    args = arguments()
    for seed in args.seeds:
        with tempfile.TemporaryDirectory() as name:
            row = {"seed": seed, **compare(args, seed, Path(name))}
        row |= {"machine": f"{platform.machine()}, {torch.get_num_threads()} threads"}
        row |= {"torch": torch.__version__, "time": time.strftime("%Y-%m-%d %H:%M")}
        args.out.parent.mkdir(parents=True, exist_ok=True)
        with open(args.out, "a", encoding="utf8") as file:
            file.write(json.dumps(row) + "\n")
        print(row, flush=True)
    print(report([json.loads(line) for line in args.out.read_text(encoding="utf8").splitlines()]))


def compare(args: argparse.Namespace, seed: int, folder: Path) -> dict[str, Any]:
    """Train the three pipelines.

    RETURNS (Dict[str, Any]): F1 of each task on its dev corpus, joint and single, and encoder passes a batch.
    """
    same = args.entities == args.relations
    corpora = [[args.entities[i]] if same else [args.entities[i], args.relations[i]] for i in (0, 1)]
    both = [gather(paths, folder / name) for paths, name in zip(corpora, ("train", "dev"), strict=True)]
    # Where one corpus serves both tasks, its texts would be seen twice as often.
    steps = max(args.steps) if same else sum(args.steps)
    runs = {
        "joint": ("joint.cfg", both, steps),
        "entities": ("ner.cfg", args.entities, args.steps[0]),
        "relations": ("rel.cfg", args.relations, args.steps[1]),
    }
    models = {}
    for name, (config, (train_path, dev_path), n) in runs.items():
        settings = {"paths.train": train_path, "paths.dev": dev_path, "system.seed": seed, f"{ENCODER}.k": 0}
        settings |= {f"{ENCODER}.mention_window": None, "training.max_steps": n}
        settings |= {"training.eval_frequency": max(1, n // 4)}
        settings |= {"training.optimizer.learn_rate.warmup_steps": max(1, n // 10)}
        if name == "joint":
            settings |= {"training.score_weights.rel_gold_ents_micro_f": 0.5}
            settings |= {"training.score_weights.rel_micro_f": None}
            settings |= {"components.cot_ner.model.tok2vec.grad_factor": args.grad_factor}
        train(CONFIGS / config, folder / name, settings, args.gpu_id)
        models[name] = folder / name / "model-best"
    scored = args.test or (args.entities[1], args.relations[1])
    tasks = {"entities": ("cot_ner", scored[0]), "relations": ("cot_rel", scored[1])}
    row: dict[str, Any] = {
        "scored": "test" if args.test else "dev",
        "grad_factor": args.grad_factor,
        "steps": [*args.steps, steps],
        "encoder_passes": passes(models["joint"]),
    }
    for task, (component, corpus) in tasks.items():
        scores = (score(models[name], corpus, component)["student"]["f"] for name in ("joint", task))
        row[task] = dict(zip(("joint", "single"), scores, strict=True))
    return row


def gather(paths: list[Path], folder: Path) -> Path:
    """RETURNS (Path): A folder with copies of the files: what spaCy's corpus readers take."""
    folder.mkdir()
    for i, path in enumerate(paths):
        shutil.copy(path, folder / f"{i}.spacy")
    return folder


def passes(model: Path) -> int:
    """RETURNS (int): How often the joint pipeline runs its encoder for one text."""
    nlp, calls = spacy.load(model), []
    encoder = nlp.get_pipe("cot_transformer").model
    inner = encoder._func
    encoder._func = lambda *args, **kwargs: calls.append(1) or inner(*args, **kwargs)
    nlp("Marie Curie was born in Warsaw.")
    return len(calls)


def report(rows: list[dict[str, Any]]) -> str:
    """RETURNS (str): A Markdown table, mean ± standard deviation over seeds."""
    lines = ["| task | joint F1 | single F1 | difference |", "| --- | --- | --- | --- |"]
    for task in ("entities", "relations"):
        joint, single = ([row[task][kind] for row in rows] for kind in ("joint", "single"))
        gaps = [a - b for a, b in zip(joint, single, strict=True)]
        lines.append(f"| {task} | {spread(joint)} | {spread(single)} | {spread(gaps, '+')} |")
    counted = ", ".join(map(str, sorted({row["encoder_passes"] for row in rows})))
    return "\n".join(lines) + f"\n\nEncoder passes for one text: {counted}.\n"


def spread(values: list[float], sign: str = "") -> str:
    return f"{mean(values):{sign}.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entities", type=Path, nargs=2, required=True, metavar=("TRAIN", "DEV"))
    parser.add_argument("--relations", type=Path, nargs=2, required=True, metavar=("TRAIN", "DEV"))
    more = "texts to score on instead of dev"
    parser.add_argument("--test", type=Path, nargs=2, metavar=("ENTITIES", "RELATIONS"), help=more)
    parser.add_argument("--steps", type=int, nargs=2, default=[633, 920], help="of the twins")
    more = "weight of the entities' gradient in the shared encoder of the joint pipeline"
    parser.add_argument("--grad-factor", type=float, default=1.0, help=more)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--gpu-id", type=int, default=-1)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "relations-joint.jsonl")
    return parser.parse_args()


if __name__ == "__main__":
    main()
