"""The studies in `benchmarks/` deal texts fairly, run every recipe, resume, and report what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import spacy
import study
import study_runs
from commands import run_spacy
from gold import COT, TEXTS
from spacy.tokens import DocBin
from study_report import permutation_test

CONFIG = Path(__file__).parent.parent / "configs" / "ner.cfg"
Run = Callable[..., None]
RECIPES = ["baseline", "pretrained", "teacher", "self-training", "student", "crossfit student"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Forty texts, of four kinds, each with words of its own."""
    nlp, docs = spacy.blank("en"), []
    for i in range(10):
        for text, ents, _ in TEXTS:
            doc = nlp.make_doc(f"{text} number {i}")
            doc.ents = [doc.char_span(*ent) for ent in ents]
            doc._.cot = COT
            docs.append(doc)
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "texts.spacy")
    return tmp_path / "texts.spacy"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that a study runs, in this process."""
    seen = list[list[str]]()

    def call(words: list[Any], log: Path | None = None) -> tuple[int, int]:
        seen.append([str(word) for word in words])
        code, output = run_spacy(*words)
        assert code == 0, output
        return 1, 100

    monkeypatch.setattr(study_runs, "run_spacy", call)
    return seen


def texts(path: Path) -> list[str]:
    return [doc.text for doc in study_runs.read(path)]


def test_shares_are_nested_and_nothing_is_lost(corpus: Path, tmp_path: Path) -> None:
    corpora = study_runs.Corpora(corpus, corpus, None, None)
    few, more, other = (
        study_runs.split(corpora, share, seed, tmp_path / f"{share}-{seed}")
        for share, seed in ((0.1, 0), (0.5, 0), (0.1, 1))
    )
    assert len(texts(few["labelled"])) == 4
    assert set(texts(few["labelled"])) < set(texts(more["labelled"]))
    assert set(texts(few["labelled"])) != set(texts(other["labelled"]))
    for parts in (few, more, other):
        assert sorted(texts(parts["labelled"]) + texts(parts["pool"])) == sorted(texts(corpus))
        assert texts(parts["plain"]) == texts(parts["labelled"])
        assert not any(doc._.cot for doc in study_runs.read(parts["plain"]))
    assert "pool" not in study_runs.split(corpora, 1.0, 0, tmp_path / "all")


def test_a_part_of_the_texts(corpus: Path, tmp_path: Path) -> None:
    corpora = study_runs.Corpora(corpus, corpus, None, None, texts=20)
    parts = [study_runs.split(corpora, 0.25, seed, tmp_path / str(seed)) for seed in (0, 1)]
    first, second = ([texts(each[name]) for name in ("labelled", "pool")] for each in parts)
    assert [len(part) for part in first] == [5, 15]
    # Seeds deal the same texts in another way.
    assert {*first[0], *first[1]} == {*second[0], *second[1]} < {*texts(corpus)}
    assert set(first[0]) != set(second[0])


@pytest.fixture
def run(corpus: Path, tmp_path: Path, tiny_encoder: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs recipes for two steps each, with more options."""
    encoder = {"name": tiny_encoder, "window": 64, "stride": 48, "cot_length": 32}

    def call(*recipes: str, options: Sequence[str | Path] = ()) -> None:
        args = ["run", "efficiency", "--config", CONFIG, "--train", corpus, "--dev", corpus, "--test", corpus]
        args += ["--fractions", 0.5, "--seeds", 0, "--recipes", *recipes, "--folds", 2]
        args += ["--steps", 2, "--teacher-steps", 2, "--student-steps", 2]
        args += ["--set", *(f"{study_runs.ENCODER}.{key}={value}" for key, value in encoder.items())]
        args += ["--work", tmp_path / "work", "--out", tmp_path / "rows.jsonl", *options]
        monkeypatch.setattr("sys.argv", ["study.py", *map(str, args)])
        study.main()

    return call


