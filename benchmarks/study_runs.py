"""The runs of a study: corpora, training, soft labels and scores, each a command that a user could type."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import spacy
from spacy.language import Language
from spacy.scorer import PRFScore
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_cotner.report import load_pipeline, read_examples, teacher_examples
from spacy_cotner.scorers import pair_keys, relation_keys
from spacy_cotner.types import NO_RELATION

ENCODER = "components.cot_transformer.model"


class Corpora(NamedTuple):
    """The files of a study, all of them with CoT.

    train (Path): Labelled texts.
    dev (Path): Chooses checkpoints and settings.
    test (Optional[Path]): Reported, never chosen on.
    pool (Optional[Path]): More texts without labels.
    texts (Optional[int]): Only so many of the labelled texts take part, the same ones whatever the seed.
    """

    train: Path
    dev: Path
    test: Path | None
    pool: Path | None
    texts: int | None = None


def read(path: Path) -> list[Doc]:
    """RETURNS (List[Doc]): The Docs of a `.spacy` file."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def write(docs: list[Doc], path: Path, cot: bool = True) -> Path:
    """RETURNS (Path): Where the Docs are, with their CoT or without."""
    path.parent.mkdir(parents=True, exist_ok=True)
    copies = [doc.copy() for doc in docs]
    for doc in copies if not cot else ():
        doc._.cot = {}
    DocBin(docs=copies, store_user_data=True).to_disk(path)
    return path


def split(corpora: Corpora, fraction: float, seed: int, folder: Path) -> dict[str, Path]:
    """Deal the training texts: the first part keeps its labels, the rest joins the pool.

    Subsets are nested: with the same seed, 10 % of the texts are among the 25 %.

    corpora (Corpora): The files.
    fraction (float): Share of the training texts with labels.
    seed (int): Shuffles them.
    folder (Path): Where the parts are written.
    RETURNS (Dict[str, Path]): `labelled` with CoT, `plain` the same without, and `pool` if there is one.
    """
    paths = {name: folder / f"{name}.spacy" for name in ("labelled", "plain", "pool")}
    docs, pool = read(corpora.train), read(corpora.pool) if corpora.pool else []
    if corpora.texts is not None:
        random.Random(0).shuffle(docs)
    docs = docs[: corpora.texts]
    random.Random(seed).shuffle(docs)
    n = max(1, round(fraction * len(docs)))
    write(docs[:n], paths["labelled"])
    write(docs[:n], paths["plain"], cot=False)
    if not docs[n:] + pool:
        del paths["pool"]
    else:
        write(docs[n:] + pool, paths["pool"])
    return paths


def count_words(path: Path) -> int:
    """RETURNS (int): Words of explanation in a corpus: what the LLM was paid for, roughly."""
    return sum(len(text.split()) for doc in read(path) for text in doc._.cot.values())


def train(config: Path, output: Path, overrides: dict[str, Any], gpu: int) -> dict[str, float]:
    """Run `spacy train`.

    config (Path): The config.
    output (Path): Folder of the model; other runs find `model-best` there.
    overrides (Dict[str, Any]): Settings by dotted name.
    gpu (int): GPU id, -1 for CPU.
    RETURNS (Dict[str, float]): Seconds, and the largest memory in MB.
    """
    output.mkdir(parents=True, exist_ok=True)
    words = ["train", config, "-o", output, "-g", gpu, *_words(overrides)]
    seconds, peak = run_spacy(words, output / "train.log")
    shutil.rmtree(output / "model-last", ignore_errors=True)
    return {"train_seconds": seconds, "peak_mb": peak}


def label(corpus: Path, output: Path, teachers: list[Path], *options: str) -> float:
    """Run `cotner label`. RETURNS (float): Seconds."""
    words = [word for teacher in teachers for word in ("-t", teacher)]
    return run_spacy(["cotner", "label", corpus, output, *words, *options])[0]


def pretrain(encoder: str, output: Path, corpora: list[Path], *options: str) -> float:
    """Run `cotner pretrain`. RETURNS (float): Seconds."""
    return run_spacy(["cotner", "pretrain", encoder, *corpora, output, *options])[0]


def encoder_settings(config: Path) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): Those of the encoder, as a config has them, by dotted name."""
    model = spacy.util.load_config(config)["components"]["cot_transformer"]["model"]
    return {f"{ENCODER}.{name}": value for name, value in model.items()}


def crossfit(config: Path, corpus: Path, output: Path, overrides: dict[str, Any], *options: str) -> float:
    """Run `cotner crossfit`. RETURNS (float): Seconds."""
    return run_spacy(["cotner", "crossfit", config, corpus, output, *options, *_words(overrides)])[0]


def run_spacy(words: list[Any], log: Path = Path(os.devnull)) -> tuple[int, int]:
    """Run one of spaCy's commands, given by what stands behind `spacy`; see `measure`."""
    return measure([sys.executable, "-m", "spacy", *map(str, words)], log)


