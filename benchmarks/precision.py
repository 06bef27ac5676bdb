"""Does half precision cost anything? Texts a second and entities of one trained pipeline, in both precisions.

python benchmarks/precision.py training/model-best corpus/dev.spacy

Both precisions take turns, so that a noisy machine is noisy for both; the table has medians, and the ratio of
the two. On a CPU that does not compute in bfloat16 they are the same.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from statistics import median
from typing import Any

import spacy
import torch
from spacy.language import Language
from study_runs import counts, entities

from spacy_cotner.report import read_examples

RESULTS = Path(__file__).parent / "results" / "precision.json"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("corpus", type=Path, help="texts with entities; they are read without their CoT")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    pipelines = {name: load(args.model, name == "half") for name in ("single", "half")}
    found: dict[str, Any] = {name: evaluate(nlp, args.corpus) for name, nlp in pipelines.items()}
    texts = [eg.text for eg in read_examples(pipelines["single"], args.corpus)]
    seconds: dict[str, list[float]] = {name: [] for name in pipelines}
    for _ in range(args.repeats):
        for name, nlp in pipelines.items():
            start = time.perf_counter()
            for _ in nlp.pipe(texts):
                pass
            seconds[name].append(time.perf_counter() - start)
    single, half = (found[name].pop("entities") for name in ("single", "half"))
    ratios = [one / other for one, other in zip(seconds["single"], seconds["half"], strict=True)]
    report = {
        **{name: {**found[name], "texts_per_s": round(len(texts) / median(seconds[name]))} for name in found},
        "speedup": round(median(ratios), 2),
        "speedup_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "texts": len(texts),
        "entities": sum(map(len, single)),
        "entities_in_one_only": sum(len(a ^ b) for a, b in zip(single, half, strict=True)),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
    }
    print(json.dumps(report, indent=2))
    args.out.write_text(json.dumps(report, indent=2) + "\n")


def load(model: Path, half: bool) -> Language:
    """RETURNS (Language): The pipeline in half or single precision."""
    return spacy.load(model, config={"components": {"cot_transformer": {"model": {"mixed_precision": half}}}})


def evaluate(nlp: Language, corpus: Path) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): F1 in percent, and the entities of each text."""
    examples = read_examples(nlp, corpus)
    for eg in examples:
        eg.predicted._.cot = {}
    for eg, doc in zip(examples, nlp.pipe([eg.predicted for eg in examples]), strict=True):
        eg.predicted = doc
    pairs = list(entities(nlp, examples))
    tp, fp, fn = (sum(column) for column in zip(*(counts(*pair) for pair in pairs), strict=True))
    return {"f": round(200 * tp / max(2 * tp + fp + fn, 1), 2), "entities": [found for _, found in pairs]}


if __name__ == "__main__":
    main()