def test_every_recipe_runs_once(
    tmp_path: Path, commands: list[list[str]], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "rows.jsonl"
    for again in (False, True):
        run(*RECIPES)
        rows = [json.loads(line) for line in out.read_text(encoding="utf8").splitlines()]
        assert [row["recipe"] for row in rows] == RECIPES
        if not again:
            # One training each; soft labels for self-training and student; both students share the latter.
            kinds = [words[1] if words[0] == "cotner" else words[0] for words in commands]
            assert [kinds.count(kind) for kind in ("pretrain", "train", "label", "crossfit")] == [1, 6, 2, 1]
            assert encoders(commands) == {name: name == "pretrained" for name in RECIPES[:-1]}
            commands.clear()
    assert not commands
    for row in rows:
        assert len(row["dev"]["student"]["counts"]) == 40
    monkeypatch.setattr("sys.argv", ["study.py", "report", str(out), "--title", "Trial"])
    study.main()
    table = out.with_suffix(".md").read_text(encoding="utf8")
    shown = f"{rows[0]['test']['student']['f']:.1f}"
    assert f"| 50% | baseline | {shown} (n = 1) |" in table
    assert "live teacher (crossfit student + CoT)" in table
    assert "<svg" in out.with_suffix(".svg").read_text(encoding="utf8")


def encoders(commands: list[list[str]]) -> dict[str, bool]:
    """For each recipe whether its encoder is the pretrained one."""
    trained = {Path(words[3]).name.rpartition("-")[0]: words for words in commands if words[0] == "train"}
    key = f"--{study_runs.ENCODER}.name"
    return {
        name: words[words.index(key) + 1].rpartition("/")[2].startswith("encoder-")
        for name, words in trained.items()
        if not name.startswith("crossfit")
    }


def test_teacher_and_student_of_a_pretrained_encoder(
    tmp_path: Path, commands: list[list[str]], run: Run
) -> None:
    run("baseline", "pretrained", "teacher", "student", options=["--only", "full", "pretrained"])
    rows = map(json.loads, (tmp_path / "rows.jsonl").read_text(encoding="utf8").splitlines())
    found = [(row["variant"], row["recipe"], row.get("pretrain")) for row in rows]
    assert found == [
        ("full", "baseline", None),
        ("full", "pretrained", 3),
        ("full", "teacher", None),
        ("full", "student", None),
        ("pretrained", "teacher", 3),
        ("pretrained", "student", 3),
    ]
    # One pretraining for all three.
    assert [words[1] for words in commands].count("pretrain") == 1


def test_parts_of_the_texts_are_runs_of_their_own(
    tmp_path: Path, commands: list[list[str]], run: Run
) -> None:
    run("baseline")
    run("baseline", options=["--texts", "20"])
    rows = map(json.loads, (tmp_path / "rows.jsonl").read_text(encoding="utf8").splitlines())
    assert [row.get("texts") for row in rows] == [None, 20]
    assert [words[0] for words in commands].count("train") == 2


def test_settings_of_the_teacher_only(tmp_path: Path, commands: list[list[str]], run: Run) -> None:
    """A larger encoder for what labels texts leaves students small; the same without CoT is the control."""
    vary = ["--vary", "careful teacher", "teacher.training.dropout=0.3", "--only", "careful teacher"]
    run("baseline", "teacher", "self-training", "student", options=vary)
    trained = {Path(words[3]).name.rpartition("-")[0]: words for words in commands if words[0] == "train"}
    assert {name: "--training.dropout" in words for name, words in trained.items()} == {
        "teacher": True,
        "student": False,
        "baseline": True,
        "self-training": False,
    }
    rows = map(json.loads, (tmp_path / "rows.jsonl").read_text(encoding="utf8").splitlines())
    assert [row["recipe"] for row in rows] == ["teacher", "self-training", "student"]


def test_commands_are_measured_one_by_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    programs = ("x = b'x' * 300 * 2**20; import time; time.sleep(1)", "print('small')")
    large, small = (study_runs.measure([sys.executable, "-c", code], log)[1] for code in programs)
    assert small + 250 < large
    assert log.read_text(encoding="utf8") == "small\n"
    with pytest.raises(subprocess.CalledProcessError):
        study_runs.measure([sys.executable, "-c", "raise SystemExit(3)"], log)


def test_significance_of_a_difference() -> None:
    right, wrong = [(1, 0, 0)] * 12, [(0, 1, 1)] * 12
    assert permutation_test([(right, right)]) == 1
    assert permutation_test([(right, wrong)]) < 0.01
    assert permutation_test([(right, [*right[1:], wrong[0]])]) == 1  # one text: either way as likely
    # What one seed gains another one loses.
    assert permutation_test([(right, wrong), (wrong, right)]) == 1