def measure(command: list[str], log: Path) -> tuple[int, int]:
    """Run a command in a process of its own.

    command (List[str]): The command.
    log (Path): File for what it prints.
    RETURNS (Tuple[int, int]): Seconds, and its largest memory in MB.
    RAISES (CalledProcessError): If it fails.
    """
    start, peak = time.perf_counter(), 0
    with open(log, "w", encoding="utf8") as file:
        # Not `ru_maxrss`: on Linux it begins with the memory of the process that starts the command.
        process = psutil.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        while process.poll() is None:
            with suppress(psutil.Error):  # it may just have ended
                peak = max(peak, process.memory_info().rss)
            time.sleep(0.1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return round(time.perf_counter() - start), round(peak / 2**20)


def task_of(config: Path) -> str:
    """RETURNS (str): The component that the study is about."""
    pipeline = spacy.util.load_config(config)["nlp"]["pipeline"]
    return next(name for name in TASKS if name in pipeline)


def score(model: Path, corpus: Path, task: str) -> dict[str, Any]:
    """Score both views.

    model (Path): A trained pipeline.
    corpus (Path): Labelled texts with CoT.
    task (str): "cot_ner" for entity F1, "cot_rel" for micro-F1 between given entities.
    RETURNS (Dict[str, Any]): For "student" and "teacher" the score, and the counts of each text (true
        positives, false positives, false negatives), for significance tests.
    """
    nlp, rows = load_pipeline(model), {}
    for view in ("student", "teacher"):
        examples = read_examples(nlp, corpus)
        if view == "teacher":
            examples = teacher_examples(examples)
        # `nlp.evaluate` works on copies; the predictions of each text are wanted here.
        for eg, doc in zip(examples, nlp.pipe([eg.predicted for eg in examples]), strict=True):
            eg.predicted = doc
        found = [counts(*each) for each in TASKS[task](nlp, examples)]
        tp, fp, fn = (sum(column) for column in zip(*found, strict=True))
        rows[view] = {"f": round(200 * tp / max(2 * tp + fp + fn, 1), 2), "counts": found}
    return rows


def entities(nlp: Language, examples: list[Example]) -> Iterator[tuple[set[Any], set[Any]]]:
    """YIELDS (Tuple[Set, Set]): Gold and predicted entities of each text."""
    for eg in examples:
        gold, found = (
            {(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents}
            for doc in (eg.reference, eg.predicted)
        )
        yield gold, found


def relations(nlp: Language, examples: list[Example]) -> Iterator[tuple[set[Any], set[Any]]]:
    """YIELDS (Tuple[Set, Set]): Gold relations of each text, and what is found for the annotated pairs."""
    pipe = nlp.get_pipe("cot_rel")
    pairs = [
        [(r.head.start, r.head.end, r.tail.start, r.tail.end) for r in eg.reference._.relations]
        for eg in examples
    ]
    for start in range(0, len(examples), nlp.batch_size):
        batch = slice(start, start + nlp.batch_size)
        docs = list(nlp.get_pipe("cot_transformer").pipe([eg.predicted for eg in examples[batch]]))
        for eg, doc, found in zip(examples[batch], docs, pipe.predict_pairs(docs, pairs[batch]), strict=True):
            keys = (
                relation_keys(eg.reference._.relations),
                pair_keys(doc, pipe.settings.decider.decide(*found)),
            )
            yield tuple({key for key in each if key[1] != NO_RELATION} for each in keys)


# What is compared with what, by the component that the study is about.
TASKS: dict[str, Callable[[Language, list[Example]], Iterator[tuple[set[Any], set[Any]]]]] = {
    "cot_ner": entities,
    "cot_rel": relations,
}


def counts(gold: set[Any], found: set[Any]) -> tuple[int, int, int]:
    """RETURNS (Tuple[int, int, int]): True positives, false positives, false negatives of one text."""
    prf = PRFScore()
    prf.score_set(found, gold)
    return prf.tp, prf.fp, prf.fn


def _words(overrides: dict[str, Any]) -> list[str]:
    """RETURNS (List[str]): Settings as a command line has them."""
    return [str(word) for name, value in overrides.items() for word in (f"--{name}", _json(value))]


def _json(value: Any) -> str:
    return (
        value if isinstance(value, str) else json.dumps(value) if not isinstance(value, Path) else str(value)
    )
