"""What does the chain of thought bring? Baseline, teacher, self-training and student on the same texts.

python benchmarks/study.py run efficiency --train T.spacy --dev D.spacy --test E.spacy --fractions 0.1
python benchmarks/study.py report benchmarks/results/study-efficiency.jsonl

One JSON line a run is appended as soon as it ends; runs that are there already are skipped. Corpora are
those of `cotner elicit`; with `--config configs/rel.cfg` the study is about relations. Checkpoints are chosen
on dev; test is only reported. Studies: `efficiency` (share of labels), `ablation` (one part changed at a
time), `cross` (test sets of other domains).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from study_report import report
from study_runs import (
    ENCODER,
    Corpora,
    count_words,
    crossfit,
    encoder_settings,
    label,
    pretrain,
    score,
    split,
    task_of,
    train,
)

RESULTS = Path(__file__).parent / "results"
# A model, and what it cost.
Trained = tuple[Path, dict[str, Any]]

# A name, and what is changed in the config of the teacher and of its student; `distillation` is the task's.
ABLATIONS: dict[str, dict[str, Any]] = {
    "full": {},
    "pretrained": {"pretrain": True},
    "no fusion": {f"{ENCODER}.mention_window": None},
    "no caption": {f"{ENCODER}.caption": False},
    "no prompts": {f"{ENCODER}.k": 0},
    "no KL": {"distillation.kl_weight": 0.0},
    "T = 2": {"distillation.temperature": 2.0},
    "teacher moves, too": {"distillation.detach_teacher": False},
    "explanation aside": {f"{ENCODER}.attend": False},
    "prompts imagine": {f"{ENCODER}.imagination": 1.0},
    "half as much CoT": {f"{ENCODER}.cot_length": 32},
    "1 unlabelled text for each labelled one": {"corpora.train.ratio": 1.0},
    "no unlabelled texts": {"paths.unlabelled": None},
}
# Settings of what labels texts for a student begin with this, e.g. a larger encoder than its own.
TEACHER = "teacher."
# A teacher notices none of these: it reads labelled texts in one view, that with CoT.
OF_STUDENT = {
    "augmented",
    "detach_teacher",
    "imagination",
    "k",
    "kl_weight",
    "ratio",
    "temperature",
    "unlabelled",
}
# Recipes that read no explanation at all.
TEXT_ONLY = ("baseline", "self-training")


class Study:
    """The runs of one share of labels and one seed; each is trained when it is first needed.

    args (argparse.Namespace): The command line.
    fraction (float): Share of the training texts with labels.
    seed (int): Deals the texts and initializes the models.
    name (str): The variant, a name of `ABLATIONS`.
    """

    def __init__(self, args: argparse.Namespace, fraction: float, seed: int, name: str = "full"):
        self.args, self.fraction, self.seed = args, fraction, seed
        changes = {
            f"components.{args.task}.{key}" if key.startswith("distillation.") else key: value
            for key, value in ABLATIONS[name].items()
        }
        self.pretrain = changes.pop("pretrain", False)
        self.changes = {key: value for key, value in changes.items() if not key.startswith(TEACHER)}
        self.labeller_changes = {
            key.removeprefix(TEACHER): value for key, value in changes.items() if key.startswith(TEACHER)
        }
        self.teacher_changes = self.labeller_changes | {
            key: value for key, value in self.changes.items() if key.rpartition(".")[2] not in OF_STUDENT
        }
        # Models are found again by their settings, which do not tell how many texts there were.
        work = args.work / f"{args.texts}-texts" if args.texts else args.work
        self.folder = work / f"{fraction:g}" / str(seed)
        corpora = Corpora(args.train, args.dev, args.test, args.pool, args.texts)
        self.parts = split(corpora, fraction, seed, self.folder)

    def changes_recipe(self, recipe: str) -> bool:
        """RETURNS (bool): Whether this variant is news about a recipe."""
        if self.pretrain:
            return recipe not in (*TEXT_ONLY, "pretrained")
        if not self.changes and not self.labeller_changes:
            return True
        if recipe.endswith("student"):
            return True
        news = {"self-training": self.labeller_changes, "baseline": {}, "pretrained": {}}
        return bool(news.get(recipe, self.teacher_changes))

    def key(self, recipe: str) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): The settings that tell runs of a recipe apart."""
        args = self.args
        key = {"texts": args.texts} if args.texts else {}
        key |= {"pretrain": args.pretrain} if self.pretrain or recipe == "pretrained" else {}
        if recipe in ("baseline", "pretrained"):
            return key | {"steps": args.steps}
        if recipe == "teacher":
            return key | {"steps": args.teacher_steps}
        key |= {"steps": args.student_steps, "teachers": args.teachers, "ratio": args.ratio}
        # Self-training reads no explanations.
        options = {"phrases": args.phrases, "augmented": args.augmented is not None}
        return key | {name: True for name, on in options.items() if on and recipe.endswith("student")}

    def overrides(self, steps: int, rank: int = 0, /, **paths: Path) -> dict[str, Any]:
        every = max(1, steps // 4)
        return {
            "system.seed": self.seed + 100 * rank,
            "training.max_steps": steps,
            "training.eval_frequency": every,
            "training.optimizer.learn_rate.warmup_steps": max(1, steps // 8),
            "paths.dev": self.args.dev,
            **{f"paths.{key}": path for key, path in paths.items()},
            **dict(pair.split("=", 1) for pair in self.args.set),
        }

    def baseline(self) -> Trained:
        """Text only, no CoT anywhere."""
        return self._baseline(0, {})

    def _baseline(self, rank: int, changes: dict[str, Any]) -> Trained:
        """Ranks differ in their random numbers."""
        settings = {**self.overrides(self.args.steps, rank, train=self.parts["plain"]), f"{ENCODER}.k": 0}
        return self._trained("baseline", settings | changes)

    def pretrained(self) -> Trained:
        """The baseline, with an encoder that has read the explanations of all texts before."""
        settings = self.overrides(self.args.steps, train=self.parts["plain"])
        return self._trained("pretrained", settings | self._read_explanations({}) | {f"{ENCODER}.k": 0})

    def explained(self, changes: dict[str, Any]) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): Settings of teacher or student, and the encoder of the variant."""
        return self._read_explanations(changes) if self.pretrain else changes

    def _read_explanations(self, changes: dict[str, Any]) -> dict[str, Any]:
        settings = encoder_settings(self.args.config) | self.overrides(1) | changes
        name, cot_length, window = (settings[f"{ENCODER}.{key}"] for key in ("name", "cot_length", "window"))
        corpora = [self.parts[part] for part in ("labelled", "pool") if part in self.parts]
        options = ["--epochs", self.args.pretrain, "--seed", self.seed, "-g", self.args.gpu_id]
        options += ["--cot-length", cot_length, "--window", window]
        folder = self.folder / f"encoder-{_digest([name, options])}"
        _once(folder, lambda: pretrain(name, folder, corpora, *map(str, options)))
        return changes | {f"{ENCODER}.name": folder}

    def teacher(self, rank: int = 0) -> Trained:
        """The labelled texts with their CoT."""
        settings = self.teacher_settings(rank) | {"paths.train": self.parts["labelled"]}
        return self._trained("teacher", settings)

    def teacher_settings(self, rank: int = 0) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): Those of any teacher, whichever texts it learns from."""
        settings = self.overrides(self.args.teacher_steps, rank)
        return settings | {"corpora.train.teacher_view": True, **self.explained(self.teacher_changes)}

    def self_training(self) -> Trained:
        """The pool, if any, with soft labels of the baselines: all that can be had without CoT.

        What is special about the teacher of a variant, a larger encoder, is so about these baselines.
        """
        ranks = range(self.args.teachers)
        labellers = (self._baseline(rank, self.labeller_changes) for rank in ranks)
        unlabelled, seconds = self._pool(labellers, "--text-only")
        settings = self.overrides(self.args.student_steps, train=self.parts["plain"], **unlabelled)
        settings |= {f"{ENCODER}.k": 0, "corpora.train.ratio": self.args.ratio}
        folder, costs = self._trained("self-training", settings)
        return folder, {**costs, "label_seconds": seconds}

    def student(self) -> Trained:
        """The pool, if any, with soft labels of the teachers, and both views of the labelled texts."""
        return self._student("student", map(self.teacher, range(self.args.teachers)))

    def second_teacher(self) -> Trained:
        """A teacher that has read the pool, too: its CoT, with soft labels of the first teachers."""
        unlabelled, seconds = self._pool(map(self.teacher, range(self.args.teachers)))
        settings = self.overrides(self.args.student_steps, train=self.parts["labelled"], **unlabelled)
        settings |= {"corpora.train.teacher_view": True, "corpora.train.ratio": self.args.ratio}
        folder, costs = self._trained("second-teacher", settings | self.explained(self.changes))
        return folder, {**costs, "label_seconds": seconds}

    def second_student(self) -> Trained:
        """The student of the second teacher."""
        return self._student("second-student", [self.second_teacher()])

    def crossfit_student(self) -> Trained:
        """The student, whose labelled texts have soft labels, too, of teachers that have not learnt them."""
        settings, folds = self.teacher_settings(), str(self.args.folds)
        path = self.folder / f"crossfit-{_digest([settings, folds])}.spacy"
        options = ("-k", folds, "--seed", str(self.seed), "--keep-cot", "-g", str(self.args.gpu_id))
        seconds = _once(
            path, lambda: crossfit(self.args.config, self.parts["labelled"], path, settings, *options)
        )
        teachers = map(self.teacher, range(self.args.teachers))
        folder, costs = self._student("crossfit-student", teachers, path)
        return folder, {**costs, "crossfit_seconds": seconds}

    def _student(self, name: str, teachers: Iterable[Trained], labelled: Path | None = None) -> Trained:
        phrases = ("--phrases", str(self.parts["labelled"]), "--dev", str(self.args.dev))
        unlabelled, seconds = self._pool(teachers, *(phrases if self.args.phrases else ()))
        train_path = labelled or self.parts["labelled"]
        settings = self.overrides(self.args.student_steps, train=train_path, **unlabelled)
        settings |= {"corpora.train.ratio": self.args.ratio, **self.explained(self.changes)}
        if self.args.augmented:
            settings["paths.augmented"] = self.args.augmented
        folder, costs = self._trained(name, settings)
        words = sum(count_words(self.parts[part]) for part in ("labelled", "pool") if part in self.parts)
        return folder, {**costs, "label_seconds": seconds, "cot_words": words}

    def _trained(self, name: str, overrides: dict[str, Any]) -> Trained:
        """What has been trained with these settings, on these files, is not trained again."""
        folder = self.folder / f"{name}-{_digest(overrides)}"
        costs = folder / "costs.json"
        if not costs.exists():
            spent = train(self.args.config, folder, overrides, self.args.gpu_id)
            costs.write_text(json.dumps(spent))
        return folder / "model-best", json.loads(costs.read_text())

    def _pool(self, teachers: Iterable[Trained], *options: str) -> tuple[dict[str, Path], float]:
        """RETURNS (Tuple[Dict[str, Path], float]): The pool with soft labels, if there is one; seconds."""
        if "pool" not in self.parts:
            return {}, 0.0
        models = [model for model, _ in teachers]
        path = self.folder / f"soft-{_digest([models, options])}.spacy"
        return {"unlabelled": path}, _once(path, lambda: label(self.parts["pool"], path, models, *options))


def _once(path: Path, write: Callable[[], float]) -> float:
    """RETURNS (float): Seconds that a file took; what is there already is not written again."""
    timing = path.with_suffix(".seconds")
    if not timing.exists():
        timing.write_text(str(write()))
    return float(timing.read_text())


def _digest(settings: Any) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:8]


