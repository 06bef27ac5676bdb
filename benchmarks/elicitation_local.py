"""The embedded model (extra `local`) through the judge, the style rewrite, the imagined picture, all grains.

python benchmarks/elicitation_local.py [--docs 5] [--max-tokens 150] [--minutes 12]

It shows that the path works without a server or a key, and what a model of 135 million parameters can do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import spacy
from elicitation_server import ROOT, cpu_seconds, machine, write_result
from spacy.tokens import Doc, DocBin

from spacy_cotner.data import convert
from spacy_cotner.elicitation import Elicitor, load_settings
from spacy_cotner.elicitation.augment import Augmenter, load_augment_settings
from spacy_cotner.elicitation.augment.swap import Inventory

GRAINS = ["noun", "sentence", "multimodality"]


def read_docs(folder: Path, count: int) -> list[Doc]:
    """RETURNS (List[Doc]): The first texts of the sample, with labels and captions."""
    convert(ROOT / "assets" / "sample" / "train.jsonl", folder / "train.spacy")
    docs = list(DocBin().from_disk(folder / "train.spacy").get_docs(spacy.blank("en").vocab))
    return docs[:count]


def settings_for(folder: Path, max_tokens: int) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): One request at a time, with a thread of its own."""
    values: dict[str, Any] = {"elicit.source.kind": "local", "elicit.source.concurrency": 1}
    values |= {"elicit.source.threads": 1, "elicit.source.context": 1024}
    values |= {"elicit.store": str(folder / "a.sqlite"), "elicit.use": GRAINS}
    values |= {f"elicit.grains.{name}.max_tokens": max_tokens for name in GRAINS}
    return values | {"augment.style.max_tokens": max_tokens, "augment.image.max_tokens": max_tokens}


def augment(docs: list[Doc], values: dict[str, Any], method: str, deadline: float) -> dict[str, Any]:
    """One way to augment; `entity` is the judge with constrained output.

    RETURNS (Dict[str, Any]): How many were asked, answered, kept, why not the others, and the first Doc made.
    """
    how = load_augment_settings(None, values | {"augment.use": [method]})
    made = []
    with closing(Augmenter(load_settings(None, values), how)) as augmenter:
        for doc in augmenter.pipe(docs, Inventory(docs)):
            made += [doc] if doc.user_data["spacy_cotner", "provenance"]["method"] == method else []
            if time.monotonic() > deadline:
                break
        tally = augmenter.tally
    why = tally.why.get(method, Counter())
    counts = {
        "docs": tally.docs,
        "answered": tally.made[method],
        "kept": tally.kept[method],
        "why": dict(why),
    }
    shown = made[0]._.caption if made and method == "image" else made[0].text if made else ""
    return counts | {"example": shown}


def explain(docs: list[Doc], values: dict[str, Any], deadline: float) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): Grain -> how many Docs, what became of them, and the first answer."""
    result: dict[str, Any] = {name: {"docs": 0, "example": ""} for name in GRAINS}
    with closing(Elicitor(load_settings(None, values))) as elicitor:
        for _, outcomes in elicitor.pipe(docs):
            for name, outcome in outcomes.items():
                counts = result[name]
                counts["docs"] += 1
                status = outcome.reason or outcome.status
                counts[status] = counts.get(status, 0) + 1
                counts["example"] = counts["example"] or outcome.text
            if time.monotonic() > deadline:
                break
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=int, default=5)
    parser.add_argument("--max-tokens", type=int, default=150)
    parser.add_argument("--minutes", type=float, default=12.0)
    args = parser.parse_args()
    on, start, cpu = machine(), time.monotonic(), cpu_seconds()
    deadline = start + 60 * args.minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        docs, values = read_docs(folder, args.docs), settings_for(folder, args.max_tokens)
        bare = [doc.copy() for doc in docs]
        for doc in bare:
            doc._.image = doc._.caption = None
        result: dict[str, Any] = {
            "judge": augment(docs, values, "entity", deadline),
            "style": augment(docs, values, "style", deadline),
            "image": augment(bare, values, "image", deadline),
        }
        if time.monotonic() < deadline:
            result |= explain(docs, values, deadline)
    setup = {"model": "SmolLM2-135M-Instruct", "docs": args.docs, "max_tokens": args.max_tokens}
    spent = {"seconds": round(time.monotonic() - start), "cpu_seconds": round(cpu_seconds() - cpu)}
    write_result("elicitation_local", {"machine": on, "setup": setup, **spent, "results": result})


if __name__ == "__main__":
    main()