RECIPES: dict[str, Callable[[Study], Trained]] = {
    "baseline": Study.baseline,
    "pretrained": Study.pretrained,
    "teacher": Study.teacher,
    "self-training": Study.self_training,
    "student": Study.student,
    "crossfit student": Study.crossfit_student,
    "second teacher": Study.second_teacher,
    "second student": Study.second_student,
}


def main() -> None:
    args = arguments()
    if args.command == "report":
        report(args.rows, args.title)
        return
    args.task = task_of(args.config)
    args.out = args.out or RESULTS / f"study-{args.study}.jsonl"
    done = [json.loads(line) for line in args.out.read_text().splitlines()] if args.out.exists() else []
    for vary in args.vary:
        ABLATIONS[vary[0]] = dict(pair.split("=", 1) for pair in vary[1:])
    names = list(ABLATIONS) if args.study == "ablation" else ["full"]
    for seed in args.seeds:
        for fraction in args.fractions:
            for name in args.only or names:
                study = Study(args, fraction, seed, name)
                for recipe in filter(study.changes_recipe, args.recipes):
                    key = {"fraction": fraction, "seed": seed, "variant": name, "recipe": recipe}
                    key |= study.key(recipe)
                    if any(row.items() >= key.items() for row in done):
                        continue
                    model, costs = RECIPES[recipe](study)
                    row = {**key, **costs, "dev": score(model, args.dev, args.task)}
                    others = {"test": args.test} if args.test else {}
                    others |= {path.parent.name: path for path in args.others}
                    row |= {split_name: score(model, path, args.task) for split_name, path in others.items()}
                    row |= {"machine": f"{platform.machine()}, {torch.get_num_threads()} threads"}
                    row |= {
                        "torch": torch.__version__,
                        "time": time.strftime("%Y-%m-%d %H:%M"),
                        "gpu": args.gpu_id,
                    }
                    args.out.parent.mkdir(parents=True, exist_ok=True)
                    with open(args.out, "a", encoding="utf8") as file:
                        file.write(json.dumps(row) + "\n")
                    print({**key, **costs, **{s: _short(row[s]) for s in ("dev", *others)}}, flush=True)


def _short(scores: dict[str, Any]) -> dict[str, float]:
    return {view: row["f"] for view, row in scores.items()}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("study", choices=["efficiency", "ablation", "cross"])
    run.add_argument("--config", type=Path, default=Path("configs/ner.cfg"))
    run.add_argument("--train", type=Path, required=True)
    run.add_argument("--dev", type=Path, required=True)
    run.add_argument("--test", type=Path)
    run.add_argument("--pool", type=Path, help="more texts with CoT and without labels")
    run.add_argument("--texts", type=int, help="so many of the training texts, drawn by chance, not all")
    run.add_argument("--others", type=Path, nargs="*", default=[], help="test sets of other domains")
    run.add_argument("--fractions", type=float, nargs="+", default=[0.02, 0.05, 0.1, 0.25, 0.5, 1.0])
    run.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    run.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(RECIPES)[:5])
    run.add_argument("--only", nargs="+", help="some variants of an ablation")
    more = (
        "a variant of your own, e.g. --vary 'noun only' components.cot_transformer.model.grains='[\"noun\"]' "
        "or, of the teacher only: --vary 'larger teacher' teacher.components.cot_transformer.model.name=PATH"
    )
    run.add_argument("--vary", nargs="+", action="append", default=[], metavar="NAME KEY=VALUE", help=more)
    run.add_argument("--augmented", type=Path, help="texts of `cotner augment` for the student")
    run.add_argument("--steps", type=int, default=633, help="updates of the baseline")
    run.add_argument("--teacher-steps", type=int, default=633)
    run.add_argument("--student-steps", type=int, default=633, help="of student and self-training")
    more = "how many teachers (or baselines, for self-training) are averaged"
    run.add_argument("--teachers", type=int, default=1, help=more)
    more = "average the teachers with a judge of phrases (`cotner label --phrases`) where that helps on dev"
    run.add_argument("--phrases", action="store_true", help=more)
    more = "epochs of `cotner pretrain`, for the recipe and the variant of that name"
    run.add_argument("--pretrain", type=int, default=3, help=more)
    run.add_argument("--folds", type=int, default=5, help="teachers of the crossfit student")
    run.add_argument("--ratio", type=float, default=4.0, help="unlabelled texts for each labelled one")
    run.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="more settings, for all runs")
    run.add_argument("--gpu-id", type=int, default=-1)
    run.add_argument("--work", type=Path, default=Path("training/study"), help="models and parts")
    run.add_argument("--out", type=Path, help="JSON lines; by default in benchmarks/results")
    table = commands.add_parser("report")
    table.add_argument("rows", type=Path)
    table.add_argument("--title", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
